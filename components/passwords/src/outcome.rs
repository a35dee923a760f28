//! How an attempt ended: only what was wrong about the credentials counts.

use identity::{sign_in::SignedIn, throttle::Outcome};
use kernel::{Code, Result};

pub(crate) fn of<T>(result: &Result<T>) -> Outcome {
    match result {
        Ok(_) => Outcome::Good,
        Err(problem) if matches!(problem.code, Code::WrongCredentials | Code::InvalidLink) => Outcome::Wrong,
        Err(_) => Outcome::Undecided,
    }
}

/// Who shares an address with others, in other organisations, has proved nothing of theirs: what was guessed there stays counted.
pub(crate) fn of_sign_in(result: &Result<SignedIn>) -> Outcome {
    match result {
        Ok(signed_in) if !signed_in.alone => Outcome::Undecided,
        other => of(other),
    }
}
