//! The Redis rights of a compromised component, and of a client without a password.

use std::collections::BTreeMap;

use redis::aio::MultiplexedConnection;
use schema::redis::{USERS, user_name};
use tests::stack::Stack;

async fn admin() -> MultiplexedConnection {
    let client = redis::Client::open(Stack::shared().redis.admin_url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// Whether Redis would let a user do this.
async fn may(admin: &mut MultiplexedConnection, user: &str, words: &[&str]) -> bool {
    let mut command = redis::cmd("ACL");
    command.arg("DRYRUN").arg(user_name(user)).arg(words);
    let answer: String = command
        .query_async(admin)
        .await
        .unwrap_or_else(|error| panic!("{user}: {words:?}: {error}"));
    answer == "OK"
}

/// Commands that read, change or remove data of all users.
const NOTORIOUS: &[&[&str]] = &[
    &["migrate", "127.0.0.1", "1", "k", "0", "1"],
    &["config", "get", "*"],
    &["config", "set", "dir", "/"],
    &["monitor"],
    &["replicaof", "127.0.0.1", "1"],
    &["slaveof", "127.0.0.1", "1"],
    &["flushall"],
    &["flushdb"],
    &["swapdb", "0", "1"],
    &["select", "1"],
    &["keys", "*"],
    &["scan", "0"],
    &["randomkey"],
    &["dbsize"],
    &["dump", "k"],
    &["eval", "return 1", "0"],
    &["evalsha", "x", "0"],
    &["script", "load", "return 1"],
    &["function", "load", "x"],
    &["function", "dump"],
    &["client", "list"],
    &["client", "kill", "x"],
    &["acl", "list"],
    &["acl", "setuser", "x"],
    &["module", "list"],
    &["debug", "sleep", "1"],
    &["slowlog", "get"],
    &["publish", "c", "1"],
    &["subscribe", "c"],
    &["shutdown"],
    &["save"],
    &["info"],
];

#[tokio::test]
async fn a_redis_user_runs_its_own_commands_on_its_own_keys_only() {
    let mut admin = admin().await;
    let patterns: Vec<&str> =
        USERS.iter().flat_map(|user| user.keys).map(|(_, pattern)| *pattern).collect();
    let mut attacks = 0;
    for user in USERS {
        let mut ask = redis::cmd("ACL");
        let rights: BTreeMap<String, redis::Value> =
            ask.arg("GETUSER").arg(user_name(user.name)).query_async(&mut admin).await.unwrap();
        let commands: String = redis::from_redis_value(rights["commands"].clone()).unwrap();
        let mut granted: Vec<&str> = commands.split(' ').collect();
        let mut expected: Vec<String> =
            user.commands.iter().map(|command| format!("+{command}")).collect();
        expected.push("-@all".to_owned());
        granted.sort_unstable();
        expected.sort_unstable();
        assert_eq!(granted, expected, "{}: the server's own list", user.name);
        for words in NOTORIOUS {
            assert!(!may(&mut admin, user.name, words).await, "{} may {words:?}", user.name);
            attacks += 1;
        }
        for pattern in &patterns {
            let key = pattern.replace('*', "x");
            let rights =
                user.keys.iter().find(|(_, own)| own == pattern).map_or("", |(rights, _)| rights);
            for (command, words) in [
                ("get", vec!["get", &key]),
                ("set", vec!["set", &key, "1"]),
                ("del", vec!["del", &key]),
            ] {
                attacks += 1;
                let writes = command != "get";
                let allowed = user.commands.contains(&command)
                    && rights.contains(if writes { 'W' } else { 'R' });
                assert_eq!(
                    may(&mut admin, user.name, &words).await,
                    allowed,
                    "{}: {words:?}",
                    user.name
                );
            }
            if user.commands.contains(&"fcall") {
                let words = ["fcall", "tessera_append", "1", &key, "1", "1", "1"];
                assert_eq!(
                    may(&mut admin, user.name, &words).await,
                    rights == "RW",
                    "{}: {words:?}",
                    user.name
                );
            }
        }
        assert!(!may(&mut admin, user.name, &["get", "anything"]).await, "{}", user.name);
    }
    crate::docs::made("a_redis_user_runs_its_own_commands_on_its_own_keys_only", attacks);
}

#[tokio::test]
async fn each_redis_user_needs_its_own_password() {
    let server = &Stack::shared().redis;
    let ask = async |url: String| {
        let client = redis::Client::open(url).unwrap();
        let mut connection =
            client.get_multiplexed_async_connection().await.map_err(|error| error.to_string())?;
        redis::cmd("PING")
            .query_async::<String>(&mut connection)
            .await
            .map_err(|error| error.to_string())
    };
    let at = format!("{}:{}", server.host, server.port);
    let refused = ask(format!("redis://{at}")).await.unwrap_err();
    assert!(refused.to_lowercase().contains("auth"), "{refused}");
    assert_eq!(ask(server.url("health").unwrap()).await, Ok("PONG".to_owned()));
    let mixed = format!("redis://{}:{}@{at}", user_name("auth"), server.password("chat").unwrap());
    assert!(ask(mixed).await.is_err());
}

#[tokio::test]
async fn every_component_that_counts_may_count_and_undo() {
    let server = &Stack::shared().redis;
    for user in USERS
        .iter()
        .filter(|user| user.keys.iter().any(|(_, pattern)| *pattern == "attempts:refused:*"))
    {
        let client = redis::Client::open(server.url(user.name).unwrap()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let key = format!("attempts:refused:{}", user.name);
        for (function, args) in
            [("tessera_begin_attempt", &["5", "1000", "1", "1"][..]), ("tessera_undo_attempt", &[])]
        {
            let mut call = redis::cmd("FCALL");
            call.arg(function).arg(1).arg(&key).arg(args);
            let answer: redis::RedisResult<i64> = call.query_async(&mut connection).await;
            assert_eq!(answer.as_ref().ok(), Some(&0), "{}: {function}: {answer:?}", user.name);
        }
    }
}
