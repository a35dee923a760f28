//! What a question names: an assistant (`@`), collections and documents (`#`), for this question
//! only.

use assistants::Assistant;
use kernel::{
    Problem, ReasonCode, Result,
    id::{AssistantId, CollectionId, DocumentId},
};
use platform::Cx;
use serde_json::{Value, json};
use spaces::Action;

use crate::ask;

/// The most collections, and the most documents, of a question.
const MOST: usize = 10;

/// The mentions of a question.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Mentions {
    /// Who answers, in place of the conversation's assistant.
    pub assistant: Option<AssistantId>,
    /// What is searched, in place of the assistant's collections.
    pub collections: Vec<CollectionId>,
    /// What is read, in place of the assistant's collections.
    pub documents: Vec<DocumentId>,
}

impl Mentions {
    /// Whether it names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses what the caller may not read.
    ///
    /// # Errors
    /// `invalid_body` for too many; `not_found`.
    pub(crate) async fn check(&self, cx: &Cx) -> Result<()> {
        for (pointer, got) in
            [("/collection_ids", self.collections.len()), ("/document_ids", self.documents.len())]
        {
            if got > MOST {
                let detail = format!("expected at most {MOST}, got {got}");
                return Err(Problem::refused_field(
                    pointer,
                    ReasonCode::TooMany.at_most(MOST),
                    detail,
                ));
            }
        }
        if !self.is_empty() {
            // A key for one assistant reads what that assistant reads.
            cx.require(Action::ManageConversations)?;
        }
        knowledge::require_readable(cx, &self.collections, &self.documents).await
    }

    /// Who answers, with what is searched. `usual` is the conversation's assistant.
    pub(crate) async fn assistant(&self, cx: &Cx, usual: AssistantId) -> Result<Assistant> {
        let mut assistant = ask::askable(cx, self.assistant.unwrap_or(usual)).await?;
        if !self.collections.is_empty() || !self.documents.is_empty() {
            assistant.collection_ids.clone_from(&self.collections);
        }
        Ok(assistant)
    }

    /// The stored form; none if it names nothing.
    pub(crate) fn write(&self) -> Option<Value> {
        let stored = json!({
            "assistant": self.assistant,
            "collections": self.collections,
            "documents": self.documents,
        });
        (!self.is_empty()).then_some(stored)
    }

    /// Reads the stored form.
    pub(crate) fn read(stored: Option<&Value>) -> Self {
        let Some(stored) = stored else { return Self::default() };
        let ids = |name: &str| stored.get(name).and_then(Value::as_array).into_iter().flatten();
        let id = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            assistant: stored.get("assistant").and_then(id).and_then(|id| id.parse().ok()),
            collections: ids("collections").filter_map(|it| id(it)?.parse().ok()).collect(),
            documents: ids("documents").filter_map(|it| id(it)?.parse().ok()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_stored_and_read_and_none_are_null() {
        let mentions = Mentions {
            assistant: Some(platform::random::id().unwrap()),
            collections: vec![platform::random::id().unwrap()],
            documents: vec![platform::random::id().unwrap()],
        };
        assert_eq!(Mentions::read(mentions.write().as_ref()), mentions);
        assert_eq!(Mentions::default().write(), None);
        assert_eq!(Mentions::read(Some(&json!({ "documents": [7, "x"] }))), Mentions::default());
    }
}
