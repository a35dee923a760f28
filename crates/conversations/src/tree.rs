//! The tree of a conversation: other versions of questions and answers, and the path that is shown
//! (ADR 32).

use kernel::{
    Code, Problem, ReasonCode, Result,
    id::{self, ConversationId, MessageId},
};
use platform::Cx;
use spaces::Action;

use crate::{
    Mentions, Role,
    conversation::{self, Conversation},
    store::tree as store,
};

/// The most messages of a path: every page of a list and every prompt walks along it.
pub const DEPTH: i32 = 10_000;
/// The most versions of a question or an answer.
pub const VERSIONS: i64 = 50;

/// A message and the number of messages from the root to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    pub(crate) id: MessageId,
    pub(crate) depth: i32,
}

/// A message as a part of the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Node {
    pub(crate) conversation: ConversationId,
    pub(crate) role: Role,
    pub(crate) content: String,
    pub(crate) mentions: Mentions,
    pub(crate) parent: Option<MessageId>,
    pub(crate) depth: i32,
    /// Number of versions: siblings with the same author, and itself.
    pub(crate) versions: i64,
}

/// Where a new message goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TreePosition {
    pub(crate) parent: Option<MessageId>,
    /// Of the new message.
    pub(crate) depth: i32,
}

impl TreePosition {
    /// After the last message of the path that is shown.
    pub(crate) fn after(conversation: &Conversation) -> Result<Self> {
        let depth = conversation.head.map_or(0, |head| head.depth) + 1;
        // The question and its answer.
        if depth >= DEPTH {
            return Err(Problem::conflict(
                ReasonCode::ConversationTooLong.at_most(DEPTH),
                format!(
                    "a conversation has at most {DEPTH} messages in a row; begin a new one, or edit an earlier question"
                ),
            ));
        }
        Ok(Self { parent: conversation.head.map(|head| head.id), depth })
    }

    /// Beside a message, as another version of it.
    pub(crate) fn beside(node: &Node) -> Result<Self> {
        if node.versions >= VERSIONS {
            return Err(Problem::conflict(
                ReasonCode::VersionLimit.at_most(VERSIONS),
                format!(
                    "a question or an answer has at most {VERSIONS} versions; continue with one of them"
                ),
            ));
        }
        Ok(Self { parent: node.parent, depth: node.depth })
    }
}

/// A question of the conversation, to be edited.
pub(crate) async fn question(
    cx: &Cx,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Node> {
    let node = store::node(cx, message).await?.ok_or_else(missing)?;
    if node.conversation != conversation {
        return Err(missing());
    }
    if node.role != Role::User {
        return Err(Problem::refused_field(
            "/question_id",
            ReasonCode::NotAQuestion,
            "expected the id of a question, got that of an answer",
        ));
    }
    Ok(node)
}

/// An answer of one of the caller's conversations and its question, for another version of the
/// answer.
pub(crate) async fn answer(cx: &Cx, message: MessageId) -> Result<(Node, MessageId, Node)> {
    let answer = store::node(cx, message)
        .await?
        .filter(|node| node.role == Role::Assistant)
        .ok_or_else(missing)?;
    let question_id = answer.parent.ok_or_else(missing)?;
    let question = store::node(cx, question_id)
        .await?
        .filter(|node| node.role == Role::User)
        .ok_or_else(missing)?;
    Ok((answer, question_id, question))
}

/// Shows the path through a message, which continues along the newest version of every later
/// message.
///
/// # Errors
/// `not_allowed`; `not_found` if the message is not in this conversation of the caller;
/// `answer_running` while an answer is written.
pub async fn show_path(
    cx: &Cx,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Conversation> {
    cx.require(Action::ManageConversations)?;
    let found = conversation::get_conversation(cx, conversation).await?;
    let leaf = store::newest_leaf(cx, conversation, message).await?.ok_or_else(missing)?;
    if found.head.is_some_and(|head| head.id == leaf) {
        return Ok(found);
    }
    if !store::show(cx, conversation, leaf).await? {
        return Err(Problem::new(
            Code::AnswerRunning,
            "an answer is still being written; wait for it or stop it, then choose another version",
        ));
    }
    conversation::get_conversation(cx, conversation).await
}

fn missing() -> Problem {
    id::not_found("message")
}
