//! The events of a settled answer, replayed from its row. Pure.

use crate::{Event, EventId, Message, NumberedEvent, Status};

/// The events that a client at position `after` has not received yet.
pub(crate) fn replay(message: &Message, after: EventId) -> Vec<NumberedEvent> {
    let whole = u64::try_from(message.content.len()).unwrap_or(u64::MAX);
    let mut out = Vec::new();
    let mut number = after.number;
    let mut written = after.written;
    if number < 1 {
        number = 1;
        let event =
            Event::Start { message_id: message.id, conversation_id: message.conversation_id };
        out.push(NumberedEvent { id: EventId { number, written: 0 }, event });
        written = 0;
    }
    if number < 2 {
        number = 2;
        out.push(NumberedEvent {
            id: EventId { number, written: 0 },
            event: Event::Sources(message.sources.clone()),
        });
    }
    if !message.left_out.is_empty() && written == 0 {
        number += 1;
        let event = Event::LeftOut(message.left_out);
        out.push(NumberedEvent { id: EventId { number, written: 0 }, event });
    }
    let rest = rest(&message.content, written);
    if !rest.is_empty() {
        number += 1;
        out.push(NumberedEvent {
            id: EventId { number, written: whole },
            event: Event::Delta(rest.to_owned()),
        });
    }
    number += 1;
    out.push(NumberedEvent { id: EventId { number, written: whole }, event: last(message) });
    out
}

/// The text after `written` bytes, from a character boundary, for any value of the client.
fn rest(content: &str, written: u64) -> &str {
    let mut at = usize::try_from(written).unwrap_or(usize::MAX).min(content.len());
    while !content.is_char_boundary(at) {
        at -= 1;
    }
    content.get(at..).unwrap_or_default()
}

fn last(message: &Message) -> Event {
    match (message.status, &message.failure) {
        (Status::Stopped, _) => Event::Stopped,
        (Status::Failed, Some(failure)) => Event::Failed(failure.clone()),
        _ => Event::Done {
            usage: message.usage.unwrap_or_default(),
            cost: message.cost.clone(),
            citations: message.citations.clone(),
            uncited: message.uncited(),
            finish_reason: message.finish_reason,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Failure, Role, Usage};
    use kernel::{Code, Timestamp};

    fn message(status: Status) -> Message {
        Message {
            id: platform::random::id().unwrap(),
            conversation_id: platform::random::id().unwrap(),
            parent_id: None,
            versions: Vec::new(),
            role: Role::Assistant,
            content: "på nio".to_owned(),
            mentions: crate::Mentions::default(),
            status,
            finish_reason: None,
            left_out: crate::LeftOut::default(),
            attachments: Vec::new(),
            sources: Vec::new(),
            citations: vec![1],
            usage: Some(Usage { prompt_tokens: 7, completion_tokens: 3 }),
            cost: None,
            model: None,
            failed_models: Vec::new(),
            imported_from: None,
            failure: None,
            feedback: None,
            abandoned: false,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        }
    }

    fn events(message: &Message, after: &str) -> Vec<Event> {
        replay(message, after.parse().unwrap()).into_iter().map(|n| n.event).collect()
    }

    #[test]
    fn a_new_client_receives_all_events() {
        let m = message(Status::Done);
        let all = replay(&m, EventId::default());
        let ids: Vec<String> = all.iter().map(|n| n.id.to_string()).collect();
        assert_eq!(ids, ["1-0", "2-0", "3-7", "4-7"]);
        assert_eq!(all[2].event, Event::Delta("på nio".to_owned()));
        assert_eq!(
            all[3].event,
            Event::Done {
                usage: Usage { prompt_tokens: 7, completion_tokens: 3 },
                cost: None,
                citations: vec![1],
                uncited: Vec::new(),
                finish_reason: None,
            }
        );
    }

    #[test]
    fn a_resuming_client_receives_only_the_rest() {
        let m = message(Status::Stopped);
        assert_eq!(events(&m, "1-0").len(), 3);
        assert_eq!(events(&m, "4-3"), [Event::Delta(" nio".to_owned()), Event::Stopped]);
        assert_eq!(events(&m, "9-7"), [Event::Stopped]);
        assert_eq!(events(&m, "9-9999"), [Event::Stopped]);
        assert_eq!(replay(&m, "9-7".parse().unwrap())[0].id.to_string(), "10-7");
    }

    #[test]
    fn what_was_left_out_is_replayed_before_the_text() {
        let left_out = crate::LeftOut { sources: true, ..Default::default() };
        let m = Message { left_out, ..message(Status::Stopped) };
        let reported =
            [Event::LeftOut(left_out), Event::Delta("på nio".to_owned()), Event::Stopped];
        assert_eq!(events(&m, "2-0"), reported);
        assert_eq!(
            events(&m, "4-3"),
            reported[1..]
                .iter()
                .map(|event| match event {
                    Event::Delta(_) => Event::Delta(" nio".to_owned()),
                    other => other.clone(),
                })
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_made_up_position_in_the_middle_of_a_character_does_no_harm() {
        assert_eq!(
            events(&message(Status::Stopped), "4-2"),
            [Event::Delta("å nio".to_owned()), Event::Stopped]
        );
    }

    #[test]
    fn every_prefix_and_its_rest_make_the_text() {
        let m = message(Status::Done);
        for cut in (0..=m.content.len()).filter(|c| m.content.is_char_boundary(*c)) {
            assert_eq!(format!("{}{}", &m.content[..cut], rest(&m.content, cut as u64)), m.content);
        }
    }

    #[test]
    fn a_failure_is_replayed_unchanged() {
        let failure = Failure {
            code: Code::ModelFailed,
            detail: "broke off".to_owned(),
            request_id: "r".to_owned(),
            retry_at: Some(Timestamp(9)),
            quota: None,
        };
        let m = Message { failure: Some(failure.clone()), ..message(Status::Failed) };
        assert_eq!(events(&m, "2-0").last(), Some(&Event::Failed(failure)));
    }
}
