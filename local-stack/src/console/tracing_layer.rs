//! Shows the events that the host emits through `tracing` on the console.

use std::fmt;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{Console, Level, LogLine};

/// Sends this process' `tracing` events to `console`; `TESSERA_LOG` filters them
/// (default `info`, without the notices that Postgres sends where nothing is wrong).
///
/// # Errors
/// When `TESSERA_LOG` is not a filter, or a subscriber is already set.
pub fn show_tracing(console: &Console) -> Result<()> {
    let filter = std::env::var("TESSERA_LOG").unwrap_or_else(|_| "info,sqlx::postgres::notice=error".to_owned());
    let filter = EnvFilter::try_new(&filter)
        .with_context(|| format!("TESSERA_LOG={filter} is not a filter such as info or host=debug"))?;
    let layer = ConsoleLayer { console: console.clone() };
    tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().context("installing the log")
}

struct ConsoleLayer {
    console: Console,
}

impl<S: Subscriber> Layer<S> for ConsoleLayer {
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
        let component = fields.others.get("component").and_then(Value::as_str).map(ToOwned::to_owned);
        let service = component.unwrap_or_else(|| "host".to_owned());
        if metadata.target() == "guest" {
            // A component's own line: JSON of the shape that all processes log in, or whatever it printed.
            fields.others.remove("component");
            self.console.log(&LogLine::read(&service, fields.message.trim_end()));
        } else {
            let mut line = LogLine::now(level, &service, fields.message);
            line.fields = fields.others;
            self.console.log(&line);
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
