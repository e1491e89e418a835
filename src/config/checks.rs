//! What no section can tell by itself: whether the whole is safe to run.

use super::{Config, Mode, Server, reader::Reader};

/// From here on guessing is likely enough to be refused: 1 in 10 000 a day.
const WORST_ODDS: f64 = 1e-4;

impl Config {
    pub(super) fn check(&self, reader: &mut Reader, mode: Mode) {
        if mode.is_strict() {
            self.check_exposure(reader);
            self.check_odds(reader);
        } else {
            self.check_seclusion(reader);
        }
    }

    /// Who answers anybody must not be reached by everybody.
    fn check_exposure(&self, reader: &mut Reader) {
        if self.callers.is_empty() && !self.server.grpc_addr.ip().is_loopback() {
            let sentence = "is open to other machines while no callers are configured; \
                            add [[callers]], or listen on 127.0.0.1";
            reader.refuse_sound("server.grpc_addr", sentence);
        }
        if self.server.admin_token.is_none() && !self.server.admin_addr.ip().is_loopback() {
            let sentence = "is open to other machines while there is no server.admin_token; set one, \
                            or listen on 127.0.0.1";
            reader.refuse_sound("server.admin_addr", sentence);
        }
    }

    /// What `dev` shows is for whoever sits at the machine: it asks nobody for a key and shows codes.
    fn check_seclusion(&self, reader: &mut Reader) {
        let Server { grpc_addr, webhook_addr, admin_addr, .. } = &self.server;
        let addresses =
            [("grpc_addr", grpc_addr), ("webhook_addr", webhook_addr), ("admin_addr", admin_addr)];
        for (key, _) in addresses.iter().filter(|(_, address)| !address.ip().is_loopback()) {
            let sentence = "is open to other machines, and dev shows codes to whoever asks; \
                            listen on 127.0.0.1";
            reader.refuse_sound(&format!("server.{key}"), sentence);
        }
    }

    fn check_odds(&self, reader: &mut Reader) {
        let odds = self.rules.guessing_odds_per_day();
        // Without a limit on the recipient, which is refused by itself, there are no odds to tell.
        if odds.is_finite() && odds >= WORST_ODDS && !self.accept_odds {
            let sentence = format!(
                "is false, and somebody who guesses at one recipient for a day hits a code with \
                 odds of 1 in {:.0} (1 in 10000 is too likely); raise code.length, lower \
                 code.max_attempts or limits.recipient, or set code.accept_odds = true",
                1.0 / odds
            );
            reader.refuse_sound("code.accept_odds", sentence);
        }
    }
}
