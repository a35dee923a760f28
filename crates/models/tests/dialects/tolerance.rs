//! What a tolerant client accepts, rule by rule, and where its tolerance ends.

use models::{ChatEvent, ChatReader, Dialect, ErrorKind, FinishReason};
use serde_json::{Value, json};

use super::{chunks, read, read_cut, read_events, sse};

const DIALECT: Dialect = Dialect::Compatible;

fn text_chunks() -> Vec<Value> {
    chunks(&[json!({ "content": "På " }), json!({ "content": "😀" })], "stop")
}

/// S3, S4.
#[test]
fn lines_may_end_in_any_way_and_be_cut_anywhere() {
    let plain = sse(&text_chunks());
    for body in [
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        plain.replace("data: ", "data:"),
        format!("\u{feff}{plain}"),
        plain.replace("data:", ": keep-alive\n\nretry: 5\nid: 1\nevent: x\ndata:"),
        plain.trim_end().to_owned(),
    ] {
        let answer = read(DIALECT, "text/event-stream", &body);
        assert_eq!(
            (answer.text.as_str(), answer.finish, answer.error),
            ("På 😀", Some(FinishReason::Stop), None),
            "{body}"
        );
    }
}

/// S5, S6.
#[test]
fn a_stream_is_complete_with_done_or_a_finish_reason_and_else_truncated() {
    let text = sse(&[json!({ "choices": [{ "delta": { "content": "a" } }] })]);
    assert_eq!(read(DIALECT, "text/event-stream", &sse(&text_chunks())).error, None);
    assert_eq!(read(DIALECT, "text/event-stream", &format!("{text}data: [DONE] \n\n")).error, None);
    for body in [text.as_str(), "", ": nothing\n\n"] {
        let answer = read(DIALECT, "text/event-stream", body);
        assert_eq!((answer.error, answer.finish), (Some(ErrorKind::Truncated), None), "{body}");
    }
}

#[test]
fn a_connection_that_breaks_after_the_end_does_no_harm() {
    for (body, error) in
        [(sse(&text_chunks()), None), (sse(&text_chunks()[..2]), Some(ErrorKind::Truncated))]
    {
        let mut reader = ChatReader::new(DIALECT, "text/event-stream");
        reader.push(body.as_bytes());
        reader.end(Some("connection reset"));
        let events: Vec<ChatEvent> = std::iter::from_fn(|| reader.next_event()).collect();
        let failure = events.iter().find_map(|event| match event {
            ChatEvent::Failed(error) => Some(error.kind),
            _ => None,
        });
        assert_eq!(failure, error);
    }
}

#[test]
fn what_follows_done_is_ignored() {
    let body = format!(
        "{}data: [DONE]\n\ndata: {{\"error\":\"late\"}}\n\ndata: junk\n\n",
        sse(&text_chunks())
    );
    assert_eq!(read(DIALECT, "text/event-stream", &body).error, None);
}

/// S9.
#[test]
fn members_may_be_missing_null_or_of_another_type() {
    let mut events = vec![
        json!({}),
        json!({ "choices": null }),
        json!({ "choices": [] }),
        json!({ "choices": [{}] }),
        json!({ "choices": [{ "delta": null }] }),
        json!({ "choices": [{ "delta": { "role": "assistant", "content": null, "tool_calls": null } }] }),
        json!({ "choices": [{ "delta": { "role": "assistant", "content": [{ "type": "text", "text": "a" }] } }], "model": "", "id": "" }),
        json!({ "choices": [{ "delta": { "content": "b" }, "finish_reason": "" }], "usage": null, "error": null, "model": "m" }),
        json!({ "choices": "what", "usage": [], "model": 7 }),
    ];
    events.extend(chunks(&[], "because"));
    let answer = read_events(DIALECT, &events);
    assert_eq!(
        (answer.text.as_str(), answer.error, answer.model.as_deref()),
        ("ab", None, Some("m"))
    );
    assert_eq!(answer.finish, Some(FinishReason::Other("because".to_owned())));
}

/// S8.
#[test]
fn usage_is_the_largest_count_wherever_it_comes() {
    let usage = |prompt: u64, completion: u64| json!({ "choices": [], "usage": { "prompt_tokens": prompt, "completion_tokens": completion } });
    let mut events = vec![usage(9, 0), usage(9, 3)];
    events.extend(text_chunks());
    events.push(usage(0, 5));
    let found = read_events(DIALECT, &events).usage.unwrap();
    assert_eq!((found.prompt, found.completion), (9, 5));
    assert_eq!(read_events(DIALECT, &text_chunks()).usage, None);
    let odd = json!({ "choices": [], "usage": { "prompt_tokens": -4, "completion_tokens": 7.0, "total_tokens": "x" } });
    let found = read_events(DIALECT, &[odd, text_chunks().pop().unwrap()]).usage.unwrap();
    assert_eq!((found.prompt, found.completion), (0, 7));
}

/// S10; the places of Gemini and Ollama are theirs.
#[test]
fn thoughts_are_found_in_every_place() {
    for delta in [
        json!({ "reasoning_content": "hm" }),
        json!({ "reasoning": "hm" }),
        json!({ "reasoning": "hm", "reasoning_details": [{ "type": "reasoning.text", "text": "hm" }] }),
        json!({ "reasoning_details": [{ "type": "reasoning.summary", "summary": "hm" }] }),
        json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }] }),
        json!({ "content": "<think>hm</think>\n\n" }),
    ] {
        let answer =
            read_events(DIALECT, &chunks(&[delta.clone(), json!({ "content": "Yes" })], "stop"));
        assert_eq!((answer.thinking.as_str(), answer.text.as_str()), ("hm", "Yes"), "{delta}");
    }
    let openai = read_events(
        Dialect::OpenAiChat,
        &chunks(&[json!({ "content": "<think>tag</think>" })], "stop"),
    );
    assert_eq!(
        openai.text, "<think>tag</think>",
        "a provider that tells them apart means what it writes"
    );
}

/// S12.
#[test]
fn a_refusal_is_what_the_model_answers() {
    let answer = read_events(
        DIALECT,
        &chunks(&[json!({ "refusal": "I " }), json!({ "refusal": "will not." })], "stop"),
    );
    assert_eq!(answer.text, "I will not.");
}

/// S14.
#[test]
fn an_error_is_seen_in_every_shape_after_the_text_before_it() {
    let tokens = sse(&text_chunks()[..2]);
    let router = json!({ "error": { "code": 502, "message": "gone", "metadata": { "error_type": "provider_unavailable" } },
        "choices": [{ "delta": { "content": "" }, "finish_reason": "error" }] });
    for (error, kind) in [
        (
            "data: {\"error\":{\"message\":\"x\",\"type\":\"server_error\"}}\n\n".to_owned(),
            ErrorKind::Server,
        ),
        ("data: {\"error\":\"overloaded\"}\n\n".to_owned(), ErrorKind::Server),
        (
            "data: {\"object\":\"error\",\"message\":\"x\",\"code\":429}\n\n".to_owned(),
            ErrorKind::RateLimited,
        ),
        (
            "data: [{\"error\":{\"code\":503,\"message\":\"x\"}}]\n\n".to_owned(),
            ErrorKind::Overloaded,
        ),
        (
            "event: error\ndata: {\"message\":\"x\",\"code\":\"rate_limit_exceeded\"}\n\n"
                .to_owned(),
            ErrorKind::RateLimited,
        ),
        ("event: error\ndata: out of memory\n\n".to_owned(), ErrorKind::Server),
        ("data: {\"detail\":\"boom\"}\n\n".to_owned(), ErrorKind::Server),
        (sse(&[router]), ErrorKind::Overloaded),
        (sse(&chunks(&[], "error")), ErrorKind::Server),
    ] {
        let answer = read(DIALECT, "text/event-stream", &format!("{tokens}{error}"));
        assert_eq!((answer.text.as_str(), answer.error), ("På 😀", Some(kind)), "{error}");
    }
}

#[test]
fn an_answer_of_another_type_than_asked_is_read_by_its_type() {
    let error =
        json!({ "error": { "message": "This model's maximum context length is 8192 tokens" } })
            .to_string();
    assert_eq!(read(DIALECT, "application/json", &error).error, Some(ErrorKind::ContextLength));
    assert_eq!(read(DIALECT, "text/plain", &error).error, Some(ErrorKind::ContextLength));
    for page in ["<html><body>502</body></html>", "{}", "[]", "null", "\"x\""] {
        assert_eq!(
            read(DIALECT, "application/json", page).error,
            Some(ErrorKind::Unreadable),
            "{page}"
        );
    }
    assert_eq!(
        read(DIALECT, "text/html; charset=utf-8", "<html>").error,
        Some(ErrorKind::Unreadable)
    );
    assert_eq!(read(DIALECT, "", &sse(&text_chunks())).text, "På 😀", "a server that does not say");
}

#[test]
fn what_is_no_json_is_unreadable_and_stays_out_of_the_log() {
    let answer = read(
        DIALECT,
        "text/event-stream",
        "data: {\"choices\":[{\"delta\":{\"content\":\"secret\n\n",
    );
    assert_eq!(answer.error, Some(ErrorKind::Unreadable));
    assert!(!answer.message.contains("secret"), "{}", answer.message);
}

/// S22.
#[test]
fn an_event_of_8_mebibytes_and_an_endless_answer_are_refused() {
    let long = format!("data: {}", "x".repeat(8 << 20));
    let long = format!("{}{long}", sse(&text_chunks()[..2]));
    for size in [1 << 16, usize::MAX] {
        let answer = read_cut(DIALECT, "text/event-stream", long.as_bytes(), size);
        assert_eq!(
            (answer.text.as_str(), answer.error),
            ("På 😀", Some(ErrorKind::TooLong)),
            "what came before is kept"
        );
    }
    for member in ["content", "reasoning"] {
        let chunk = json!({ "choices": [{ "delta": { member: "x".repeat(1 << 20) } }] });
        let body = sse(&vec![chunk; 20]);
        let answer = read_cut(DIALECT, "text/event-stream", body.as_bytes(), 1 << 16);
        assert_eq!(answer.error, Some(ErrorKind::TooLong), "{member}");
        assert!(answer.text.len() + answer.thinking.len() <= 16 << 20);
    }
}

#[test]
fn an_event_of_many_small_values_is_refused() {
    let of = |count: usize| {
        let filler = vec![json!({ "": 0 }); count];
        let choices = json!([{ "delta": { "content": "a" }, "finish_reason": "stop" }]);
        sse(&[json!({ "choices": choices, "x": filler })])
    };
    assert_eq!(read(DIALECT, "text/event-stream", &of(5_000)).error, None);
    let error = read(DIALECT, "text/event-stream", &of(10_000)).error;
    assert_eq!(error, Some(ErrorKind::Unreadable));
}

/// S20.
#[test]
fn the_model_that_answers_is_the_one_that_the_provider_names() {
    let mut events = text_chunks();
    events[1]["model"] = json!("other-model");
    events[2]["model"] = json!("a-third");
    assert_eq!(read_events(DIALECT, &events).model.as_deref(), Some("other-model"));
}

#[test]
fn bytes_that_are_no_utf_8_do_not_end_an_answer() {
    let body = [
        b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xff\"},\"finish_reason\":\"stop\"}]}\n\n"
            .as_slice(),
    ]
    .concat();
    let answer = read_cut(DIALECT, "text/event-stream", &body, 1);
    assert_eq!((answer.text.as_str(), answer.error), ("a\u{fffd}", None));
}
