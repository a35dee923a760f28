//! The body of `POST /openai/v1/chat/completions`.

use kernel::{Problem, Result};
use serde_json::Value;

use crate::{
    content::Pictures,
    dialogue::{self, ChatMessage, Messages, Speaker},
    json_object::{JsonObject, unsupported},
    parameters::Parameters,
    tool_calls,
    tools::{self, Shape},
};

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ChatRequest {
    pub(crate) parameters: Parameters,
    pub(crate) messages: Messages,
    /// Whether a stream ends with a chunk that says what it cost.
    pub(crate) includes_usage: bool,
}

impl ChatRequest {
    /// Members that no one knows are ignored, as are hints that change no meaning (`seed`,
    /// penalties, `user`, `store`, …). `bytes`: of the body.
    ///
    /// # Errors
    /// `invalid_body`; with `unsupported_parameter` for what is known and not offered.
    pub(crate) fn read(body: &Value, bytes: usize) -> Result<Self> {
        let body = JsonObject::of_body(body)?;
        refuse_what_is_not_offered(&body)?;
        let options = body.object("stream_options")?;
        let messages = body.list("messages")?.unwrap_or_default();
        if messages.is_empty() {
            return Err(Problem::invalid_field("/messages", "expected at least one message"));
        }
        dialogue::check_count(messages.len(), "/messages")?;
        let mut pictures = Pictures::default();
        let mut items = Vec::with_capacity(messages.len());
        for (at, message) in messages.iter().enumerate() {
            let message = JsonObject::new(message, format!("/messages/{at}"))?;
            let mut item = ChatMessage::read(&message, &mut pictures)?;
            if item.speaker == Speaker::Assistant {
                item.parts.extend(tool_calls::of_message(&message)?);
            }
            items.push(item);
        }
        pictures.check_rest(bytes)?;
        let asked = tools::options(&body, body.object("response_format")?, Shape::Nested)?;
        let limit = ["max_completion_tokens", "max_tokens"];
        Ok(Self {
            parameters: Parameters::read(&body, &limit, asked)?,
            messages: Messages { items, picture: pictures.first, pointer: "/messages" },
            includes_usage: options
                .map(|options| options.flag("include_usage"))
                .transpose()?
                .unwrap_or(false),
        })
    }
}

fn refuse_what_is_not_offered(body: &JsonObject<'_>) -> Result<()> {
    if let Some(n) = body.integer("n")?.filter(|n| *n != 1) {
        let detail =
            format!("expected 1, got {n}: one answer at a time is written; ask again for another");
        return Err(unsupported(body.pointer("n"), detail));
    }
    if body.flag("logprobs")? || body.integer("top_logprobs")?.is_some_and(|n| n > 0) {
        let detail = "expected false: the probabilities of tokens are not offered; leave it out";
        return Err(unsupported(body.pointer("logprobs"), detail));
    }
    if body.object("logit_bias")?.is_some() {
        return Err(unsupported(body.pointer("logit_bias"), "not offered here; leave it out"));
    }
    let has_other_modality = body
        .list("modalities")?
        .is_some_and(|all| all.iter().any(|one| one.as_str() != Some("text")));
    if body.get("audio").is_some() || has_other_modality {
        return Err(unsupported(
            body.pointer("audio"),
            "only text is written here; leave audio and modalities out",
        ));
    }
    if body.get("web_search_options").is_some() {
        return Err(unsupported(
            body.pointer("web_search_options"),
            "the web is not searched here; leave it out",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(member: &str, value: &Value) -> Result<ChatRequest> {
        let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }] });
        body[member] = value.clone();
        ChatRequest::read(&body, 0)
    }

    /// The pointer and the protocol's word of a refusal.
    fn refusal(member: &str, value: &Value) -> (String, Option<&'static str>) {
        let problem = with(member, value).map(|_| ()).unwrap_err();
        (problem.fields[0].pointer.to_string(), problem.protocol_code())
    }

    #[test]
    fn members_that_no_one_knows_and_hints_are_ignored() {
        let plain = with("user", &json!("u")).unwrap();
        for (member, value) in [
            ("no_such_member", json!({ "a": [1] })),
            ("seed", json!(1)),
            ("store", json!(true)),
            ("n", json!(1)),
            ("n", Value::Null),
            ("tools", json!([])),
            ("stop", Value::Null),
            ("response_format", json!({ "type": "text" })),
            ("modalities", json!(["text"])),
            ("stream_options", Value::Null),
        ] {
            assert_eq!(with(member, &value), Ok(plain.clone()), "{member}: {value}");
        }
    }

    #[test]
    fn what_is_known_and_not_offered_is_refused_by_name() {
        for (member, value, pointer) in [
            ("n", json!(2), "/n"),
            ("logprobs", json!(true), "/logprobs"),
            ("top_logprobs", json!(3), "/logprobs"),
            ("logit_bias", json!({ "1": 1 }), "/logit_bias"),
            ("audio", json!({ "voice": "x" }), "/audio"),
            ("modalities", json!(["text", "audio"]), "/audio"),
            ("response_format", json!({ "type": "grammar" }), "/response_format/type"),
            ("tools", json!([{ "type": "web_search" }]), "/tools/0/type"),
            ("functions", json!([{ "name": "f" }]), "/functions"),
            ("web_search_options", json!({}), "/web_search_options"),
            (
                "messages",
                json!([{ "role": "user", "content": [{ "type": "input_audio" }] }]),
                "/messages/0/content/0/type",
            ),
        ] {
            assert_eq!(
                refusal(member, &value),
                (pointer.to_owned(), Some("unsupported_parameter")),
                "{member}"
            );
        }
    }

    #[test]
    fn what_is_malformed_is_named() {
        for (member, value, pointer) in [
            ("messages", json!([]), "/messages"),
            ("messages", json!("Hi"), "/messages"),
            ("messages", json!([{ "content": "Hi" }]), "/messages/0/role"),
            ("messages", json!([{ "role": "poet", "content": "Hi" }]), "/messages/0/role"),
            ("messages", json!([{ "role": "user", "content": 7 }]), "/messages/0/content"),
            ("model", Value::Null, "/model"),
            ("temperature", json!(2.5), "/temperature"),
            ("max_tokens", json!(0), "/max_tokens"),
            ("stop", json!([""]), "/stop"),
            ("stop", json!(7), "/stop"),
            ("stream", json!("yes"), "/stream"),
        ] {
            assert_eq!(refusal(member, &value), (pointer.to_owned(), None), "{member}: {value}");
        }
    }

    #[test]
    fn content_is_a_text_or_parts_of_text_and_every_role_is_known() {
        let messages = json!([
            { "role": "developer", "content": [{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }] },
            { "role": "system", "content": "c" },
            { "role": "user", "content": "d", "name": "Anna" },
            { "role": "assistant", "content": null, "tool_calls": [{ "id": "1", "type": "function", "function": { "name": "f", "arguments": "{}" } }] },
            { "role": "tool", "content": "e", "tool_call_id": "1" },
        ]);
        let read = with("messages", &messages).unwrap().messages.items;
        let read: Vec<(Speaker, String)> = read.iter().map(|it| (it.speaker, it.words())).collect();
        use Speaker::{Assistant, System, Tool, User};
        let said = |(speaker, words): (Speaker, &str)| (speaker, words.to_owned());
        let expected = [(System, "a\nb"), (System, "c"), (User, "d"), (Assistant, ""), (Tool, "e")];
        assert_eq!(read, expected.map(said));
    }

    #[test]
    fn the_newer_name_of_a_limit_comes_first() {
        let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hi" }], "max_tokens": 9 });
        assert_eq!(ChatRequest::read(&body, 0).unwrap().parameters.max_tokens, Some(9));
        body["max_completion_tokens"] = 5.into();
        assert_eq!(ChatRequest::read(&body, 0).unwrap().parameters.max_tokens, Some(5));
    }
}
