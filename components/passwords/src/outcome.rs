//! How an attempt ended: only what was wrong about the credentials counts.

use identity::attempts::Outcome;
use kernel::{Code, Result};

pub(crate) fn of<T>(result: &Result<T>) -> Outcome {
    match result {
        Ok(_) => Outcome::Good,
        Err(problem) if matches!(problem.code, Code::WrongCredentials | Code::InvalidLink) => Outcome::Wrong,
        Err(_) => Outcome::Undecided,
    }
}
