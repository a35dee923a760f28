//! Continuing an answer that lacks its end: the same message continues (ADR 49).

use std::sync::Arc;

use access::CredentialId;
use futures::channel::mpsc;
use kernel::{
    Code, Problem, ReasonCode, Result,
    id::{self, MessageId},
};
use models::{Image, Message as Said, Provider, Role};
use platform::{Cx, clock};

use crate::{
    EventId, Events, FinishReason, IdempotencyKey, Message, Models, Status,
    answer::{self, Answer, FirstPart, Material},
    ask,
    attachments::{self, AttachmentPlan},
    budget::{Budget, MESSAGE_TOKENS, Window},
    conversation, follow, journal, message, neutral,
    store::{messages, running as store},
    tree,
};

/// What asks a model to continue. Not every provider continues from an unfinished message of the
/// model.
pub(crate) const CONTINUE: &str = "Your last message was cut off. Continue it exactly where it ends: write only what follows, repeat nothing of it, and do not mention \
that it was cut off. Keep its language, its form and the numbers of its sources.";

/// A request to continue an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Continuation {
    /// The answer.
    pub answer: MessageId,
    /// The client's idempotency key, if it sent one.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The credential of the request: when it ends, the answer ends.
    pub credential: CredentialId,
}

/// Continues the last answer of a conversation: its events begin again, with the text so far.
///
/// # Errors
/// As [`crate::ask()`]; `conflict` for an answer that has its end, that another message follows, or
/// that no language model wrote.
pub async fn continue_answer(cx: Cx, models: Models, wanted: Continuation) -> Result<Events> {
    let (node, question_id, question) = tree::answer(&cx, wanted.answer).await?;
    if let Some(key) = &wanted.idempotency_key
        && store::is_repeated(&cx, key).await?
    {
        let first = store::first_answer(&cx, key).await?;
        return follow::follow(cx, first, EventId::default()).await;
    }
    let conversation = conversation::get_conversation(&cx, node.conversation).await?;
    let begun = settled(&cx, wanted.answer).await?;
    check(&begun, conversation.head.map(|head| head.id))?;
    let assistant = question.mentions.assistant(&cx, conversation.assistant_id).await?;
    let history = messages::history(&cx, conversation.id, question.parent).await?;
    let chat = ask::chat_model(&cx, models.chat, &assistant).await?;
    let budget = Budget::new(
        Window::of(&chat, assistant.model.as_deref()),
        &assistant.instructions,
        &question.content,
        Some(&begun.content),
    )?;
    let documents = attachments::of_question(&cx, question_id).await?;
    let plan =
        AttachmentPlan::plan(&cx, conversation.id, &documents, question.parent, (&chat, &budget));
    let images: Vec<Image> = match plan.await? {
        Some(plan) => plan.images(&cx).await?,
        None => Vec::new(),
    };
    journal::forget(&cx, begun.id).await?;
    if !store::restart(&cx, (begun.id, begun.content.len()), wanted.idempotency_key.as_ref())
        .await?
    {
        return follow::follow(cx, begun.id, EventId::default()).await;
    }
    let (to_client, events) = mpsc::unbounded();
    let answer = Answer {
        cx: Arc::new(cx),
        message: begun.id,
        new_title: None,
        wants_title: false,
        conversation: conversation.id,
        assistant,
        history,
        credential: wanted.credential,
        question: question.content,
        material: Some(Material::Recalled(images, budget)),
        begun: Some(FirstPart::new(begun, first_number())),
        chat,
    };
    platform::task::spawn(answer::write(answer, to_client));
    Ok(Events(events))
}

/// Larger than the number of any event of an earlier part: a client that resumes there gets all.
fn first_number() -> u64 {
    clock::now().0.unsigned_abs()
}

/// The answer, which is marked as failed if its process has died.
async fn settled(cx: &Cx, answer: MessageId) -> Result<Message> {
    let read = async || messages::answer(cx, answer).await?.ok_or_else(|| id::not_found("message"));
    let found = read().await?;
    if !found.abandoned {
        return Ok(found);
    }
    store::mark_dead(cx, found.conversation_id, &message::died()).await?;
    read().await
}

/// Refuses an answer that cannot be continued.
fn check(answer: &Message, head: Option<MessageId>) -> Result<()> {
    let refused = |detail: &'static str| Err(Problem::conflict(ReasonCode::NotContinuable, detail));
    if !answer.status.is_settled() {
        let detail = "this answer is still being written; wait for it or stop it";
        return Err(Problem::new(Code::AnswerRunning, detail));
    }
    if head != Some(answer.id) {
        return refused("only the last answer of a conversation can be continued");
    }
    if answer.model.as_deref().is_none_or(Provider::is_extractive) {
        return refused("this answer was not written by a language model; ask again instead");
    }
    let is_complete =
        answer.status == Status::Done && !answer.finish_reason.is_some_and(FinishReason::is_cut);
    if is_complete || answer.content.trim().is_empty() {
        return refused("this answer has nothing to continue; ask again instead");
    }
    Ok(())
}

/// What follows the question: the answer so far, or its end if it is too long, as the model's own
/// words, and the instruction.
pub(crate) fn messages_after(begun: &str, budget: &Budget) -> [Said; 2] {
    let begun = neutral::text(begun);
    let tokens = budget.begun.saturating_sub(MESSAGE_TOKENS);
    let mut content = begun.clone();
    let mut most = budget.tokenizer.characters(tokens);
    while budget.tokenizer.count(&content) > tokens && most > 0 {
        let skipped = begun.chars().count().saturating_sub(most.saturating_sub(1));
        content = ['…'].into_iter().chain(begun.chars().skip(skipped)).collect();
        most -= most.div_ceil(8);
    }
    [
        Said { role: Role::Assistant, content },
        Said { role: Role::User, content: CONTINUE.to_owned() },
    ]
}

#[cfg(test)]
mod tests {
    use models::Tokenizer;

    use super::*;

    #[test]
    fn an_answer_is_continued_from_its_end_if_it_does_not_fit() {
        let begun = format!("{}the end", "word ".repeat(20_000));
        let window = Window { tokenizer: Tokenizer::Other, context: Some(8_192), output: None };
        let budget = Budget::new(window, "", "q", Some(&begun)).unwrap();
        let [answer, _] = messages_after(&begun, &budget);
        assert!(answer.content.starts_with('…') && answer.content.ends_with("the end"));
        assert!(budget.tokenizer.count(&answer.content) <= 8_192 / 2);
        let budget = Budget::new(window, "", "q", Some("A short one")).unwrap();
        assert_eq!(messages_after("A short one", &budget)[0].content, "A short one");
    }
}
