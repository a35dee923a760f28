//! Passwords: Argon2id at OWASP's first choice of parameters.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use kernel::{Problem, Result};

/// Fewest and most characters of a new password.
pub const LENGTH: std::ops::RangeInclusive<usize> = 10..=128;

/// Verified where there is no such user, so that the answer takes as long as for a wrong password. It is the hash of random bytes.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$vYlH0mJxRk3kQm1r0Zr3Kg$4o1nq6YV0hZq2m1k8mK5wq5sQv0m3o0m6Yx1d2c3b4c";

/// Refused although long enough: what everybody tries first.
const COMMON: &[&str] = &[
    "1234567890",
    "12345678910",
    "0123456789",
    "password123",
    "password1234",
    "passwordpassword",
    "qwertyuiop",
    "qwerty12345",
    "1q2w3e4r5t",
    "iloveyou123",
    "administrator",
    "adminadmin",
    "letmein123",
    "welcome123",
    "changeme123",
    "aaaaaaaaaa",
    "1111111111",
    "0000000000",
];

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19_456, 2, 1, None).map_err(Problem::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Checks the rules for a new password and hashes it.
///
/// # Errors
/// `invalid_body` with what was expected.
pub fn hash(pointer: &'static str, password: &str) -> Result<String> {
    let length = password.chars().count();
    if !LENGTH.contains(&length) {
        let detail = format!("expected {} to {} characters, got {length}", LENGTH.start(), LENGTH.end());
        return Err(Problem::invalid_field(pointer, detail));
    }
    if COMMON.contains(&password.to_lowercase().as_str()) {
        return Err(Problem::invalid_field(pointer, "this password is among those tried first; choose another"));
    }
    let salt = SaltString::encode_b64(&platform::random::bytes::<16>()?).map_err(Problem::internal)?;
    argon2()?.hash_password(password.as_bytes(), &salt).map(|h| h.to_string()).map_err(Problem::internal)
}

/// Whether the password is the one that was hashed; without a hash it takes as long and says no.
#[must_use]
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let good = PasswordHash::new(hash.unwrap_or(NOBODY))
        .is_ok_and(|h| argon2().is_ok_and(|a| a.verify_password(password.as_bytes(), &h).is_ok()));
    good && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_accepted_only_as_it_was_hashed() {
        let hashed = hash("/password", "correct horse battery").unwrap();
        assert!(verify("correct horse battery", Some(&hashed)));
        assert!(!verify("correct horse batter", Some(&hashed)));
        assert!(!verify("", Some(&hashed)));
        assert!(!verify("correct horse battery", None));
    }

    #[test]
    fn short_long_and_common_passwords_are_refused() {
        for bad in ["short", "Password123", &"x".repeat(129)] {
            assert!(hash("/password", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_hash_for_nobody_is_well_formed_so_that_it_costs_the_same_time() {
        assert!(PasswordHash::new(NOBODY).is_ok_and(|h| h.hash.is_some() && h.salt.is_some()));
    }
}
