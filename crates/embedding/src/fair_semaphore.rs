//! A semaphore whose waiters take turns by user.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::error::EmbedError;
use crate::fair_queue::{Cancellable, FairQueue, User};

/// Questions of one user that may wait. Each takes many seconds.
const MOST_WAITING_OF_USER: usize = 4;
/// Questions of all users that may wait.
const MOST_WAITING: usize = 64;

/// Clones share one state.
#[derive(Clone)]
pub(crate) struct FairSemaphore(Arc<Mutex<State>>);

struct State {
    free: usize,
    waiting: FairQueue<oneshot::Sender<Permit>>,
}

/// The right to one answer; the next one begins when it is dropped.
pub(crate) struct Permit(FairSemaphore);

impl Cancellable for oneshot::Sender<Permit> {
    fn is_cancelled(&self) -> bool {
        self.is_closed()
    }
}

impl FairSemaphore {
    /// For `slots` answers at a time.
    pub(crate) fn new(slots: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: slots, waiting: FairQueue::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole whenever the lock is released; no code in between can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the user's turn.
    ///
    /// # Errors
    /// When too many wait, of the user or of all.
    pub(crate) async fn acquire(&self, user: User) -> Result<Permit, EmbedError> {
        let (sender, permit) = oneshot::channel();
        self.push(user, sender)?;
        self.start();
        permit.await.map_err(|_| EmbedError::Ended)
    }

    fn push(&self, user: User, sender: oneshot::Sender<Permit>) -> Result<(), EmbedError> {
        let mut state = self.lock();
        state.waiting.remove_cancelled(user);
        if state.waiting.length_of(user) >= MOST_WAITING_OF_USER {
            return Err(EmbedError::TooManyOfUser);
        }
        if state.waiting.length() >= MOST_WAITING {
            state.waiting.remove_all_cancelled();
        }
        if state.waiting.length() >= MOST_WAITING {
            return Err(EmbedError::TooMany);
        }
        state.waiting.push(user, sender);
        Ok(())
    }

    /// Lets those in whose turn it is, while there is room.
    fn start(&self) {
        while let Some(sender) = self.take_next() {
            // One that is cancelled in this moment is dropped here, outside the lock.
            let _ = sender.send(Permit(self.clone()));
        }
    }

    fn take_next(&self) -> Option<oneshot::Sender<Permit>> {
        let mut state = self.lock();
        if state.free == 0 {
            return None;
        }
        while let Some(sender) = state.waiting.pop() {
            if !sender.is_cancelled() {
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
    fn ask(semaphore: &FairSemaphore, name: &str) -> Entering {
        let (semaphore, user) = (semaphore.clone(), User::named(name));
        let mut entering: Entering = Box::pin(async move { semaphore.acquire(user).await });
        assert!(futures::FutureExt::now_or_never(&mut entering).is_none());
        entering
    }

    fn is_in(entering: &mut Entering) -> Option<Permit> {
        futures::FutureExt::now_or_never(entering).map(Result::unwrap)
    }

    #[tokio::test]
    async fn users_take_turns_and_one_that_left_takes_none() {
        let semaphore = FairSemaphore::new(1);
        let first = semaphore.acquire(User::named("one")).await.unwrap();
        let [mut second, left, mut other] =
            ["one", "gone", "other"].map(|name| ask(&semaphore, name));
        let mut third = ask(&semaphore, "one");
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
    async fn waiting_questions_are_bounded_for_each_user_and_in_total() {
        let semaphore = FairSemaphore::new(1);
        let _first = semaphore.acquire(User::named("one")).await.unwrap();
        let mut waiting: Vec<_> =
            (0..MOST_WAITING_OF_USER).map(|_| ask(&semaphore, "one")).collect();
        let refused = semaphore.acquire(User::named("one")).await.map(drop);
        assert_eq!(refused, Err(EmbedError::TooManyOfUser));
        waiting.pop();
        waiting.push(ask(&semaphore, "one"));
        waiting
            .extend((MOST_WAITING_OF_USER..MOST_WAITING).map(|n| ask(&semaphore, &n.to_string())));
        let refused = semaphore.acquire(User::named("late")).await.map(drop);
        assert_eq!(refused, Err(EmbedError::TooMany));
        // Another user's caller leaves.
        waiting.pop();
        let _late = ask(&semaphore, "late");
    }
}
