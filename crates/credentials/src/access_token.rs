//! The access token: a JWT valid for 15 minutes that names tenant, user and session, and holds the
//! hash of the session's CSRF token. ADR 2.

use ed25519_dalek::Signature;
use jwt_simple::{
    algorithms::EdDSAKeyPairLike as _,
    claims::JWTClaims,
    prelude::{Claims, Duration},
    reexports::{
        ct_codecs::{Base64UrlSafeNoPadding, Decoder as _},
        serde_json,
    },
    token::Token,
};
use kernel::{
    Code, Problem, Result, hex,
    id::{SessionId, TenantId, UserId},
};
use serde::{Deserialize, Serialize};

use crate::{PublicKeys, SessionKeys, mac, secret};

/// Lifetime of an access token, in seconds.
pub const LIFETIME_SECONDS: u32 = 15 * 60;
/// How far the clocks of two hosts may differ.
const CLOCK_SKEW_SECONDS: u64 = 60;
const ISSUER: &str = "tessera";
const ALGORITHM: &str = "EdDSA";
/// A longer token is not ours, so it is not parsed.
const MAX_LENGTH: usize = 2048;

/// The claims of an access token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessToken {
    /// The tenant.
    pub tenant: TenantId,
    /// The session; only the database knows whether it is still valid.
    pub session: SessionId,
    /// The user.
    pub user: UserId,
}

/// An access token whose signature, issuer and times are valid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedToken {
    /// The claims.
    pub token: AccessToken,
    csrf_hash: String,
}

impl VerifiedToken {
    /// Whether a CSRF token belongs to the token's session. It needs no key: the access token
    /// carries the hash.
    #[must_use]
    pub fn is_csrf_token(&self, given: &str) -> bool {
        mac::constant_time_eq(csrf_hash(given).as_bytes(), self.csrf_hash.as_bytes())
    }
}

fn csrf_hash(csrf_token: &str) -> String {
    hex::encode(&secret::hash(csrf_token.as_bytes()))
}

#[derive(Clone, Serialize, Deserialize)]
struct Custom {
    tid: String,
    sid: String,
    csrf: String,
}

impl AccessToken {
    /// Signs the token.
    ///
    /// # Errors
    /// `internal` if signing fails.
    pub fn sign(self, keys: &SessionKeys) -> Result<String> {
        self.sign_for(keys, Duration::from_secs(LIFETIME_SECONDS.into()))
    }

    fn sign_for(self, keys: &SessionKeys, lifetime: Duration) -> Result<String> {
        let csrf = csrf_hash(&keys.csrf_token(self.session)?);
        let custom = Custom { tid: self.tenant.to_string(), sid: self.session.to_string(), csrf };
        let mut claims = Claims::with_custom_claims(custom, lifetime)
            .with_issuer(ISSUER)
            .with_subject(self.user.to_string());
        let now = Duration::from_secs(platform::clock::now().unix_seconds().unsigned_abs());
        (claims.issued_at, claims.invalid_before, claims.expires_at) =
            (Some(now), Some(now), Some(now + lifetime));
        keys.signing().sign(claims).map_err(Problem::internal)
    }

    /// Checks signature, algorithm, issuer and times, and parses the token. A token without an
    /// expiry, or with a later one than ours, is refused even if its signature is valid.
    ///
    /// # Errors
    /// `not_signed_in` for every fault; the reason goes to the log only.
    pub fn verify(text: &str, keys: &PublicKeys) -> Result<VerifiedToken> {
        if text.len() > MAX_LENGTH {
            return Err(refused("too long"));
        }
        let claims = signed_claims(text, keys)?;
        if claims.issuer.as_deref() != Some(ISSUER) {
            return Err(refused("of another issuer"));
        }
        let now = platform::clock::now().unix_seconds().unsigned_abs();
        let (issued, expires) =
            claims.issued_at.zip(claims.expires_at).ok_or_else(|| refused("no iat or no exp"))?;
        if expires.as_secs() <= now {
            return Err(refused("expired"));
        }
        let latest = now + CLOCK_SKEW_SECONDS;
        if issued.as_secs() > latest
            || expires.as_secs() > latest.min(issued.as_secs()) + u64::from(LIFETIME_SECONDS)
        {
            return Err(refused("issued in the future, or good for too long"));
        }
        let subject = claims.subject.ok_or_else(|| refused("no subject"))?;
        let token = Self {
            tenant: claims.custom.tid.parse().map_err(|_| refused("tid"))?,
            session: claims.custom.sid.parse().map_err(|_| refused("sid"))?,
            user: subject.parse().map_err(|_| refused("sub"))?,
        };
        Ok(VerifiedToken { token, csrf_hash: claims.custom.csrf })
    }
}

/// The claims of a token that one of our keys has signed. Header and signature are read here and not
/// by the library, because its own verification takes several times as long in WebAssembly.
fn signed_claims(text: &str, keys: &PublicKeys) -> Result<JWTClaims<Custom>> {
    let malformed = || refused("malformed");
    let head = Token::decode_metadata(text).map_err(|e| refused(&e.to_string()))?;
    // What we sign, and nothing else: no other algorithm, and no extension.
    if head.algorithm() != ALGORITHM
        || head.signature_type() != Some("JWT")
        || head.critical().is_some()
    {
        return Err(refused("signed in another way"));
    }
    let key = head
        .key_id()
        .and_then(|id| keys.by_id(id))
        .ok_or_else(|| refused("signed by no key of ours"))?;
    let (signed, signature) = text.rsplit_once('.').ok_or_else(malformed)?;
    let signature = Base64UrlSafeNoPadding::decode_to_vec(signature, None)
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .ok_or_else(malformed)?;
    key.verify_strict(signed.as_bytes(), &signature).map_err(|_| refused("the signature"))?;
    // More parts than three are not base64.
    let (_, claims) = signed.split_once('.').ok_or_else(malformed)?;
    let claims = Base64UrlSafeNoPadding::decode_to_vec(claims, None).map_err(|_| malformed())?;
    serde_json::from_slice(&claims).map_err(|_| malformed())
}

fn refused(cause: &str) -> Problem {
    Problem::new(
        Code::NotSignedIn,
        "the access token is not valid or out of date; refresh it or sign in",
    )
    .caused_by(cause)
}

#[cfg(test)]
mod tests {
    use jwt_simple::{
        prelude::{HS256Key, MACLike as _},
        reexports::ct_codecs::Encoder as _,
    };

    use super::*;

    const OLD: &str = "the-old-token-key-of-these-tests-0123456789";
    const NEW: &str = "the-new-token-key-of-these-tests-0123456789";

    fn token() -> AccessToken {
        AccessToken {
            tenant: platform::random::id().unwrap(),
            session: platform::random::id().unwrap(),
            user: platform::random::id().unwrap(),
        }
    }

    fn public(keys: &SessionKeys, previous: Option<&SessionKeys>) -> PublicKeys {
        PublicKeys::read(&keys.public_key(), previous.map(SessionKeys::public_key).as_deref())
            .unwrap()
    }

    #[test]
    fn a_token_of_the_previous_key_is_accepted_while_that_key_is_configured() {
        let token = token();
        let (old, new) =
            (SessionKeys::derive(OLD).unwrap(), SessionKeys::overlapping(NEW, Some(OLD)).unwrap());
        let (of_old, of_both, of_new) =
            (public(&old, None), public(&new, Some(&old)), public(&new, None));
        let text = token.sign(&old).unwrap();
        assert_eq!(AccessToken::verify(&text, &of_both).unwrap().token, token);
        assert!(AccessToken::verify(&text, &of_new).is_err());
        let text = token.sign(&new).unwrap();
        assert_eq!(AccessToken::verify(&text, &of_new).unwrap().token, token, "the new key signs");
        assert!(AccessToken::verify(&text, &of_old).is_err());
    }

    #[test]
    fn a_token_verifies_the_csrf_token_of_its_session() {
        let keys = SessionKeys::derive(OLD).unwrap();
        let token = token();
        let verified =
            AccessToken::verify(&token.sign(&keys).unwrap(), &public(&keys, None)).unwrap();
        assert!(verified.is_csrf_token(&keys.csrf_token(token.session).unwrap()));
        for other in [
            String::new(),
            "0".repeat(64),
            keys.csrf_token(platform::random::id().unwrap()).unwrap(),
        ] {
            assert!(!verified.is_csrf_token(&other), "{other}");
        }
    }

    #[test]
    fn a_signed_token_without_expiry_or_with_a_late_one_is_refused() {
        let keys = SessionKeys::derive(OLD).unwrap();
        let public = public(&keys, None);
        let of = |seconds| token().sign_for(&keys, Duration::from_secs(seconds)).unwrap();
        assert!(AccessToken::verify(&of(900), &public).is_ok());
        for seconds in [901, 3_600, 10 * 365 * 86_400] {
            assert!(AccessToken::verify(&of(seconds), &public).is_err(), "{seconds}");
        }
        let now = jwt_simple::prelude::Clock::now_since_epoch();
        type Times = (Option<Duration>, Option<Duration>);
        let with = |(issued_at, expires_at): Times| {
            let custom = Custom {
                tid: token().tenant.to_string(),
                sid: token().session.to_string(),
                csrf: String::new(),
            };
            let mut claims =
                Claims::with_custom_claims(custom, Duration::from_secs(900)).with_issuer(ISSUER);
            claims.subject = Some(token().user.to_string());
            (claims.issued_at, claims.expires_at) = (issued_at, expires_at);
            AccessToken::verify(&keys.signing().sign(claims).unwrap(), &public).is_ok()
        };
        let later = |seconds| Some(now + Duration::from_secs(seconds));
        assert!(with((later(0), later(900))));
        for (issued_at, expires_at) in [
            (later(0), None),
            (None, later(900)),
            (None, None),
            (later(3_600), later(3_700)),
            (later(0), later(0)),
        ] {
            assert!(!with((issued_at, expires_at)), "{issued_at:?} {expires_at:?}");
        }
    }

    #[test]
    fn only_the_form_that_we_sign_is_accepted() {
        let keys = SessionKeys::derive(OLD).unwrap();
        let public = public(&keys, None);
        let is_good = |text: &str| AccessToken::verify(text, &public).is_ok();
        let good = token().sign(&keys).unwrap();
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let (head, claims) = signed.split_once('.').unwrap();
        assert!(is_good(&good));
        let another = token().sign(&keys).unwrap();
        let (_, other) = another.rsplit_once('.').unwrap();
        for bad in [
            signed.to_owned(),
            format!("{signed}."),
            format!("{signed}.{other}"),
            format!("{good}="),
            format!("{good}.{signature}"),
            format!("{head}.{claims}.{claims}.{signature}"),
            good.to_uppercase(),
        ] {
            assert!(!is_good(&bad), "{bad}");
        }
        let encode = |bytes: &[u8]| Base64UrlSafeNoPadding::encode_to_string(bytes).unwrap();
        let with_head = |head: &str| {
            let signed = format!("{}.{claims}", encode(head.as_bytes()));
            let signature = keys.signing().key_pair().as_ref().sk.sign(&signed, None);
            is_good(&format!("{signed}.{}", encode(signature.as_ref())))
        };
        let id = crate::public_keys::key_id(&hex::decode(&keys.public_key()).unwrap());
        assert!(with_head(&format!(r#"{{"alg":"EdDSA","kid":"{id}","typ":"JWT"}}"#)));
        for head in [
            format!(r#"{{"alg":"none","kid":"{id}","typ":"JWT"}}"#),
            format!(r#"{{"alg":"HS256","kid":"{id}","typ":"JWT"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{id}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{id}","typ":"JWT","crit":["b64"]}}"#),
            r#"{"alg":"EdDSA","typ":"JWT"}"#.to_owned(),
            r#"{"alg":"EdDSA","kid":"another","typ":"JWT"}"#.to_owned(),
        ] {
            assert!(!with_head(&head), "{head}");
        }
    }

    #[test]
    fn the_public_key_cannot_sign_a_token() {
        let keys = SessionKeys::derive(OLD).unwrap();
        let public_key = keys.public_key();
        let custom = Custom {
            tid: token().tenant.to_string(),
            sid: token().session.to_string(),
            csrf: String::new(),
        };
        let claims = Claims::with_custom_claims(custom, Duration::from_secs(900))
            .with_issuer(ISSUER)
            .with_subject(token().user.to_string());
        // Algorithm confusion: the public key as the secret of HS256.
        for secret in [hex::decode(&public_key).unwrap(), public_key.clone().into_bytes()] {
            let id = crate::public_keys::key_id(&hex::decode(&public_key).unwrap());
            let forged = HS256Key::from_bytes(&secret)
                .with_key_id(&id)
                .authenticate(claims.clone())
                .unwrap();
            assert!(AccessToken::verify(&forged, &public(&keys, None)).is_err());
        }
    }
}
