//! Brute force: attempts that failed are counted in Redis, per account (or, at a known browser of it, per browser) and per address, and each one
//! more makes the next wait longer.

use std::net::{IpAddr, SocketAddr};

use kernel::{Code, Problem, Result, hex, id::UserId};
use platform::redis::{Redis, Reply};
use sha2::{Digest, Sha256};

use crate::device::Known;

/// What is counted apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Signing in, or anything else that needs a password.
    SignIn,
    /// Asking for a reset link.
    Forgotten,
    /// Using a link.
    Link,
    /// Beginning a sign-in at a provider, which is remembered until somebody comes back or it has expired.
    Elsewhere,
    /// Coming back from a provider, whose answer is written into the audit log where it is no good.
    Back,
    /// Asking for what the policy refuses, which is written into the audit log.
    Refused,
}

/// How an attempt ended, for [`Attempt::end`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The credentials were good: the account begins anew; the address, which others share, only gets this one back.
    Good,
    /// They were wrong: it counts.
    Wrong,
    /// It did not come to a decision: nothing counts.
    Undecided,
}

/// How many failures are free, and how fast they are forgotten.
#[derive(Clone, Copy)]
struct Patience {
    free: u32,
    forgotten_every_seconds: u32,
    first_wait_seconds: u32,
}

const ACCOUNT: Patience = Patience { free: 5, forgotten_every_seconds: 900, first_wait_seconds: 1 };
/// Links are asked for seldom, and each is a mail.
const MAILBOX: Patience = Patience { free: 3, forgotten_every_seconds: 900, first_wait_seconds: 60 };
/// An office shares one.
const ADDRESS: Patience = Patience { free: 100, forgotten_every_seconds: 30, first_wait_seconds: 1 };
/// Everybody in an office may begin in the same minute; what nobody finishes must not fill the memory.
const THRESHOLD: Patience = Patience { free: 1_000, forgotten_every_seconds: 1, first_wait_seconds: 1 };
/// A program with a wrong role meets hundreds at a time; an audit log that somebody fills at will helps nobody.
const REFUSALS: Patience = Patience { free: 500, forgotten_every_seconds: 10, first_wait_seconds: 1 };
/// No wait is longer.
const LONGEST_WAIT_SECONDS: u32 = 900;

/// Answers the milliseconds still to wait; 0: the attempt may begin, and is counted already, so that many at once do not slip through.
const BEGIN: &str = "
local t = redis.call('time')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local wait, counts = 0, {}
for i, key in ipairs(KEYS) do
  local v = redis.call('hmget', key, 'n', 'at', 'till')
  local n, at = tonumber(v[1]) or 0, tonumber(v[2]) or now
  local gone = math.floor((now - at) / (ARGV[i * 3 - 1] * 1000))
  if gone >= n then n, at = 0, now else n, at = n - gone, at + gone * ARGV[i * 3 - 1] * 1000 end
  counts[i] = { n, at }
  wait = math.max(wait, (tonumber(v[3]) or 0) - now)
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  local free, every, first = tonumber(ARGV[i * 3 - 2]), tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3])
  local n, till = counts[i][1] + 1, 0
  if n >= free then till = now + math.min(first * 2 ^ math.min(n - free, 30), LONGEST) * 1000 end
  redis.call('hset', key, 'n', n, 'at', counts[i][2], 'till', till)
  redis.call('expire', key, n * every + LONGEST)
end
return 0";

/// Takes one failure back from each key.
const UNDO: &str = "
for _, key in ipairs(KEYS) do
  if redis.call('exists', key) == 1 then
    if redis.call('hincrby', key, 'n', -1) <= 0 then redis.call('del', key) else redis.call('hset', key, 'till', 0) end
  end
end
return 0";

/// An attempt that has begun.
pub struct Attempt {
    redis: Redis,
    /// The key of the account, or of its known browser.
    account: Option<String>,
    address: String,
}

/// The network that an address belongs to: one of IPv6 is changed at will within its /64.
fn network(address: &str) -> String {
    let parsed = address.parse::<SocketAddr>().map(|a| a.ip()).or_else(|_| address.parse::<IpAddr>());
    match parsed.map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => ip.to_string(),
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Err(_) => address.to_owned(),
    }
}

/// Hashed, so that no address of a person stands in Redis, and no text of a stranger becomes a key.
fn key(purpose: Purpose, kind: &str, what: &str) -> String {
    let purpose = match purpose {
        Purpose::SignIn => "sign_in",
        Purpose::Forgotten => "forgotten",
        Purpose::Link => "link",
        Purpose::Elsewhere => "elsewhere",
        Purpose::Back => "back",
        Purpose::Refused => "refused",
    };
    format!("attempts:{purpose}:{kind}:{}", hex::encode(&Sha256::digest(what.as_bytes())))
}

impl Attempt {
    /// Begins an attempt on an account, known or not, from the peer's address.
    ///
    /// # Errors
    /// `too_many_requests`, with the seconds to wait; `unavailable`.
    pub async fn begin(purpose: Purpose, account: Option<&str>, address: &str) -> Result<Self> {
        let account = account.map(|email| key(purpose, "account", &email.trim().to_lowercase()));
        Self::count(purpose, account, address).await
    }

    /// Begins an attempt to sign in. It counts for the organisation that was said, or for all where none was: what goes well in one of them is no
    /// reason to forget what was guessed in another.
    ///
    /// # Errors
    /// As [`Attempt::begin`].
    pub async fn begin_sign_in(email: &str, tenant_slug: Option<&str>, address: &str) -> Result<Self> {
        let email = email.trim().to_lowercase();
        let account = tenant_slug.map_or_else(|| email.clone(), |slug| format!("{email}\0{slug}"));
        Self::count(Purpose::SignIn, Some(key(Purpose::SignIn, "account", &account)), address).await
    }

    /// Begins an attempt to show a password at a known browser of the account: what others have tried does not count, nor does it for them.
    ///
    /// # Errors
    /// As [`Attempt::begin`].
    pub async fn begin_at(browser: &Known, address: &str) -> Result<Self> {
        Self::count(Purpose::SignIn, Some(key(Purpose::SignIn, "device", &hex::encode(&browser.id))), address).await
    }

    async fn count(purpose: Purpose, account: Option<String>, address: &str) -> Result<Self> {
        let redis = Redis::open().await?;
        let address = key(purpose, "address", &network(address));
        let of_account = if purpose == Purpose::Forgotten { MAILBOX } else { ACCOUNT };
        let of_address = if purpose == Purpose::Elsewhere { THRESHOLD } else { ADDRESS };
        let counted: Vec<(&String, Patience)> =
            account.iter().map(|key| (key, of_account)).chain([(&address, of_address)]).collect();
        count(&redis, &counted).await?;
        Ok(Self { redis, account, address })
    }

    /// Ends it.
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
        let count = undone.len().to_string();
        let mut args = vec![UNDO.as_bytes(), count.as_bytes()];
        args.extend(undone.iter().map(|key| key.as_bytes()));
        self.redis.command("EVAL", &args).await?;
        Ok(())
    }
}

/// Counts a request of somebody that the policy refused.
///
/// # Errors
/// `too_many_requests`, with the seconds to wait, where there were too many; `unavailable`.
pub async fn refused(user: UserId) -> Result<()> {
    let key = key(Purpose::Refused, "user", &user.to_string());
    count(&Redis::open().await?, &[(&key, REFUSALS)]).await
}

async fn count(redis: &Redis, counted: &[(&String, Patience)]) -> Result<()> {
    let numbers: Vec<String> = counted
        .iter()
        .flat_map(|(_, p)| [p.free, p.forgotten_every_seconds, p.first_wait_seconds])
        .map(|number| number.to_string())
        .collect();
    let (script, keys) = (BEGIN.replace("LONGEST", &LONGEST_WAIT_SECONDS.to_string()), counted.len().to_string());
    let mut args = vec![script.as_bytes(), keys.as_bytes()];
    args.extend(counted.iter().map(|(key, _)| key.as_bytes()));
    args.extend(numbers.iter().map(String::as_bytes));
    match redis.command("EVAL", &args).await?.first() {
        Some(Reply::Int(0)) => Ok(()),
        Some(Reply::Int(wait)) => Err(too_many(u64::try_from(*wait).unwrap_or(1))),
        other => Err(Problem::internal(format!("attempts: Redis answered {other:?}"))),
    }
}

/// Forgets the failures of an account whose owner has proved themselves otherwise.
///
/// # Errors
/// `unavailable`.
pub async fn forget(email: &str) -> Result<()> {
    let key = key(Purpose::SignIn, "account", &email.trim().to_lowercase());
    Redis::open().await?.command("DEL", &[key.as_bytes()]).await?;
    Ok(())
}

fn too_many(wait_millis: u64) -> Problem {
    let seconds = u32::try_from(wait_millis.div_ceil(1_000)).unwrap_or(LONGEST_WAIT_SECONDS);
    let detail = format!("too many attempts; wait {seconds} s and try again");
    Problem::new(Code::TooManyRequests, detail).retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_count_together_whatever_their_port_and_form() {
        assert_eq!(network("192.0.2.7:51234"), "192.0.2.7");
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("[::ffff:192.0.2.7]:443"), "192.0.2.7");
        assert_eq!(network("[2001:db8:1:2:3:4:5:6]:443"), "2001:db8:1:2::/64");
        assert_eq!(network("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64");
        assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
        assert_eq!(network("no address"), "no address");
    }

    #[test]
    fn an_address_of_a_person_is_no_part_of_a_key() {
        let key = key(Purpose::SignIn, "account", "anna@example.org");
        assert!(key.starts_with("attempts:sign_in:account:") && !key.contains("anna"), "{key}");
    }
}
