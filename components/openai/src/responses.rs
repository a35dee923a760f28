//! `POST /openai/v1/responses`: the same answers in the shape of the Responses API; nothing is
//! stored.

use api::{Call, EventStream, Json, Reply, kept_alive};
use conversations::Written;
use kernel::Result;
use platform::serve::{self, Writer};
use serde_json::{Value, json};

use crate::{
    annotations, json_object,
    response_body::{Progress, ResponseDocument},
    response_request::ResponseRequest,
    run::{self, Run},
};

pub(crate) async fn create_response(
    mut call: Call,
) -> Result<Reply<(EventStream<Value>, Json<Value>)>> {
    let body = json_object::body(&mut call).await?;
    let request = ResponseRequest::read(&body)?;
    let mut run = Run::begin(&mut call, &request.parameters, &request.messages).await?;
    let document = ResponseDocument::new(&run, &request);
    if !request.parameters.stream {
        let answer = run.whole().await?;
        let progress = Progress::of(answer.finish_reason);
        return api::ok(&document.whole(progress, &answer.content, &answer.summary, &run))
            .map(Reply::into_kind);
    }
    let (writer, body) = serve::streaming();
    platform::task::spawn(async move {
        let mut events = EventWriter { writer, number: 0 };
        if let Some(Err(problem)) = stream(&mut run, &document, &mut events).await {
            run.completion.note("openai", Some(&problem));
            events
                .send("response.failed", json!({ "response": document.failed(&problem.detail) }))
                .await;
        }
    });
    api::event_stream::<Value>(body).map(Reply::into_kind)
}

/// Writes events, each with its number.
struct EventWriter {
    writer: Writer,
    number: u64,
}

impl EventWriter {
    /// None if the client has gone.
    async fn send(&mut self, kind: &str, mut event: Value) -> Option<()> {
        if let Some(members) = event.as_object_mut() {
            members.insert("type".to_owned(), kind.into());
            members.insert("sequence_number".to_owned(), self.number.into());
        }
        self.number += 1;
        self.writer
            .write(format!("event: {kind}\n{}", api::sse::data(&event.to_string())))
            .await
            .then_some(())
    }
}

/// Writes the whole stream; None if the client has gone.
async fn stream(
    run: &mut Run,
    document: &ResponseDocument,
    events: &mut EventWriter,
) -> Option<Result<()>> {
    begin(document, events).await?;
    let Run { completion, watch, assistant, .. } = run;
    let opening = watch.guard(assistant, run::may_go_on, completion.open());
    if let Err(problem) = kept_alive(&mut events.writer, opening).await?.and_then(|it| it) {
        return Some(Err(problem));
    }
    let mut content = String::new();
    while run.cutter.cut().is_none() {
        let Run { completion, watch, assistant, .. } = run;
        let reading = watch.guard(assistant, run::may_go_on, completion.next());
        match kept_alive(&mut events.writer, reading).await?.and_then(|it| it) {
            Ok(Some(Written::Content(text))) => {
                let text = run.cutter.push(&text);
                send_text(&text, &mut content, document, events).await?;
            }
            // This shape has no place for thoughts that may be shown.
            Ok(Some(Written::Thinking(_))) => {}
            Ok(None) => break,
            Err(problem) => return Some(Err(problem)),
        }
    }
    let rest = run.cutter.finish();
    send_text(&rest, &mut content, document, events).await?;
    end(run, document, &content, events).await
}

/// Where text belongs: the only part of the only item.
fn place(document: &ResponseDocument) -> Value {
    json!({ "item_id": document.item_id(), "output_index": 0, "content_index": 0 })
}

/// An event about the part of the message.
fn about_part(document: &ResponseDocument, name: &str, value: Value) -> Value {
    let mut event = place(document);
    if let Some(members) = event.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    event
}

async fn begin(document: &ResponseDocument, events: &mut EventWriter) -> Option<()> {
    let response = document.empty(Progress::Running);
    events.send("response.created", json!({ "response": response })).await?;
    events.send("response.in_progress", json!({ "response": response })).await?;
    let item = document.item(Progress::Running, &[]);
    events.send("response.output_item.added", json!({ "output_index": 0, "item": item })).await?;
    let part = about_part(document, "part", ResponseDocument::part("", &[]));
    events.send("response.content_part.added", part).await
}

async fn send_text(
    text: &str,
    content: &mut String,
    document: &ResponseDocument,
    events: &mut EventWriter,
) -> Option<()> {
    if text.is_empty() {
        return Some(());
    }
    content.push_str(text);
    let mut event = about_part(document, "delta", text.into());
    if let Some(members) = event.as_object_mut() {
        members.insert("logprobs".to_owned(), json!([]));
    }
    events.send("response.output_text.delta", event).await
}

async fn end(
    run: &mut Run,
    document: &ResponseDocument,
    content: &str,
    events: &mut EventWriter,
) -> Option<Result<()>> {
    let (summary, reason) = match kept_alive(&mut events.writer, run.summary(content)).await? {
        Ok(summary) => summary,
        Err(problem) => return Some(Err(problem)),
    };
    let progress = Progress::of(reason);
    let cited = annotations::of_response(&summary, &run.web);
    for (at, annotation) in cited.iter().enumerate() {
        let mut event = about_part(document, "annotation", annotation.clone());
        if let Some(members) = event.as_object_mut() {
            members.insert("annotation_index".to_owned(), at.into());
        }
        events.send("response.output_text.annotation.added", event).await?;
    }
    let mut done = about_part(document, "text", content.into());
    if let Some(members) = done.as_object_mut() {
        members.insert("logprobs".to_owned(), json!([]));
    }
    events.send("response.output_text.done", done).await?;
    let part = ResponseDocument::part(content, &cited);
    events.send("response.content_part.done", about_part(document, "part", part.clone())).await?;
    let item = document.item(progress, &[part]);
    events.send("response.output_item.done", json!({ "output_index": 0, "item": item })).await?;
    let last =
        if progress == Progress::Completed { "response.completed" } else { "response.incomplete" };
    let response = document.whole(progress, content, &summary, run);
    events.send(last, json!({ "response": response })).await.map(Ok)
}
