//! Arbitrary bytes into what reads requests and a provider's answers.
#![no_main]
#![expect(clippy::expect_used, reason = "a finding is a panic")]

use std::sync::LazyLock;

use api::{
    cookie::{self, Cookie},
    multipart::{self, FormEvent, FormReader},
};
use credentials::{AccessToken, PublicKeys, RefreshToken, SessionKeys};
use kernel::{Cursor, PageRequest, id::SpaceId, text};
use knowledge::UploadName;
use libfuzzer_sys::fuzz_target;
use models::{ChatEvent, ChatReader, Dialect, EventReader, FinishReason};
use scim::{GroupChange, UserChange};
use url::Url;

/// What is fuzzed: `./stack fuzz` runs this program once for each.
static TARGET: LazyLock<String> =
    LazyLock::new(|| std::env::var("TESSERA_FUZZ").expect("TESSERA_FUZZ: a target"));
static KEYS: LazyLock<PublicKeys> = LazyLock::new(|| {
    let keys =
        SessionKeys::derive("a-key-of-the-fuzzer-that-is-long-enough-0123456789").expect("keys");
    PublicKeys::read(&keys.public_key(), None).expect("a public key")
});

fuzz_target!(|data: &[u8]| {
    match TARGET.as_str() {
        "tokens" => tokens(&String::from_utf8_lossy(data)),
        "headers" => headers(&String::from_utf8_lossy(data)),
        "queries" => queries(&String::from_utf8_lossy(data)),
        "forms" => forms(data),
        "events" => events(data),
        "redirects" => redirects(&String::from_utf8_lossy(data)),
        "scim" => directory(data),
        other => panic!("there is no target {other:?}"),
    }
});

/// No text that we did not sign is an access token; a refresh token says again what was read.
fn tokens(text: &str) {
    assert!(AccessToken::verify(text, &KEYS).is_err(), "a forged token: {text}");
    if let Some(token) = RefreshToken::read(text) {
        let again = RefreshToken::read(&token.write()).expect("what we write we can read");
        assert!(again == token, "what is written reads as another token");
    }
}

/// The value of a cookie is a part of the header, and holds no other cookie.
fn headers(text: &str) {
    for cookie in [Cookie::Access, Cookie::Refresh, Cookie::Csrf] {
        for value in cookie::values(std::iter::once(text), cookie.name(false)) {
            assert!(text.contains(value) && !value.contains(';'), "{value:?}");
        }
    }
    if api::sse::is_event_id(text) {
        assert!(
            text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'),
            "{text:?} goes into a Redis command"
        );
    }
    let event = api::sse::event(text, text);
    assert_eq!(
        event.matches('\n').count(),
        3,
        "one event has two lines and an empty one: {event:?}"
    );
}

fn queries(text: &str) {
    let (limit, cursor) = text.split_once('&').unwrap_or((text, text));
    if let Ok(request) = PageRequest::parse(Some(limit), Some(cursor)) {
        assert!((1..=PageRequest::MAX_LIMIT).contains(&request.limit));
    }
    if let Ok(cursor) = Cursor::decode(cursor) {
        assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
    }
    if let Ok(id) = text.parse::<SpaceId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Ok(line) = text::line("/name", text, 1, 100) {
        assert!(
            (1..=100).contains(&line.chars().count()) && !line.chars().any(char::is_control),
            "{line:?}"
        );
    }
    if let Ok(name) = UploadName::parse(text) {
        let name = name.as_str();
        assert!(
            !name.contains(['/', '\\']) && !name.chars().any(char::is_control) && name != "..",
            "{name:?}"
        );
    }
}

/// A form as the upload component reads it, cut into pieces by its own first byte.
fn forms(data: &[u8]) {
    let Some((size, rest)) = data.split_first() else { return };
    let (kind, body) =
        rest.iter().position(|b| *b == b'\n').map_or((rest, &rest[..0]), |at| rest.split_at(at));
    let kind = String::from_utf8_lossy(kind);
    let boundary = multipart::boundary(&kind).unwrap_or_else(|_| "x".to_owned());
    let mut form = FormReader::new(&boundary);
    let (mut taken, mut files) = (0, 0);
    for piece in body.chunks(usize::from(*size).max(1)) {
        let Ok(events) = form.push(piece) else { break };
        for event in events {
            match event {
                FormEvent::File(name) => {
                    files += 1;
                    let _ = UploadName::parse(&name);
                }
                FormEvent::Data(bytes) => taken += bytes.len(),
                FormEvent::Field(..) => panic!("fields are skipped"),
                FormEvent::End => assert_eq!((files, form.finish()), (1, Ok(()))),
            }
        }
    }
    assert!(taken <= body.len() && files <= 1, "more came out than went in");
}

/// Wherever someone wishes to go after signing in, a browser that follows stays here, and on a
/// page.
fn redirects(target: &str) {
    let here = Url::parse("https://tessera.example/sign-in").expect("an address");
    let path = sso::return_to::path(Some(target));
    let there = here.join(path).expect("an address of ours");
    assert_eq!(there.origin(), here.origin(), "{target:?} leads to {there}");
    assert!(
        there.username().is_empty() && !there.path().starts_with("/api/"),
        "{target:?} leads to {there}"
    );
}

/// What a directory sends: a filter by its name or its path, a resource, a patch of it.
fn directory(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = (
        scim::parse_path(&text),
        scim::UserQuery::parse(Some(&text)),
        scim::GroupQuery::parse(Some(&text)),
    );
    let Ok(body) = serde_json::from_slice(data) else { return };
    if let Ok(user) = UserChange::replacement(&body) {
        assert!(
            user.user_name.is_some() && user.external_id.is_some(),
            "a replacement leaves nothing as it was"
        );
    }
    if let Ok(group) = GroupChange::replacement(&body) {
        assert!(group.clear && group.remove.is_empty(), "a replacement says who is in the group");
    }
    let _ = (UserChange::patch(&body), GroupChange::patch(&body));
}

/// The events of a stream are the same however its bytes are cut.
fn events(data: &[u8]) {
    let read = |pieces: &mut dyn Iterator<Item = &[u8]>| -> Option<Vec<String>> {
        let (mut reader, mut out) = (EventReader::default(), Vec::new());
        for piece in pieces {
            out.extend(reader.push(piece).ok()?);
        }
        out.extend(reader.finish());
        Some(out)
    };
    let whole = read(&mut std::iter::once(data));
    let size = data.first().map_or(1, |byte| usize::from(*byte).max(1));
    assert_eq!(read(&mut data.chunks(size)), whole);
    for dialect in Dialect::ALL {
        for content_type in ["text/event-stream", "application/x-ndjson", "application/json", ""] {
            let whole = answer(dialect, content_type, &mut std::iter::once(data));
            assert_eq!(
                answer(dialect, content_type, &mut data.chunks(size)),
                whole,
                "{dialect:?} {content_type}"
            );
        }
    }
}

/// Text, thoughts, arguments, and how an answer ended.
type Answer = (String, String, String, Option<FinishReason>, bool);

fn answer(dialect: Dialect, content_type: &str, pieces: &mut dyn Iterator<Item = &[u8]>) -> Answer {
    let mut reader = ChatReader::new(dialect, content_type);
    pieces.for_each(|piece| reader.push(piece));
    reader.end(None);
    let mut out = Answer::default();
    while let Some(event) = reader.next_event() {
        assert!(!out.4, "something follows a failure");
        match event {
            ChatEvent::Text(text) => out.0.push_str(&text),
            ChatEvent::Thinking(text) => out.1.push_str(&text),
            ChatEvent::ToolCall(call) => out.2.push_str(&call.arguments),
            ChatEvent::Finish(reason) => out.3 = Some(reason),
            ChatEvent::Failed(_) => out.4 = true,
            ChatEvent::Opaque(_) | ChatEvent::Model(_) | ChatEvent::Usage(_) => {}
        }
    }
    assert!(out.4 || reader.is_finished(), "an answer ends finished or failed");
    out
}
