//! Brute force: failed sign-ins are counted per account and per address in Redis, and too many are refused for a while.

use kernel::{Code, Problem, Result};
use platform::redis::{Redis, Reply};

/// Failures of one account within the window after which it waits.
const PER_ACCOUNT: i64 = 10;
/// Failures from one address within the window; an office shares one.
const PER_ADDRESS: i64 = 100;
/// The window, in seconds.
const WINDOW_SECONDS: &str = "900";

fn keys(email: &str, address: &str) -> [(String, i64); 2] {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    [
        (format!("failed:account:{}", email.trim().to_lowercase()), PER_ACCOUNT),
        (format!("failed:address:{host}"), PER_ADDRESS),
    ]
}

/// Refuses where there were too many failures.
pub(crate) async fn check(email: &str, address: &str) -> Result<()> {
    let redis = Redis::open().await?;
    for (key, most) in keys(email, address) {
        let failures = match redis.command("GET", &[key.as_bytes()]).await?.first() {
            Some(reply) => reply.text().and_then(|t| t.parse().ok()).unwrap_or(0),
            None => 0,
        };
        if failures >= most {
            return Err(Problem::new(Code::TooManyRequests, "too many failed sign-ins; wait 15 minutes and try again"));
        }
    }
    Ok(())
}

/// Counts a failure.
pub(crate) async fn count(email: &str, address: &str) -> Result<()> {
    const COUNT: &str =
        "local n = redis.call('incr', KEYS[1]) if n == 1 then redis.call('expire', KEYS[1], ARGV[1]) end return n";
    let redis = Redis::open().await?;
    for (key, _) in keys(email, address) {
        let args: [&[u8]; 4] = [COUNT.as_bytes(), b"1", key.as_bytes(), WINDOW_SECONDS.as_bytes()];
        let _: Vec<Reply> = redis.command("EVAL", &args).await?;
    }
    Ok(())
}
