//! Transcription of every server (A1, A2).

use models::{
    AudioFormat, Dialect, Endpoint, ErrorKind, FormRequest, TokenUsage, Transcript,
    TranscriptSegment, TranscriptionRequest,
};
use serde_json::{Value, json};

use super::endpoint;

const JSON: &str = "application/json";

fn request() -> TranscriptionRequest {
    TranscriptionRequest {
        model: "w/1".to_owned(),
        format: AudioFormat::Mp3,
        language: Some("sv".to_owned()),
        prompt: Some("Åre".to_owned()),
        temperature: Some(0.5),
        with_segments: false,
    }
}

fn form(endpoint: &Endpoint, request: &TranscriptionRequest) -> (FormRequest, String) {
    let form = endpoint.transcribe(request, b"ID3\xff sound", "b-1").unwrap();
    let text = String::from_utf8_lossy(&form.body).into_owned();
    (form, text)
}

fn read(body: &Value) -> Result<Transcript, ErrorKind> {
    Transcript::read(body.to_string().as_bytes(), JSON).map_err(|error| error.kind)
}

fn said(text: &str) -> Transcript {
    Transcript { text: text.to_owned(), ..Transcript::default() }
}

#[test]
fn a_recording_is_sent_as_a_form() {
    let (sent, text) = form(&endpoint(Dialect::Compatible), &request());
    assert_eq!(sent.url, "https://models.example/v1/audio/transcriptions");
    let header = |name| sent.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
    assert_eq!(header("content-type"), Some("multipart/form-data; boundary=b-1"));
    assert_eq!(header("authorization"), Some("Bearer sk-1"));
    assert_eq!(
        text,
        "--b-1\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nw/1\r\n\
         --b-1\r\ncontent-disposition: form-data; name=\"response_format\"\r\n\r\njson\r\n\
         --b-1\r\ncontent-disposition: form-data; name=\"language\"\r\n\r\nsv\r\n\
         --b-1\r\ncontent-disposition: form-data; name=\"prompt\"\r\n\r\nÅre\r\n\
         --b-1\r\ncontent-disposition: form-data; name=\"temperature\"\r\n\r\n0.5\r\n\
         --b-1\r\ncontent-disposition: form-data; name=\"file\"; filename=\"audio.mp3\"\r\ncontent-type: audio/mpeg\r\n\r\n\
         ID3\u{FFFD} sound\r\n--b-1--\r\n"
    );
    assert!(sent.body.windows(4).any(|it| it == b"ID3\xff"), "byte for byte");
}

#[test]
fn each_dialect_gets_what_it_knows() {
    let segments = TranscriptionRequest { with_segments: true, ..request() };
    let (_, verbose) = form(&endpoint(Dialect::OpenAiChat), &segments);
    assert!(verbose.contains("\r\n\r\nverbose_json\r\n"), "{verbose}");
    let (_, mistral) = form(&endpoint(Dialect::Mistral), &segments);
    assert!(mistral.contains("name=\"timestamp_granularities\"\r\n\r\nsegment\r\n"), "{mistral}");
    assert!(!mistral.contains("response_format") && !mistral.contains("prompt"), "{mistral}");
    let mut azure = endpoint(Dialect::AzureDated);
    azure.api_version = Some("2024-10-21".to_owned());
    let (sent, _) = form(&azure, &request());
    assert!(
        sent.url.contains("/w%2F1/audio/transcriptions?api-version=2024-10-21"),
        "{}",
        sent.url
    );
    for dialect in [Dialect::Anthropic, Dialect::Gemini, Dialect::Ollama, Dialect::Cohere] {
        let refused = endpoint(dialect).transcribe(&request(), b"ID3", "b").unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Unsupported);
    }
    let mut picky = endpoint(Dialect::Compatible);
    picky.refused.insert("prompt".to_owned());
    assert!(!form(&picky, &request()).1.contains("prompt"));
    assert!(Endpoint::can_leave_out_of_form("prompt"));
    assert!(!Endpoint::can_leave_out_of_form("model"));
}

#[test]
fn usage_is_read_in_every_form() {
    let of = |usage: Value| read(&json!({ "text": " Hej ", "usage": usage })).unwrap();
    let counted =
        of(json!({ "type": "tokens", "input_tokens": 14, "output_tokens": 6, "total_tokens": 20,
        "input_token_details": { "text_tokens": 4, "audio_tokens": 10 } }));
    let tokens =
        TokenUsage { prompt: 14, prompt_audio: 10, completion: 6, ..TokenUsage::default() };
    assert_eq!(
        (counted.text.as_str(), counted.tokens, counted.billed_seconds),
        ("Hej", Some(tokens), None)
    );
    assert_eq!(of(json!({ "type": "duration", "seconds": 3 })).billed_seconds, Some(3));
    assert_eq!(of(json!({ "type": "duration", "seconds": 2.01 })).billed_seconds, Some(3));
    let mistral =
        of(json!({ "prompt_audio_seconds": 7, "prompt_tokens": 4, "completion_tokens": 2 }));
    assert_eq!((mistral.billed_seconds, mistral.tokens.unwrap().completion), (Some(7), 2));
    assert_eq!(of(json!({ "seconds": 1e300 })).billed_seconds, Some(1_000_000), "eleven days");
    for nothing in [Value::Null, json!([]), json!({ "seconds": -1 })] {
        assert_eq!(of(nothing), said("Hej"));
    }
}

#[test]
fn a_detailed_answer_has_segments_and_a_duration() {
    let answer = read(&json!({
        "task": "transcribe", "language": "swedish", "duration": "2.5", "text": "Hej Åre.",
        "segments": [
            { "id": 0, "seek": 0, "start": 0.0, "end": 1, "text": "Hej", "tokens": [1, 2], "avg_logprob": -0.3 },
            { "start": null, "end": 1, "text": "?" },
            { "start": 1.0, "end": 2.5, "text": " Åre." }
        ]
    }));
    let answer = answer.unwrap();
    let segment = |start, end, text: &str| TranscriptSegment { start, end, text: text.to_owned() };
    assert_eq!(answer.segments, [segment(0.0, 1.0, "Hej"), segment(1.0, 2.5, " Åre.")]);
    assert_eq!((answer.language.as_deref(), answer.duration), (Some("swedish"), Some(2.5)));
    assert_eq!(answer.billed_seconds, Some(3), "of the duration, if there is no usage");
}

#[test]
fn silence_is_a_text_and_what_has_none_is_unreadable() {
    assert_eq!(read(&json!({ "text": "" })), Ok(said("")));
    for body in [json!({}), json!({ "text": null }), json!({ "text": 1 }), json!([]), json!("Hej")]
    {
        assert_eq!(read(&body), Err(ErrorKind::Unreadable), "{body}");
    }
    for body in ["<html><body>Hej</body></html>", "", "{\"text\": \"He", "\u{feff}"] {
        let outcome = Transcript::read(body.as_bytes(), JSON).map_err(|error| error.kind);
        assert_eq!(outcome, Err(ErrorKind::Unreadable), "{body}");
    }
    let many = format!("{{\"text\":\"a\",\"segments\":[{}0]}}", "0,".repeat(300_000));
    let outcome = Transcript::read(many.as_bytes(), JSON).map_err(|error| error.kind);
    assert_eq!(outcome, Err(ErrorKind::Unreadable), "more values than any answer has");
}

#[test]
fn an_error_in_a_successful_answer_is_one() {
    let full = json!({ "error": { "type": "overloaded_error", "message": "busy" } });
    assert_eq!(read(&full), Err(ErrorKind::Overloaded));
    assert_eq!(read(&json!({ "error": null, "text": "Hej" })), Ok(said("Hej")));
}

#[test]
fn a_plain_text_is_a_transcript_unless_it_is_a_page() {
    let plain = |body: &[u8]| {
        Transcript::read(body, "text/plain; charset=utf-8").map_err(|error| error.kind)
    };
    assert_eq!(plain("Hej Åre.\n".as_bytes()), Ok(said("Hej Åre.")));
    assert_eq!(plain(b"{\"text\": \"Hej\"}"), Ok(said("Hej")), "a document all the same");
    assert_eq!(plain(b""), Ok(said("")));
    for body in [&b"<!doctype html>"[..], b"a\0b", b"\xff\xfe"] {
        assert_eq!(plain(body), Err(ErrorKind::Unreadable));
    }
}
