//! `POST /openai/v1/responses`: the same answers in the shape of the Responses API; nothing is
//! stored.

use api::{Call, EventStream, Json, Reply, kept_alive};
use conversations::AnswerDelta;
use kernel::Result;
use platform::serve;
use serde_json::Value;

use crate::{
    content::BODY_BYTES,
    json_object,
    response_body::{Progress, ResponseDocument},
    response_events::ResponseEvents,
    response_request::ResponseRequest,
    run::{self, Run},
};

pub(crate) async fn create_response(
    mut call: Call,
) -> Result<Reply<(EventStream<Value>, Json<Value>)>> {
    let (body, bytes) = json_object::body_within(&mut call, BODY_BYTES).await?;
    let mut request = ResponseRequest::read(&body, bytes)?;
    // With pictures it is several MiB large.
    drop(body);
    let mut run = Run::begin(&mut call, &mut request.parameters, &request.messages).await?;
    let document = ResponseDocument::new(&run, &request);
    if !request.parameters.stream {
        let answer = run.whole().await?;
        let progress = Progress::of(answer.finish_reason);
        let items = document.items(progress, &answer.content, &answer.summary, &run);
        return api::ok(&document.whole(progress, items, &answer.summary, &run))
            .map(Reply::into_kind);
    }
    drop(request);
    let (writer, body) = serve::streaming();
    platform::task::spawn(async move {
        let mut events = ResponseEvents::new(writer, document);
        if let Some(Err(problem)) = stream(&mut run, &mut events).await {
            run.completion.note("openai", Some(&problem));
            events.fail(&problem.detail).await;
        }
    });
    api::event_stream::<Value>(body).map(Reply::into_kind)
}

/// Writes the whole stream; None if the client has gone.
async fn stream(run: &mut Run, events: &mut ResponseEvents) -> Option<Result<()>> {
    events.begin().await?;
    let Run { completion, watch, assistant, .. } = run;
    let opening = watch.guard(assistant, run::may_go_on, completion.open());
    if let Err(problem) = kept_alive(&mut events.writer, opening).await?.and_then(|it| it) {
        return Some(Err(problem));
    }
    while run.cutter.cut().is_none() {
        let Run { completion, watch, assistant, .. } = run;
        let reading = watch.guard(assistant, run::may_go_on, completion.next());
        match kept_alive(&mut events.writer, reading).await?.and_then(|it| it) {
            Ok(Some(AnswerDelta::Content(text))) => events.text(&run.cutter.push(&text)).await?,
            // This shape has no place for thoughts that may be shown.
            Ok(Some(AnswerDelta::Thinking(_))) => {}
            Ok(Some(AnswerDelta::ToolCall(call))) => {
                events.text(&run.cutter.finish()).await?;
                let call = run.calls.push(call, &mut run.cutter);
                events.call(&call, &run.calls).await?;
            }
            Ok(None) => break,
            Err(problem) => return Some(Err(problem)),
        }
    }
    events.text(&run.cutter.finish()).await?;
    let content = events.content().to_owned();
    let summary = run.summary(&content);
    let (summary, reason) = match kept_alive(&mut events.writer, summary).await? {
        Ok(summary) => summary,
        Err(problem) => return Some(Err(problem)),
    };
    events.end(Progress::of(reason), &summary, run).await.map(Ok)
}
