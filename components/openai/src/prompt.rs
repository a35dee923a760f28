//! The messages of a client as a model takes them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Problem, Result};
use models::{ChatMessage as ModelMessage, Part, Role};

use crate::dialogue::{ChatMessage, Messages, Speaker};

/// What a model is asked: what the client sends, and nothing else. Results of tools know the name
/// of their tool; those that belong together are one message. `with_tools`: without it calls are
/// left out, and results are what the user says.
///
/// # Errors
/// `invalid_body` if a call has no result, or nothing is said.
pub(crate) fn of(messages: &Messages, with_tools: bool) -> Result<Vec<ModelMessage>> {
    let mut prompt = Prompt { with_tools, ..Prompt::default() };
    for message in &messages.items {
        if message.speaker != Speaker::Tool {
            prompt.check_results(messages.pointer)?;
        }
        prompt.add(message);
    }
    prompt.check_results(messages.pointer)?;
    if prompt.out.is_empty() {
        let detail = "expected at least one message with text";
        return Err(Problem::invalid_field(messages.pointer, detail));
    }
    Ok(prompt.out)
}

#[derive(Default)]
struct Prompt {
    with_tools: bool,
    out: Vec<ModelMessage>,
    /// The tools of all calls, by their ids.
    names: BTreeMap<String, String>,
    /// Calls without a result.
    open: BTreeSet<String>,
    /// The last message has results, and more may join them.
    has_results: bool,
}

impl Prompt {
    /// Providers refuse calls without results, in words that help no one.
    fn check_results(&self, pointer: &'static str) -> Result<()> {
        let Some(id) = self.open.first() else { return Ok(()) };
        let detail = format!(
            "expected a result for each call of a tool behind the message that has it; {id:.80?} has none"
        );
        Err(Problem::invalid_field(pointer, detail))
    }

    fn add(&mut self, message: &ChatMessage) {
        let role = match message.speaker {
            Speaker::System => Role::System,
            Speaker::User | Speaker::Tool => Role::User,
            Speaker::Assistant => Role::Assistant,
        };
        let parts: Vec<Part> = message.parts.iter().filter_map(|part| self.part(part)).collect();
        let is_result = |part: &Part| matches!(part, Part::ToolResult(_));
        let has_results = parts.iter().any(is_result);
        if parts.iter().all(|part| matches!(part, Part::Text(text) if text.trim().is_empty())) {
            return;
        }
        match self.out.last_mut() {
            Some(last) if has_results && self.has_results => last.parts.extend(parts),
            _ => self.out.push(ModelMessage { role, parts }),
        }
        self.has_results = has_results;
    }

    fn part(&mut self, part: &Part) -> Option<Part> {
        match part {
            Part::ToolCall(call) => {
                if !self.with_tools {
                    return None;
                }
                self.names.insert(call.id.clone(), call.name.clone());
                self.open.insert(call.id.clone());
                Some(part.clone())
            }
            Part::ToolResult(result) => Some(match self.names.get(&result.call_id) {
                Some(name) => {
                    self.open.remove(&result.call_id);
                    let name = name.clone();
                    Part::ToolResult(models::ToolResult { name, ..result.clone() })
                }
                None => Part::Text(result.content.clone()),
            }),
            _ => Some(part.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use models::{ToolCall, ToolResult};

    fn text(speaker: Speaker, text: &str) -> ChatMessage {
        ChatMessage { speaker, parts: vec![Part::Text(text.to_owned())] }
    }

    fn call(id: &str) -> Part {
        let (name, arguments) = (format!("tool_{id}"), "{}".to_owned());
        Part::ToolCall(ToolCall { id: id.to_owned(), name, arguments, opaque: None })
    }

    fn result(id: &str, name: &str) -> Part {
        let (call_id, name, content) = (id.to_owned(), name.to_owned(), format!("of {id}"));
        Part::ToolResult(ToolResult { call_id, name, content, failed: false })
    }

    fn prompted(items: Vec<ChatMessage>, with_tools: bool) -> Result<Vec<ModelMessage>> {
        of(&Messages { items, pointer: "/messages", picture: None }, with_tools)
    }

    fn calling() -> ChatMessage {
        ChatMessage { speaker: Speaker::Assistant, parts: vec![call("a"), call("b")] }
    }

    fn answered(id: &str) -> ChatMessage {
        ChatMessage { speaker: Speaker::Tool, parts: vec![result(id, "")] }
    }

    #[test]
    fn results_that_belong_together_are_one_message_and_know_their_tool() {
        let messages = vec![
            text(Speaker::User, "q"),
            calling(),
            answered("b"),
            answered("a"),
            text(Speaker::User, "r"),
        ];
        let prompt = prompted(messages, true).unwrap();
        assert_eq!(prompt.len(), 4);
        assert_eq!(prompt[1].parts, [call("a"), call("b")]);
        assert_eq!(prompt[2].parts, [result("b", "tool_b"), result("a", "tool_a")]);
    }

    #[test]
    fn a_call_without_a_result_is_refused() {
        for messages in [
            vec![calling(), answered("a")],
            vec![calling(), answered("a"), text(Speaker::User, "q")],
            vec![calling()],
        ] {
            let problem = prompted(messages, true).unwrap_err();
            assert_eq!(problem.fields[0].pointer, "/messages");
            assert!(
                problem.fields[0].detail.contains("\"b\"")
                    || problem.fields[0].detail.contains("\"a\"")
            );
        }
    }

    #[test]
    fn a_model_without_tools_reads_results_as_text() {
        let messages = vec![text(Speaker::User, "q"), calling(), answered("a"), answered("b")];
        let prompt = prompted(messages, false).unwrap();
        let texts: Vec<(Role, &str)> =
            prompt.iter().flat_map(|it| it.texts().map(|text| (it.role, text))).collect();
        assert_eq!(texts, [(Role::User, "q"), (Role::User, "of a"), (Role::User, "of b")]);
    }

    #[test]
    fn nothing_said_is_no_question() {
        assert!(prompted(vec![text(Speaker::User, " ")], true).is_err());
    }
}
