//! Turns `tracing` events of the host and lines that guests printed into lines of a log.

use std::fmt;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{Level, LogLine};

/// Without the notices that Postgres sends in normal operation.
const DEFAULT_FILTER: &str = "info,sqlx::postgres::notice=error";

/// Sends this process' `tracing` events to `sink`, filtered like `RUST_LOG` (`info`, `host=debug`);
/// `None`: `info`.
///
/// # Errors
/// If `filter` is not a filter, or a subscriber is already set.
pub fn install(
    filter: Option<&str>,
    sink: impl Fn(&LogLine) + Send + Sync + 'static,
) -> Result<()> {
    let filter = filter.unwrap_or(DEFAULT_FILTER);
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!("TESSERA_LOG={filter} is not a filter such as info or host=debug")
    })?;
    tracing_subscriber::registry()
        .with(LogLayer { sink }.with_filter(filter))
        .try_init()
        .context("installing the log")
}

struct LogLayer<F> {
    sink: F,
}

impl<S: Subscriber, F: Fn(&LogLine) + 'static> Layer<S> for LogLayer<F> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let level = match *metadata.level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warn,
            tracing::Level::INFO => Level::Info,
            _ => Level::Debug,
        };
        let component =
            fields.others.get("component").and_then(Value::as_str).map(ToOwned::to_owned);
        let service = component.unwrap_or_else(|| "host".to_owned());
        if metadata.target() == "guest" {
            // A component's own line: JSON in the common shape, or any other text.
            fields.others.remove("component");
            (self.sink)(&LogLine::read(&service, fields.message.trim_end()));
        } else {
            let mut line = LogLine::now(level, &service, fields.message);
            line.fields = fields.others;
            (self.sink)(&line);
        }
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => drop(self.others.insert(name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, Value::String(format!("{value:?}")));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }
}
