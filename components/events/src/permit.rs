//! The limit of open event streams, counted in Redis, so that it holds for all instances and hosts
//! together.

use kernel::{Code, Problem, Result, hex, id::UserId};
use platform::{
    random,
    redis::{Redis, Reply},
};

/// A person's: one for each tab that is seen.
const OF_A_PERSON: &str = "20";
/// An organisation's: far fewer than a host takes requests, which all share.
const OF_A_TENANT: &str = "200";
/// A permit that was not renewed for so long is a dead process's. Open streams renew theirs every
/// few seconds.
const LEASE_MILLIS: &str = "20000";
/// A stream whose client has gone ends by then.
const RETRY_SECONDS: u32 = 10;

/// An open stream's permit among the person's and the organisation's.
pub(crate) struct Permit {
    keys: [String; 2],
    holder: String,
}

impl Permit {
    /// Takes one, in the tenant of this Redis namespace.
    ///
    /// # Errors
    /// `too_many_requests` where all are taken.
    pub(crate) async fn take(redis: &Redis, namespace: &str, user: UserId) -> Result<Self> {
        let keys = [
            format!("event_streams:user:{namespace}:{user}"),
            format!("event_streams:tenant:{namespace}"),
        ];
        let holder = hex::encode(&random::bytes::<16>()?);
        let permit = Self { keys, holder };
        permit.renew(redis).await?;
        Ok(permit)
    }

    /// Extends it. While Redis does not answer, every stream is admitted: streams end without Redis
    /// anyway.
    ///
    /// # Errors
    /// As [`Permit::take`], if it was lost meanwhile.
    pub(crate) async fn renew(&self, redis: &Redis) -> Result<()> {
        let keys = self.keys.each_ref().map(String::as_str);
        let [lease, of_a_person, of_a_tenant] =
            [LEASE_MILLIS, OF_A_PERSON, OF_A_TENANT].map(str::as_bytes);
        let args = [self.holder.as_bytes(), lease, of_a_person, of_a_tenant];
        let (whose, limit) = match redis.call("tessera_take_lease", &keys, &args).await.as_deref() {
            Ok([Reply::Int(1)]) => ("you have", OF_A_PERSON),
            Ok([Reply::Int(2)]) => ("your organisation has", OF_A_TENANT),
            _ => return Ok(()),
        };
        let detail = format!(
            "{whose} {limit} event streams open, as many as may be; close some, or wait a little"
        );
        Err(Problem::new(Code::TooManyRequests, detail).retry_after(RETRY_SECONDS))
    }

    /// Releases it. If that fails, the lease expires.
    pub(crate) async fn leave(self, redis: &Redis) {
        for key in &self.keys {
            let _ = redis.command("ZREM", &[key.as_bytes(), self.holder.as_bytes()]).await;
        }
    }
}
