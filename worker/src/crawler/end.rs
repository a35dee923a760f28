//! How a run ends.

use crawl::Breaker;
use platform::Cx;
use queue::{Failure, Lease};
use websites::{
    CrawlRun, RunState,
    crawling::{self, CrawledWebsite, RunEnd},
};

use super::{Crawl, Last, StageResult, failures, leave};
use crate::{run::Worker, task::Stop};

/// A run with more failures than one in so many URLs did not look at the website as a whole.
const FEW_FAILURES: i32 = 10;

impl Crawl<'_> {
    pub(super) async fn end(mut self, last: Last) -> StageResult<()> {
        self.settle_boilerplate(true).await?;
        self.store().await?;
        let state = match last {
            Last::Paused => return leave(self.worker, &self.cx, self.lease).await,
            Last::Stopped => RunState::Stopped,
            Last::Finished => self.judge(),
        };
        let reason = match state {
            RunState::Succeeded | RunState::Stopped => None,
            _ => self.reason(),
        };
        finish(self.worker, &self.cx, (self.lease, &self.run, &self.website), state, reason).await
    }

    fn judge(&self) -> RunState {
        let counts = &self.run.counts;
        let troubles = &self.troubles;
        if counts.fetched == 0 && troubles.limit.is_none() && troubles.rendering.is_none() {
            RunState::Failed
        } else if troubles.limit.is_some()
            || troubles.host.is_some()
            || troubles.start.is_some()
            || troubles.rendering.is_some()
            || counts.failed > counts.fetched / FEW_FAILURES
        {
            RunState::Partial
        } else {
            RunState::Succeeded
        }
    }

    fn reason(&self) -> Option<Failure> {
        let troubles = &self.troubles;
        let named = troubles
            .limit
            .clone()
            .or_else(|| troubles.host.clone())
            .or_else(|| troubles.start.clone())
            .or_else(|| troubles.rendering.clone());
        let many = || match self.run.counts.failed {
            0 => failures::failure("nothing_found", "no page of the website was found"),
            failed => {
                failures::failure("many_failures", format!("{failed} pages could not be looked at"))
            }
        };
        Some(named.unwrap_or_else(many))
    }
}

/// A run that cannot begin.
pub(super) async fn fail(
    worker: &Worker,
    cx: &Cx,
    of: (&Lease, &CrawlRun, &CrawledWebsite),
    failure: Failure,
) -> StageResult<()> {
    finish(worker, cx, of, RunState::Failed, Some(failure)).await
}

async fn finish(
    worker: &Worker,
    cx: &Cx,
    (lease, run, website): (&Lease, &CrawlRun, &CrawledWebsite),
    state: RunState,
    reason: Option<Failure>,
) -> StageResult<()> {
    let failures = u32::try_from(website.failures).unwrap_or_default().saturating_add(1);
    let retry_at =
        if state == RunState::Failed { Breaker { failures }.next_try(cx.now()) } else { None };
    let end = RunEnd { state, reason, retry_at };
    match crawling::finish(cx, (lease, run, website), &end).await? {
        Some((run, job)) => {
            worker.events.crawl_run(lease.tenant, website.space, &run).await;
            worker.events.job(lease.tenant, &job).await;
            Ok(())
        }
        // Paused or stopped at the last moment, if the lease is still held.
        None => match crawling::state(cx, run).await? {
            Some(RunState::Paused | RunState::Stopped) => leave(worker, cx, lease).await,
            _ => Err(Stop::Lost),
        },
    }
}
