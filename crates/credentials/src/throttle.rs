//! Throttling of brute force: failed attempts are counted in Redis, per account (or per known
//! browser of it) and per address, and each further one makes the next wait longer.

use std::net::{IpAddr, SocketAddr};

use kernel::{
    Code, Problem, Result, hex,
    id::{TenantId, UserId},
};
use platform::redis::{Redis, Reply};
use sha2::{Digest, Sha256};

/// The purpose of an attempt; each has counters of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Sign-in, or another operation that needs a password.
    SignIn,
    /// Request for a reset link.
    PasswordReset,
    /// Use of a link.
    Link,
    /// Start of a sign-in at a provider, which is stored until the browser comes back or it
    /// expires.
    SsoStart,
    /// Callback from a provider; a bad one is written to the audit log.
    SsoCallback,
    /// A request that the policy denies (403), which is written to the audit log.
    Denial,
    /// A change, which is written to the audit log.
    Change,
    /// An invitation, which is an email.
    Invite,
}

/// How an attempt ended, for [`Attempt::end`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The credentials were valid: resets the counter of the account; the address, which others
    /// share, only gets this attempt back.
    Good,
    /// The credentials were wrong: it counts.
    Wrong,
    /// The attempt ended without a decision: it does not count.
    Undecided,
}

impl Outcome {
    /// The outcome of an attempt: only wrong credentials count.
    #[must_use]
    pub fn of<T>(result: &Result<T>) -> Self {
        match result {
            Ok(_) => Self::Good,
            Err(problem) if matches!(problem.code, Code::WrongCredentials | Code::InvalidLink) => {
                Self::Wrong
            }
            Err(_) => Self::Undecided,
        }
    }
}

/// A rate limit: how many failures are free, how fast they expire, and how long the waits are.
#[derive(Clone, Copy)]
struct RateLimit {
    free: u32,
    forgotten_every_millis: u32,
    first_wait_seconds: u32,
    longest_wait_seconds: u32,
}

const fn rate_limit(free: u32, forgotten_every_seconds: u32, first_wait_seconds: u32) -> RateLimit {
    let forgotten_every_millis = forgotten_every_seconds * 1_000;
    RateLimit {
        free,
        forgotten_every_millis,
        first_wait_seconds,
        longest_wait_seconds: LONGEST_WAIT_SECONDS,
    }
}

const ACCOUNT: RateLimit = rate_limit(5, 900, 1);
/// Users request links seldom, and each is an email.
const MAILBOX: RateLimit = rate_limit(3, 900, 60);
/// An office shares one address.
const ADDRESS: RateLimit = rate_limit(100, 30, 1);
/// A complete office may start in the same minute; unfinished sign-ins must not fill the memory.
const SSO_START: RateLimit = rate_limit(1_000, 1, 1);
/// A program with a wrong role gets hundreds at a time; a client must not fill the audit log.
const DENIALS: RateLimit = rate_limit(500, 10, 1);
/// Invitations from one organisation to one address: a handful in the first minutes, then a few a
/// day.
const INVITED: RateLimit =
    RateLimit { longest_wait_seconds: 24 * 3_600, ..rate_limit(3, 6 * 3_600, 3_600) };
/// Invitations by one user: a department in an afternoon.
const INVITER: RateLimit = rate_limit(200, 30, 60);
/// Invitations by one organisation. Large organisations provision with a directory, which sends no
/// email.
const INVITING: RateLimit = rate_limit(1_000, 20, 60);
/// Changes by one user: a script may make a thousand at once, and then five per second without end.
const CHANGES: RateLimit =
    RateLimit { forgotten_every_millis: 200, longest_wait_seconds: 60, ..rate_limit(1_000, 1, 1) };
/// The longest wait of a user.
const LONGEST_WAIT_SECONDS: u32 = 900;

/// An attempt that has begun.
pub struct Attempt {
    redis: Redis,
    /// The key of the account, or of its known browser.
    account: Option<String>,
    address: String,
}

/// The network of an address: an IPv6 client changes its address at will within its /64.
fn network(address: &str) -> String {
    let parsed =
        address.parse::<SocketAddr>().map(|a| a.ip()).or_else(|_| address.parse::<IpAddr>());
    match parsed.map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => ip.to_string(),
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => address.to_owned(),
    }
}

/// Hashed, so that Redis holds no address of a person, and no client's text becomes a key.
fn key(purpose: Purpose, kind: &str, what: &str) -> String {
    let purpose = match purpose {
        Purpose::SignIn => "sign_in",
        Purpose::PasswordReset => "forgotten",
        Purpose::Link => "link",
        Purpose::SsoStart => "elsewhere",
        Purpose::SsoCallback => "back",
        Purpose::Denial => "refused",
        Purpose::Change => "change",
        Purpose::Invite => "invite",
    };
    format!("attempts:{purpose}:{kind}:{}", hex::encode(&Sha256::digest(what.as_bytes())))
}

impl Attempt {
    /// Begins an attempt on an account, known or not, from the client's address.
    ///
    /// # Errors
    /// `too_many_requests`, with the seconds to wait; `unavailable`.
    pub async fn begin(purpose: Purpose, account: Option<&str>, address: &str) -> Result<Self> {
        let account = account.map(|email| key(purpose, "account", &email.trim().to_lowercase()));
        Self::count(purpose, account, address).await
    }

    /// Begins a sign-in attempt. It counts for the named organisation, or for all if none is named:
    /// a success at one tenant must not reset the counter of another.
    ///
    /// # Errors
    /// As [`Attempt::begin`].
    pub async fn begin_sign_in(
        email: &str,
        tenant_slug: Option<&str>,
        address: &str,
    ) -> Result<Self> {
        let email = email.trim().to_lowercase();
        let account = tenant_slug.map_or_else(|| email.clone(), |slug| format!("{email}\0{slug}"));
        Self::count(Purpose::SignIn, Some(key(Purpose::SignIn, "account", &account)), address).await
    }

    /// Begins a password attempt at a known browser of the account: failures elsewhere do not count
    /// here, and failures here do not count elsewhere.
    ///
    /// # Errors
    /// As [`Attempt::begin`].
    pub async fn begin_at_device(device: &[u8; 16], address: &str) -> Result<Self> {
        Self::count(
            Purpose::SignIn,
            Some(key(Purpose::SignIn, "device", &hex::encode(device))),
            address,
        )
        .await
    }

    async fn count(purpose: Purpose, account: Option<String>, address: &str) -> Result<Self> {
        let redis = Redis::open().await?;
        let address = key(purpose, "address", &network(address));
        let of_account = if purpose == Purpose::PasswordReset { MAILBOX } else { ACCOUNT };
        let of_address = if purpose == Purpose::SsoStart { SSO_START } else { ADDRESS };
        let counted: Vec<(&String, RateLimit)> =
            account.iter().map(|key| (key, of_account)).chain([(&address, of_address)]).collect();
        count(&redis, &counted).await?;
        Ok(Self { redis, account, address })
    }

    /// Ends the attempt.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn end(self, outcome: Outcome) -> Result<()> {
        let undone: Vec<&String> = match outcome {
            Outcome::Wrong => return Ok(()),
            Outcome::Undecided => self.account.iter().chain([&self.address]).collect(),
            Outcome::Good => {
                if let Some(account) = &self.account {
                    self.redis.command("DEL", &[account.as_bytes()]).await?;
                }
                vec![&self.address]
            }
        };
        let keys: Vec<&str> = undone.iter().map(|key| key.as_str()).collect();
        self.redis.call("tessera_undo_attempt", &keys, &[]).await?;
        Ok(())
    }
}

/// Counts a request that the policy denied.
///
/// # Errors
/// `too_many_requests`, with the seconds to wait, if the limit is exceeded; `unavailable`.
pub async fn denied(user: UserId) -> Result<()> {
    let key = key(Purpose::Denial, "user", &user.to_string());
    count(&Redis::open().await?, &[(&key, DENIALS)]).await
}

/// Counts a change of a user, so that no user fills the audit log.
///
/// # Errors
/// `too_many_requests`, with the seconds to wait, if the limit is exceeded; `unavailable`.
pub async fn changed(user: UserId) -> Result<()> {
    let key = key(Purpose::Change, "user", &user.to_string());
    count(&Redis::open().await?, &[(&key, CHANGES)]).await
}

/// Takes back a counted change that did not happen.
///
/// # Errors
/// `unavailable`.
pub async fn not_changed(user: UserId) -> Result<()> {
    let key = key(Purpose::Change, "user", &user.to_string());
    Redis::open().await?.call("tessera_undo_attempt", &[&key], &[]).await?;
    Ok(())
}

/// Counts an invitation, which is an email with a text that the inviter chooses: for the address
/// within the tenant, for the inviter, and for the tenant.
///
/// # Errors
/// `too_many_requests`, with the seconds to wait, if the limit is exceeded; `unavailable`.
pub async fn invited(tenant: TenantId, inviter: &str, email: &str) -> Result<()> {
    let to = key(Purpose::Invite, "address", &format!("{tenant} {email}"));
    let by = key(Purpose::Invite, "user", &format!("{tenant} {inviter}"));
    let of = key(Purpose::Invite, "tenant", &tenant.to_string());
    count(&Redis::open().await?, &[(&to, INVITED), (&by, INVITER), (&of, INVITING)]).await
}

async fn count(redis: &Redis, counted: &[(&String, RateLimit)]) -> Result<()> {
    let numbers: Vec<String> = counted
        .iter()
        .flat_map(|(_, p)| {
            [p.free, p.forgotten_every_millis, p.first_wait_seconds, p.longest_wait_seconds]
        })
        .map(|number| number.to_string())
        .collect();
    let keys: Vec<&str> = counted.iter().map(|(key, _)| key.as_str()).collect();
    let args: Vec<&[u8]> = numbers.iter().map(String::as_bytes).collect();
    match redis.call("tessera_begin_attempt", &keys, &args).await?.first() {
        Some(Reply::Int(0)) => Ok(()),
        Some(Reply::Int(wait)) => Err(too_many(u64::try_from(*wait).unwrap_or(1))),
        other => Err(Problem::internal(format!("attempts: Redis answered {other:?}"))),
    }
}

/// Resets the counter of an account whose owner has proved their identity by other means.
///
/// # Errors
/// `unavailable`.
pub async fn reset(email: &str) -> Result<()> {
    let key = key(Purpose::SignIn, "account", &email.trim().to_lowercase());
    Redis::open().await?.command("DEL", &[key.as_bytes()]).await?;
    Ok(())
}

fn too_many(wait_millis: u64) -> Problem {
    let seconds = u32::try_from(wait_millis.div_ceil(1_000)).unwrap_or(LONGEST_WAIT_SECONDS);
    let detail = format!("too many in a short time; wait {seconds} s and try again");
    Problem::new(Code::TooManyRequests, detail).retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_count_together_in_every_form() {
        assert_eq!(network("192.0.2.7:51234"), "192.0.2.7");
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("[::ffff:192.0.2.7]:443"), "192.0.2.7");
        assert_eq!(network("[2001:db8:1:2:3:4:5:6]:443"), "2001:db8:1:2::/64");
        assert_eq!(network("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64");
        assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
        assert_eq!(network("no address"), "no address");
    }

    #[test]
    fn a_key_does_not_contain_a_persons_address() {
        let key = key(Purpose::SignIn, "account", "anna@example.org");
        assert!(key.starts_with("attempts:sign_in:account:") && !key.contains("anna"), "{key}");
    }
}
