//! Units of work waiting for an embedding thread. Queries go first: a search must not wait for a
//! book that is being read in. Within a lane the users take turns.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use crate::error::EmbedError;
use crate::fair_queue::{Cancellable, FairQueue, User};
use crate::model::{KeptTokens, Model, TextEmbedding};
use crate::spec::InputType;

/// What of one user may wait in a lane, in units: some fifty questions with twenty units of
/// sentences each.
const MOST_OF_USER: usize = 1024;
/// What of all users may wait in a lane, in units; each has at most 512 tokens, 2 KiB.
const MOST: usize = 8192;

/// How urgent a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Someone is waiting: goes before all documents and has a thread of its own.
    Query,
    /// Part of an ingestion: as fast as possible, but queries may overtake.
    Document,
}

impl Lane {
    /// What texts of this lane are to a model, if nothing else is said.
    pub(crate) fn input_type(self) -> InputType {
        match self {
            Self::Query => InputType::Query,
            Self::Document => InputType::Passage,
        }
    }
}

/// Texts that are embedded in one pass, as token ids, each with its place among the texts of its
/// request.
pub(crate) struct Unit {
    /// The model that embeds them.
    pub(crate) model: Arc<Model>,
    pub(crate) texts: Vec<(usize, Vec<u32>)>,
    /// What is kept of their tokens.
    pub(crate) kept: Option<KeptTokens>,
    /// Where the results go. Closed when no one waits any more.
    pub(crate) reply: UnboundedSender<(usize, TextEmbedding)>,
}

impl Cancellable for Unit {
    fn is_cancelled(&self) -> bool {
        self.reply.is_closed()
    }
}

#[derive(Default)]
struct Lanes {
    queries: FairQueue<Unit>,
    documents: FairQueue<Unit>,
    closed: bool,
}

/// The two lanes.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Lanes>,
    changed: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Lanes> {
        // Every change is a single push or pop, so the queue of a thread that panicked is whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a unit at the end of its user's part of the lane.
    ///
    /// # Errors
    /// When too many wait in the lane, of the user or of all.
    pub(crate) fn push(&self, lane: Lane, user: User, unit: Unit) -> Result<(), EmbedError> {
        let mut waiting = self.lock();
        let turns = match lane {
            Lane::Query => &mut waiting.queries,
            Lane::Document => &mut waiting.documents,
        };
        // Ingestion has no user. It sends one batch at a time, and the job queue already shares it
        // fairly.
        let is_bounded = lane == Lane::Query || user != User::default();
        if is_bounded && turns.length_of(user) >= MOST_OF_USER {
            turns.remove_cancelled(user);
            if turns.length_of(user) >= MOST_OF_USER {
                return Err(EmbedError::TooManyOfUser);
            }
        }
        if is_bounded && turns.length() >= MOST {
            return Err(EmbedError::TooMany);
        }
        turns.push(user, unit);
        drop(waiting);
        self.changed.notify_all();
        Ok(())
    }

    /// Waits for the next unit: a query if there is one, else a document unless `queries_only`.
    /// `None` when closed.
    pub(crate) fn next(&self, queries_only: bool) -> Option<Unit> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(unit) = waiting.queries.pop() {
                return Some(unit);
            }
            if !queries_only && let Some(unit) = waiting.documents.pop() {
                return Some(unit);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends all waiting; units still in the queue are dropped, which their requests notice.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        (waiting.queries, waiting.documents) = (FairQueue::default(), FairQueue::default());
        drop(waiting);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    static EMPTY: LazyLock<Arc<Model>> = LazyLock::new(|| Arc::new(Model::empty()));

    /// A unit that is told apart by the place of its text.
    fn unit(number: usize) -> (Unit, UnboundedReceiver<(usize, TextEmbedding)>) {
        let (reply, replies) = unbounded_channel();
        let (model, texts) = (Arc::clone(&EMPTY), vec![(number, Vec::new())]);
        (Unit { model, texts, kept: None, reply }, replies)
    }

    fn next(queue: &Queue) -> usize {
        queue.next(false).unwrap().texts[0].0
    }

    #[test]
    fn users_take_turns_and_queries_go_before_documents() {
        let (queue, one, other) = (Queue::default(), User::named("one"), User::named("other"));
        let mut open = Vec::new();
        for (number, lane, user) in [
            (1, Lane::Document, one),
            (2, Lane::Document, one),
            (3, Lane::Document, other),
            (4, Lane::Query, one),
            (5, Lane::Query, one),
            (6, Lane::Query, one),
            (7, Lane::Query, other),
        ] {
            let (unit, replies) = unit(number);
            queue.push(lane, user, unit).unwrap();
            open.push(replies);
        }
        let order: Vec<usize> = (0..7).map(|_| next(&queue)).collect();
        assert_eq!(order, [4, 7, 5, 6, 1, 3, 2]);
    }

    #[test]
    fn a_user_waits_with_so_many_queries_and_those_given_up_make_room() {
        let (queue, one) = (Queue::default(), User::named("one"));
        let mut open = Vec::new();
        for number in 0..MOST_OF_USER {
            let (unit, replies) = unit(number);
            queue.push(Lane::Query, one, unit).unwrap();
            open.push(replies);
        }
        assert_eq!(queue.push(Lane::Query, one, unit(0).0), Err(EmbedError::TooManyOfUser));
        let (of_other, _open) = unit(0);
        assert_eq!(queue.push(Lane::Query, User::named("other"), of_other), Ok(()));
        open.pop();
        assert_eq!(queue.push(Lane::Query, one, unit(0).0), Ok(()));
    }

    #[test]
    fn texts_of_a_user_take_turns_with_ingestion_and_are_bounded() {
        let (queue, no_one, user) = (Queue::default(), User::default(), User::named("user"));
        let mut open = Vec::new();
        for number in 0..MOST_OF_USER {
            let (unit, replies) = unit(number);
            queue.push(Lane::Document, user, unit).unwrap();
            open.push(replies);
        }
        assert_eq!(queue.push(Lane::Document, user, unit(0).0), Err(EmbedError::TooManyOfUser));
        let (of_ingestion, _open) = unit(7_000);
        queue.push(Lane::Document, no_one, of_ingestion).unwrap();
        assert_eq!([next(&queue), next(&queue)], [0, 7_000]);
    }

    #[test]
    fn so_many_queries_wait_in_all() {
        let queue = Queue::default();
        let mut open = Vec::new();
        for number in 0..MOST {
            let (unit, replies) = unit(number);
            queue.push(Lane::Query, User::named(&number.to_string()), unit).unwrap();
            open.push(replies);
        }
        assert_eq!(
            queue.push(Lane::Query, User::named("late"), unit(0).0),
            Err(EmbedError::TooMany)
        );
        assert_eq!(queue.push(Lane::Document, User::named("late"), unit(0).0), Ok(()));
        assert_eq!(queue.push(Lane::Document, User::default(), unit(0).0), Ok(()));
    }
}
