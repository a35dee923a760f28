//! The events of an answer, their ids, and their stored form in the journal.

use std::{fmt, str::FromStr, time::Duration};

use futures::{StreamExt, channel::mpsc};
use kernel::{
    Code, Problem, Timestamp,
    id::{ConversationId, MessageId},
};
use serde_json::{Value, json};

use crate::{AnswerCost, Failure, FinishReason, LeftOut, Source, TextSpan, Usage, failure, source};

/// The position of an event: its number, counted from 1, and the length of the answer's text
/// including it. Sorted like Redis stream ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct EventId {
    /// Counted from 1; 0 is before the first.
    pub number: u64,
    /// Bytes of the answer's text up to and including this event.
    pub written: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.number, self.written)
    }
}

impl FromStr for EventId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let parsed = text
            .split_once('-')
            .and_then(|(number, written)| Some((number.parse().ok()?, written.parse().ok()?)));
        let (number, written) = parsed.ok_or_else(|| {
            Problem::new(
                Code::InvalidHeader,
                "last-event-id: expected the id of an earlier event of this stream",
            )
        })?;
        Ok(Self { number, written })
    }
}

/// An event of an answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// The first event.
    Start {
        /// The answer.
        message_id: MessageId,
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// The sources in the prompt.
    Sources(Vec<Source>),
    /// What did not fit into the prompt; only if there is something.
    LeftOut(LeftOut),
    /// Text of the answer.
    Delta(String),
    /// Reasoning of the model; not stored in the row.
    Thinking(String),
    /// The conversation got its title.
    Title(String),
    /// The answer is complete.
    Done {
        /// Tokens.
        usage: Usage,
        /// What it cost, if the organisation shows that.
        cost: Option<AnswerCost>,
        /// The sources that it cites.
        citations: Vec<i64>,
        /// Its sentences that cite none.
        uncited: Vec<TextSpan>,
        /// Why the model stopped, if it says so.
        finish_reason: Option<FinishReason>,
    },
    /// The answer failed.
    Failed(Failure),
    /// The user stopped it.
    Stopped,
}

impl Event {
    /// Whether this is the last event.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed(_) | Self::Stopped)
    }

    pub(crate) fn write(&self) -> String {
        let value = match self {
            Self::Start { message_id, conversation_id } => {
                json!({"start": {"message": message_id.to_string(), "conversation": conversation_id.to_string()}})
            }
            Self::Sources(sources) => json!({"sources": source::write(sources)}),
            Self::LeftOut(parts) => json!({"left_out": parts.words()}),
            Self::Delta(text) => json!({"chunk": text}),
            Self::Thinking(text) => json!({"thinking": text}),
            Self::Title(title) => json!({"title": title}),
            Self::Done { usage, cost, citations, uncited, finish_reason } => {
                let cost = cost.as_ref().map(AnswerCost::write);
                let finish = finish_reason.map(FinishReason::as_str);
                let uncited: Vec<_> = uncited.iter().map(|span| [span.start, span.end]).collect();
                json!({"done": {"in": usage.prompt_tokens, "out": usage.completion_tokens, "cost": cost, "citations": citations, "uncited": uncited, "finish": finish}})
            }
            Self::Failed(f) => {
                let (code, retry, quota) =
                    (f.code.as_str(), f.retry_at.map(|at| at.0), f.quota_json());
                json!({"failed": {"code": code, "detail": f.detail, "request": f.request_id, "retry_at": retry, "quota": quota}})
            }
            Self::Stopped => json!({"stopped": true}),
        };
        value.to_string()
    }

    /// Parses [`Event::write`].
    pub(crate) fn read(text: &str) -> Option<Self> {
        let stored: Value = serde_json::from_str(text).ok()?;
        let (kind, value) = stored.as_object()?.iter().next()?;
        let member = |name: &str| value.get(name).and_then(Value::as_str);
        let number = |name: &str| {
            value
                .get(name)
                .and_then(Value::as_i64)
                .and_then(|n| i32::try_from(n).ok())
                .unwrap_or_default()
        };
        Some(match kind.as_str() {
            "start" => Self::Start {
                message_id: member("message")?.parse().ok()?,
                conversation_id: member("conversation")?.parse().ok()?,
            },
            "sources" => Self::Sources(source::read(value)),
            "left_out" => {
                let words = value.as_array()?.iter().filter_map(Value::as_str);
                Self::LeftOut(LeftOut::parse(words))
            }
            "chunk" => Self::Delta(value.as_str()?.to_owned()),
            "thinking" => Self::Thinking(value.as_str()?.to_owned()),
            "title" => Self::Title(value.as_str()?.to_owned()),
            "done" => Self::Done {
                usage: Usage { prompt_tokens: number("in"), completion_tokens: number("out") },
                cost: value.get("cost").and_then(AnswerCost::read),
                citations: value
                    .get("citations")?
                    .as_array()?
                    .iter()
                    .filter_map(Value::as_i64)
                    .collect(),
                uncited: value.get("uncited").map(TextSpan::read_all).unwrap_or_default(),
                finish_reason: member("finish").and_then(FinishReason::parse),
            },
            "failed" => Self::Failed(Failure {
                code: Code::parse(member("code")?)?,
                detail: member("detail")?.to_owned(),
                request_id: member("request")?.to_owned(),
                retry_at: value.get("retry_at").and_then(Value::as_i64).map(Timestamp),
                quota: value.get("quota").and_then(failure::read_quota),
            }),
            "stopped" => Self::Stopped,
            _ => return None,
        })
    }
}

/// An event with its position.
#[derive(Clone, PartialEq, Debug)]
pub struct NumberedEvent {
    /// The position from which a client resumes after it.
    pub id: EventId,
    /// The event.
    pub event: Event,
}

/// The events of an answer as they happen. Dropping it does not affect the answer.
pub struct Events(pub(crate) mpsc::UnboundedReceiver<NumberedEvent>);

/// The result of waiting for an event.
#[derive(Clone, PartialEq, Debug)]
pub enum Next {
    /// An event.
    Event(NumberedEvent),
    /// No event within the limit.
    Pause,
    /// No more events.
    End,
}

impl Events {
    /// The next event; `None` after the last, or if the answer's process died.
    pub async fn next(&mut self) -> Option<NumberedEvent> {
        self.0.next().await
    }

    /// The next event, or [`Next::Pause`] if none came within the limit.
    pub async fn next_within(&mut self, limit: Duration) -> Next {
        match models::within(limit, self.next()).await {
            Some(Some(event)) => Next::Event(event),
            Some(None) => Next::End,
            None => Next::Pause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_holds_the_length_of_the_text() {
        let id = EventId { number: 7, written: 123 };
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "7", "7-", "-1", "a-b", "0-0 COUNT 1", "1-2-3", "99999999999999999999-0"] {
            assert_eq!(
                bad.parse::<EventId>().map_err(|p| p.code),
                Err(Code::InvalidHeader),
                "{bad}"
            );
        }
    }

    #[test]
    fn every_event_survives_the_journal() {
        let failure = Failure {
            code: Code::ModelFailed,
            detail: "broke \"off\"\n".to_owned(),
            request_id: "r-1".to_owned(),
            retry_at: Some(Timestamp(7)),
            quota: Some(kernel::ReachedQuota {
                subject: "tenant".to_owned(),
                measure: "cost".to_owned(),
                period: "day".to_owned(),
                limit: "0.5".to_owned(),
                is_held: true,
            }),
        };
        let events = [
            Event::Start {
                message_id: platform::random::id().unwrap(),
                conversation_id: platform::random::id().unwrap(),
            },
            Event::Sources(Vec::new()),
            Event::LeftOut(LeftOut { turns: true, ..LeftOut::default() }),
            Event::Delta("å\n[1] 😀".to_owned()),
            Event::Thinking("hm".to_owned()),
            Event::Title("T".to_owned()),
            Event::Done {
                usage: Usage { prompt_tokens: 7, completion_tokens: 3 },
                cost: Some(AnswerCost {
                    amount: Some("0.0001".to_owned()),
                    is_estimated: true,
                    is_unpriced: false,
                }),
                citations: vec![2, 1],
                uncited: vec![TextSpan { start: 3, end: 17 }],
                finish_reason: Some(FinishReason::Length),
            },
            Event::Failed(failure),
            Event::Stopped,
        ];
        for event in events {
            assert_eq!(Event::read(&event.write()), Some(event));
        }
        for rubbish in ["", "{}", "[]", r#"{"else":1}"#, r#"{"chunk":1}"#] {
            assert_eq!(Event::read(rubbish), None, "{rubbish}");
        }
    }
}
