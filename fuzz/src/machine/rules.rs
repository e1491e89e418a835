//! Rules, by one byte: usual ones and tight ones, whose ends a short life reaches.

use std::time::Duration;

use pombo::otp::{
    Channel, Policy, Profile, Rules,
    policy::{LedgerRules, MAX_DELIVERIES},
};

const WINDOWS: [&[&str]; 4] = [&["5/10m", "12/24h"], &["1/30s", "3/5m"], &["30/10m"], &[]];

/// The rules of a kind.
pub fn of(kind: u8) -> Rules {
    let windows = WINDOWS[usize::from(kind) % WINDOWS.len()].iter();
    let is_tight = kind & 4 != 0;
    let seconds = |usual, tight| Duration::from_secs(if is_tight { tight } else { usual });
    let policies = std::array::from_fn(|at| policy(kind, at));
    Rules {
        policies,
        recipient: windows.map(|window| window.parse().expect("a window")).collect(),
        ledger: LedgerRules {
            failures_in_a_row: if is_tight { 3 } else { 10 },
            lock: seconds(1800, 60),
            failures_per_day: if is_tight { 7 } else { 20 },
        },
        retention: Duration::from_secs(86_400),
        send_window: Duration::from_secs(15),
        whatsapp_senders: vec!["cloud".to_owned(), "aws".to_owned()],
        sms_senders: vec!["twilio".to_owned()],
    }
}

fn policy(kind: u8, at: usize) -> Policy {
    use Channel::{Sms, Whatsapp};
    let evidence = |bit: u8| (kind & bit != 0).then_some(Duration::from_secs(30));
    let plan = if kind & 8 != 0 { vec![Sms, Whatsapp] } else { vec![Whatsapp, Sms] };
    Policy {
        ttl: Duration::from_secs(300),
        max_life: Duration::from_secs(600),
        length: 6,
        max_attempts: 2 + at as u32,
        profile: Profile::Keyed,
        waits: [5, 30, 60].iter().take(MAX_DELIVERIES - 1).map(|&it| secs(it)).collect(),
        plan,
        undelivered: Duration::from_secs(20),
        unread: evidence(16),
        unverified: evidence(32),
    }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
