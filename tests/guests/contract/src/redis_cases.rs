//! Redis: the named calls, flattened replies, blocking commands, transactions.

use std::time::Duration;

use anyhow::ensure;
use spin_sdk::redis::{Connection, RedisParameter, RedisResult};
use spin_sdk::{time, variables};

async fn connect() -> anyhow::Result<Connection> {
    Ok(Connection::open(variables::get("redis_url").await?).await?)
}

fn words(text: &str) -> Vec<RedisParameter> {
    text.split_whitespace().map(|word| RedisParameter::Binary(word.as_bytes().to_vec())).collect()
}

fn eval(script: &str) -> Vec<RedisParameter> {
    vec![RedisParameter::Binary(script.as_bytes().to_vec()), RedisParameter::Int64(0)]
}

fn shown(items: &[RedisResult]) -> Vec<String> {
    let show = |item: &RedisResult| match item {
        RedisResult::Nil => "nil".to_owned(),
        RedisResult::Status(text) => format!("status {text}"),
        RedisResult::Int64(number) => format!("int {number}"),
        RedisResult::Binary(bytes) => format!("binary {}", String::from_utf8_lossy(bytes)),
    };
    items.iter().map(show).collect()
}

async fn expect(
    redis: &Connection,
    command: &str,
    arguments: Vec<RedisParameter>,
    wanted: &[&str],
) -> anyhow::Result<()> {
    let found = shown(&redis.execute(command, arguments).await?);
    ensure!(found == wanted, "{command}: expected {wanted:?}, found {found:?}");
    Ok(())
}

/// Each call of the interface that has a name.
pub(crate) async fn commands() -> anyhow::Result<()> {
    let redis = connect().await?;
    redis.del(["contract:s", "contract:n", "contract:set"]).await?;
    ensure!(redis.get("contract:s").await?.is_none(), "a key that was never set has a value");
    redis.set("contract:s", &vec![0, 1, 255]).await?;
    ensure!(
        redis.get("contract:s").await? == Some(vec![0, 1, 255]),
        "the bytes that were set did not come back"
    );
    ensure!(
        redis.incr("contract:n").await? == 1 && redis.incr("contract:n").await? == 2,
        "incr does not count"
    );
    ensure!(
        redis.sadd("contract:set", ["a", "b", "a"]).await? == 2,
        "sadd does not count new members"
    );
    let mut members = redis.smembers("contract:set").await?;
    members.sort();
    ensure!(members == ["a", "b"], "expected a and b, found {members:?}");
    ensure!(
        redis.srem("contract:set", ["a", "z"]).await? == 1,
        "srem does not count removed members"
    );
    redis.publish("contract:channel", &b"x".to_vec()).await?;
    ensure!(
        redis.del(["contract:s", "contract:n", "contract:none"]).await? == 2,
        "del does not count removed keys"
    );
    ensure!(redis.incr("contract:set").await.is_err(), "incr of a set gave no error");
    Ok(())
}

/// Replies come as one flat list.
pub(crate) async fn replies() -> anyhow::Result<()> {
    let redis = connect().await?;
    expect(&redis, "PING", vec![], &["status PONG"]).await?;
    expect(
        &redis,
        "EVAL",
        eval("return {1, {'a', {}, {'b'}}, false, {ok = 'fine'}}"),
        &["int 1", "binary a", "binary b", "nil", "status fine"],
    )
    .await?;
    expect(&redis, "EVAL", eval("return {}"), &[]).await?;
    expect(&redis, "EVAL", eval("return 3.7"), &["int 3"]).await?;
    redis.del(["contract:stream", "contract:hash"]).await?;
    redis.execute("XADD", words("contract:stream 1-0 f v g w")).await?;
    redis.execute("XADD", words("contract:stream 2-0 f x")).await?;
    let flat = [
        "binary contract:stream",
        "binary 1-0",
        "binary f",
        "binary v",
        "binary g",
        "binary w",
        "binary 2-0",
        "binary f",
        "binary x",
    ];
    expect(&redis, "XREAD", words("COUNT 10 STREAMS contract:stream 0"), &flat).await?;
    expect(&redis, "HSET", words("contract:hash a 1"), &["int 1"]).await?;
    expect(&redis, "HGETALL", words("contract:hash"), &["binary a", "binary 1"]).await?;
    expect(&redis, "SET", words("contract:tmp v NX PX 1000"), &["status OK"]).await?;
    expect(&redis, "SET", words("contract:tmp v NX PX 1000"), &["nil"]).await?;
    redis.del(["contract:stream", "contract:hash", "contract:tmp"]).await?;
    let error = redis.execute("NOSUCHCOMMAND", vec![]).await;
    ensure!(error.is_err(), "an unknown command gave {error:?}");
    Ok(())
}

/// A blocking command blocks only its own connection.
pub(crate) async fn waiting() -> anyhow::Result<()> {
    let (waits, other) = (connect().await?, connect().await?);
    other.del(["contract:list"]).await?;
    let popping = waits.execute("BLPOP", words("contract:list 5"));
    let pushing = async {
        time::sleep(Duration::from_millis(100)).await;
        ensure!(
            other.get("contract:none").await?.is_none(),
            "a key that was never set has a value"
        );
        other.execute("RPUSH", words("contract:list item")).await?;
        Ok(())
    };
    let (popped, pushed) = futures::future::join(popping, pushing).await;
    pushed?;
    let popped = shown(&popped?);
    ensure!(
        popped == ["binary contract:list", "binary item"],
        "expected the pushed item, found {popped:?}"
    );
    Ok(())
}

/// A transaction sees no commands of others.
pub(crate) async fn multi() -> anyhow::Result<()> {
    let (one, two) = (connect().await?, connect().await?);
    one.del(["contract:m"]).await?;
    expect(&one, "MULTI", vec![], &["status OK"]).await?;
    expect(&one, "INCR", words("contract:m"), &["status QUEUED"]).await?;
    ensure!(two.get("contract:m").await?.is_none(), "a queued command has run");
    ensure!(two.incr("contract:m2").await? > 0, "another connection's command was queued");
    expect(&one, "EXEC", vec![], &["int 1"]).await?;
    one.del(["contract:m", "contract:m2"]).await?;
    Ok(())
}
