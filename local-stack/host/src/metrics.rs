//! What the host measures, for Prometheus. Without a listener there are no metrics, and nothing is
//! measured.

use std::sync::{Arc, Weak};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use telemetry::{BoundedLabel, Counters, Gauges, Histograms, Label, Registry};

use crate::admission::Refusal;
use crate::app::App;
use crate::instance::EndReason;
use crate::postgres::BudgetUsage;

/// The response header by which components of this host name the route that answered: its pattern.
pub(crate) const ROUTE: HeaderName = HeaderName::from_static("tessera-route");

/// Routes that components may name.
const MAX_ROUTES: usize = 400;
/// Servers that components may reach by wildcards.
const MAX_SERVERS: usize = 64;

/// Which component answered, by which route; an extension of the response.
#[derive(Clone)]
pub(crate) struct AnsweredBy {
    pub(crate) component: Arc<str>,
    pub(crate) route: Option<HeaderValue>,
}

impl AnsweredBy {
    /// Takes the route off the response.
    pub(crate) fn take(component: &Arc<str>, headers: &mut HeaderMap) -> Self {
        Self { component: component.clone(), route: headers.remove(&ROUTE) }
    }
}

/// The metrics of a host.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Counters<4>,
    request_seconds: Histograms<3>,
    in_flight: Gauges<0>,
    refused: Counters<1>,
    /// Open connections of clients.
    pub(crate) connections: Gauges<0>,
    instances: Gauges<1>,
    instances_started: Counters<1>,
    instances_ended: Counters<2>,
    pool_connections: Gauges<2>,
    budget: Gauges<1>,
    given_up: Counters<1>,
    outbound: Counters<3>,
    outbound_seconds: Histograms<2>,
    trace_spans: Counters<1>,
    routes: BoundedLabel,
    servers: BoundedLabel,
}

impl Metrics {
    #[expect(clippy::too_many_lines, reason = "a list: every metric with its labels")]
    pub(crate) fn new() -> Self {
        let mut r = Registry::default();
        Self {
            requests: r.counters(
                "http_requests",
                "Requests answered",
                ["component", "method", "route", "status"],
            ),
            request_seconds: r.histograms(
                "http_request_seconds",
                "Time from a request's head to its response's head",
                ["component", "method", "route"],
            ),
            in_flight: r.gauges(
                "http_requests_in_flight",
                "Requests with a permit, with their open responses",
                [],
            ),
            refused: r.counters("http_requests_refused", "Requests that got no permit", ["reason"]),
            connections: r.gauges("http_connections", "Open connections of clients", []),
            instances: r.gauges("instances", "Instances that live", ["component"]),
            instances_started: r.counters(
                "instances_started",
                "Instances that were made",
                ["component"],
            ),
            instances_ended: r.counters(
                "instances_ended",
                "Instances that ended, and why",
                ["component", "reason"],
            ),
            pool_connections: r.gauges(
                "postgres_connections",
                "Connections to Postgres: used by a guest, idle in the pool, and the limit",
                ["component", "state"],
            ),
            budget: r.gauges(
                "postgres_budget",
                "Connections of this host over all components: used, waiting requests, and the limit",
                ["state"],
            ),
            given_up: r.counters(
                "postgres_connections_given_up",
                "Connections that were closed because another component waited for one",
                ["component"],
            ),
            outbound: r.counters(
                "outbound_requests",
                "HTTP requests of components to other servers",
                ["component", "server", "status"],
            ),
            outbound_seconds: r.histograms(
                "outbound_request_seconds",
                "Time to the head of another server's response",
                ["component", "server"],
            ),
            trace_spans: r.counters(
                "trace_spans",
                "Spans that the collector took, that found the queue full, or that it did not take",
                ["outcome"],
            ),
            routes: BoundedLabel::new(MAX_ROUTES),
            servers: BoundedLabel::new(MAX_SERVERS),
            registry: r,
        }
    }

    /// A response is ready to be sent.
    pub(crate) fn answered(
        &self,
        by: Option<&AnsweredBy>,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        let component: Label = by.map_or("host".into(), |by| by.component.to_string().into());
        let route = by.and_then(|by| by.route.as_ref()).and_then(|route| route.to_str().ok());
        let route = route.map_or("none".into(), |route| self.routes.of(route));
        let method = method_label(method);
        self.request_seconds.observe([component.clone(), method.clone(), route.clone()], took);
        self.requests.count([component, method, route, status.as_u16().to_string().into()]);
    }

    /// A request got no permit.
    pub(crate) fn refused(&self, refusal: Refusal) {
        let reason = match refusal {
            Refusal::OwnShare => "own_share",
            Refusal::Busy => "busy",
        };
        self.refused.count([reason.into()]);
    }

    /// An instance was made.
    pub(crate) fn instance_started(&self, component: &str) {
        self.instances_started.count([component.to_owned().into()]);
        self.instances.add([component.to_owned().into()], 1);
    }

    /// An instance ended: a clock did it, or it trapped, or it was no longer needed.
    pub(crate) fn instance_ended(&self, component: &str, reason: EndReason, failed: bool) {
        let reason = match reason {
            EndReason::Request => "request_timeout",
            EndReason::Cpu => "cpu_time",
            EndReason::PostReturn => "post_return_timeout",
            EndReason::None if failed => "trap",
            EndReason::None => "unused",
        };
        self.instances_ended.count([component.to_owned().into(), reason.into()]);
        self.instances.add([component.to_owned().into()], -1);
    }

    /// A component's request to another server; None: it failed before a response came.
    pub(crate) fn outbound(
        &self,
        component: &str,
        server: &str,
        status: Option<StatusCode>,
        took: Duration,
    ) {
        let (component, server): (Label, Label) =
            (component.to_owned().into(), self.servers.of(server));
        self.outbound_seconds.observe([component.clone(), server.clone()], took);
        let status = status.map_or("failed".into(), |status| status.as_u16().to_string().into());
        self.outbound.count([component, server, status]);
    }

    /// The text of a scrape.
    fn text(&self, app: &App) -> String {
        self.in_flight.set([], count(app.shared.admission.in_flight()));
        let BudgetUsage { limit, used, waiting } = app.shared.postgres.usage();
        for (state, number) in [("limit", limit), ("used", used), ("waiting", waiting)] {
            self.budget.set([state.into()], count(number));
        }
        if let Some(traces) = &app.shared.traces {
            for (outcome, spans) in traces.take_counts() {
                self.trace_spans.add([outcome.into()], spans);
            }
        }
        for handler in app.handlers.values() {
            let component = || Label::Owned(handler.component.id.to_string());
            let usage = handler.component.postgres.usage();
            for (state, number) in
                [("used", usage.used), ("idle", usage.idle), ("limit", usage.limit)]
            {
                self.pool_connections.set([component(), state.into()], count(number));
            }
            self.given_up.add([component()], handler.component.postgres.take_given_up());
        }
        self.registry.text()
    }
}

/// Answers scrapes until the application ends.
pub(crate) async fn serve(listener: telemetry::Listener, app: Weak<App>) {
    let render = move || {
        let app = app.upgrade();
        async move {
            app.and_then(|app| Some(app.shared.metrics.as_ref()?.text(&app))).unwrap_or_default()
        }
    };
    telemetry::serve(listener, render).await;
}

/// Methods of HTTP; a client may invent others.
pub(crate) fn method_label(method: &Method) -> Label {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.iter().find(|known| **known == method.as_str()).map_or("other", |known| known).into()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_guide_lists_every_metric_and_no_other() {
        let guide = include_str!("../../../docs/operations.md");
        let table =
            guide.split_once("| the host's | labels | |").unwrap().1.split("\n\n").next().unwrap();
        let documented: Vec<&str> =
            table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let mut registered = Metrics::new().registry.names().to_vec();
        registered.sort();
        let mut documented: Vec<String> = documented.into_iter().map(str::to_owned).collect();
        documented.sort();
        assert_eq!(registered, documented);
    }
}
