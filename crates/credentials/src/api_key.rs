//! API keys: `tsk_` and 80 bytes, the secret and two ids; created, listed and revoked by their
//! owner.

use access::{Action, Scope};
use kernel::{
    Code, Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp, hex,
    id::{self, ApiKeyId, AssistantId, TenantId},
    text,
};
use platform::Cx;
use uuid::Uuid;

use crate::{secret, store::api_keys as store};

/// The prefix of every key, so that scanners find leaked ones.
pub const PREFIX: &str = "tsk_";
/// Bytes of the secret; the tenant's and the key's id follow.
const SECRET_BYTES: usize = 32;
/// How many characters of a key lists show: enough to tell keys apart, far too few to guess one.
const SHOWN: usize = 12;
/// The most keys per user.
const MOST: i64 = 50;
/// Default rate limit, in requests per minute.
const USUAL_REQUESTS: i32 = 600;
/// The highest rate limit that an owner may set.
const MOST_REQUESTS: i32 = 100_000;
/// The longest lifetime of a key, in days.
const MOST_DAYS: i32 = 3650;

/// A key as a client sends it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The tenant.
    pub tenant: TenantId,
    /// The id.
    pub id: ApiKeyId,
    secret: Vec<u8>,
}

impl std::fmt::Debug for ApiKey {
    /// Never prints the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey")
            .field("tenant", &self.tenant)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl ApiKey {
    /// Whether a credential has the prefix of an API key.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Parses a key.
    ///
    /// # Errors
    /// `not_signed_in` if it is malformed.
    pub fn read(text: &str) -> Result<Self> {
        let malformed = || {
            Problem::new(
                Code::NotSignedIn,
                "this is not a valid API key; copy all of it, it begins with tsk_",
            )
        };
        let bytes = text
            .strip_prefix(PREFIX)
            .filter(|hex| hex.len() == 128)
            .and_then(hex::decode)
            .ok_or_else(malformed)?;
        let (secret, ids) = bytes.split_at_checked(SECRET_BYTES).ok_or_else(malformed)?;
        let (tenant, id) = ids.split_at_checked(16).ok_or_else(malformed)?;
        let uuid = |bytes: &[u8]| Uuid::from_slice(bytes).map_err(|_| malformed());
        Ok(Self {
            tenant: TenantId(uuid(tenant)?),
            id: ApiKeyId(uuid(id)?),
            secret: secret.to_vec(),
        })
    }

    fn write(&self) -> String {
        let ids = [self.tenant.0.as_bytes().as_slice(), self.id.0.as_bytes()].concat();
        format!("{PREFIX}{}{}", hex::encode(&self.secret), hex::encode(&ids))
    }

    pub(crate) fn secret_hash(&self) -> Vec<u8> {
        secret::hash(&self.secret)
    }
}

/// A key as its owner sees it after creation: without the secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKeyInfo {
    /// Ids sort by the time of creation (UUID v7).
    pub id: ApiKeyId,
    /// The owner's name for it.
    pub name: String,
    /// The first characters.
    pub prefix: String,
    /// Scopes.
    pub scopes: Vec<String>,
    /// The one assistant that it is for; None for every right of the owner.
    pub assistant: Option<KeysAssistant>,
    /// Rate limit.
    pub requests_per_minute: i32,
    /// Expiry; None: never.
    pub expires_at: Option<Timestamp>,
    /// Time of the last request.
    pub last_used_at: Option<Timestamp>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// The assistant of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeysAssistant {
    /// Ids sort by the time of creation (UUID v7).
    pub id: AssistantId,
    /// Its name; None if the owner may no longer use it, and the key is of no use.
    pub name: Option<String>,
}

/// The properties of a new key.
#[derive(Clone, Copy, Debug)]
pub struct NewApiKey<'a> {
    /// The owner's name for it.
    pub name: &'a str,
    /// Scopes.
    pub scopes: &'a [String],
    /// The one assistant that it is for; None for every right of the owner.
    pub assistant: Option<AssistantId>,
    /// Lifetime in days; None: no expiry.
    pub expires_in_days: Option<i32>,
    /// Rate limit; None: 600.
    pub requests_per_minute: Option<i32>,
}

/// Creates a key. Its text is returned once, and never stored.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `not_found` if the caller may not use the assistant; `conflict`
/// if there are too many keys.
pub async fn create_api_key(cx: &Cx, new: &NewApiKey<'_>) -> Result<(ApiKeyInfo, String)> {
    cx.require(Action::ManageOwnKeys)?;
    let name = text::line("/name", new.name, 1, 100)?;
    let good = if new.assistant.is_some() { Scope::FOR_ASSISTANT_KEYS } else { Scope::FOR_KEYS };
    let scopes = check_scopes(new.scopes, good)?;
    let days = new.expires_in_days;
    if let Some(days) = days.filter(|days| !(1..=MOST_DAYS).contains(days)) {
        let detail =
            format!("expected 1 to {MOST_DAYS} days, or null for a key without end, got {days}");
        return Err(Problem::refused_field(
            "/expires_in_days",
            ReasonCode::OutOfRange.between(1, MOST_DAYS),
            detail,
        ));
    }
    let requests = new.requests_per_minute.unwrap_or(USUAL_REQUESTS);
    if !(1..=MOST_REQUESTS).contains(&requests) {
        let detail = format!("expected 1 to {MOST_REQUESTS} requests, got {requests}");
        return Err(Problem::refused_field(
            "/requests_per_minute",
            ReasonCode::OutOfRange.between(1, MOST_REQUESTS),
            detail,
        ));
    }
    if let Some(assistant) = new.assistant
        && store::assistant_name(cx, assistant).await?.is_none()
    {
        return Err(id::not_found("assistant"));
    }
    let key = ApiKey {
        tenant: cx.tenant()?,
        id: cx.new_id()?,
        secret: platform::random::bytes::<SECRET_BYTES>()?.to_vec(),
    };
    let text = key.write();
    let prefix: String = text.chars().take(SHOWN).collect();
    let new = store::New {
        id: key.id,
        name: &name,
        prefix: &prefix,
        secret_hash: key.secret_hash(),
        scopes,
        assistant: new.assistant,
        days,
        requests,
    };
    if !store::insert(cx, new, MOST).await? {
        return Err(Problem::conflict(
            ReasonCode::LimitReached.at_most(MOST),
            format!("expected at most {MOST} keys; revoke one first"),
        ));
    }
    let listed = store::get(cx, key.id).await?.ok_or_else(|| id::not_found("API key"))?;
    Ok((listed, text))
}

/// `good`: the scopes that such a key can have.
fn check_scopes(names: &[String], good: &[Scope]) -> Result<Vec<String>> {
    let unknown =
        names.iter().find(|name| Scope::parse(name).is_none_or(|scope| !good.contains(&scope)));
    if names.is_empty() || unknown.is_some() {
        let known: Vec<&str> = good.iter().map(|scope| scope.as_str()).collect();
        let got = unknown.map_or("none", String::as_str);
        let detail = format!(
            "expected one or more of {}, got `{}`",
            known.join(", "),
            got.chars().take(40).collect::<String>()
        );
        return Err(Problem::refused_field("/scopes", ReasonCode::UnknownValue, detail));
    }
    // In the order of `good`, without repetition.
    Ok(good.iter().map(|s| s.as_str().to_owned()).filter(|name| names.contains(name)).collect())
}

/// The caller's keys that are not revoked, newest first.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub async fn list_api_keys(cx: &Cx, request: PageRequest) -> Result<Page<ApiKeyInfo>> {
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |key| Cursor { at: key.created_at, id: key.id.0 }))
}

/// Revokes one of the caller's keys, from the next request on.
///
/// # Errors
/// `not_found` if it is not the caller's, or is revoked already.
pub async fn revoke_api_key(cx: &Cx, key: ApiKeyId) -> Result<()> {
    if store::revoke(cx, key).await? { Ok(()) } else { Err(id::not_found("API key")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_the_round_trip_and_never_shows_its_secret() {
        let random = || platform::random::id().unwrap();
        let key =
            ApiKey { tenant: TenantId(random()), id: ApiKeyId(random()), secret: vec![0xab; 32] };
        assert!(ApiKey::read(&key.write()).unwrap() == key);
        assert!(!format!("{key:?}").contains("ab, "), "{key:?}");
        for bad in [
            "",
            "tsk_",
            "tsk_zz",
            &key.write()[1..],
            &format!("{}0", key.write()),
            &"tsk_é".repeat(32),
        ] {
            assert_eq!(ApiKey::read(bad).unwrap_err().code, Code::NotSignedIn, "{bad}");
        }
    }

    #[test]
    fn unknown_scopes_are_refused_and_repeated_ones_count_once() {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let all = |given: &[&str]| check_scopes(&names(given), Scope::FOR_KEYS);
        assert_eq!(all(&["search", "chat", "search"]).unwrap(), ["chat", "search"]);
        for bad in [&[][..], &["account"], &["profile"], &["chat", "root"]] {
            assert!(all(bad).is_err(), "{bad:?}");
        }
        let few = |given: &[&str]| check_scopes(&names(given), Scope::FOR_ASSISTANT_KEYS);
        assert_eq!(few(&["chat", "assistants:read"]).unwrap(), ["assistants:read", "chat"]);
        for scope in
            Scope::FOR_KEYS.iter().filter(|scope| !Scope::FOR_ASSISTANT_KEYS.contains(scope))
        {
            assert!(few(&["chat", scope.as_str()]).is_err(), "{scope:?}");
        }
    }
}
