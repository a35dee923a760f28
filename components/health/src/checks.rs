//! Single checks. They reveal only that a server does not answer.

use contract::Schema;
use kernel::Result;
use platform::{
    clock,
    pg::{Db, Source},
    redis::Redis,
};
use serde::Serialize;

use crate::store;

/// A worker that was silent for longer is taken for dead; it writes every 5 seconds.
const WORKER_SILENCE_SECONDS: f64 = 20.0;

/// What a check found, from good to bad.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Schema, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Ok,
    Degraded,
    Failed,
}

#[derive(Schema, Serialize)]
pub(crate) struct Check {
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    duration_ms: f64,
}

/// Runs a check and takes its time; a problem counts as `bad`.
async fn timed(
    bad: Status,
    sentence: &'static str,
    work: impl Future<Output = Result<bool>>,
) -> Check {
    let begun = clock::now();
    let good = matches!(work.await, Ok(true));
    #[expect(clippy::cast_precision_loss, reason = "microseconds of one check")]
    let duration_ms = (clock::now().0 - begun.0) as f64 / 1_000.0;
    Check {
        status: if good { Status::Ok } else { bad },
        detail: (!good).then_some(sentence),
        duration_ms,
    }
}

pub(crate) async fn database() -> Check {
    timed(Status::Failed, "the database does not answer", async {
        let db = Db::new(Source::from_config().await?, None);
        store::answers(&db).await
    })
    .await
}

pub(crate) async fn redis() -> Check {
    timed(Status::Failed, "the event store does not answer", async {
        Ok(!Redis::open().await?.command("PING", &[]).await?.is_empty())
    })
    .await
}

pub(crate) async fn worker() -> Check {
    timed(Status::Degraded, "the worker is silent: documents wait until it is back", async {
        let db = Db::new(Source::from_config().await?, None);
        Ok(store::worker_silence(&db)
            .await?
            .is_some_and(|seconds| seconds < WORKER_SILENCE_SECONDS))
    })
    .await
}
