//! The access token: a JWT of 15 minutes that names tenant, user and session.

use jwt_simple::{
    prelude::{Claims, Duration, HS256Key, MACLike, VerificationOptions},
    token::Token,
};
use kernel::{
    Code, Problem, Result,
    id::{SessionId, TenantId, UserId},
};
use serde::{Deserialize, Serialize};

use crate::Keys;

/// Seconds that an access token is good for.
pub const LIFETIME_SECONDS: u32 = 15 * 60;
const ISSUER: &str = "tessera";
/// Longer ones are not ours, and are not worth parsing.
const MAX_LENGTH: usize = 2048;

/// What an access token says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessToken {
    /// The tenant.
    pub tenant: TenantId,
    /// The session; the database says whether it is alive.
    pub session: SessionId,
    /// The user.
    pub user: UserId,
}

#[derive(Serialize, Deserialize)]
struct Custom {
    tid: String,
    sid: String,
}

impl AccessToken {
    /// Signs it.
    ///
    /// # Errors
    /// `internal` where signing fails.
    pub fn sign(self, keys: &Keys) -> Result<String> {
        let custom = Custom { tid: self.tenant.to_string(), sid: self.session.to_string() };
        let claims = Claims::with_custom_claims(custom, Duration::from_secs(LIFETIME_SECONDS.into()))
            .with_issuer(ISSUER)
            .with_subject(self.user.to_string());
        let key = keys.current();
        HS256Key::from_bytes(&key.access).with_key_id(&key.id).authenticate(claims).map_err(Problem::internal)
    }

    /// Checks signature, algorithm, issuer and time, and reads it.
    ///
    /// # Errors
    /// `not_signed_in` whatever is wrong; the reason is for the log only.
    pub fn verify(text: &str, keys: &Keys) -> Result<Self> {
        if text.len() > MAX_LENGTH {
            return Err(refused("too long"));
        }
        let head = Token::decode_metadata(text).map_err(|e| refused(&e.to_string()))?;
        let key = head.key_id().and_then(|id| keys.by_id(id)).ok_or_else(|| refused("signed by no key of ours"))?;
        let options = VerificationOptions {
            allowed_issuers: Some([ISSUER.to_owned()].into()),
            required_key_id: Some(key.id.clone()),
            max_token_length: Some(MAX_LENGTH),
            time_tolerance: Some(Duration::from_secs(0)),
            ..VerificationOptions::default()
        };
        let key = HS256Key::from_bytes(&key.access).with_key_id(&key.id);
        let claims = key.verify_token::<Custom>(text, Some(options)).map_err(|e| refused(&e.to_string()))?;
        let subject = claims.subject.ok_or_else(|| refused("no subject"))?;
        Ok(Self {
            tenant: claims.custom.tid.parse().map_err(|_| refused("tid"))?,
            session: claims.custom.sid.parse().map_err(|_| refused("sid"))?,
            user: subject.parse().map_err(|_| refused("sub"))?,
        })
    }
}

fn refused(cause: &str) -> Problem {
    Problem::new(Code::NotSignedIn, "the access token is not valid or out of date; refresh it or sign in")
        .caused_by(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "the-old-token-key-of-these-tests-0123456789";
    const NEW: &str = "the-new-token-key-of-these-tests-0123456789";

    #[test]
    fn a_token_of_the_previous_key_is_accepted_while_that_key_is_named() {
        let token = AccessToken {
            tenant: platform::random::id().unwrap(),
            session: platform::random::id().unwrap(),
            user: platform::random::id().unwrap(),
        };
        let (old, both, new) =
            (Keys::derive(OLD).unwrap(), Keys::overlapping(NEW, Some(OLD)).unwrap(), Keys::derive(NEW).unwrap());
        let text = token.sign(&old).unwrap();
        assert_eq!(AccessToken::verify(&text, &both).unwrap(), token);
        assert!(AccessToken::verify(&text, &new).is_err());
        let text = token.sign(&both).unwrap();
        assert_eq!(AccessToken::verify(&text, &new).unwrap(), token, "the new key signs");
        assert!(AccessToken::verify(&text, &old).is_err());
    }
}
