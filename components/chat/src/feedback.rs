//! `/api/v1/messages/{message_id}/feedback`: feedback of the user who asked.

use api::{Call, CallWith, Json, NoContent};
use contract::Schema;
use conversations::Feedback;
use kernel::Result;
use serde::{Deserialize, Serialize};

/// 1 or -1.
#[cfg(not(target_family = "wasm"))]
enum RatingNumber {}

#[cfg(not(target_family = "wasm"))]
impl contract::schemars::JsonSchema for RatingNumber {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RatingNumber".into()
    }
    fn json_schema(_: &mut contract::schemars::SchemaGenerator) -> contract::schemars::Schema {
        contract::schemars::json_schema!({ "type": "integer", "enum": [1, -1] })
    }
}

/// What the person who asked thinks of an answer.
#[derive(Schema, Serialize)]
pub(crate) struct FeedbackBody {
    /// 1: it helped; -1: it did not; null: no feedback was given.
    #[schema(as = RatingNumber)]
    rating: Option<i32>,
    /// Why, in the person's words.
    comment: Option<String>,
    #[schema(as = DateTime)]
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

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutFeedback {
    #[schema(as = RatingNumber)]
    rating: i32,
    #[schema(length(max = 2000))]
    comment: Option<String>,
}

pub(crate) async fn get_feedback(call: Call) -> Result<Json<FeedbackBody>> {
    let feedback = conversations::get_feedback(call.cx()?, call.param("message_id")?).await?;
    api::ok(&FeedbackBody::from(feedback.as_ref()))
}

pub(crate) async fn put_feedback(mut call: CallWith<PutFeedback>) -> Result<Json<FeedbackBody>> {
    let body: PutFeedback = call.json().await?;
    let message = call.param("message_id")?;
    let feedback =
        conversations::put_feedback(call.cx()?, message, body.rating, body.comment.as_deref())
            .await?;
    api::ok(&FeedbackBody::from(Some(&feedback)))
}

pub(crate) async fn delete_feedback(call: Call) -> Result<NoContent> {
    conversations::delete_feedback(call.cx()?, call.param("message_id")?).await?;
    api::no_content()
}
