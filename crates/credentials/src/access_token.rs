//! The access token: a JWT valid for 15 minutes that names tenant, user and session, and holds the
//! hash of the session's CSRF token. ADR 2.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use kernel::{
    Code, Problem, Result, hex,
    id::{SessionId, TenantId, UserId},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{PublicKeys, SessionKeys, mac, secret};

/// Lifetime of an access token, in seconds.
pub const LIFETIME_SECONDS: u32 = 15 * 60;
/// How far the clocks of two hosts may differ.
const CLOCK_SKEW_SECONDS: u64 = 60;
const ISSUER: &str = "tessera";
const ALGORITHM: &str = "EdDSA";
const TYPE: &str = "JWT";
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

/// The header of a JWT (RFC 7515).
#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<String>,
    /// Extensions that a verifier must understand; we use none.
    #[serde(skip_serializing_if = "Option::is_none")]
    crit: Option<Vec<String>>,
}

/// The claims as they are written: the registered ones of RFC 7519, then ours. Times in seconds.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Claims {
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    iss: String,
    sub: String,
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
        self.sign_for(keys, LIFETIME_SECONDS.into())
    }

    fn sign_for(self, keys: &SessionKeys, lifetime: u64) -> Result<String> {
        let now = platform::clock::now().unix_seconds().unsigned_abs();
        let claims = Claims {
            iat: Some(now),
            exp: Some(now + lifetime),
            nbf: Some(now),
            iss: ISSUER.to_owned(),
            sub: self.user.to_string(),
            tid: self.tenant.to_string(),
            sid: self.session.to_string(),
            csrf: csrf_hash(&keys.csrf_token(self.session)?),
        };
        sign(keys.signing(), keys.key_id(), &claims)
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
        if claims.iss != ISSUER {
            return Err(refused("of another issuer"));
        }
        let now = platform::clock::now().unix_seconds().unsigned_abs();
        let (issued, expires) =
            claims.iat.zip(claims.exp).ok_or_else(|| refused("no iat or no exp"))?;
        if expires <= now {
            return Err(refused("expired"));
        }
        let latest = now + CLOCK_SKEW_SECONDS;
        if issued > latest || expires > latest.min(issued) + u64::from(LIFETIME_SECONDS) {
            return Err(refused("issued in the future, or good for too long"));
        }
        let token = Self {
            tenant: claims.tid.parse().map_err(|_| refused("tid"))?,
            session: claims.sid.parse().map_err(|_| refused("sid"))?,
            user: claims.sub.parse().map_err(|_| refused("sub"))?,
        };
        Ok(VerifiedToken { token, csrf_hash: claims.csrf })
    }
}

fn encode(part: &impl Serialize) -> Result<String> {
    let json = serde_json::to_vec(part).map_err(Problem::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

/// A part of a token: base64 without padding, and JSON in it.
fn decode<T: DeserializeOwned>(part: &str) -> Result<T> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| refused("malformed"))?;
    serde_json::from_slice(&json).map_err(|_| refused("malformed"))
}

/// The compact serialization of RFC 7515: header, claims and signature, with dots between them.
fn sign(key: &SigningKey, id: &str, claims: &Claims) -> Result<String> {
    let header = Header {
        alg: ALGORITHM.to_owned(),
        kid: Some(id.to_owned()),
        typ: Some(TYPE.to_owned()),
        crit: None,
    };
    let signed = format!("{}.{}", encode(&header)?, encode(claims)?);
    let signature = key.sign(signed.as_bytes());
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
}

/// The claims of a token that one of our keys has signed.
fn signed_claims(text: &str, keys: &PublicKeys) -> Result<Claims> {
    let malformed = || refused("malformed");
    let (signed, signature) = text.rsplit_once('.').ok_or_else(malformed)?;
    // More parts than three are not base64.
    let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
    let header: Header = decode(header)?;
    // What we sign, and nothing else: no other algorithm, and no extension.
    if header.alg != ALGORITHM || header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
        return Err(refused("signed in another way"));
    }
    let key = header
        .kid
        .and_then(|id| keys.by_id(&id))
        .ok_or_else(|| refused("signed by no key of ours"))?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .ok_or_else(malformed)?;
    key.verify_strict(signed.as_bytes(), &signature).map_err(|_| refused("the signature"))?;
    decode(claims)
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

    fn claims_of(token: AccessToken) -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            sub: token.user.to_string(),
            tid: token.tenant.to_string(),
            sid: token.session.to_string(),
            ..Claims::default()
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
        let of = |seconds| token().sign_for(&keys, seconds).unwrap();
        assert!(AccessToken::verify(&of(900), &public).is_ok());
        for seconds in [901, 3_600, 10 * 365 * 86_400] {
            assert!(AccessToken::verify(&of(seconds), &public).is_err(), "{seconds}");
        }
        let now = platform::clock::now().unix_seconds().unsigned_abs();
        let with = |(iat, exp): (Option<u64>, Option<u64>)| {
            let claims = Claims { iat, exp, ..claims_of(token()) };
            AccessToken::verify(&sign(keys.signing(), keys.key_id(), &claims).unwrap(), &public)
                .is_ok()
        };
        let later = |seconds| Some(now + seconds);
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
        let with_head = |head: &str| {
            let signed = format!("{}.{claims}", URL_SAFE_NO_PAD.encode(head));
            let signature = keys.signing().sign(signed.as_bytes());
            is_good(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
        };
        let id = keys.key_id();
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
        let now = platform::clock::now().unix_seconds().unsigned_abs();
        let claims = Claims { iat: Some(now), exp: Some(now + 900), ..claims_of(token()) };
        // Algorithm confusion: the public key as the secret of HS256.
        let id = keys.key_id();
        for alg in ["HS256", ALGORITHM] {
            let header = format!(r#"{{"alg":"{alg}","kid":"{id}","typ":"JWT"}}"#);
            let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), encode(&claims).unwrap());
            for secret in [hex::decode(&public_key).unwrap(), public_key.clone().into_bytes()] {
                let mac = mac::hmac(&secret, signed.as_bytes()).unwrap();
                let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac));
                assert!(AccessToken::verify(&forged, &public(&keys, None)).is_err());
            }
        }
    }
}
