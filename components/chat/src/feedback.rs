//! `/api/v1/messages/{message_id}/feedback`: what the person who asked thinks of an answer.

use api::{Call, Response};
use conversations::Feedback;
use kernel::Result;
use serde::{Deserialize, Serialize};

/// `Feedback` on the wire; a rating of null: none was given.
#[derive(Serialize)]
pub(crate) struct FeedbackBody {
    rating: Option<i32>,
    comment: Option<String>,
    updated_at: Option<String>,
}

impl From<Option<&Feedback>> for FeedbackBody {
    fn from(feedback: Option<&Feedback>) -> Self {
        Self {
            rating: feedback.map(|it| it.rating.as_number()),
            comment: feedback.and_then(|it| it.comment.clone()),
            updated_at: feedback.map(|it| it.updated_at.to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PutFeedback {
    rating: i32,
    comment: Option<String>,
}

pub(crate) async fn get_feedback(call: Call) -> Result<Response> {
    let feedback = conversations::get_feedback(call.cx()?, call.param("message_id")?).await?;
    api::ok(&FeedbackBody::from(feedback.as_ref()))
}

pub(crate) async fn put_feedback(mut call: Call) -> Result<Response> {
    let body: PutFeedback = call.json().await?;
    let message = call.param("message_id")?;
    let feedback = conversations::put_feedback(call.cx()?, message, body.rating, body.comment.as_deref()).await?;
    api::ok(&FeedbackBody::from(Some(&feedback)))
}

pub(crate) async fn delete_feedback(call: Call) -> Result<Response> {
    conversations::delete_feedback(call.cx()?, call.param("message_id")?).await?;
    api::no_content()
}
