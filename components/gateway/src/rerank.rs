//! `POST /internal/v1/rerank`: the reranker of a grant orders texts. A search waits for it, so there
//! is one attempt, and little time.

use std::time::Duration;

use api::{CallWith, Json};
use catalogue::target::{self, ModelTarget};
use futures::channel::oneshot;
use kernel::{Problem, Result};
use models::{
    Breakers, ErrorKind, ProviderError, Ranking, RerankRequest, RetryAdvice,
    gateway::{WireRanking, WireRerank},
    within,
};
use platform::{
    log::{self, Level},
    task,
};
use serde_json::{Value, json};
use usage::record::CallOutcome;

use crate::{
    ledger::Ledger,
    provider_call::{self, CallTimeouts, silent},
    test_provider,
};

/// The time for the provider; the caller waits a little longer.
const LIMIT: Duration = Duration::from_secs(2);
/// Texts of one request, and bytes of each and of the query.
const DOCUMENTS_LIMIT: usize = 100;
const DOCUMENT_BYTES: usize = 16 << 10;
/// Bytes of a request.
const BODY_LIMIT: usize = (DOCUMENTS_LIMIT + 1) * DOCUMENT_BYTES;
/// Bytes of a provider's answer: some repeat the texts.
const ANSWER_LIMIT: usize = 4 << 20;
/// Members that the provider may refuse by name.
const REFUSED_LIMIT: usize = 2;

pub(crate) async fn rerank(mut call: CallWith<Value>) -> Result<Json<Value>> {
    let body: WireRerank = api::parse(&call.bytes_within(BODY_LIMIT).await?)?;
    check(&body)?;
    let context = call.granted()?;
    let target = target::open_reranker(context).await?;
    let breakers = Breakers::open().await;
    if let Some(wait) = breakers.wait(&target.id.to_string()).await {
        let advice = RetryAdvice { after: Some(wait), should_retry: None };
        let message = format!("for another {} ms", wait.as_millis());
        let error = ProviderError { advice, ..ProviderError::new(ErrorKind::CircuitOpen, message) };
        return test_provider::document(&WireRanking::Failed((&error).into()));
    }
    let ledger = Ledger::reserve_rerank(context, &target, &body).await?;
    let members = [
        ("request_id", json!(context.cx.request_id)),
        ("tenant_id", json!(context.cx.tenant()?.to_string())),
        ("user_id", json!(context.user.to_string())),
    ];
    context.cx.db.release().await;
    // A caller that does not wait any longer is billed all the same.
    let (sender, receiver) = oneshot::channel();
    task::spawn(async move {
        let ranking = ask(target, body, ledger, &breakers, &members).await;
        let _ = sender.send(ranking);
    });
    let ranking = receiver.await.map_err(|_| {
        Problem::internal("the task that asks the reranker ended without an answer")
    })?;
    test_provider::document(&ranking)
}

fn check(body: &WireRerank) -> Result<()> {
    let (count, most) = (body.documents.len(), DOCUMENTS_LIMIT);
    if !(1..=most).contains(&count) {
        let detail = format!("expected 1 to {most} documents, got {count}");
        return Err(Problem::invalid_field("/documents", detail));
    }
    let fits = |text: &String| (1..=DOCUMENT_BYTES).contains(&text.len());
    if !fits(&body.query) || !body.documents.iter().all(fits) {
        let detail = format!("expected texts of 1 to {DOCUMENT_BYTES} bytes");
        return Err(Problem::invalid_field("/documents", detail));
    }
    Ok(())
}

/// Asks once, and records the call before its answer is sent.
async fn ask(
    mut target: ModelTarget,
    body: WireRerank,
    mut ledger: Ledger,
    breakers: &Breakers,
    members: &[(&'static str, Value)],
) -> WireRanking {
    let WireRerank { query, documents, .. } = body;
    let request = RerankRequest { model: target.name.clone(), query, documents, top_n: None };
    ledger.begin();
    let asked = within(LIMIT, attempt(&mut target, &request)).await;
    let is_late = asked.is_none();
    let asked = asked.unwrap_or_else(|| Err(silent()));
    let outcome = match &asked {
        Ok(ranking) => {
            ledger.ranked(ranking);
            CallOutcome::Done
        }
        // The provider read the texts, and was not waited for.
        Err(_) if is_late => {
            ledger.searched(1);
            CallOutcome::CallerGone
        }
        Err(error) => CallOutcome::Failed(error.kind),
    };
    let failure = asked.as_ref().err();
    breakers.report(&target.id.to_string(), failure.map(|error| error.kind)).await;
    ledger.end(&target, outcome, true).await;
    note(&target, &request, failure, members);
    match asked {
        Ok(Ranking { ranked, left_out, .. }) => {
            let order = ranked.iter().map(|document| document.index).chain(left_out);
            WireRanking::Order(order.collect())
        }
        Err(error) => WireRanking::Failed((&error).into()),
    }
}

/// Sends the request, again without the members that the provider refuses by name.
async fn attempt(
    target: &mut ModelTarget,
    request: &RerankRequest,
) -> std::result::Result<Ranking, ProviderError> {
    loop {
        let built = target.endpoint.rerank(request)?;
        let answer = match provider_call::post(built, CallTimeouts::TEST).await {
            Ok(answer) => answer,
            Err(error) => {
                let refused = &mut target.endpoint.refused;
                let parameter = error.parameter.clone().filter(|_| refused.len() < REFUSED_LIMIT);
                if parameter.is_some_and(|parameter| refused.insert(parameter)) {
                    continue;
                }
                return Err(error);
            }
        };
        let bytes = answer.bytes(ANSWER_LIMIT).await.map_err(|_| {
            let message = "the ranking broke off, or is larger than 4 MiB";
            ProviderError::new(ErrorKind::TooLong, message)
        })?;
        return Ranking::read(&bytes, request);
    }
}

/// One line in the log. No text, and no message of a provider that refuses a key.
fn note(
    target: &ModelTarget,
    request: &RerankRequest,
    error: Option<&ProviderError>,
    members: &[(&'static str, Value)],
) {
    let level = if error.is_some() { Level::Error } else { Level::Info };
    let mut line = members.to_vec();
    line.extend([
        ("model_id", json!(target.id.to_string())),
        ("model", json!(target.name)),
        ("documents", json!(request.documents.len())),
        ("error", json!(error.map(|error| error.kind.as_str()))),
        ("cause", json!(error.map(ToString::to_string))),
    ]);
    log::line(level, "gateway", "reranked", &line);
}
