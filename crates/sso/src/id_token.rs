//! The ID token: signature, issuer, audience, nonce, times, and whether it belongs to its access
//! token. Pure.

use jwt_simple::{
    prelude::{Duration, Token, VerificationOptions},
    reexports::ct_codecs::{Base64UrlSafeNoPadding, Encoder},
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha512};

use crate::jwks::{Jwks, Refusal, VerifiedClaims};

/// Allowed clock skew, in seconds.
pub(crate) const SKEW_SECONDS: u64 = 60;
/// Longer tokens are refused.
pub(crate) const LONGEST: usize = 32 * 1024;

/// The expected claims.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpectedClaims<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) access_token: Option<&'a str>,
}

/// The verified claims.
#[derive(Clone, Debug)]
pub(crate) struct IdToken {
    pub(crate) subject: String,
    pub(crate) sid: Option<String>,
    pub(crate) claims: Map<String, Value>,
}

fn wrong(why: &str) -> Refusal {
    Refusal::Wrong(why.to_owned())
}

/// The options for the verification of every token of a provider.
pub(crate) fn options(issuer: &str, client_id: &str) -> VerificationOptions {
    VerificationOptions {
        allowed_issuers: Some([issuer.to_owned()].into()),
        allowed_audiences: Some([client_id.to_owned()].into()),
        time_tolerance: Some(Duration::from_secs(SKEW_SECONDS)),
        max_token_length: Some(LONGEST),
        ..VerificationOptions::default()
    }
}

/// Verifies a token from the token endpoint.
pub(crate) fn verify(
    token: &str,
    keys: &Jwks,
    expected: ExpectedClaims<'_>,
) -> Result<IdToken, Refusal> {
    let options = VerificationOptions {
        required_nonce: Some(expected.nonce.to_owned()),
        ..options(expected.issuer, expected.client_id)
    };
    let claims = keys.verify(token, options)?;
    if claims.expires_at.is_none() || claims.issued_at.is_none() {
        return Err(wrong("exp or iat is missing"));
    }
    check_party(&claims, expected.client_id)?;
    check_access_token(token, &claims, expected.access_token)?;
    let subject = claims.subject.filter(|s| (1..=255).contains(&s.len()) && !s.contains('\0'));
    Ok(IdToken {
        subject: subject.ok_or_else(|| wrong("sub is missing or longer than 255 bytes"))?,
        sid: text(&claims.custom, "sid").map(str::to_owned),
        claims: claims.custom,
    })
}

/// A claim that is a text which Postgres can store.
pub(crate) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str).filter(|text| !text.contains('\0'))
}

/// With several audiences the token must name us as the authorized party; whenever it names one,
/// that must be us.
fn check_party(claims: &VerifiedClaims, client_id: &str) -> Result<(), Refusal> {
    let several = claims.audiences.clone().is_some_and(|audiences| audiences.into_set().len() > 1);
    match claims.custom.get("azp") {
        None if several => Err(wrong("several audiences, and azp is missing")),
        Some(party) if party.as_str() != Some(client_id) => Err(wrong("azp names another client")),
        _ => Ok(()),
    }
}

/// `at_hash`, if the token has one: half of the access token's hash.
fn check_access_token(
    token: &str,
    claims: &VerifiedClaims,
    access_token: Option<&str>,
) -> Result<(), Refusal> {
    let Some(hash) = claims.custom.get("at_hash") else { return Ok(()) };
    let access_token = access_token.ok_or_else(|| wrong("at_hash without an access token"))?;
    let head = Token::decode_metadata(token).map_err(|_| wrong("the token is malformed"))?;
    let whole = match head.algorithm() {
        "EdDSA" => Sha512::digest(access_token).to_vec(),
        _ => Sha256::digest(access_token).to_vec(),
    };
    let half = whole.get(..whole.len() / 2).unwrap_or_default();
    let right = Base64UrlSafeNoPadding::encode_to_string(half).ok();
    if hash.as_str().is_some() && hash.as_str() == right.as_deref() {
        return Ok(());
    }
    Err(wrong("at_hash belongs to another access token"))
}

#[cfg(test)]
mod tests {
    use jwt_simple::prelude::*;
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://login.example.org";
    const EXPECTED: ExpectedClaims<'_> = ExpectedClaims {
        issuer: ISSUER,
        client_id: "tessera",
        nonce: "n-1",
        access_token: Some("at"),
    };

    fn keys(pair: &ES256KeyPair) -> Jwks {
        let key: Value =
            serde_json::from_str(&pair.public_key().with_key_id("k").to_jwk()).unwrap();
        Jwks::read(&json!({ "keys": [key] })).unwrap()
    }

    fn claims(custom: Value) -> JWTClaims<Value> {
        Claims::with_custom_claims(custom, Duration::from_secs(60))
            .with_issuer(ISSUER)
            .with_audience("tessera")
            .with_subject("anna")
            .with_nonce("n-1")
    }

    fn check(
        custom: Value,
        change: impl FnOnce(&mut JWTClaims<Value>),
    ) -> Result<IdToken, Refusal> {
        let pair = ES256KeyPair::generate().with_key_id("k");
        let mut claims = claims(custom);
        change(&mut claims);
        verify(&pair.sign(claims).unwrap(), &keys(&pair), EXPECTED)
    }

    #[test]
    fn a_valid_token_is_accepted() {
        let hash = Base64UrlSafeNoPadding::encode_to_string(&Sha256::digest("at")[..16]).unwrap();
        let token = check(
            json!({ "sid": "s", "azp": "tessera", "at_hash": hash, "email": "a@b.c" }),
            |_| {},
        )
        .unwrap();
        assert_eq!((token.subject.as_str(), token.sid.as_deref()), ("anna", Some("s")));
        assert_eq!(text(&token.claims, "email"), Some("a@b.c"));
    }

    #[test]
    fn every_wrong_claim_is_refused() {
        type Change = fn(&mut JWTClaims<Value>);
        let changes: [(&str, Change); 11] = [
            ("issuer", |c| c.issuer = Some("https://login.example.org/".to_owned())),
            ("no issuer", |c| c.issuer = None),
            ("audience", |c| c.audiences = Some("other".into())),
            ("no audience", |c| c.audiences = None),
            ("nonce", |c| c.nonce = Some("n-2".to_owned())),
            ("no nonce", |c| c.nonce = None),
            ("expired", |c| {
                c.expires_at =
                    Some(Clock::now_since_epoch() - Duration::from_secs(SKEW_SECONDS + 5))
            }),
            ("no expiry", |c| c.expires_at = None),
            ("from the future", |c| {
                c.issued_at =
                    Some(Clock::now_since_epoch() + Duration::from_secs(SKEW_SECONDS + 5));
            }),
            ("not yet", |c| {
                c.invalid_before =
                    Some(Clock::now_since_epoch() + Duration::from_secs(SKEW_SECONDS + 5))
            }),
            ("no subject", |c| c.subject = None),
        ];
        for (name, change) in changes {
            assert!(matches!(check(json!({}), change), Err(Refusal::Wrong(_))), "{name}");
        }
        for (name, custom) in [
            ("azp", json!({ "azp": "other" })),
            ("at_hash", json!({ "at_hash": "AAAA" })),
            ("type", json!({ "at_hash": 1 })),
        ] {
            assert!(matches!(check(custom, |_| {}), Err(Refusal::Wrong(_))), "{name}");
        }
        let two = |c: &mut JWTClaims<Value>| {
            c.audiences = Some(Audiences::AsSet(["tessera".to_owned(), "x".to_owned()].into()));
        };
        assert!(check(json!({}), two).is_err(), "two audiences need azp");
        assert!(check(json!({ "azp": "tessera" }), two).is_ok());
    }

    #[test]
    fn clocks_may_be_a_minute_apart() {
        assert!(
            check(json!({}), |c| c.expires_at =
                Some(Clock::now_since_epoch() - Duration::from_secs(SKEW_SECONDS - 5)))
            .is_ok()
        );
    }

    #[test]
    fn no_other_algorithm_and_no_other_key_is_accepted() {
        let (pair, other) =
            (ES256KeyPair::generate().with_key_id("k"), ES256KeyPair::generate().with_key_id("k"));
        let set = keys(&pair);
        let public = pair.public_key().to_pem().unwrap();
        let none = {
            let encode = |text: &str| Base64UrlSafeNoPadding::encode_to_string(text).unwrap();
            let body = serde_json::to_string(&claims(json!({}))).unwrap();
            format!("{}.{}.", encode(r#"{"alg":"none","kid":"k"}"#), encode(&body))
        };
        let symmetric = HS256Key::from_bytes(public.as_bytes())
            .with_key_id("k")
            .authenticate(claims(json!({})))
            .unwrap();
        let forged = other.sign(claims(json!({}))).unwrap();
        let rsa =
            RS256KeyPair::generate(2048).unwrap().with_key_id("k").sign(claims(json!({}))).unwrap();
        for token in [&none, &symmetric, &forged, "", "a.b.c", "."] {
            assert!(matches!(verify(token, &set, EXPECTED), Err(Refusal::Wrong(_))), "{token}");
        }
        assert_eq!(
            verify(&rsa, &set, EXPECTED).err(),
            Some(Refusal::UnknownKey),
            "the key's type belongs to the algorithm"
        );
        let unknown = ES256KeyPair::generate().with_key_id("new").sign(claims(json!({}))).unwrap();
        assert_eq!(verify(&unknown, &set, EXPECTED).err(), Some(Refusal::UnknownKey));
    }

    #[test]
    fn all_four_algorithms_work() {
        let rs = RS256KeyPair::generate(2048).unwrap();
        let ps = PS256KeyPair::generate(2048).unwrap();
        let (es, ed) = (ES256KeyPair::generate(), Ed25519KeyPair::generate());
        let tokens = [
            (rs.public_key().to_jwk(), rs.sign(claims(json!({}))).unwrap()),
            (ps.public_key().to_jwk(), ps.sign(claims(json!({}))).unwrap()),
            (es.public_key().to_jwk(), es.sign(claims(json!({}))).unwrap()),
            (ed.public_key().to_jwk(), ed.sign(claims(json!({}))).unwrap()),
        ];
        for (key, token) in tokens {
            let key: Value = serde_json::from_str(&key).unwrap();
            let set = Jwks::read(&json!({ "keys": [key] })).unwrap();
            assert_eq!(set.usable(), 1);
            assert!(verify(&token, &set, EXPECTED).is_ok(), "{key}");
        }
    }
}
