//! Feedback of the user on an answer.

use kernel::{
    Problem, ReasonCode, Result, Timestamp,
    id::{self, MessageId},
    text,
};
use platform::Cx;

use crate::store::{feedback as store, messages};

/// The longest comment, in characters.
const COMMENT_MAX: usize = 2000;

/// Whether an answer helped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rating {
    /// It helped.
    Up,
    /// It did not help.
    Down,
}

impl Rating {
    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_number(self) -> i32 {
        match self {
            Self::Up => 1,
            Self::Down => -1,
        }
    }

    /// Reads [`Rating::as_number`].
    #[must_use]
    pub fn parse(number: i32) -> Option<Self> {
        [Self::Up, Self::Down].into_iter().find(|rating| rating.as_number() == number)
    }
}

/// A rating with an optional comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feedback {
    /// Whether the answer helped.
    pub rating: Rating,
    /// Why, in the user's words.
    pub comment: Option<String>,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// The caller's feedback on an answer; None if there is none.
///
/// # Errors
/// `not_found` if it is not an answer in one of the caller's own conversations.
pub async fn get_feedback(cx: &Cx, message: MessageId) -> Result<Option<Feedback>> {
    let answer = messages::answer(cx, message).await?.ok_or_else(|| id::not_found("message"))?;
    Ok(answer.feedback)
}

/// Stores feedback, and replaces earlier feedback.
///
/// # Errors
/// `not_found`; `invalid_body` for another rating or too long a comment; `conflict` while the
/// answer is being written.
pub async fn put_feedback(
    cx: &Cx,
    message: MessageId,
    rating: i32,
    comment: Option<&str>,
) -> Result<Feedback> {
    let answer = messages::answer(cx, message).await?.ok_or_else(|| id::not_found("message"))?;
    let rating = Rating::parse(rating).ok_or_else(|| {
        Problem::refused_field(
            "/rating",
            ReasonCode::UnknownValue,
            format!("expected 1 or -1, got {rating}"),
        )
    })?;
    let comment =
        comment.map(|comment| text::block("/comment", comment, 0, COMMENT_MAX)).transpose()?;
    if !answer.status.is_settled() {
        return Err(Problem::conflict(
            ReasonCode::AnswerUnfinished,
            "the answer is still being written; give feedback when it is complete",
        ));
    }
    let comment =
        comment.map(|comment| comment.trim().to_owned()).filter(|comment| !comment.is_empty());
    store::put(cx, message, rating, comment).await
}

/// Removes feedback; does nothing if there is none.
///
/// # Errors
/// `not_found`.
pub async fn delete_feedback(cx: &Cx, message: MessageId) -> Result<()> {
    get_feedback(cx, message).await?;
    store::delete(cx, message).await
}
