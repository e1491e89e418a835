//! Turns at something scarce, fairly: whoever wants one waits behind their own only, and those who
//! have anybody waiting are served one after another. So one caller's flood waits behind itself, and
//! what of it would wait for too long is turned away.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;

/// A fixed number of turns at once.
pub struct Turns<K>(Mutex<Line<K>>);

struct Line<K> {
    at_once: u32,
    /// Turns that somebody has.
    busy: u32,
    /// Who has anybody waiting, the next to be served first.
    waiting: VecDeque<Waiting<K>>,
}

/// One holder's own line.
struct Waiting<K> {
    holder: K,
    /// How to call each, and how long its turn will take.
    line: VecDeque<(oneshot::Sender<()>, Duration)>,
}

/// One's turn, over when dropped.
pub struct Turn<'a, K: PartialEq>(&'a Turns<K>);

impl<K: PartialEq> Turns<K> {
    /// So many at once.
    pub fn new(at_once: usize) -> Self {
        let line = Line { at_once: at_once as u32, busy: 0, waiting: VecDeque::new() };
        Self(Mutex::new(line))
    }

    /// Resolves when it is this one's turn, which will take about so long; at once to `None` where more
    /// of its holder's is waiting than is done in `longest`.
    pub async fn come(&self, whose: K, takes: Duration, longest: Duration) -> Option<Turn<'_, K>> {
        let place = self.line().enter(whose, takes, longest);
        match place {
            Place::Free => {}
            Place::InLine(called) => Called { turns: self, called }.wait().await,
            Place::None => return None,
        }
        Some(Turn(self))
    }

    /// Calls everybody who waits, out of turn: what they waited for is not to be had.
    pub fn call_all(&self) {
        let mut line = self.line();
        let waiting: Vec<_> = line.waiting.drain(..).flat_map(|own| own.line).collect();
        // Who has left meanwhile does not hear it.
        let heard = waiting.into_iter().filter_map(|(call, _)| call.send(()).ok());
        line.busy += heard.count() as u32;
    }

    fn line(&self) -> MutexGuard<'_, Line<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: PartialEq> Line<K> {
    fn enter(&mut self, whose: K, takes: Duration, longest: Duration) -> Place {
        if self.busy < self.at_once {
            self.busy += 1;
            return Place::Free;
        }
        let (call, called) = oneshot::channel();
        let Some(own) = self.waiting.iter_mut().find(|it| it.holder == whose) else {
            self.waiting.push_back(Waiting { holder: whose, line: [(call, takes)].into() });
            return Place::InLine(called);
        };
        let work: Duration = own.line.iter().map(|(_, takes)| *takes).sum();
        if work + takes > longest * self.at_once {
            return Place::None;
        }
        own.line.push_back((call, takes));
        Place::InLine(called)
    }

    /// Calls the next one; who has left meanwhile is passed over.
    fn call_next(&mut self) {
        if self.busy > self.at_once {
            // There are others, who were called out of turn.
            self.busy -= 1;
            return;
        }
        while let Some(mut own) = self.waiting.pop_front() {
            let is_taken = own.line.pop_front().is_some_and(|(call, _)| call.send(()).is_ok());
            if !own.line.is_empty() {
                // What was passed over costs its holder no turn.
                match is_taken {
                    true => self.waiting.push_back(own),
                    false => self.waiting.push_front(own),
                }
            }
            if is_taken {
                return;
            }
        }
        self.busy -= 1;
    }
}

/// What who comes finds.
enum Place {
    /// A turn.
    Free,
    /// A place in line, from which it is called.
    InLine(oneshot::Receiver<()>),
    None,
}

/// One who waits to be called. Leaving between the call and its hearing hands the turn on.
struct Called<'a, K: PartialEq> {
    turns: &'a Turns<K>,
    called: oneshot::Receiver<()>,
}

impl<K: PartialEq> Called<'_, K> {
    async fn wait(mut self) {
        // The line keeps the other end until it calls.
        let _ = (&mut self.called).await;
    }
}

impl<K: PartialEq> Drop for Called<'_, K> {
    fn drop(&mut self) {
        self.called.close();
        if self.called.try_recv().is_ok() {
            self.turns.line().call_next();
        }
    }
}

impl<K: PartialEq> Drop for Turn<'_, K> {
    fn drop(&mut self) {
        self.0.line().call_next();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tokio::{sync::mpsc, time::timeout};

    use super::*;

    /// Wants a turn that takes no time.
    async fn come<'t>(
        turns: &'t Turns<&'static str>,
        whose: &'static str,
    ) -> Option<Turn<'t, &'static str>> {
        turns.come(whose, Duration::ZERO, Duration::ZERO).await
    }

    /// Stands in line, and says so once it is called.
    fn stand(
        turns: &Arc<Turns<&'static str>>,
        whose: &'static str,
        told: &mpsc::UnboundedSender<&'static str>,
    ) {
        let (turns, told) = (Arc::clone(turns), told.clone());
        tokio::spawn(async move {
            let _turn = come(&turns, whose).await;
            told.send(whose).unwrap();
        });
    }

    #[tokio::test]
    async fn a_flood_waits_behind_itself() {
        let turns = Arc::new(Turns::new(1));
        let (told, mut order) = mpsc::unbounded_channel();
        let first = come(&turns, "flood").await;
        for _ in 0..5 {
            stand(&turns, "flood", &told);
        }
        stand(&turns, "other", &told);
        tokio::task::yield_now().await;
        drop((first, told));
        let mut served = Vec::new();
        while let Some(whose) = order.recv().await {
            served.push(whose);
        }
        assert_eq!(served, ["flood", "other", "flood", "flood", "flood", "flood"]);
    }

    #[tokio::test]
    async fn who_leaves_takes_no_turn_along() {
        let turns = Turns::new(1);
        let first = come(&turns, "a").await;
        let mut called = Box::pin(come(&turns, "b"));
        let mut left = Box::pin(come(&turns, "c"));
        for waiting in [&mut called, &mut left] {
            assert!(timeout(Duration::ZERO, waiting.as_mut()).await.is_err());
        }
        drop(left);
        drop(first);
        // Called, and gone before hearing it.
        drop(called);
        let _turn = come(&turns, "d").await;
        assert!(turns.line().waiting.is_empty());
    }

    #[tokio::test]
    async fn of_one_holder_no_more_waits_than_is_done_in_time() {
        let second = Duration::from_secs(1);
        let turns = Turns::new(2);
        let _taken =
            [turns.come("a", second, second * 3).await, turns.come("a", second, second * 3).await];
        let mut waiting: Vec<_> =
            (0..9).map(|_| Box::pin(turns.come("a", second, second * 3))).collect();
        let mut turned_away = 0;
        for one in &mut waiting {
            turned_away += usize::from(timeout(Duration::ZERO, one).await.is_ok());
        }
        assert_eq!(turned_away, 3, "two at once do six in three seconds");
        assert!(
            timeout(Duration::ZERO, turns.come("b", second, second * 3)).await.is_err(),
            "b may wait"
        );
    }
}
