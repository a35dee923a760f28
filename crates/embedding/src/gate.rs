//! So many answers are generated at a time; the others wait, and users take turns.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::error::EmbedError;
use crate::turns::{Turns, User, Waiting};

/// Questions of one user that may wait. Each takes many seconds.
const MOST_OF_USER: usize = 4;
/// Questions of all users that may wait.
const MOST: usize = 64;

/// Clones share it.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Mutex<State>>);

struct State {
    free: usize,
    waiting: Turns<oneshot::Sender<Permit>>,
}

/// The right to one answer; the next one begins when it is dropped.
pub(crate) struct Permit(Gate);

impl Waiting for oneshot::Sender<Permit> {
    fn is_given_up(&self) -> bool {
        self.is_closed()
    }
}

impl Gate {
    /// For `slots` answers at a time.
    pub(crate) fn new(slots: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: slots, waiting: Turns::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole whenever the lock is released; no code in between can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the user's turn.
    ///
    /// # Errors
    /// When too many wait, of the user or of all.
    pub(crate) async fn enter(&self, user: User) -> Result<Permit, EmbedError> {
        let (sender, permit) = oneshot::channel();
        self.push(user, sender)?;
        self.start();
        permit.await.map_err(|_| EmbedError::Ended)
    }

    fn push(&self, user: User, sender: oneshot::Sender<Permit>) -> Result<(), EmbedError> {
        let mut state = self.lock();
        state.waiting.forget_given_up(user);
        if state.waiting.length_of(user) >= MOST_OF_USER {
            return Err(EmbedError::TooManyOfUser);
        }
        if state.waiting.length() >= MOST {
            return Err(EmbedError::TooMany);
        }
        state.waiting.push(user, sender);
        Ok(())
    }

    /// Lets those in whose turn it is, while there is room.
    fn start(&self) {
        while let Some(sender) = self.take_next() {
            // One that was given up in this moment is dropped here, outside the lock.
            let _ = sender.send(Permit(self.clone()));
        }
    }

    fn take_next(&self) -> Option<oneshot::Sender<Permit>> {
        let mut state = self.lock();
        if state.free == 0 {
            return None;
        }
        while let Some(sender) = state.waiting.pop() {
            if !sender.is_given_up() {
                state.free -= 1;
                return Some(sender);
            }
        }
        None
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.lock().free += 1;
        self.0.start();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use super::*;

    type Entering = Pin<Box<dyn Future<Output = Result<Permit, EmbedError>>>>;

    /// Polls once, so that it waits.
    fn ask(gate: &Gate, name: &str) -> Entering {
        let (gate, user) = (gate.clone(), User::named(name));
        let mut entering: Entering = Box::pin(async move { gate.enter(user).await });
        assert!(futures::FutureExt::now_or_never(&mut entering).is_none());
        entering
    }

    fn is_in(entering: &mut Entering) -> Option<Permit> {
        futures::FutureExt::now_or_never(entering).map(Result::unwrap)
    }

    #[tokio::test]
    async fn users_take_turns_and_one_that_left_takes_none() {
        let gate = Gate::new(1);
        let first = gate.enter(User::named("one")).await.unwrap();
        let [mut second, left, mut other] = ["one", "gone", "other"].map(|name| ask(&gate, name));
        let mut third = ask(&gate, "one");
        drop(left);
        drop(first);
        let second = is_in(&mut second).unwrap();
        assert!(is_in(&mut other).is_none() && is_in(&mut third).is_none());
        drop(second);
        let other = is_in(&mut other).unwrap();
        assert!(is_in(&mut third).is_none());
        drop(other);
        assert!(is_in(&mut third).is_some());
    }

    #[tokio::test]
    async fn so_many_wait_of_a_user_and_in_all() {
        let gate = Gate::new(1);
        let _first = gate.enter(User::named("one")).await.unwrap();
        let mut waiting: Vec<_> = (0..MOST_OF_USER).map(|_| ask(&gate, "one")).collect();
        let refused = gate.enter(User::named("one")).await.map(drop);
        assert_eq!(refused, Err(EmbedError::TooManyOfUser));
        waiting.pop();
        waiting.push(ask(&gate, "one"));
        waiting.extend((MOST_OF_USER..MOST).map(|n| ask(&gate, &n.to_string())));
        let refused = gate.enter(User::named("late")).await.map(drop);
        assert_eq!(refused, Err(EmbedError::TooMany));
    }
}
