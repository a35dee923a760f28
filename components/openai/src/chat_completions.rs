//! `POST /openai/v1/chat/completions`: an assistant or a model answers, as a document or as a
//! stream.

use api::{Call, EventStream, Json, OpenAiError, Reply, kept_alive, sse};
use conversations::AnswerDelta;
use kernel::{Problem, Result};
use platform::serve::{self, Writer};
use serde_json::{Value, json};

use crate::{
    chat_body::{self, Chunks},
    chat_request::ChatRequest,
    content::BODY_BYTES,
    json_object,
    run::{self, Run},
};

/// The end of a stream; clients compare it letter by letter.
const DONE: &str = "data: [DONE]\n\n";

pub(crate) async fn create_chat_completion(
    mut call: Call,
) -> Result<Reply<(EventStream<Value>, Json<Value>)>> {
    let (body, bytes) = json_object::body_within(&mut call, BODY_BYTES).await?;
    let mut request = ChatRequest::read(&body, bytes)?;
    // With pictures it is several MiB large.
    drop(body);
    let mut run = Run::begin(&mut call, &mut request.parameters, &request.messages).await?;
    request.messages.items.clear();
    if !request.parameters.stream {
        let answer = run.whole().await?;
        return api::ok(&chat_body::completion(&run, &answer)).map(Reply::into_kind);
    }
    let chunks = Chunks::new(&run, request.includes_usage);
    // The head goes out at once: some clients wait for it for five minutes only, and a search and a
    // busy model may take longer.
    let (mut writer, body) = serve::streaming();
    platform::task::spawn(async move {
        if let Some(Err(problem)) = stream(&mut run, &chunks, &mut writer).await {
            run.completion.note("openai", Some(&problem));
            writer.write(sse::data(&json!(OpenAiError::new(&problem)).to_string())).await;
        }
    });
    api::event_stream::<Value>(body).map(Reply::into_kind)
}

/// Writes the whole stream; None if the client has gone, with whom the provider's call ends.
async fn stream(run: &mut Run, chunks: &Chunks, writer: &mut Writer) -> Option<Result<()>> {
    send(writer, &chunks.role()).await?;
    let Run { completion, watch, assistant, .. } = run;
    if let Err(problem) =
        kept_alive(writer, watch.guard(assistant, run::may_go_on, completion.open()))
            .await?
            .and_then(|it| it)
    {
        return Some(Err(problem));
    }
    let mut content = String::new();
    while run.cutter.cut().is_none() {
        match next(run, writer).await? {
            Ok(Some(AnswerDelta::Content(text))) => {
                let text = run.cutter.push(&text);
                send_text(&text, &mut content, chunks, writer).await?;
            }
            Ok(Some(AnswerDelta::Thinking(text))) => send(writer, &chunks.thinking(&text)).await?,
            Ok(Some(AnswerDelta::ToolCall(call))) => {
                let rest = run.cutter.finish();
                send_text(&rest, &mut content, chunks, writer).await?;
                let call = run.calls.push(call, &mut run.cutter);
                send(writer, &chunks.tool_call(&call)).await?;
            }
            Ok(None) => break,
            Err(problem) => return Some(Err(problem)),
        }
    }
    let rest = run.cutter.finish();
    send_text(&rest, &mut content, chunks, writer).await?;
    let (summary, reason) = match kept_alive(writer, run.summary(&content)).await? {
        Ok(summary) => summary,
        Err(problem) => return Some(Err(problem)),
    };
    send(writer, &chunks.finish(&summary, reason, run)).await?;
    if let Some(usage) = chunks.usage(&summary) {
        send(writer, &usage).await?;
    }
    writer.write(DONE).await.then_some(Ok(()))
}

/// The next text, while the caller may continue.
async fn next(run: &mut Run, writer: &mut Writer) -> Option<Result<Option<AnswerDelta>>> {
    let Run { completion, watch, assistant, .. } = run;
    let read = watch.guard(assistant, run::may_go_on, completion.next());
    Some(kept_alive(writer, read).await?.and_then(|it: std::result::Result<_, Problem>| it))
}

async fn send_text(
    text: &str,
    content: &mut String,
    chunks: &Chunks,
    writer: &mut Writer,
) -> Option<()> {
    if text.is_empty() {
        return Some(());
    }
    content.push_str(text);
    send(writer, &chunks.content(text)).await
}

async fn send(writer: &mut Writer, chunk: &Value) -> Option<()> {
    writer.write(sse::data(&chunk.to_string())).await.then_some(())
}
