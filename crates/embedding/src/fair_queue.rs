//! A queue in which users take turns: a hundred pieces of work of one delay a piece of another's by
//! one only.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};

/// Whose work it is. The default: no user is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct User(u64);

impl User {
    /// The user of that name.
    pub(crate) fn named(name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// Work whose caller may leave while it is in the queue.
pub(crate) trait Cancellable {
    /// Whether no caller waits for it any more.
    fn is_cancelled(&self) -> bool;
}

/// Work in the order of users' turns.
pub(crate) struct FairQueue<T> {
    order: VecDeque<User>,
    work: HashMap<User, VecDeque<T>>,
    length: usize,
}

impl<T> Default for FairQueue<T> {
    fn default() -> Self {
        Self { order: VecDeque::new(), work: HashMap::new(), length: 0 }
    }
}

impl<T: Cancellable> FairQueue<T> {
    /// Pieces of work in the queue.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Those of a user.
    pub(crate) fn length_of(&self, user: User) -> usize {
        self.work.get(&user).map_or(0, VecDeque::len)
    }

    /// Adds work behind all of its user.
    pub(crate) fn push(&mut self, user: User, one: T) {
        let work = self.work.entry(user).or_default();
        if work.is_empty() {
            self.order.push_back(user);
        }
        work.push_back(one);
        self.length += 1;
    }

    /// The oldest work of the user whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let user = self.order.pop_front()?;
        let work = self.work.get_mut(&user)?;
        let one = work.pop_front()?;
        self.length -= 1;
        if work.is_empty() {
            self.work.remove(&user);
        } else {
            self.order.push_back(user);
        }
        Some(one)
    }

    /// Removes what no caller waits for any more, of all users.
    pub(crate) fn remove_all_cancelled(&mut self) {
        for user in self.order.clone() {
            self.remove_cancelled(user);
        }
    }

    /// Removes what a user's callers do not wait for any more.
    pub(crate) fn remove_cancelled(&mut self, user: User) {
        let Some(work) = self.work.get_mut(&user) else { return };
        let before = work.len();
        work.retain(|one| !one.is_cancelled());
        self.length -= before - work.len();
        if work.is_empty() {
            self.work.remove(&user);
            self.order.retain(|other| *other != user);
        }
    }
}
