//! Listens, admits connections, serves them, and drains them at shutdown.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use http::HeaderValue;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::app::App;
use crate::body::SentBody;
use crate::connection::{Activity, ConnectionPermit, Connections, close_when_idle};
use crate::request::Peer;
use crate::slow_client::{self, Streams};
use crate::strict_head::StrictHeads;
use crate::{HostConfig, metrics, schedule};

/// Timeout of a request head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long connections may take to close after the last response.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// A running host. Dropping it stops listening at once; [`Host::shutdown`] drains first.
pub struct Host {
    app: Arc<App>,
    addr: SocketAddr,
    metrics_addr: Option<SocketAddr>,
    tasks: Vec<JoinHandle<()>>,
}

impl Host {
    /// Compiles, links and listens. Errors name the component or key at fault.
    pub async fn start(config: HostConfig) -> Result<Self> {
        let app = App::build(&config).await?;
        let listener = TcpListener::bind(config.listen).await.with_context(|| {
            format!("cannot listen on {}: is another server running there?", config.listen)
        })?;
        let addr = listener.local_addr()?;
        let mut tasks = vec![
            tokio::spawn(accept(app.clone(), listener)),
            tokio::spawn(evict_idle(app.clone())),
        ];
        let mut metrics_addr = None;
        if let Some(metrics) = &config.metrics {
            let listener = telemetry::Listener::bind(metrics.listen, metrics.token.clone()).await?;
            metrics_addr = listener.address().ok();
            tasks.push(until_stopped(&app, metrics::serve(listener, Arc::downgrade(&app))));
        }
        if let Some(server) = app.shared.key_value.own_server() {
            let of_task = app.clone();
            let watch = async move { of_task.shared.maintenance.watch(server).await };
            tasks.push(until_stopped(&app, watch));
        }
        tasks.extend(schedule::start(&config.manifest, &app).await?);
        tracing::info!(target: "host::server", application = %app.name, %addr, components = app.handlers.len(), "listening");
        Ok(Self { app, addr, metrics_addr, tasks })
    }

    /// Where the host listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where metrics are scraped, if they are.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_addr
    }

    /// Requests in flight.
    pub fn requests_in_flight(&self) -> usize {
        self.app.shared.admission.in_flight()
    }

    /// Announces the drain to proxies for `limits.drain_notice_seconds`, while it still takes
    /// requests. Then takes no new ones, and waits up to `limits.drain_seconds` for running ones
    /// and for what guests continue with after their responses; event streams that are still open
    /// then end with an event.
    pub async fn drain(&self) {
        let shared = &self.app.shared;
        shared.drain_announced.cancel();
        let notice = Duration::from_secs(shared.config.limits.drain_notice_seconds);
        tokio::time::sleep(notice).await;
        shared.draining.cancel();
        let mut finishing = JoinSet::new();
        let mut limit = Duration::from_secs(shared.config.limits.drain_seconds);
        for handler in self.app.handlers.values() {
            let component = handler.component.clone();
            limit = limit.max(component.policy.drain);
            finishing.spawn(async move { component.drain.finish(component.policy.drain).await });
        }
        let finished = async {
            while finishing.join_next().await.is_some() {}
            shared.admission.drained().await;
        };
        if tokio::time::timeout(limit + SHUTDOWN_GRACE, finished).await.is_err() {
            let left = self.requests_in_flight();
            tracing::warn!(target: "host::server", left, "cut requests that were still running at the end of the drain");
        }
    }

    /// [`Host::drain`], then stops all instances.
    pub async fn shutdown(mut self) {
        self.drain().await;
        self.app.shared.stopped.cancel();
        for task in std::mem::take(&mut self.tasks) {
            let _ = task.await;
        }
        if let Some(traces) = &self.app.shared.traces {
            traces.flush().await;
        }
        tracing::info!(target: "host::server", "stopped");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.app.shared.drain_announced.cancel();
        self.app.shared.draining.cancel();
        self.app.shared.stopped.cancel();
    }
}

/// A task that ends with the host.
fn until_stopped(
    app: &Arc<App>,
    work: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    let stopped = app.shared.stopped.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = work => {}
            () = stopped.cancelled() => {}
        }
    })
}

async fn accept(app: Arc<App>, listener: TcpListener) {
    let mut builder = Builder::new(Streams(app.shared.config.limits.write_timeout()));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let limits = &app.shared.config.connections;
    let http2 = &mut builder.http2();
    http2
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(30))
        .max_concurrent_streams(limits.streams);
    let builder = Arc::new(builder);
    let open = Connections::new(limits, app.shared.proxies.clone());
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = app.shared.draining.cancelled() => break,
        };
        match accepted {
            // Closed at once if the client, or the host, has reached its limit.
            Ok((stream, peer)) => {
                if let Some(permit) = open.admit(peer.ip()) {
                    serve(&app, &builder, &connections, (stream, peer), permit);
                }
            }
            Err(error) => {
                // Out of file descriptors, or a connection that ended early: others continue.
                tracing::warn!(target: "host::server", %error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(listener);
    // Open connections get 503 until the last running request has ended.
    app.shared.stopped.cancelled().await;
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, connections.shutdown()).await;
}

fn serve(
    app: &Arc<App>,
    builder: &Arc<Builder<Streams>>,
    connections: &GracefulShutdown,
    (stream, address): (TcpStream, SocketAddr),
    permit: ConnectionPermit,
) {
    // Small events must not wait for the next.
    let _ = stream.set_nodelay(true);
    let header =
        HeaderValue::try_from(address.to_string()).unwrap_or(HeaderValue::from_static("0.0.0.0:0"));
    let peer = Peer { ip: address.ip(), header };
    let (app, write_timeout) = (app.clone(), app.shared.config.limits.write_timeout());
    let idle_timeouts = app.shared.config.connections.idle_timeouts();
    let open = app.shared.metrics.as_ref().map(|metrics| OpenConnection::new(&metrics.connections));
    let activity = Activity::new();
    let of_requests = activity.clone();
    let service = service_fn(move |request| {
        let (app, peer, in_flight) = (app.clone(), peer.clone(), of_requests.begin());
        async move {
            let (response, entry) = app.serve(request, peer).await;
            Ok::<_, Infallible>(response.map(|body| SentBody::new(body, in_flight, entry)))
        }
    });
    let connection =
        builder.serve_connection(TokioIo::new(StrictHeads::new(stream)), service).into_owned();
    let watched = connections.watch(connection);
    tokio::spawn(async move {
        let _held = (permit, open);
        let timed = slow_client::with_write_timeout(write_timeout, watched);
        match close_when_idle(&activity, idle_timeouts, timed).await {
            Some(Some(Err(error))) => {
                tracing::debug!(target: "host::server", peer = %address, error, "a connection ended early");
            }
            Some(_) => {}
            None => {
                tracing::debug!(target: "host::server", peer = %address, "closed a connection without requests")
            }
        }
    });
}

/// Closes pooled connections that were idle for a while.
async fn evict_idle(app: Arc<App>) {
    let mut every = tokio::time::interval(Duration::from_secs(15));
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = app.shared.stopped.cancelled() => return,
        }
        for handler in app.handlers.values() {
            handler.component.postgres.close_unused();
        }
    }
}

/// Counts a connection while it is open.
struct OpenConnection(telemetry::Gauges<0>);

impl OpenConnection {
    fn new(gauge: &telemetry::Gauges<0>) -> Self {
        gauge.add([], 1);
        Self(gauge.clone())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.add([], -1);
    }
}
