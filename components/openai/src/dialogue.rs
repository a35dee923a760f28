//! What was said before, and what is asked: from a list of messages. Pure.

use conversations::Turn;
use kernel::{Problem, Result};
use serde_json::Value;

use crate::json_object::{JsonObject, kind, unsupported};

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Speaker {
    /// `system` or `developer`.
    System,
    User,
    Assistant,
    /// What a tool of the client's gave back.
    Tool,
}

/// One message as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ChatMessage {
    pub(crate) speaker: Speaker,
    pub(crate) content: String,
}

/// All messages of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Messages {
    pub(crate) items: Vec<ChatMessage>,
    /// The member that they stand in: `/messages`, or `/input` in the Responses API.
    pub(crate) pointer: &'static str,
}

/// A conversation as an assistant takes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Dialogue {
    /// All that the client says as system or developer.
    pub(crate) instructions: String,
    /// Newest first.
    pub(crate) turns: Vec<Turn>,
    pub(crate) question: String,
}

/// Reads who speaks.
///
/// # Errors
/// `invalid_body` that names the roles.
pub(crate) fn speaker(message: &JsonObject<'_>) -> Result<Speaker> {
    match message.required_text("role")? {
        "system" | "developer" => Ok(Speaker::System),
        "user" => Ok(Speaker::User),
        "assistant" => Ok(Speaker::Assistant),
        "tool" | "function" => Ok(Speaker::Tool),
        other => {
            let detail =
                format!("expected system, developer, user, assistant or tool, got {other:.40?}");
            Err(Problem::invalid_field(message.pointer("role"), detail))
        }
    }
}

/// The text of a message: a string, or parts of text.
///
/// # Errors
/// `invalid_body`; with `unsupported_parameter` for pictures, sounds and files.
pub(crate) fn content(message: &JsonObject<'_>) -> Result<String> {
    let pointer = message.pointer("content");
    match message.get("content") {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Array(parts)) => {
            let texts = parts
                .iter()
                .enumerate()
                .map(|(at, part)| part_text(part, format!("{pointer}/{at}")));
            Ok(texts.collect::<Result<Vec<_>>>()?.join("\n"))
        }
        Some(other) => Err(Problem::invalid_field(
            pointer,
            format!("expected a string or an array of parts, got {}", kind(other)),
        )),
    }
}

fn part_text(part: &Value, pointer: String) -> Result<String> {
    let part = JsonObject::new(part, pointer)?;
    match part.required_text("type")? {
        "text" | "input_text" | "output_text" => Ok(part.required_text("text")?.to_owned()),
        "refusal" => Ok(part.required_text("refusal")?.to_owned()),
        other => {
            let detail = format!(
                "expected a part of type text, got {other:.40?}; only text is read here yet"
            );
            Err(unsupported(part.pointer("type"), detail))
        }
    }
}

impl Dialogue {
    /// Pairs what was asked with what was answered. A greeting of the assistant's before the first
    /// question has no place in a prompt.
    ///
    /// # Errors
    /// `invalid_body` if the last message is no question.
    pub(crate) fn of(messages: &Messages) -> Result<Self> {
        let (mut instructions, mut turns) = (Vec::new(), Vec::<Turn>::new());
        // The question that has no answer yet.
        let mut open: Option<String> = None;
        for ChatMessage { speaker, content } in
            messages.items.iter().filter(|message| !message.content.trim().is_empty())
        {
            match (speaker, &mut open) {
                (Speaker::System, _) => instructions.push(content.trim()),
                (Speaker::User, Some(question)) => add(question, content),
                (Speaker::User, none) => *none = Some(content.clone()),
                (Speaker::Assistant | Speaker::Tool, question) => {
                    match (question.take(), turns.last_mut()) {
                        (Some(question), _) => {
                            turns.push(Turn { question, answer: content.clone() })
                        }
                        (None, Some(turn)) => add(&mut turn.answer, content),
                        (None, None) => {}
                    }
                }
            }
        }
        turns.reverse();
        let question = open.ok_or_else(|| {
            let detail = "expected a question: a last message of the role user, with text";
            Problem::invalid_field(messages.pointer, detail)
        })?;
        Ok(Self { instructions: instructions.join("\n\n"), turns, question })
    }
}

fn add(text: &mut String, more: &str) {
    text.push_str("\n\n");
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialogue(messages: &[(Speaker, &str)]) -> Result<Dialogue> {
        let message = |(speaker, content): &(Speaker, &str)| ChatMessage {
            speaker: *speaker,
            content: (*content).to_owned(),
        };
        Dialogue::of(&Messages {
            items: messages.iter().map(message).collect(),
            pointer: "/messages",
        })
    }

    fn turn(question: &str, answer: &str) -> Turn {
        Turn { question: question.to_owned(), answer: answer.to_owned() }
    }

    use Speaker::{Assistant, System, Tool, User};

    #[test]
    fn questions_are_paired_with_their_answers() {
        let read = dialogue(&[
            (System, "Be brief."),
            (User, "a"),
            (Assistant, "A"),
            (User, "b"),
            (Assistant, "B"),
            (System, "In Swedish."),
            (User, "c"),
        ]);
        let expected = Dialogue {
            instructions: "Be brief.\n\nIn Swedish.".to_owned(),
            turns: vec![turn("b", "B"), turn("a", "A")],
            question: "c".to_owned(),
        };
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn messages_of_one_speaker_in_a_row_are_one() {
        let read = dialogue(&[
            (User, "a"),
            (User, "b"),
            (Assistant, ""),
            (Tool, "42"),
            (Assistant, "B"),
            (User, "c"),
        ]);
        assert_eq!(read.unwrap().turns, [turn("a\n\nb", "42\n\nB")]);
    }

    #[test]
    fn a_greeting_before_the_first_question_is_left_out() {
        let read = dialogue(&[(Assistant, "Hello!"), (User, "a")]).unwrap();
        assert_eq!((read.turns.len(), read.question.as_str()), (0, "a"));
    }

    #[test]
    fn the_last_message_is_the_question() {
        for wrong in [&[][..], &[(System, "x")], &[(User, "a"), (Assistant, "A")], &[(User, " \n")]]
        {
            let problem = dialogue(wrong).unwrap_err();
            assert_eq!(problem.fields[0].pointer, "/messages", "{wrong:?}");
        }
    }
}
