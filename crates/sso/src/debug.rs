//! The debug switch: while it is on, each step of a login logs a line with the correlation id. No
//! tokens, no secrets, no claims.

use kernel::{Problem, ReasonCode, Result, id::TenantId, text};
use platform::{
    Cx,
    log::{self, Level},
    redis::{Redis, Reply},
};
use secrets::CacheMac;
use serde_json::{Value, json};

/// How long it stays on by default, in minutes.
pub const MINUTES: u32 = 30;
/// How long it can stay on, in minutes.
pub const MOST_MINUTES: u32 = 120;

/// State of the debug switch.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Debugging {
    /// Whether steps are logged now.
    pub enabled: bool,
    /// The reason stated when it was switched on.
    pub reason: String,
    /// Seconds that it stays on.
    pub seconds_left: i64,
}

/// The Redis key, of one tenant or of all.
async fn key(tenant: Option<TenantId>) -> Result<String> {
    let Some(tenant) = tenant else { return Ok("oidc:debug".to_owned()) };
    Ok(format!("oidc:debug:{}", CacheMac::from_config().await?.name(&tenant.to_string())?))
}

/// Whether it is on, for a tenant or for all.
///
/// # Errors
/// `unavailable` if Redis does not answer.
pub async fn get(tenant: Option<TenantId>) -> Result<Debugging> {
    let (redis, key) = (Redis::open().await?, key(tenant).await?);
    let reason = redis.command("GET", &[key.as_bytes()]).await?.first().and_then(Reply::text);
    let left = match redis.command("TTL", &[key.as_bytes()]).await?.first() {
        Some(Reply::Int(seconds)) => (*seconds).max(0),
        _ => 0,
    };
    Ok(reason.map_or_else(Debugging::default, |reason| Debugging {
        enabled: true,
        reason,
        seconds_left: left,
    }))
}

/// Switches it on for a while, with a reason, or off. The caller must check permission and record
/// it.
///
/// # Errors
/// `invalid_body`; `unavailable` if Redis does not answer.
pub async fn set(
    tenant: Option<TenantId>,
    enabled: bool,
    minutes: u32,
    reason: &str,
) -> Result<Debugging> {
    let (redis, key) = (Redis::open().await?, key(tenant).await?);
    if enabled {
        let reason = text::line("/reason", reason, 3, 500)?;
        if !(1..=MOST_MINUTES).contains(&minutes) {
            let detail = format!("expected 1 to {MOST_MINUTES} minutes, got {minutes}");
            return Err(Problem::refused_field(
                "/duration_minutes",
                ReasonCode::OutOfRange.between(1, MOST_MINUTES),
                detail,
            ));
        }
        let seconds = (minutes * 60).to_string();
        redis
            .command("SET", &[key.as_bytes(), reason.as_bytes(), b"EX", seconds.as_bytes()])
            .await?;
    } else {
        redis.command("DEL", &[key.as_bytes()]).await?;
    }
    get(tenant).await
}

/// Logs the steps of one request of a login, if that is switched on.
pub(crate) struct Trace {
    on: bool,
    request_id: String,
    tenant: Option<String>,
    phase: &'static str,
}

impl Trace {
    pub(crate) async fn open(redis: &Redis, cx: &Cx, phase: &'static str) -> Result<Self> {
        let tenant = cx.db.tenant();
        let (all, own) = (key(None).await?, key(tenant).await?);
        let replies = redis.command("MGET", &[all.as_bytes(), own.as_bytes()]).await?;
        let on = replies.iter().any(|reply| reply.text().is_some());
        Ok(Self {
            on,
            request_id: cx.request_id.clone(),
            tenant: tenant.map(|t| t.to_string()),
            phase,
        })
    }

    /// Logs one step. Members are flags that a value was present, never the value.
    pub(crate) fn step(&self, name: &'static str, members: &[(&str, Value)]) {
        if !self.on {
            return;
        }
        let mut all = vec![
            ("request_id", json!(self.request_id)),
            ("tenant", json!(self.tenant)),
            ("phase", json!(self.phase)),
            ("step", json!(name)),
        ];
        all.extend(members.iter().cloned());
        log::line(Level::Info, "oidc", "sign-in step", &all);
    }
}
