//! An answer as one document, for clients without streaming.

use kernel::{
    Result,
    id::{ConversationId, MessageId},
};

use crate::{
    AnswerCost, Event, Events, FinishReason, LeftOut, Source, Status, TextSpan, Usage, citations,
    message,
};

/// A settled answer.
#[derive(Clone, PartialEq, Debug)]
pub struct CompletedAnswer {
    /// The answer.
    pub message_id: MessageId,
    /// The conversation of the answer.
    pub conversation_id: ConversationId,
    /// The text of the answer.
    pub content: String,
    /// The sources in the prompt.
    pub sources: Vec<Source>,
    /// The sources that it cites.
    pub citations: Vec<i64>,
    /// Its sentences that cite none of them.
    pub uncited: Vec<TextSpan>,
    /// Tokens.
    pub usage: Usage,
    /// What it cost, if the organisation shows that.
    pub cost: Option<AnswerCost>,
    /// `done`, `stopped` or `failed`.
    pub status: Status,
    /// Why it ended, if that is known.
    pub finish_reason: Option<FinishReason>,
    /// What did not fit into its prompt.
    pub left_out: LeftOut,
    /// The conversation's title, if this question gave it one.
    pub title: Option<String>,
}

/// Waits for the end of an answer. One that failed after its first text is a document with status
/// `failed`.
///
/// # Errors
/// The failure, if there was no text before it.
pub async fn completed_answer(mut events: Events) -> Result<CompletedAnswer> {
    let mut out: Option<CompletedAnswer> = None;
    while let Some(numbered) = events.next().await {
        match (&mut out, numbered.event) {
            (_, Event::Start { message_id, conversation_id }) => {
                out = Some(empty(message_id, conversation_id))
            }
            (Some(out), Event::Sources(sources)) => out.sources = sources,
            (Some(out), Event::LeftOut(parts)) => out.left_out = parts,
            (Some(out), Event::Delta(text)) => out.content.push_str(&text),
            (Some(out), Event::Title(title)) => out.title = Some(title),
            (Some(out), Event::Done { usage, cost, uncited, finish_reason, .. }) => {
                (out.usage, out.cost, out.finish_reason) = (usage, cost, finish_reason);
                out.uncited = uncited;
                return Ok(finish(out, Status::Done));
            }
            (Some(out), Event::Stopped) => return Ok(finish(out, Status::Stopped)),
            (Some(out), Event::Failed(failure)) if out.content.is_empty() => {
                return Err(failure.problem());
            }
            (Some(out), Event::Failed(_)) => {
                out.finish_reason = Some(FinishReason::Truncated);
                return Ok(finish(out, Status::Failed));
            }
            (_, _) => {}
        }
    }
    Err(message::died())
}

fn empty(message_id: MessageId, conversation_id: ConversationId) -> CompletedAnswer {
    CompletedAnswer {
        message_id,
        conversation_id,
        content: String::new(),
        sources: Vec::new(),
        citations: Vec::new(),
        uncited: Vec::new(),
        usage: Usage::default(),
        cost: None,
        status: Status::Failed,
        finish_reason: None,
        left_out: LeftOut::default(),
        title: None,
    }
}

fn finish(out: &CompletedAnswer, status: Status) -> CompletedAnswer {
    let citations = citations::valid(&out.content, out.sources.len());
    CompletedAnswer { status, citations, ..out.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventId, Failure, NumberedEvent};
    use futures::{FutureExt, channel::mpsc};
    use kernel::Code;

    fn fold(events: Vec<Event>) -> Result<CompletedAnswer> {
        let (sender, receiver) = mpsc::unbounded();
        for event in events {
            sender.unbounded_send(NumberedEvent { id: EventId::default(), event }).unwrap();
        }
        drop(sender);
        completed_answer(Events(receiver)).now_or_never().expect("all events are there")
    }

    fn start() -> Event {
        Event::Start {
            message_id: platform::random::id().unwrap(),
            conversation_id: platform::random::id().unwrap(),
        }
    }

    fn failed() -> Event {
        Event::Failed(Failure {
            code: Code::ModelFailed,
            detail: "broke off".to_owned(),
            request_id: "r".to_owned(),
            retry_at: None,
            quota: None,
        })
    }

    fn text(text: &str) -> Event {
        Event::Delta(text.to_owned())
    }

    #[test]
    fn deltas_become_one_document() {
        let usage = Usage { prompt_tokens: 7, completion_tokens: 3 };
        let done = Event::Done {
            usage,
            cost: None,
            citations: Vec::new(),
            uncited: Vec::new(),
            finish_reason: None,
        };
        let whole = fold(vec![
            start(),
            Event::Title("T".to_owned()),
            text("a"),
            Event::Thinking("x".to_owned()),
            text("b"),
            done,
        ])
        .unwrap();
        assert_eq!(
            (whole.content.as_str(), whole.status, whole.usage),
            ("ab", Status::Done, usage)
        );
        assert_eq!(whole.title.as_deref(), Some("T"));
    }

    #[test]
    fn a_failure_after_text_keeps_the_text_and_before_it_is_a_problem() {
        assert_eq!(
            fold(vec![start(), text("a"), failed()]).map(|w| (w.content, w.status)),
            Ok(("a".to_owned(), Status::Failed))
        );
        assert_eq!(
            fold(vec![start(), failed()]).map_err(|p| p.code).unwrap_err(),
            Code::ModelFailed
        );
    }

    #[test]
    fn a_stream_without_an_end_is_a_problem() {
        assert!(fold(vec![start(), text("a")]).is_err());
        assert!(fold(Vec::new()).is_err());
    }
}
