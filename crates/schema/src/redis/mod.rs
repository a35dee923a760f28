//! The Redis of one installation: its users and their rights, and its functions, set up over an
//! administrator's connection.

mod users;

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use hmac::{Hmac, Mac as _};
use redis::aio::MultiplexedConnection;
use sha2::{Digest as _, Sha256};
use tls::Authorities;

pub use users::{HOST, USERS, User, WORKER, user_name};

/// The functions that components call instead of sending scripts; the same file is compiled into
/// `platform`.
const FUNCTIONS: &str = include_str!("../../../platform/src/redis/functions.lua");

/// The administrator of the embedded server.
pub const ADMIN: &str = "administrator";

/// One Redis server, reached as an administrator.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisServer {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether connections are encrypted.
    pub tls: bool,
    /// Empty, or `user:password@` of the administrator as in the URL.
    auth: String,
    /// The key from which the users' passwords are derived.
    key: String,
}

impl RedisServer {
    /// The embedded server, whose administrator's password is the key.
    #[must_use]
    pub fn embedded(port: u16, key: &str) -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port,
            tls: false,
            auth: format!("{ADMIN}:{key}@"),
            key: key.to_owned(),
        }
    }

    /// Parses `redis://[user:password@]HOST[:PORT]`, `rediss://` for TLS. Parts that components could
    /// not use (another database) are refused, not ignored. `key`: the key of the users' passwords; None takes
    /// the password of the URL (tests have no other).
    ///
    /// # Errors
    /// If the text is not such a URL.
    pub fn parse(url: &str, key: Option<&str>) -> Result<Self> {
        let expected = "expected REDIS_URL as redis://[user:password@]HOST[:PORT], or rediss://… for TLS, database 0";
        let (scheme, rest) = url.split_once("://").context(expected)?;
        let rest = rest.strip_suffix("/0").unwrap_or(rest).trim_end_matches('/');
        let (auth, authority) =
            rest.rsplit_once('@').map_or(("", rest), |(auth, authority)| (auth, authority));
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "6379"));
        let is_known = ["redis", "rediss"].contains(&scheme);
        if !is_known || host.is_empty() || authority.contains(['/', '?', '#']) {
            bail!(expected);
        }
        let key = key
            .unwrap_or_else(|| auth.split_once(':').map_or("", |(_, password)| password))
            .to_owned();
        let auth = if auth.is_empty() { String::new() } else { format!("{auth}@") };
        let port = port.parse().context(expected)?;
        Ok(Self { host: host.to_owned(), port, tls: scheme == "rediss", auth, key })
    }

    /// `redis`, or `rediss` for TLS.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls { "rediss" } else { "redis" }
    }

    /// The administrator's URL: `redis://[user:password@]host:port`.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("{}://{}{}:{}", self.scheme(), self.auth, self.host, self.port)
    }

    /// The URL of one of the users, e.g. `auth` or [`WORKER`].
    ///
    /// # Errors
    /// Never in practice: HMAC takes any key.
    pub fn url(&self, user: &str) -> Result<String> {
        Ok(format!(
            "{}://{}:{}@{}:{}",
            self.scheme(),
            user_name(user),
            self.password(user)?,
            self.host,
            self.port
        ))
    }

    /// The password of one of the users.
    ///
    /// # Errors
    /// As [`RedisServer::url`].
    pub fn password(&self, user: &str) -> Result<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes())?;
        mac.update(b"tessera redis user ");
        mac.update(user.as_bytes());
        Ok(hex(&mac.finalize().into_bytes()))
    }

    /// The ACL file of the embedded server: no access without a password, the administrator, and
    /// the users.
    ///
    /// # Errors
    /// As [`RedisServer::url`].
    pub fn acl_file(&self) -> Result<String> {
        let mut text = "user default off resetchannels -@all\n".to_owned();
        writeln!(text, "user {ADMIN} on #{} allkeys allchannels +@all", sha256(&self.key))?;
        text.push_str(&self.user_lines()?);
        Ok(text)
    }

    /// The lines of the users alone, for the ACL file of an external server. Passwords are hashed.
    ///
    /// # Errors
    /// As [`RedisServer::url`].
    pub fn user_lines(&self) -> Result<String> {
        let mut text = String::new();
        for user in USERS {
            writeln!(text, "user {} {}", user_name(user.name), self.rules(user)?.join(" "))?;
        }
        Ok(text)
    }

    fn rules(&self, user: &User) -> Result<Vec<String>> {
        let mut rules = vec!["on".to_owned(), format!("#{}", sha256(&self.password(user.name)?))];
        rules.extend(["resetkeys", "resetchannels", "-@all"].map(str::to_owned));
        rules.extend(user.keys.iter().map(|(access, pattern)| format!("%{access}~{pattern}")));
        rules.extend(user.commands.iter().map(|command| format!("+{command}")));
        Ok(rules)
    }

    /// Creates the users with their rights and loads the functions; a second call changes nothing.
    /// A server that does not allow this must have both already.
    ///
    /// # Errors
    /// If the server cannot be reached, or lacks users or functions and does not allow creating
    /// them. TLS trusts the authorities of `TESSERA_REDIS_CA`, too.
    pub async fn provision(&self) -> Result<()> {
        let mut admin = connect(&self.admin_url()).await?;
        until_loaded(&mut admin).await?;
        if let Err(refused) = self.make(&mut admin).await {
            self.check().await.map_err(|missing| {
                missing.context(format!(
                    "the Redis named by REDIS_URL does not let its user create users and functions ({refused}); load what `./stack redis-acl` and `./stack redis-functions` print (docs/operations.md)"
                ))
            })?;
        }
        Ok(())
    }

    async fn make(&self, admin: &mut MultiplexedConnection) -> Result<()> {
        for user in USERS {
            let mut command = redis::cmd("ACL");
            command.arg("SETUSER").arg(user_name(user.name)).arg("reset").arg(self.rules(user)?);
            command
                .query_async::<()>(admin)
                .await
                .with_context(|| format!("making the Redis user {}", user.name))?;
        }
        let mut load = redis::cmd("FUNCTION");
        load.arg("LOAD").arg("REPLACE").arg(FUNCTIONS);
        load.query_async::<String>(admin)
            .await
            .context("loading the functions into Redis (7.0 or newer is needed)")?;
        Ok(())
    }

    /// Checks that users and functions exist.
    async fn check(&self) -> Result<()> {
        let mut health = connect(&self.url("health")?).await.context("the users are missing")?;
        redis::cmd("PING").query_async::<String>(&mut health).await?;
        let mut worker = connect(&self.url(WORKER)?).await.context("the users are missing")?;
        let mut call = redis::cmd("FCALL");
        call.arg("tessera_append").arg(1).arg("events:check").arg("{}").arg(1).arg(1);
        call.query_async::<String>(&mut worker).await.context("the functions are missing")?;
        Ok(())
    }
}

impl std::fmt::Debug for RedisServer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Redis {}:{}", self.host, self.port)
    }
}

/// The function library, for `FUNCTION LOAD`.
#[must_use]
pub fn functions() -> &'static str {
    FUNCTIONS
}

async fn connect(url: &str) -> Result<MultiplexedConnection> {
    tls::connect_redis(url, &Authorities::redis_from_env()).await
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server that has just started answers BUSYLOADING until its dataset is in memory.
async fn until_loaded(admin: &mut MultiplexedConnection) -> Result<()> {
    let deadline = tokio::time::Instant::now() + LOADED_WITHIN;
    loop {
        match redis::cmd("PING").query_async::<String>(admin).await {
            Err(error) if is_loading(&error) && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(LOADING_PAUSE).await;
            }
            answered => return answered.map(|_| ()).context("Redis does not answer"),
        }
    }
}

fn is_loading(error: &redis::RedisError) -> bool {
    error.to_string().contains("loading the dataset")
}

/// How long a dataset may take to load, and the pause between two checks.
const LOADED_WITHIN: std::time::Duration = std::time::Duration::from_secs(60);
const LOADING_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redis_url_is_used_completely_or_refused() {
        let parsed = |url| {
            RedisServer::parse(url, Some("k")).ok().map(|it| (it.admin_url(), it.host, it.port))
        };
        let expected = |url: &str, host: &str, port| Some((url.to_owned(), host.to_owned(), port));
        assert_eq!(parsed("redis://cache"), expected("redis://cache:6379", "cache", 6379));
        assert_eq!(
            parsed("redis://127.0.0.1:7000/0"),
            expected("redis://127.0.0.1:7000", "127.0.0.1", 7000)
        );
        assert_eq!(
            parsed("redis://:s%40x@cache:1"),
            expected("redis://:s%40x@cache:1", "cache", 1)
        );
        assert_eq!(
            parsed("rediss://u:s@cache:6380"),
            expected("rediss://u:s@cache:6380", "cache", 6380)
        );
        for refused in ["redis://cache/5", "rediss://cache#insecure", "http://cache"] {
            assert_eq!(parsed(refused), None, "{refused}");
        }
    }

    #[test]
    fn the_acl_file_has_no_clear_password_and_refuses_clients_without_one() {
        let server = RedisServer::embedded(1, "the-key");
        let file = server.acl_file().unwrap();
        assert!(file.starts_with("user default off"), "{file}");
        for secret in [
            "the-key".to_owned(),
            server.password("auth").unwrap(),
            server.password(WORKER).unwrap(),
        ] {
            assert!(!file.contains(&secret));
        }
        assert_ne!(server.password("auth").unwrap(), server.password("chat").unwrap());
        assert!(!file.contains("nopass"));
    }
}
