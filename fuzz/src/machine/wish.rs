//! What four bytes want: what, of which challenge or message (the newest first), and how.

mod call;

mod message;

use std::time::Duration;

use pombo::otp::{
    Challenge, Channel, ClosedRoad, Event, Time,
    toll::{Hit, Rule},
};

use super::{Call, World};

#[derive(Clone, Copy)]
pub(super) struct Wish(pub [u8; 4]);

impl Wish {
    fn which(self) -> usize {
        usize::from(self.0[1])
    }

    fn how(self) -> u8 {
        self.0[2]
    }

    fn more(self) -> u8 {
        self.0[3]
    }

    fn channel(self) -> Option<Channel> {
        Channel::from_number(i32::from(self.more() % 8))
    }
}

impl World {
    /// What a wish comes to, if to anything: a call, or only time.
    pub(super) fn grant(&mut self, wish: Wish) -> Option<Call> {
        match wish.0[0] % 14 {
            0 => Some(self.issue(wish)),
            1 => self.guess(wish),
            2 => self.resend(wish),
            3 => self.repeat(wish),
            4 => self.sender(wish).map(Call::from),
            5 => self.receipt(wish).map(Call::from),
            6 => self.cancel(wish).map(Call::from),
            7 => Some(Event::NotRequested { challenge: self.pick(wish)?.id }.into()),
            8 => self.report(wish).map(Call::from),
            9 => self.wake(),
            10 => Some(self.wake_early(wish)),
            11 => self.pass(|world| Some(world.now + pause(wish))),
            12 => self.pass(|world| world.pick(wish)?.resend_at),
            _ => {
                self.closed = closed(wish.how());
                self.hit = hit(wish);
                None
            }
        }
    }

    /// The alarm, when it is due.
    fn wake(&mut self) -> Option<Call> {
        self.now = self.now.max(self.record.alarm(&self.rules)?);
        Some(Event::Alarm.into())
    }

    /// An alarm by a clock that goes behind: replicas and failovers may bring an earlier time.
    fn wake_early(&mut self, wish: Wish) -> Call {
        self.now = self.now - pause(wish);
        Event::Alarm.into()
    }

    /// Nothing but time, until a moment that is still to come.
    fn pass(&mut self, until: impl FnOnce(&Self) -> Option<Time>) -> Option<Call> {
        self.now = self.now.max(until(self)?);
        None
    }

    fn pick(&self, wish: Wish) -> Option<&Challenge> {
        newest(&self.record.challenges, wish)
    }
}

/// What a wish is about, counted from the newest. Whatever it says, it is about something.
fn newest<T>(all: &[T], wish: Wish) -> Option<&T> {
    all.iter().rev().nth(wish.which() % all.len().max(1))
}

/// From milliseconds to a day.
fn pause(wish: Wish) -> Duration {
    let unit = [1, 1_000, 30_000, 600_000][usize::from(wish.how() % 4)];
    Duration::from_millis(unit * u64::from(wish.more()))
}

/// What the rules against toll fraud say: one of them withholds text messages, or only notes them.
fn hit(wish: Wish) -> Option<Hit> {
    let rule = *Rule::ALL.get(usize::from(wish.more() % 8))?;
    Some(Hit { rule, wait: Duration::from_secs(60), enforced: wish.more() >= 128 })
}

/// Which roads a mask closes.
fn closed(mask: u8) -> Vec<ClosedRoad> {
    let roads =
        [(Channel::Whatsapp, "cloud"), (Channel::Whatsapp, "aws"), (Channel::Sms, "twilio")];
    let closed = roads.iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0);
    let road = |(_, &(channel, sender)): (usize, &(Channel, &str))| ClosedRoad {
        channel,
        sender: sender.to_owned(),
        country: None,
    };
    closed.map(road).collect()
}
