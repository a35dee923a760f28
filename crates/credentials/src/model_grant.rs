//! Grants: what a component shows the gateway, so that it asks a model on behalf of a user (ADR 26).

use kernel::{
    Code, Problem, Result, Timestamp, hex,
    id::{TenantId, UserId},
};
use platform::{Actor, Cx, Origin, clock::Clock, pg::Db, pg::Source};
use uuid::Uuid;

use crate::{MacKeys, MacPurpose, store::model_grants as store};

/// The header field with the grant.
pub const HEADER: &str = "x-model-grant";
/// Seconds for which a grant is valid; the request that it began may take longer.
const LIFETIME_SECONDS: i64 = 60;
/// Models that one grant names: as many as an alias has.
const SUBJECTS_LIMIT: usize = 10;

/// What a grant is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GrantPurpose {
    /// Ask models that the user may use; the subjects are models, the first choice first.
    Chat,
    /// Test a provider and list its models, for an administrator; the subject is a provider.
    Administration,
}

impl GrantPurpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Administration => "administration",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Chat, Self::Administration].into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// Who asks which models, for what. The caller has checked that the user may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelGrant {
    /// The tenant whose rows the gateway reads.
    pub tenant: TenantId,
    /// For whom.
    pub user: UserId,
    /// What for.
    pub purpose: GrantPurpose,
    /// 1 to 10 ids of rows; which table, says the purpose.
    pub subjects: Vec<Uuid>,
}

impl ModelGrant {
    /// A grant of the acting user.
    ///
    /// # Errors
    /// `not_signed_in` if the actor is not a user.
    pub fn of(cx: &Cx, purpose: GrantPurpose, subjects: Vec<Uuid>) -> Result<Self> {
        Ok(Self { tenant: cx.tenant()?, user: cx.user()?, purpose, subjects })
    }

    /// The text for [`HEADER`], valid for 60 s from `now`.
    ///
    /// # Errors
    /// `internal` without a usable `gateway_key`.
    pub fn sign(&self, keys: &MacKeys, now: Timestamp) -> Result<String> {
        let subjects: Vec<String> = self.subjects.iter().map(Uuid::to_string).collect();
        let claims = format!(
            "v1|{}|{}|{}|{}|{}",
            self.tenant,
            self.user,
            self.purpose.as_str(),
            now.unix_seconds() + LIFETIME_SECONDS,
            subjects.join(",")
        );
        let code = keys.sign(claims.as_bytes())?;
        Ok(format!("{claims}|{}", hex::encode(&code)))
    }

    /// The grant of a text.
    ///
    /// # Errors
    /// `no_such_route` if the text is forged, malformed or expired: for other callers the route does not exist.
    pub fn verify(text: &str, keys: &MacKeys, now: Timestamp) -> Result<Self> {
        let (claims, code) = text.rsplit_once('|').ok_or_else(refused)?;
        let code = hex::decode(code).ok_or_else(refused)?;
        if !keys.verify(claims.as_bytes(), &code)? {
            return Err(refused());
        }
        Self::read(claims, now).ok_or_else(refused)
    }

    fn read(claims: &str, now: Timestamp) -> Option<Self> {
        let [version, tenant, user, purpose, expires, subjects] =
            <[&str; 6]>::try_from(claims.split('|').collect::<Vec<_>>()).ok()?;
        let left = expires.parse::<i64>().ok()?.checked_sub(now.unix_seconds())?;
        let subjects = subjects.split(',').map(|id| Uuid::try_parse(id).ok()).collect::<Option<Vec<_>>>()?;
        let fits = version == "v1" && (1..=LIFETIME_SECONDS).contains(&left) && subjects.len() <= SUBJECTS_LIMIT;
        let purpose = GrantPurpose::parse(purpose)?;
        fits.then_some(Self { tenant: tenant.parse().ok()?, user: user.parse().ok()?, purpose, subjects })
    }
}

/// A request with a valid grant.
pub struct GrantContext {
    /// The grant.
    pub grant: ModelGrant,
    /// A context of its tenant. It acts as no user.
    pub cx: Cx,
}

impl GrantContext {
    /// Opens the request: checks the grant, and that user and tenant are active.
    ///
    /// # Errors
    /// `no_such_route` for every fault of the grant; `unavailable` if the database does not answer.
    pub async fn open(source: Source, text: &str, origin: Origin) -> Result<Self> {
        let keys = MacKeys::from_config(MacPurpose::ModelGrant).await?;
        let grant = ModelGrant::verify(text, &keys, platform::clock::now())?;
        let mut db = Db::new(source, None);
        if !store::open(&mut db, &grant, &origin).await? {
            return Err(refused());
        }
        let cx = Cx { actor: Actor::Anonymous, request_id: origin.request_id, db, clock: Clock::current() };
        Ok(Self { grant, cx })
    }
}

fn refused() -> Problem {
    Problem::new(Code::NoSuchRoute, "there is no such route; /api/v1/openapi.json lists them all")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

    fn keys(secret: &str) -> MacKeys {
        MacKeys::overlapping(MacPurpose::ModelGrant, secret, None).unwrap()
    }

    fn grant() -> ModelGrant {
        let subjects = vec![Uuid::from_u128(3), Uuid::from_u128(4)];
        let (tenant, user) = (TenantId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        ModelGrant { tenant, user, purpose: GrantPurpose::Chat, subjects }
    }

    fn later(seconds: i64) -> Timestamp {
        Timestamp(NOW.0 + seconds * 1_000_000)
    }

    const SECRET: &str = "the-gateway-key-of-these-tests-0123456789abcdef";

    #[test]
    fn a_grant_is_read_as_it_was_signed() {
        let text = grant().sign(&keys(SECRET), NOW).unwrap();
        assert_eq!(ModelGrant::verify(&text, &keys(SECRET), later(59)), Ok(grant()));
    }

    #[test]
    fn a_grant_expires_after_a_minute_and_is_never_longer() {
        let text = grant().sign(&keys(SECRET), NOW).unwrap();
        for seconds in [60, 61, -1, i64::from(i32::MIN)] {
            assert!(ModelGrant::verify(&text, &keys(SECRET), later(seconds)).is_err(), "{seconds}");
        }
    }

    #[test]
    fn a_changed_grant_is_refused() {
        let text = grant().sign(&keys(SECRET), NOW).unwrap();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(ModelGrant::verify(&changed, &keys(SECRET), NOW).is_err(), "{changed}");
        }
        let other = keys("another-gateway-key-of-these-tests-0123456789ab");
        assert!(ModelGrant::verify(&text, &other, NOW).is_err());
        for malformed in ["", "|", "v1", "v1||||||"] {
            assert!(ModelGrant::verify(malformed, &keys(SECRET), NOW).is_err(), "{malformed}");
        }
    }
}
