//! Turns at something scarce, fairly: whoever wants one waits behind their own only, and those who
//! have anybody waiting are served one after another. So one caller's flood waits behind itself.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// A fixed number of turns at once.
pub struct Turns<K>(Mutex<Line<K>>);

struct Line<K> {
    free: usize,
    /// Who has anybody waiting, the next to be served first, and those who wait.
    waiting: VecDeque<(K, VecDeque<oneshot::Sender<()>>)>,
}

/// One's turn, over when dropped.
pub struct Turn<'a, K: PartialEq>(&'a Turns<K>);

impl<K: PartialEq> Turns<K> {
    /// So many at once.
    pub fn new(at_once: usize) -> Self {
        Self(Mutex::new(Line { free: at_once, waiting: VecDeque::new() }))
    }

    /// Resolves when it is this one's turn.
    pub async fn come(&self, whose: K) -> Turn<'_, K> {
        let called = self.line().enter(whose);
        if let Some(called) = called {
            // Whoever calls is answered by a turn that is taken, or takes it back.
            Called { turns: self, called }.wait().await;
        }
        Turn(self)
    }

    fn line(&self) -> MutexGuard<'_, Line<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: PartialEq> Line<K> {
    /// Takes a free turn, or stands in line.
    fn enter(&mut self, whose: K) -> Option<oneshot::Receiver<()>> {
        if self.free > 0 {
            self.free -= 1;
            return None;
        }
        let (call, called) = oneshot::channel();
        match self.waiting.iter_mut().find(|(holder, _)| *holder == whose) {
            Some((_, line)) => line.push_back(call),
            None => self.waiting.push_back((whose, [call].into())),
        }
        Some(called)
    }

    /// Calls the next one; who has left meanwhile is passed over.
    fn call_next(&mut self) {
        while let Some((holder, mut line)) = self.waiting.pop_front() {
            let is_taken = line.pop_front().is_some_and(|call| call.send(()).is_ok());
            if !line.is_empty() {
                // What was passed over costs its holder no turn.
                match is_taken {
                    true => self.waiting.push_back((holder, line)),
                    false => self.waiting.push_front((holder, line)),
                }
            }
            if is_taken {
                return;
            }
        }
        self.free += 1;
    }
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

    /// Stands in line, and says so once it is called.
    fn stand(
        turns: &Arc<Turns<&'static str>>,
        whose: &'static str,
        told: &mpsc::UnboundedSender<&'static str>,
    ) {
        let (turns, told) = (Arc::clone(turns), told.clone());
        tokio::spawn(async move {
            let _turn = turns.come(whose).await;
            told.send(whose).unwrap();
        });
    }

    #[tokio::test]
    async fn a_flood_waits_behind_itself() {
        let turns = Arc::new(Turns::new(1));
        let (told, mut order) = mpsc::unbounded_channel();
        let first = turns.come("flood").await;
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
        let first = turns.come("a").await;
        let mut called = Box::pin(turns.come("b"));
        let mut left = Box::pin(turns.come("c"));
        for waiting in [&mut called, &mut left] {
            assert!(timeout(Duration::ZERO, waiting.as_mut()).await.is_err());
        }
        drop(left);
        drop(first);
        // Called, and gone before hearing it.
        drop(called);
        let _turn = turns.come("d").await;
        assert!(turns.line().waiting.is_empty());
    }
}
