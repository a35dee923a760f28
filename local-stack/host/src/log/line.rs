//! One line of a log: parsed from a child's JSON, printed as JSON or as text.

use std::fmt::Write as _;

use chrono::{DateTime, Local, SecondsFormat, Utc};
use serde_json::{Map, Value};

/// Severity of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For developers.
    Debug,
    /// Ordinary events.
    Info,
    /// Needs attention.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    fn parse(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "trace" | "debug" => Self::Debug,
            "warn" | "warning" => Self::Warn,
            "error" | "fatal" | "critical" => Self::Error,
            _ => Self::Info,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    fn shown(self, colour: bool) -> &'static str {
        match (self, colour) {
            (Self::Debug, true) => "\x1b[2mDEBUG\x1b[0m",
            (Self::Info, true) => "\x1b[32mINFO \x1b[0m",
            (Self::Warn, true) => "\x1b[33mWARN \x1b[0m",
            (Self::Error, true) => "\x1b[31mERROR\x1b[0m",
            (Self::Debug, false) => "DEBUG",
            (Self::Info, false) => "INFO ",
            (Self::Warn, false) => "WARN ",
            (Self::Error, false) => "ERROR",
        }
    }
}

/// One line: time, severity, process, message, and further fields.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// Time.
    pub at: DateTime<Utc>,
    /// Severity.
    pub level: Level,
    /// The process or component that wrote it.
    pub service: String,
    /// The message.
    pub message: String,
    /// Everything else, e.g. `request_id`.
    pub fields: Map<String, Value>,
}

impl LogLine {
    /// A line with the current time, without further fields.
    pub fn now(level: Level, service: &str, message: impl Into<String>) -> Self {
        Self {
            at: Utc::now(),
            level,
            service: service.to_owned(),
            message: message.into(),
            fields: Map::new(),
        }
    }

    /// Parses a child's line: our JSON shape (`timestamp, level, service, message, …`), that of
    /// `tracing`'s JSON formatter (the message inside `fields`), or plain text.
    #[must_use]
    pub fn read(service: &str, text: &str) -> Self {
        let Ok(Value::Object(mut object)) = serde_json::from_str(text) else {
            return Self::now(Level::Info, service, text);
        };
        if let Some(Value::Object(nested)) = object.remove("fields") {
            object.extend(nested);
        }
        let mut take = |key: &str| match object.remove(key) {
            Some(Value::String(value)) => Some(value),
            _ => None,
        };
        let at = take("timestamp").and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
        let level = take("level").map_or(Level::Info, |text| Level::parse(&text));
        let service = take("service").unwrap_or_else(|| service.to_owned());
        let message = take("message").unwrap_or_default();
        Self {
            at: at.map_or_else(Utc::now, |at| at.to_utc()),
            level,
            service,
            message,
            fields: object,
        }
    }

    /// One JSON object on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut object = Map::new();
        object.insert(
            "timestamp".into(),
            self.at.to_rfc3339_opts(SecondsFormat::Micros, true).into(),
        );
        object.insert("level".into(), self.level.name().into());
        object.insert("service".into(), self.service.clone().into());
        object.insert("message".into(), self.message.clone().into());
        object.extend(self.fields.clone());
        Value::Object(object).to_string()
    }

    /// `12:03:04.120 INFO  worker       job done kind=ingest`, in local time.
    #[must_use]
    pub fn to_text(&self, colour: bool) -> String {
        let time = self.at.with_timezone(&Local).format("%H:%M:%S%.3f");
        let mut text = format!(
            "{time} {} {:<11} {}",
            self.level.shown(colour),
            self.service,
            escape(&self.message)
        );
        for (name, value) in
            self.fields.iter().filter(|(name, value)| *name != "target" && !value.is_null())
        {
            let value = match value {
                Value::String(plain) => escape(plain),
                other => other.to_string(),
            };
            // Writing to a String cannot fail.
            let _ = write!(text, " {name}={value}");
        }
        text
    }
}

/// Keeps control characters of logged data from moving the cursor or faking lines.
fn escape(text: &str) -> String {
    if !text.contains(|character: char| character.is_control()) {
        return text.to_owned();
    }
    let escaped = |character: char| match character {
        plain if !plain.is_control() => plain.to_string(),
        control => control.escape_default().to_string(),
    };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workers_json_is_shown_as_text_with_its_fields() {
        let line = LogLine::read(
            "worker",
            r#"{"timestamp":"2026-01-02T03:04:05.120Z","level":"WARN","service":"jobs","message":"slow\u001b[2J","job_id":"j1","took":3}"#,
        );
        assert_eq!(line.level, Level::Warn);
        let text = line.to_text(false);
        assert!(text.ends_with(r"WARN  jobs        slow\u{1b}[2J job_id=j1 took=3"), "{text}");
    }

    #[test]
    fn tracings_own_json_shape_is_parsed() {
        let line = LogLine::read(
            "worker",
            r#"{"timestamp":"x","level":"INFO","fields":{"message":"hello","n":1},"target":"worker"}"#,
        );
        assert_eq!((line.message.as_str(), line.fields.get("n")), ("hello", Some(&Value::from(1))));
    }

    #[test]
    fn plain_text_passes_as_a_message_and_becomes_json_with_json() {
        let line = LogLine::read("redis", "Ready to accept connections");
        let object: Value = serde_json::from_str(&line.to_json()).unwrap();
        assert_eq!(
            (object["service"].as_str(), object["message"].as_str()),
            (Some("redis"), Some("Ready to accept connections"))
        );
    }
}
