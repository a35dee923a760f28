//! How much of one kind a person and an organisation may have at a time: counted in Redis, so that
//! it holds for all instances and hosts together.

use std::time::Duration;

use kernel::{Code, Problem, Result, hex, id::UserId};

use crate::{
    random,
    redis::{Redis, Reply},
};

/// The limit of one kind of long work.
#[derive(Clone, Copy, Debug)]
pub struct ConcurrencyLimit {
    /// Begins the keys in Redis.
    pub key: &'static str,
    /// What it is, in the plural, as an error says it.
    pub name: &'static str,
    /// A person's.
    pub of_a_person: u32,
    /// An organisation's.
    pub of_a_tenant: u32,
    /// A permit that was not renewed for so long is a dead process's.
    pub lease: Duration,
    /// `Retry-After` of a refusal, in seconds.
    pub retry_seconds: u32,
}

/// A permit among the person's and the organisation's.
pub struct ConcurrencyPermit {
    limit: &'static ConcurrencyLimit,
    keys: [String; 2],
    holder: String,
}

impl ConcurrencyPermit {
    /// Takes one, in the tenant of this Redis namespace.
    ///
    /// # Errors
    /// `too_many_requests` where all are taken.
    pub async fn take(
        redis: &Redis,
        limit: &'static ConcurrencyLimit,
        namespace: &str,
        user: UserId,
    ) -> Result<Self> {
        let keys = [
            format!("{}:user:{namespace}:{user}", limit.key),
            format!("{}:tenant:{namespace}", limit.key),
        ];
        let holder = hex::encode(&random::bytes::<16>()?);
        let permit = Self { limit, keys, holder };
        permit.renew(redis).await?;
        Ok(permit)
    }

    /// Extends the lease. While Redis does not answer, everyone is admitted.
    ///
    /// # Errors
    /// As [`ConcurrencyPermit::take`], if it was lost meanwhile.
    pub async fn renew(&self, redis: &Redis) -> Result<()> {
        let ConcurrencyLimit { name, of_a_person, of_a_tenant, lease, .. } = *self.limit;
        let keys = self.keys.each_ref().map(String::as_str);
        let numbers = [lease.as_millis(), of_a_person.into(), of_a_tenant.into()];
        let [lease, person, tenant] = numbers.map(|number| number.to_string());
        let args = [self.holder.as_bytes(), lease.as_bytes(), person.as_bytes(), tenant.as_bytes()];
        let (whose, most) = match redis.call("tessera_take_lease", &keys, &args).await.as_deref() {
            Ok([Reply::Int(1)]) => ("you have", of_a_person),
            Ok([Reply::Int(2)]) => ("your organisation has", of_a_tenant),
            _ => return Ok(()),
        };
        let detail =
            format!("{whose} {most} {name}, as many as may be; end some, or wait a little");
        Err(Problem::new(Code::TooManyRequests, detail).retry_after(self.limit.retry_seconds))
    }

    /// Releases it. If that fails, the lease expires.
    pub async fn leave(self, redis: &Redis) {
        for key in &self.keys {
            let _ = redis.command("ZREM", &[key.as_bytes(), self.holder.as_bytes()]).await;
        }
    }
}
