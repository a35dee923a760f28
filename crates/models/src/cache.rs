//! Embeddings of questions, kept in Redis for an hour. Whatever fails here costs time and nothing
//! else.

use std::time::Duration;

use kernel::hex;
use platform::redis::{Redis, Reply};
use sha2::{Digest, Sha256};

use crate::{TextEmbedding, timeout::within};

/// Seconds that an embedding is kept.
const KEPT_SECONDS: &[u8] = b"3600";
/// A cache that takes longer than this is no help.
const LIMIT: Duration = Duration::from_millis(300);

/// Changes with the form of what is kept, so that no other version's is read.
const FORM: [u8; 1] = [2];

/// A connection to the cache, if there is one.
pub(crate) struct Cache(Option<Redis>);

/// The key of a text of the tenant whose Redis namespace this is: a shared cache would tell one
/// tenant what another has asked. The text itself is not in it.
pub(crate) fn key(namespace: &str, model: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(FORM);
    hash.update(model);
    hash.update([0]);
    hash.update(text);
    format!("embedding:{namespace}:{}", hex::encode(&hash.finalize()))
}

impl Cache {
    pub(crate) async fn open() -> Self {
        Self(within(LIMIT, Redis::open()).await.and_then(Result::ok))
    }

    pub(crate) async fn get(&self, key: &str) -> Option<TextEmbedding> {
        let reply =
            within(LIMIT, self.0.as_ref()?.command("GET", &[key.as_bytes()])).await?.ok()?;
        match reply.first()? {
            Reply::Bytes(bytes) => unpack(bytes),
            _ => None,
        }
    }

    /// Keeps it beside the request, which does not wait.
    pub(crate) fn put(self, key: String, embedding: &TextEmbedding) {
        let (Some(redis), bytes) = (self.0, pack(embedding)) else { return };
        platform::task::spawn(async move {
            let args: [&[u8]; 4] = [key.as_bytes(), &bytes, b"EX", KEPT_SECONDS];
            let _ = within(LIMIT, redis.command("SET", &args)).await;
        });
    }
}

/// How many numbers, the numbers, and the bits of the tokens.
fn pack(embedding: &TextEmbedding) -> Vec<u8> {
    let count = u32::try_from(embedding.vector.len()).unwrap_or_default();
    let numbers = embedding.vector.iter().flat_map(|x| x.to_le_bytes());
    count.to_le_bytes().into_iter().chain(numbers).chain(embedding.token_bits.clone()).collect()
}

fn unpack(bytes: &[u8]) -> Option<TextEmbedding> {
    let (count, rest) = bytes.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*count)).ok()?.checked_mul(4)?;
    let (numbers, token_bits) = rest.split_at_checked(length)?;
    let vector = numbers.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    (length > 0).then(|| TextEmbedding { vector, token_bits: token_bits.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embedding_survives_the_round_trip_and_rubbish_is_no_embedding() {
        for token_bits in [Vec::new(), vec![7; 48]] {
            let vector = vec![0.25, -1.5, f32::MIN_POSITIVE];
            let embedding = TextEmbedding { vector, token_bits };
            assert_eq!(unpack(&pack(&embedding)), Some(embedding));
        }
        assert_eq!(unpack(&[0; 4]), None);
        assert_eq!(unpack(&[255; 9]), None);
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
