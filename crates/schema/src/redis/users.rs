//! The rights in Redis: one line for each component that uses it. ACL, URLs and the table in
//! docs/blast-radius.md are generated from it.

/// A user of Redis, with exactly these rights.
pub struct User {
    /// The component, [`WORKER`] or [`HOST`].
    pub name: &'static str,
    /// Key patterns, each with `R`, `W` or `RW`.
    pub keys: &'static [(&'static str, &'static str)],
    /// Commands, including those of its functions: a function runs with its caller's rights.
    pub commands: &'static [&'static str],
}

/// The native worker.
pub const WORKER: &str = "worker";
/// The host's key-value stores.
pub const HOST: &str = "host";

/// Counters of a user's denied requests, in every component that checks the policy.
const REFUSED: (&str, &str) = ("RW", "attempts:refused:*");
/// Counters of a user's changes, in the same components.
const CHANGED: (&str, &str) = ("RW", "attempts:change:*");
const WAKE: (&str, &str) = ("RW", "jobs:wake");
const SCHEDULE_WAKE: (&str, &str) = ("RW", "schedules:wake");

/// All users. A component without a line has no access to Redis.
pub const USERS: &[User] = &[
    User {
        name: "auth",
        keys: &[
            ("RW", "oidc:login:*"),
            ("RW", "oidc:jti:*"),
            ("RW", "oidc:metadata:*"),
            ("RW", "oidc:jwks:*"),
            ("RW", "oidc:asked:*"),
            ("R", "oidc:debug*"),
            ("RW", "attempts:elsewhere:*"),
            ("RW", "attempts:back:*"),
            REFUSED,
            CHANGED,
        ],
        commands: &[
            "get", "mget", "set", "getdel", "del", "fcall", "time", "hmget", "hset", "hincrby",
            "exists", "expire",
        ],
    },
    User {
        name: "passwords",
        keys: &[
            ("RW", "attempts:sign_in:*"),
            ("RW", "attempts:forgotten:*"),
            ("RW", "attempts:link:*"),
            REFUSED,
            CHANGED,
            WAKE,
        ],
        commands: &[
            "del", "fcall", "time", "hmget", "hset", "hincrby", "exists", "expire", "lpush",
            "ltrim",
        ],
    },
    User {
        name: "admin",
        keys: &[
            ("RW", "oidc:metadata:*"),
            ("RW", "oidc:jwks:*"),
            ("RW", "oidc:asked:*"),
            ("RW", "attempts:invite:*"),
            REFUSED,
            CHANGED,
        ],
        commands: &[
            "get", "set", "fcall", "time", "hmget", "hset", "del", "exists", "hincrby", "expire",
        ],
    },
    User {
        name: "sysadmin",
        keys: &[
            ("RW", "oidc:metadata:*"),
            ("RW", "oidc:jwks:*"),
            ("RW", "oidc:asked:*"),
            ("RW", "oidc:debug*"),
        ],
        commands: &["get", "set", "del", "ttl"],
    },
    User { name: "workspace", keys: &[REFUSED, CHANGED, WAKE], commands: COUNT_AND_WAKE },
    User { name: "upload", keys: &[REFUSED, CHANGED, WAKE], commands: COUNT_AND_WAKE },
    User {
        name: "search",
        keys: &[("RW", "embedding:*"), REFUSED, CHANGED],
        commands: &[
            "get", "set", "fcall", "time", "hmget", "hset", "del", "exists", "hincrby", "expire",
        ],
    },
    User {
        name: "chat",
        keys: &[("RW", "answer:*"), ("RW", "stop:*"), ("RW", "embedding:*"), REFUSED, CHANGED],
        commands: &[
            "get", "set", "del", "xread", "xlen", "xadd", "exists", "fcall", "time", "hmget",
            "hset", "hincrby", "expire",
        ],
    },
    User {
        name: "openai",
        keys: &[("RW", "embedding:*"), REFUSED],
        commands: &[
            "get", "set", "fcall", "time", "hmget", "hset", "del", "exists", "hincrby", "expire",
        ],
    },
    User {
        name: "gateway",
        keys: &[("RW", "breaker:*"), ("RW", "transcriptions:*")],
        commands: &[
            "fcall",
            "time",
            "hmget",
            "hset",
            "del",
            "expire",
            "zremrangebyscore",
            "zscore",
            "zcard",
            "zadd",
            "zrem",
            "pexpire",
        ],
    },
    User {
        name: "events",
        keys: &[("R", "events:*"), ("RW", "event_streams:*"), REFUSED, CHANGED, WAKE],
        commands: &[
            "xread",
            "fcall",
            "time",
            "zremrangebyscore",
            "zscore",
            "zcard",
            "zadd",
            "zrem",
            "pexpire",
            "hmget",
            "hset",
            "del",
            "exists",
            "hincrby",
            "expire",
            "lpush",
            "ltrim",
        ],
    },
    User { name: "health", keys: &[], commands: &["ping"] },
    User { name: "scheduler", keys: &[WAKE, SCHEDULE_WAKE], commands: &["lpush", "ltrim"] },
    User {
        name: WORKER,
        keys: &[("RW", "events:*"), WAKE, SCHEDULE_WAKE, ("R", "breaker:*"), ("RW", "maintenance")],
        commands: &[
            "blpop", "lpush", "ltrim", "fcall", "xadd", "expire", "hmget", "time", "get", "set",
            "del",
        ],
    },
    User {
        name: HOST,
        keys: &[("RW", "key-value:*"), ("R", "maintenance")],
        commands: &["hget", "hset", "hdel", "hexists", "hscan", "hkeys", "get"],
    },
];

const COUNT_AND_WAKE: &[&str] =
    &["fcall", "time", "hmget", "hset", "hincrby", "exists", "del", "expire", "lpush", "ltrim"];

/// The login name of a user, like the database role.
#[must_use]
pub fn user_name(user: &str) -> String {
    format!("tessera_{user}")
}
