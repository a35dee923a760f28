//! Calls by the host itself: `tool.local-stack.schedule` of a component.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Empty};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::app::App;
use crate::manifest::{Manifest, Schedule};

/// One validated scheduled call.
struct Call {
    component: String,
    every: Duration,
    method: Method,
    uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Starts the schedules of the manifest; they end when the host drains.
pub(crate) async fn start(manifest: &Path, app: &Arc<App>) -> Result<Vec<JoinHandle<()>>> {
    let manifest = Manifest::load(manifest)?;
    let mut tasks = Vec::new();
    for (id, component) in &manifest.components {
        for schedule in component.local_stack_tool()?.schedule {
            let call = Call::new(id, &schedule, app)
                .await
                .with_context(|| format!("in a schedule of component {id:?}"))?;
            tasks.push(tokio::spawn(repeat(call, app.clone())));
        }
    }
    Ok(tasks)
}

impl Call {
    async fn new(component: &str, schedule: &Schedule, app: &App) -> Result<Self> {
        let mut headers = Vec::new();
        for (name, template) in &schedule.headers {
            let mut value = HeaderValue::try_from(app.shared.variables.fill(template).await?)?;
            value.set_sensitive(true);
            headers.push((HeaderName::try_from(name)?, value));
        }
        Ok(Self {
            component: component.to_owned(),
            every: Duration::from_secs(schedule.every_seconds),
            method: schedule.method.parse().context("the method is not an HTTP method")?,
            uri: format!("http://{component}.spin.internal{}", schedule.path).parse()?,
            headers,
        })
    }

    async fn make(&self, app: &App) {
        let mut request = Request::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        request.headers_mut().extend(self.headers.iter().cloned());
        let Some(number) =
            app.handlers.get(&self.component).map(|handler| handler.component.number)
        else {
            return;
        };
        let Ok(_permit) = app.shared.admission.admit_host_call(number).await else { return };
        let Some(response) = app.call_component(&self.component, request).await else { return };
        let (head, body) = response.into_parts();
        let read = body.collect().await;
        let path = self.uri.path();
        if head.status.is_success() && read.is_ok() {
            tracing::debug!(target: "host::schedule", component = self.component, path, "called");
        } else {
            let status = head.status.as_u16();
            tracing::warn!(target: "host::schedule", component = self.component, path, status, "a scheduled call failed");
        }
    }
}

async fn repeat(call: Call, app: Arc<App>) {
    let mut every = tokio::time::interval(call.every);
    // A slow call is followed by one, not by all that were due meanwhile.
    every.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = app.shared.draining.cancelled() => return,
        }
        call.make(&app).await;
    }
}
