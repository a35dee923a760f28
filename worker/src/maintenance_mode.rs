//! `worker maintenance on | off`: the key in Redis that all hosts look at. While it exists they
//! answer new requests with 503 `maintenance`.

use anyhow::{Result, ensure};
use platform::{
    clock,
    log::{self, Level},
    redis::Redis,
};
use serde_json::{Value, json};

/// The key, as the hosts know it.
const KEY: &[u8] = b"maintenance";
/// The longest message, in characters: hosts cut what is longer.
const MAX_MESSAGE: usize = 500;

/// Switches it on; `message` is shown to people as it is, in their language or not.
pub(crate) async fn on(message: &str) -> Result<()> {
    let message = message.trim();
    let length = message.chars().count();
    ensure!(
        length <= MAX_MESSAGE,
        "--message: expected at most {MAX_MESSAGE} characters, got {length}"
    );
    let value = json!({ "message": message, "since": clock::now().to_string() }).to_string();
    Redis::open().await?.command("SET", &[KEY, value.as_bytes()]).await?;
    log::line(
        Level::Warn,
        "worker",
        "maintenance mode was switched on",
        &[("text", json!(message))],
    );
    println!("on: hosts refuse new requests within a second or two; running answers finish");
    Ok(())
}

/// Switches it off.
pub(crate) async fn off() -> Result<()> {
    Redis::open().await?.command("DEL", &[KEY]).await?;
    log::line(Level::Warn, "worker", "maintenance mode was switched off", &[]);
    println!("off");
    Ok(())
}

/// Prints whether it is on, since when, and with which message.
pub(crate) async fn print() -> Result<()> {
    let found = Redis::open().await?.command("GET", &[KEY]).await?;
    let Some(value) = found.first().and_then(platform::redis::Reply::text) else {
        println!("off");
        return Ok(());
    };
    let value: Value = serde_json::from_str(&value).unwrap_or_default();
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    println!("on since {}: {}", text("since"), text("message"));
    Ok(())
}
