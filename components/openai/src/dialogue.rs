//! What was said before, and what is asked: from a list of messages. Pure.

use conversations::Turn;
use kernel::{Problem, Result};
use models::Part;

use crate::{
    content::{self, Pictures},
    json_object::JsonObject,
    tool_calls,
};

/// The most messages of a request.
const MAX_MESSAGES: usize = 1_900;

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

/// One message.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ChatMessage {
    pub(crate) speaker: Speaker,
    pub(crate) parts: Vec<Part>,
}

/// All messages of a request.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Messages {
    pub(crate) items: Vec<ChatMessage>,
    /// Where the first picture is.
    pub(crate) picture: Option<String>,
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

/// Refuses more messages than a model is asked with.
///
/// # Errors
/// `invalid_body`.
pub(crate) fn check_count(count: usize, pointer: &'static str) -> Result<()> {
    if count <= MAX_MESSAGES {
        return Ok(());
    }
    let detail = format!("expected at most {MAX_MESSAGES} messages, got {count}");
    Err(Problem::invalid_field(pointer, detail))
}

/// Reads who speaks.
///
/// # Errors
/// `invalid_body` that names the roles.
fn speaker(message: &JsonObject<'_>) -> Result<Speaker> {
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

impl Messages {
    /// Where the format of the answer is.
    pub(crate) fn format_pointer(&self) -> String {
        let member = if self.pointer == "/input" { "/text/format" } else { "/response_format" };
        format!("{member}/type")
    }
}

impl ChatMessage {
    /// Reads a message of either API, but calls of tools.
    ///
    /// # Errors
    /// `invalid_body`; with `unsupported_parameter` for sounds, files and addresses of pictures.
    pub(crate) fn read(message: &JsonObject<'_>, pictures: &mut Pictures) -> Result<Self> {
        let speaker = speaker(message)?;
        let parts = content::read(message, "content", pictures)?;
        let parts = if speaker == Speaker::Tool {
            tool_calls::result(message, "tool_call_id", parts)?
        } else {
            parts
        };
        Ok(Self { speaker, parts })
    }

    /// A message of text.
    pub(crate) fn text(speaker: Speaker, text: &str) -> Self {
        Self { speaker, parts: vec![Part::Text(text.to_owned())] }
    }

    /// What is said in words.
    pub(crate) fn words(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::ToolResult(result) => Some(result.content.as_str()),
            _ => None,
        });
        texts.collect::<Vec<_>>().join("\n")
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
        let said = messages.items.iter().map(|message| (message.speaker, message.words()));
        for (speaker, content) in said.filter(|(_, content)| !content.trim().is_empty()) {
            match (speaker, &mut open) {
                (Speaker::System, _) => instructions.push(content.trim().to_owned()),
                (Speaker::User, Some(question)) => add(question, &content),
                (Speaker::User, none) => *none = Some(content),
                (Speaker::Assistant | Speaker::Tool, question) => {
                    match (question.take(), turns.last_mut()) {
                        (Some(question), _) => turns.push(Turn { question, answer: content }),
                        (None, Some(turn)) => add(&mut turn.answer, &content),
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
        let message = |(speaker, content): &(Speaker, &str)| ChatMessage::text(*speaker, content);
        Dialogue::of(&Messages {
            items: messages.iter().map(message).collect(),
            picture: None,
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
