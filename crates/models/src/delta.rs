//! The data of one event → what it adds to the answer. Pure.

use kernel::Result;
use serde_json::Value;

use crate::failure;

/// A piece of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delta {
    /// Text of the answer.
    Content(String),
    /// Text that the model thinks aloud.
    Thinking(String),
    /// What it cost.
    Usage {
        /// Tokens that went in.
        prompt_tokens: i32,
        /// Tokens that came out.
        completion_tokens: i32,
    },
    /// The model is done; why: `stop`, `length`, …
    Finish(String),
}

/// The end of a stream, as OpenAI sends it.
pub(crate) const DONE: &str = "[DONE]";

/// The deltas of one event, or of a whole completion that came at once.
///
/// # Errors
/// `model_failed` if it is not JSON, or says what went wrong.
pub fn parse(data: &str) -> Result<Vec<Delta>> {
    let event: Value =
        serde_json::from_str(data).map_err(|e| failure::unreadable(format!("an event that is not JSON: {e}")))?;
    let error = event.get("error").filter(|e| !e.is_null());
    if let Some(error) = error.or_else(|| (event.get("object")? == "error").then_some(&event)) {
        return Err(failure::reported(error));
    }
    let mut out = Vec::new();
    if let Some(choice) = event.pointer("/choices/0") {
        let said = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
        let text = |name: &str| said.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
        // DeepSeek and vLLM say reasoning_content, OpenRouter and newer vLLM reasoning.
        out.extend(text("reasoning_content").or_else(|| text("reasoning")).map(Delta::Thinking));
        // A refusal is what the model answers.
        out.extend(text("content").or_else(|| text("refusal")).map(Delta::Content));
        out.extend(choice.get("finish_reason").and_then(Value::as_str).map(|why| Delta::Finish(why.to_owned())));
    }
    if let Some(usage) = event.get("usage").filter(|u| u.is_object()) {
        let count =
            |name: &str| usage.get(name).and_then(Value::as_i64).and_then(|n| i32::try_from(n).ok()).unwrap_or(0);
        out.push(Delta::Usage { prompt_tokens: count("prompt_tokens"), completion_tokens: count("completion_tokens") });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Code;

    #[test]
    fn text_thinking_finish_and_usage_are_told_apart() {
        let content = |data| parse(data).unwrap();
        assert_eq!(content(r#"{"choices":[{"delta":{"content":"a"}}]}"#), [Delta::Content("a".to_owned())]);
        assert_eq!(
            content(r#"{"choices":[{"delta":{"reasoning_content":"h","content":null}}]}"#),
            [Delta::Thinking("h".to_owned())]
        );
        assert_eq!(content(r#"{"choices":[{"delta":{"reasoning":"h"}}]}"#), [Delta::Thinking("h".to_owned())]);
        assert_eq!(content(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#), [Delta::Finish("stop".to_owned())]);
        let usage = Delta::Usage { prompt_tokens: 7, completion_tokens: 3 };
        assert_eq!(content(r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}"#), [usage]);
    }

    #[test]
    fn events_that_add_nothing_add_nothing() {
        for data in [
            r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#,
            r#"{"choices":[]}"#,
            r#"{"usage":null,"error":null}"#,
            "{}",
        ] {
            assert_eq!(parse(data), Ok(Vec::new()), "{data}");
        }
    }

    #[test]
    fn a_whole_completion_is_one_delta_and_its_end() {
        let data = r#"{"choices":[{"message":{"content":"all of it"},"finish_reason":"stop"}]}"#;
        assert_eq!(parse(data).unwrap(), [Delta::Content("all of it".to_owned()), Delta::Finish("stop".to_owned())]);
    }

    #[test]
    fn an_error_object_in_the_stream_is_a_failure() {
        for data in [
            r#"{"error":{"message":"overloaded","type":"server_error"}}"#,
            r#"{"error":"overloaded"}"#,
            r#"{"object":"error","message":"overloaded","code":500}"#,
            "not json",
        ] {
            assert_eq!(parse(data).unwrap_err().code, Code::ModelFailed, "{data}");
        }
    }
}
