//! A provider's signing keys, and the check of a token's signature with the right one. Pure.

use jwt_simple::{
    JWTError,
    claims::JWTClaims,
    prelude::{
        ECDSAP256PublicKeyLike, ES256PublicKey, Ed25519PublicKey, EdDSAPublicKeyLike,
        PS256PublicKey, RS256PublicKey, RSAPublicKeyLike, Token, VerificationOptions,
    },
};
use serde_json::{Map, Value};

/// Larger key sets are refused.
const MOST_KEYS: usize = 100;

/// The claims of a token with a valid signature.
pub(crate) type VerifiedClaims = JWTClaims<Map<String, Value>>;

/// Why a token is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// It names a key that is not in this set; the provider may have a newer one.
    UnknownKey,
    /// Any other reason; for the log.
    Wrong(String),
}

/// A key set as the provider publishes it.
#[derive(Clone, Debug)]
pub(crate) struct Jwks(Vec<Value>);

/// The accepted algorithms, each with the one type of key that it goes with. No `none`, nothing
/// symmetric.
const ALGORITHMS: [(&str, &str); 4] =
    [("RS256", "RSA"), ("PS256", "RSA"), ("ES256", "EC"), ("EdDSA", "OKP")];

impl Jwks {
    /// Parses a key set; None if it has no keys, or too many.
    pub(crate) fn read(document: &Value) -> Option<Self> {
        let keys = document.get("keys")?.as_array()?;
        (1..=MOST_KEYS).contains(&keys.len()).then(|| Self(keys.clone()))
    }

    /// How many of the keys have an accepted algorithm.
    pub(crate) fn usable(&self) -> usize {
        let fits = |key: &&Value| {
            ALGORITHMS.iter().any(|(algorithm, _)| Checker::new(algorithm, key).is_some())
        };
        self.0.iter().filter(fits).count()
    }

    /// The key for a token. A token without `kid` needs a set with exactly one fitting key.
    fn find(&self, algorithm: &str, kid: Option<&str>) -> Result<Checker, Refusal> {
        let kty = ALGORITHMS.iter().find(|(known, _)| *known == algorithm).map(|(_, kty)| *kty);
        let kty = kty.ok_or_else(|| Refusal::Wrong("the algorithm is not accepted".to_owned()))?;
        let text =
            |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut fitting = self.0.iter().filter(|key| {
            text(key, "kty").as_deref() == Some(kty)
                && text(key, "use").is_none_or(|usage| usage == "sig")
                && kid.is_none_or(|kid| text(key, "kid").as_deref() == Some(kid))
        });
        let key = fitting.next().ok_or(Refusal::UnknownKey)?;
        if fitting.next().is_some() && kid.is_none() {
            return Err(Refusal::Wrong("the token names no key, and there are several".to_owned()));
        }
        Checker::new(algorithm, key)
            .ok_or_else(|| Refusal::Wrong("the key does not fit the algorithm".to_owned()))
    }

    /// Checks signature, algorithm and all options.
    pub(crate) fn verify(
        &self,
        token: &str,
        options: VerificationOptions,
    ) -> Result<VerifiedClaims, Refusal> {
        // Only our own words and the library's: the rest of an error could quote the token.
        let wrong = |e: jwt_simple::Error| {
            Refusal::Wrong(
                e.downcast_ref::<JWTError>()
                    .map_or("the token is malformed".to_owned(), ToString::to_string),
            )
        };
        let head = Token::decode_metadata(token).map_err(wrong)?;
        self.find(head.algorithm(), head.key_id())?.verify(token, options).map_err(wrong)
    }
}

/// A key bound to one algorithm: the token's own header cannot choose another.
enum Checker {
    Rs256(RS256PublicKey),
    Ps256(PS256PublicKey),
    Es256(ES256PublicKey),
    EdDsa(Ed25519PublicKey),
}

impl Checker {
    fn new(algorithm: &str, key: &Value) -> Option<Self> {
        let text = key.to_string();
        match algorithm {
            "RS256" => RS256PublicKey::from_jwk(&text).ok().map(Self::Rs256),
            "PS256" => PS256PublicKey::from_jwk(&text).ok().map(Self::Ps256),
            "ES256" => ES256PublicKey::from_jwk(&text).ok().map(Self::Es256),
            "EdDSA" => Ed25519PublicKey::from_jwk(&text).ok().map(Self::EdDsa),
            _ => None,
        }
    }

    fn verify(
        &self,
        token: &str,
        options: VerificationOptions,
    ) -> Result<VerifiedClaims, jwt_simple::Error> {
        match self {
            Self::Rs256(key) => key.verify_token(token, Some(options)),
            Self::Ps256(key) => key.verify_token(token, Some(options)),
            Self::Es256(key) => key.verify_token(token, Some(options)),
            Self::EdDsa(key) => key.verify_token(token, Some(options)),
        }
    }
}
