//! One JSON object per line on standard error. No secrets, no document text: callers pass codes,
//! ids and numbers.

use serde_json::{Map, Value, json};

/// Severity.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    /// For information.
    Info,
    /// Needs attention, but nothing failed.
    Warn,
    /// Something failed.
    Error,
}

/// Writes one line: `timestamp, level, service, message`, the `trace_id` of the work that runs now,
/// and the given members.
pub fn line(level: Level, service: &str, message: &str, members: &[(&str, Value)]) {
    let mut object = Map::new();
    object.insert("timestamp".to_owned(), json!(crate::clock::now().to_string()));
    let level = match level {
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    object.insert("level".to_owned(), json!(level));
    object.insert("service".to_owned(), json!(service));
    object.insert("message".to_owned(), json!(message));
    if let Some(trace) = telemetry::current() {
        object.insert("trace_id".to_owned(), json!(trace.trace_id()));
    }
    for (name, value) in members {
        object.insert((*name).to_owned(), value.clone());
    }
    // One write per line, so that lines of parallel requests do not mix. A closed stderr must not
    // fail a request.
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("{}\n", Value::Object(object)).as_bytes(),
    );
}
