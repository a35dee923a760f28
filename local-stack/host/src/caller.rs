//! Maps credentials to callers: components report the authenticated caller, and the host caches it.
//!
//! The host does not understand credentials. A component that accepted one names the tenant and the
//! caller in a response header, which is removed here; the next request with the same credential
//! counts for that caller. A credential that no component has accepted counts for the client
//! address, so invented credentials give no share.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use sha2::{Digest, Sha256};

/// The response header in which components of this host name the tenant and caller of a request:
/// `<tenant> <caller>`.
pub(crate) const PRINCIPAL: HeaderName = HeaderName::from_static("tessera-principal");

/// How long an accepted credential stays in the cache.
const CACHED_FOR: Duration = Duration::from_secs(15 * 60);
/// A younger entry of the cache is not renewed.
const RELEARN_AFTER: Duration = Duration::from_secs(60);
/// Entries of one generation of the cache: when the new one is full, the old one is dropped.
const GENERATION_SIZE: usize = 32_768;

/// A caller and the tenant it belongs to, as hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) tenant: u128,
    pub(crate) caller: u128,
}

/// Hash of the credentials of a request, keyed with a secret of this process, so that it is of no
/// use elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Credential(u128);

/// The credentials that components accepted recently.
pub(crate) struct Callers {
    key: [u8; 32],
    cache: Mutex<CredentialCache>,
}

#[derive(Default)]
struct CredentialCache {
    new: HashMap<Credential, (Caller, Instant)>,
    old: HashMap<Credential, (Caller, Instant)>,
}

impl Callers {
    /// An empty cache.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)
            .map_err(|error| anyhow::anyhow!("the system gives no random numbers: {error}"))?;
        Ok(Self { key, cache: Mutex::default() })
    }

    fn hash(&self, parts: &[&[u8]]) -> u128 {
        let mut hash = Sha256::new();
        hash.update(self.key);
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
    }

    /// The credential of a request, in any of its headers; `None` if it has none.
    pub(crate) fn credential(&self, headers: &HeaderMap) -> Option<Credential> {
        let names = [header::AUTHORIZATION, HeaderName::from_static("x-api-key"), header::COOKIE];
        let shown: Vec<&[u8]> = names
            .iter()
            .flat_map(|name| headers.get_all(name).iter().map(HeaderValue::as_bytes))
            .collect();
        (!shown.is_empty()).then(|| Credential(self.hash(&shown)))
    }

    /// The caller of a credential that was accepted recently.
    pub(crate) fn find(&self, credential: Credential) -> Option<Caller> {
        let known = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let (caller, since) = known.new.get(&credential).or_else(|| known.old.get(&credential))?;
        (since.elapsed() < CACHED_FOR).then_some(*caller)
    }

    /// Removes the header from a response, and caches the caller of its request's credential.
    pub(crate) fn learn(&self, credential: Option<Credential>, response: &mut HeaderMap) {
        let Some(principal) = response.remove(&PRINCIPAL) else { return };
        let (Some(credential), Some((tenant, caller))) =
            (credential, principal.to_str().ok().and_then(|principal| principal.split_once(' ')))
        else {
            return;
        };
        let fresh = |known: &CredentialCache| {
            known.new.get(&credential).is_some_and(|(_, since)| since.elapsed() < RELEARN_AFTER)
        };
        if fresh(&self.cache.lock().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let (tenant, caller) = (tenant.as_bytes(), caller.as_bytes());
        let caller = Caller {
            tenant: self.hash(&[b"tenant", tenant]),
            caller: self.hash(&[b"caller", tenant, caller]),
        };
        let mut known = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if known.new.len() >= GENERATION_SIZE {
            known.old = std::mem::take(&mut known.new);
        }
        known.new.insert(credential, (caller, Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect()
    }

    #[test]
    fn a_credential_is_cached_once_a_component_reports_it_hidden_from_the_client() {
        let callers = Callers::new().unwrap();
        let shown = callers.credential(&headers(&[("authorization", "Bearer a")]));
        assert_eq!(callers.find(shown.unwrap()), None);
        let mut response = headers(&[("tessera-principal", "north anna")]);
        callers.learn(shown, &mut response);
        assert!(response.is_empty());
        let anna = callers.find(shown.unwrap()).unwrap();
        let key = callers.credential(&headers(&[("x-api-key", "tsk_1")]));
        callers.learn(key, &mut headers(&[("tessera-principal", "north anna")]));
        assert_eq!(callers.find(key.unwrap()), Some(anna), "the same caller by another credential");
        let bert = callers.credential(&headers(&[("cookie", "a=b")]));
        callers.learn(bert, &mut headers(&[("tessera-principal", "north bert")]));
        let bert = callers.find(bert.unwrap()).unwrap();
        assert!(bert.tenant == anna.tenant && bert.caller != anna.caller);
    }

    #[test]
    fn a_credential_counts_completely() {
        let callers = Callers::new().unwrap();
        let of = |pairs: &[(&'static str, &'static str)]| callers.credential(&headers(pairs));
        assert_eq!(of(&[]), None);
        assert_ne!(
            of(&[("authorization", "ab")]),
            of(&[("authorization", "a"), ("x-api-key", "b")])
        );
        assert_ne!(of(&[("authorization", "a")]), of(&[("authorization", "b")]));
        assert_ne!(
            of(&[("cookie", "a")]),
            Callers::new().unwrap().credential(&headers(&[("cookie", "a")]))
        );
    }
}
