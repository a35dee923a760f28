//! Variables, key-value stores and files.

use anyhow::{Context, ensure};
use http::request::Parts;
use spin_sdk::http::StatusCode;
use spin_sdk::key_value::Store;
use spin_sdk::redis::Connection;
use spin_sdk::variables;

use crate::{HandlerResult, text};

/// Defined, undefined and malformed names.
pub(crate) async fn variables_case() -> anyhow::Result<()> {
    let greeting = variables::get("greeting").await?;
    ensure!(
        greeting == "hello, world",
        "expected the filled template \"hello, world\", found {greeting:?}"
    );
    let shown = format!("{:?}", variables::get("not_there").await.err());
    ensure!(shown.contains("Undefined"), "expected Undefined, found {shown}");
    let shown = format!("{:?}", variables::get("Not A Name").await.err());
    ensure!(shown.contains("InvalidName"), "expected InvalidName, found {shown}");
    // An application variable that the component does not declare.
    let shown = format!("{:?}", variables::get("who").await.err());
    ensure!(shown.contains("Undefined"), "expected Undefined, found {shown}");
    Ok(())
}

/// All calls of a store, and a store that is not granted. Spin lists every key of the Redis
/// database, including those of other cases.
pub(crate) async fn key_value_case() -> anyhow::Result<()> {
    let store = Store::open_default().await?;
    store.set("contract-kv:a", b"1").await?;
    store.set("contract-kv:b", &[0, 255]).await?;
    let got = store.get("contract-kv:b").await?;
    ensure!(
        got.as_deref() == Some([0, 255].as_slice()),
        "expected the bytes that were set, found {got:?}"
    );
    ensure!(store.get("contract-kv:none").await?.is_none(), "a key that was never set has a value");
    ensure!(store.exists("contract-kv:a").await?, "a key that was set does not exist");
    let mut keys: Vec<String> = store.get_keys().await.collect().await?;
    keys.retain(|key| key.starts_with("contract-kv:"));
    keys.sort();
    ensure!(keys == ["contract-kv:a", "contract-kv:b"], "expected both keys, found {keys:?}");
    store.delete("contract-kv:a").await?;
    store.delete("contract-kv:b").await?;
    ensure!(!store.exists("contract-kv:a").await?, "a deleted key exists");
    let shown = format!("{:?}", Store::open("not-granted").await.err());
    ensure!(shown.contains("AccessDenied"), "expected AccessDenied, found {shown}");
    Ok(())
}

/// A mounted file is read-only.
pub(crate) fn files() -> anyhow::Result<()> {
    let found =
        std::fs::read_to_string("/static/greeting.txt").context("reading a mounted file")?;
    ensure!(found.trim() == "hello from a file", "expected the file's text, found {found:?}");
    ensure!(std::fs::write("/static/new.txt", "x").is_err(), "a read-only mount could be written");
    ensure!(
        std::fs::read_to_string("/static/../../etc/passwd").is_err(),
        "a path led out of the mount"
    );
    Ok(())
}

/// The scheduled call: counts calls that carry the key.
pub(crate) async fn tick(request: &Parts) -> HandlerResult {
    let key = request.headers.get("x-internal-key").map(http::HeaderValue::as_bytes);
    if key != Some(b"s3cret") || request.method != http::Method::POST {
        return Ok(text(StatusCode::UNAUTHORIZED, "no"));
    }
    let redis = Connection::open(variables::get("redis_url").await?).await?;
    redis.incr("contract:ticks").await?;
    Ok(text(StatusCode::OK, "ticked"))
}

/// How many scheduled calls have arrived.
pub(crate) async fn ticks() -> HandlerResult {
    let redis = Connection::open(variables::get("redis_url").await?).await?;
    let found = redis.get("contract:ticks").await?.unwrap_or_default();
    Ok(text(StatusCode::OK, &String::from_utf8_lossy(&found)))
}
