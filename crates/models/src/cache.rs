//! Embeddings of questions, kept in Redis for an hour. Whatever fails here costs time and nothing
//! else.

use std::time::Duration;

use kernel::hex;
use platform::redis::{Redis, Reply};
use sha2::{Digest, Sha256};

use crate::timeout::within;

/// Seconds that an embedding is kept.
const KEPT_SECONDS: &[u8] = b"3600";
/// A cache that takes longer than this is no help.
const LIMIT: Duration = Duration::from_millis(300);

/// A connection to the cache, if there is one.
pub(crate) struct Cache(Option<Redis>);

/// The key of a text of the tenant whose Redis namespace this is: a shared cache would tell one
/// tenant what another has asked. The text itself is not in it.
pub(crate) fn key(namespace: &str, model: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(model);
    hash.update([0]);
    hash.update(text);
    format!("embedding:{namespace}:{}", hex::encode(&hash.finalize()))
}

impl Cache {
    pub(crate) async fn open() -> Self {
        Self(within(LIMIT, Redis::open()).await.and_then(Result::ok))
    }

    pub(crate) async fn get(&self, key: &str) -> Option<Vec<f32>> {
        let reply =
            within(LIMIT, self.0.as_ref()?.command("GET", &[key.as_bytes()])).await?.ok()?;
        match reply.first()? {
            Reply::Bytes(bytes) => unpack(bytes),
            _ => None,
        }
    }

    /// Keeps it beside the request, which does not wait.
    pub(crate) fn put(self, key: String, embedding: &[f32]) {
        let (Some(redis), bytes) = (self.0, pack(embedding)) else { return };
        platform::task::spawn(async move {
            let args: [&[u8]; 4] = [key.as_bytes(), &bytes, b"EX", KEPT_SECONDS];
            let _ = within(LIMIT, redis.command("SET", &args)).await;
        });
    }
}

fn pack(embedding: &[f32]) -> Vec<u8> {
    embedding.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn unpack(bytes: &[u8]) -> Option<Vec<f32>> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    (rest.is_empty() && !numbers.is_empty())
        .then(|| numbers.iter().map(|b| f32::from_le_bytes(*b)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embedding_survives_the_round_trip_and_rubbish_is_no_embedding() {
        let embedding = vec![0.25, -1.5, f32::MIN_POSITIVE];
        assert_eq!(unpack(&pack(&embedding)), Some(embedding));
        assert_eq!(unpack(&[]), None);
        assert_eq!(unpack(&[1, 2, 3]), None);
    }

    #[test]
    fn a_key_differs_by_tenant_model_and_text_and_shows_no_text() {
        assert_ne!(key("n", "a", "bc"), key("n", "ab", "c"));
        assert_ne!(key("n", "m", "t"), key("o", "m", "t"));
        assert!(!key("n", "m", "secret").contains("secret"));
        assert_eq!(key("n", "m", "t").len(), "embedding:n:".len() + 64);
    }
}
