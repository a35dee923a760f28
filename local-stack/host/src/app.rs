//! Builds the application: compiles and links every component, and maps routes to them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use telemetry::Traces;
use tls::Authorities;
use tokio_util::sync::CancellationToken;
use wasmtime::component::{Component as Code, Linker};

use crate::admission::{Admission, ComponentNumber};
use crate::bindings;
use crate::caller::Callers;
use crate::client::TrustedProxies;
use crate::component::Component;
use crate::drain::Drain;
use crate::egress::allowed_hosts::AllowedHosts;
use crate::egress::blocked::BlockedNetworks;
use crate::egress::http::HttpClient;
use crate::exports::ExportsPre;
use crate::files::Mounts;
use crate::guest::{Guest, Spin};
use crate::instance::Instances;
use crate::key_value::KeyValueStores;
use crate::maintenance::Maintenance;
use crate::manifest::{self, HttpTrigger, Manifest, StaticResponse};
use crate::metrics::Metrics;
use crate::postgres::{PoolSet, Pools};
use crate::redis::RedisServers;
use crate::route::Router;
use crate::runner::Runners;
use crate::shared::Shared;
use crate::small_body::BodyBudget;
use crate::spin_headers::RouteHeaders;
use crate::variables::{ComponentVariables, Variables};
use crate::{HostConfig, engine};

/// The running application.
pub(crate) struct App {
    pub(crate) shared: Arc<Shared>,
    pub(crate) router: Router<Arc<Target>>,
    pub(crate) handlers: HashMap<String, Handler>,
    pub(crate) name: String,
}

/// A component that can be called.
#[derive(Clone)]
pub(crate) struct Handler {
    pub(crate) component: Arc<Component>,
    pub(crate) runners: Runners,
    /// Route headers of a call by component name.
    pub(crate) chained: Arc<RouteHeaders>,
}

/// The target of a route.
pub(crate) enum Target {
    /// A component, with the route's own headers.
    Component(Handler, RouteHeaders),
    /// A fixed response.
    Fixed(Response<Bytes>),
}

impl App {
    /// Reads, compiles and links. Errors name the component at fault.
    pub(crate) async fn build(config: &HostConfig) -> Result<Arc<Self>> {
        let manifest = Manifest::load(&config.manifest)?;
        for kind in manifest.triggers.keys().filter(|kind| *kind != "http") {
            tracing::warn!(target: "host::app", "triggers of type {kind:?} are not run by this host");
        }
        let shared = Arc::new(shared(&manifest, config).await?);
        shared.variables.check_all().await?;
        let components = compile(&manifest, &shared, config.cache_dir.as_deref()).await?;
        let ids: Vec<String> = manifest.components.keys().cloned().collect();
        let mut handlers = HashMap::new();
        for (id, exports) in components {
            let declared =
                manifest.components.get(&id).context("compiled components are declared")?;
            let component = component(&id, declared, exports, &manifest.root, &shared, &ids).await;
            let component = Arc::new(component.with_context(|| format!("in component {id:?}"))?);
            let runners = Runners::new(Instances::new(component.clone(), shared.clone()));
            let chained = Arc::new(RouteHeaders::new("/...")?);
            handlers.insert(id, Handler { component, runners, chained });
        }
        let router = router(&manifest, &handlers)?;
        let app =
            Arc::new(Self { shared, router, handlers, name: manifest.application.name.clone() });
        let _ = app.shared.app.set(Arc::downgrade(&app));
        Ok(app)
    }
}

async fn shared(manifest: &Manifest, config: &HostConfig) -> Result<Shared> {
    let runtime = config.runtime.clone();
    let policies = manifest.components.keys().map(|id| runtime.policy(id).memory_bytes);
    let variables = Variables::new(manifest, config.variables.clone(), &runtime)?;
    let proxies = variables
        .fill(&runtime.clients.trusted_proxies)
        .await
        .context("in [clients] trusted_proxies")?;
    let proxies = TrustedProxies::parse(&proxies).unwrap_or_else(|error| {
        tracing::error!(target: "host::app", error = format!("{error:#}"), "trusted_proxies: no proxy is trusted");
        TrustedProxies::default()
    });
    let blocked = BlockedNetworks::parse(&runtime.outbound_networking.block_networks)?;
    let redis_ca = Authorities::new(tls::REDIS_CA, runtime.outbound_redis.ca_file.clone());
    redis_ca.check()?;
    Ok(Shared {
        engine: engine::new(policies.max().unwrap_or(0))?,
        variables,
        http: HttpClient::new(&runtime.outbound_http, blocked.clone())?,
        redis: RedisServers::new(blocked, redis_ca),
        key_value: KeyValueStores::new(&runtime, config.key_value_redis.as_deref())?,
        postgres: PoolSet::new(&runtime.outbound_pg)?,
        admission: Admission::new(
            runtime.limits.requests_in_flight,
            runtime.limits.queue_wait(),
            runtime.shares.clone(),
            manifest.components.keys().map(|id| runtime.component_shares(id)).collect(),
        ),
        callers: Callers::new()?,
        proxies,
        small_bodies: BodyBudget::new(&runtime.small_bodies),
        maintenance: Maintenance::default(),
        metrics: config.metrics.is_some().then(Metrics::new),
        traces: traces(config)?,
        drain_announced: CancellationToken::new(),
        draining: CancellationToken::new(),
        stopped: CancellationToken::new(),
        forbidden_headers: Arc::new(|name| {
            wasmtime_wasi_http::DEFAULT_FORBIDDEN_HEADERS.contains(name)
        }),
        app: OnceLock::new(),
        config: runtime,
    })
}

fn traces(config: &HostConfig) -> Result<Option<Traces>> {
    let report = |line: &str| tracing::warn!(target: "host::traces", "{line}");
    let started = config.traces.clone().map(|config| Traces::start(config, report));
    started.transpose().context("setting up the export of traces")
}

/// All components in parallel; the same file is compiled once.
async fn compile(
    manifest: &Manifest,
    shared: &Shared,
    cache: Option<&Path>,
) -> Result<Vec<(String, ExportsPre)>> {
    let linker = Arc::new(linker(&shared.engine).map_err(anyhow::Error::from)?);
    let mut files: HashMap<PathBuf, tokio::task::JoinHandle<Result<Code>>> = HashMap::new();
    for component in manifest.components.values() {
        let path = component.source_path(&manifest.root)?;
        let (engine, cache) = (shared.engine.clone(), cache.map(Path::to_path_buf));
        files.entry(path.clone()).or_insert_with(|| {
            tokio::task::spawn_blocking(move || sandbox::load(&engine, &path, cache.as_deref()))
        });
    }
    let mut compiled = HashMap::new();
    for (path, task) in files {
        let code = task.await?.with_context(|| format!("in {}", path.display()))?;
        compiled.insert(path, code);
    }
    let link = |(id, component): (&String, &manifest::Component)| {
        let code = compiled
            .get(&component.source_path(&manifest.root)?)
            .context("every source was compiled")?;
        let exports =
            linker.instantiate_pre(code).and_then(ExportsPre::new).map_err(anyhow::Error::from);
        Ok((
            id.clone(),
            exports.with_context(|| {
                format!("linking component {id:?}: is it built with spin-sdk 7?")
            })?,
        ))
    };
    manifest.components.iter().map(link).collect()
}

fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    bindings::variables::add_to_linker::<_, Spin>(&mut linker, Guest::spin)?;
    bindings::postgres::add_to_linker::<_, Spin>(&mut linker, Guest::spin)?;
    bindings::redis::add_to_linker::<_, Spin>(&mut linker, Guest::spin)?;
    bindings::key_value::add_to_linker::<_, Spin>(&mut linker, Guest::spin)?;
    Ok(linker)
}

async fn component(
    id: &str,
    declared: &manifest::Component,
    exports: ExportsPre,
    root: &Path,
    shared: &Shared,
    ids: &[String],
) -> Result<Component> {
    for label in &declared.key_value_stores {
        shared.key_value.check(label)?;
    }
    let number =
        ids.iter().position(|other| other == id).context("every component has a number")?;
    let number = ComponentNumber::try_from(number)?;
    let allowed =
        AllowedHosts::new(&declared.allowed_outbound_hosts, &shared.variables, ids).await?;
    Ok(Component {
        id: id.into(),
        number,
        policy: shared.config.policy(id),
        variables: ComponentVariables::new(&shared.variables, &declared.variables).await?,
        environment: declared.environment.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        mounts: Mounts::new(declared, root)?,
        postgres: Pools::new(&shared.postgres, number, &allowed)?,
        allowed,
        http: own_client(id, shared).await?,
        key_value_labels: declared.key_value_stores.iter().cloned().collect(),
        drain: Drain::new(),
        exports: if shared.config.instances.unary { exports } else { exports.without_unary() },
    })
}

/// The HTTP client of a component that may reach fewer networks than the application.
async fn own_client(id: &str, shared: &Shared) -> Result<Option<HttpClient>> {
    let runtime = &shared.config;
    let Some(own) = runtime.component.get(id).map(|over| &over.outbound_http) else {
        return Ok(None);
    };
    if own.block_networks.is_empty() {
        return Ok(None);
    }
    let blocked =
        [own.block_networks.as_slice(), &runtime.outbound_networking.block_networks].concat();
    let unblocked = shared
        .variables
        .fill(&own.unblocked_hosts)
        .await
        .context("in outbound_http unblocked_hosts")?;
    let blocked = BlockedNetworks::parse(&blocked)?.except(&unblocked)?;
    HttpClient::new(&runtime.outbound_http, blocked).map(Some)
}

fn router(manifest: &Manifest, handlers: &HashMap<String, Handler>) -> Result<Router<Arc<Target>>> {
    let mut router = Router::new();
    for trigger in manifest.http_triggers()? {
        let manifest::Route::Path(path) = &trigger.route else { continue };
        let target =
            target(&trigger, path, handlers).with_context(|| format!("in route {path:?}"))?;
        if router.add(path, Arc::new(target))?.is_some() {
            tracing::error!(target: "host::app", "route {path:?} is declared twice: the later trigger wins");
        }
    }
    Ok(router)
}

fn target(
    trigger: &HttpTrigger,
    path: &str,
    handlers: &HashMap<String, Handler>,
) -> Result<Target> {
    match (&trigger.component, &trigger.static_response) {
        (Some(id), _) => {
            let handler = handlers.get(id).ok_or_else(|| anyhow!("unknown component {id:?}"))?;
            Ok(Target::Component(handler.clone(), RouteHeaders::new(path)?))
        }
        (None, Some(fixed)) => Ok(Target::Fixed(fixed_response(fixed)?)),
        (None, None) => Err(anyhow!("neither `component` nor `static_response`")),
    }
}

fn fixed_response(fixed: &StaticResponse) -> Result<Response<Bytes>> {
    let mut response = Response::new(Bytes::from(fixed.body.clone().unwrap_or_default()));
    *response.status_mut() = http::StatusCode::from_u16(fixed.status_code.unwrap_or(200))?;
    for (name, value) in &fixed.headers {
        response.headers_mut().append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    Ok(response)
}
