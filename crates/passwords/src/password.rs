//! Passwords: Argon2id at OWASP's first choice of parameters; imported bcrypt hashes are checked
//! too, and replaced at the next sign-in.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use kernel::{Problem, ReasonCode, Result};

use crate::common_passwords;

/// Minimum and maximum length of a new password, in characters.
pub const LENGTH: std::ops::RangeInclusive<usize> = 10..=128;

/// Verified if there is no such user, so that the response takes as long as for a wrong password.
/// It is the hash of random bytes.
const NO_ONE: &str = "$argon2id$v=19$m=19456,t=2,p=1$vYlH0mJxRk3kQm1r0Zr3Kg$4o1nq6YV0hZq2m1k8mK5wq5sQv0m3o0m6Yx1d2c3b4c";

/// Salt and digest of a bcrypt hash that no password matches; the cost goes before it.
const NO_ONE_BCRYPT: &str = "$abcdefghijklmnopqrstuuXgA7vNxkDoBzY9zl3kQh0Yd2cJ1mE6.";

/// A hash with a higher cost is not computed: sixteen times the usual cost would delay every user.
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=14;
/// bcrypt ignores all bytes after these.
const BCRYPT_BYTES: usize = 72;
/// Argon2 hashes with higher costs are not computed either.
const MOST_MEMORY_KIB: u32 = 64 * 1024;
const MOST_PASSES: u32 = 8;
const MOST_LANES: u32 = 4;

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19_456, 2, 1, None).map_err(Problem::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Checks the rules for a new password and hashes it. `known`: what others know of the user, such
/// as address and name; the password must not consist of it.
///
/// # Errors
/// `invalid_body`, naming what was expected.
pub fn hash(pointer: &'static str, password: &str, known: &[&str]) -> Result<String> {
    let length = password.chars().count();
    if !LENGTH.contains(&length) {
        let detail =
            format!("expected {} to {} characters, got {length}", LENGTH.start(), LENGTH.end());
        return Err(Problem::refused_field(
            pointer,
            ReasonCode::TextLength.between(LENGTH.start(), LENGTH.end()),
            detail,
        ));
    }
    if common_passwords::is_common(password) {
        let detail = "this password is among those tried first; choose another, a few words that only you think of";
        return Err(Problem::refused_field(pointer, ReasonCode::PasswordCommon, detail));
    }
    if common_passwords::is_made_of(password, known) {
        let detail = "this password consists of your address or name; choose another, a few words that only you think of";
        return Err(Problem::refused_field(pointer, ReasonCode::PasswordPersonal, detail));
    }
    compute(password)
}

fn compute(password: &str) -> Result<String> {
    let salt =
        SaltString::encode_b64(&platform::random::bytes::<16>()?).map_err(Problem::internal)?;
    argon2()?
        .hash_password(password.as_bytes(), &salt)
        .map(|h| h.to_string())
        .map_err(Problem::internal)
}

/// A stored hash that can be checked.
enum StoredHash<'a> {
    Argon2id(Box<PasswordHash<'a>>),
    Bcrypt(&'a str),
}

/// None if the algorithm is unknown, or the cost exceeds the limits.
fn stored(hash: &str) -> Option<StoredHash<'_>> {
    if let Some(cost) = bcrypt_cost(hash) {
        return BCRYPT_COSTS.contains(&cost).then_some(StoredHash::Bcrypt(hash));
    }
    let hash =
        PasswordHash::new(hash).ok().filter(|h| h.algorithm == Algorithm::Argon2id.ident())?;
    let params = Params::try_from(&hash).ok()?;
    let modest = params.m_cost() <= MOST_MEMORY_KIB
        && params.t_cost() <= MOST_PASSES
        && params.p_cost() <= MOST_LANES;
    modest.then(|| StoredHash::Argon2id(Box::new(hash)))
}

/// The cost of a bcrypt hash, in one of the three secure variants.
fn bcrypt_cost(hash: &str) -> Option<u32> {
    let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|prefix| hash.strip_prefix(prefix))?;
    rest.split_once('$')?.0.parse().ok()
}

/// The result of a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Check {
    /// The password is wrong.
    Wrong,
    /// The password is right, and the hash is current.
    Right,
    /// The password is right, and the hash should be replaced.
    RightAndOld,
}

impl Check {
    /// Whether the password is right.
    #[must_use]
    pub fn is_right(self) -> bool {
        self != Self::Wrong
    }
}

fn by_argon2(password: &str, hash: &PasswordHash<'_>) -> bool {
    argon2().is_ok_and(|a| a.verify_password(password.as_bytes(), hash).is_ok())
}

/// Checks a password against a hash. The work is the same for every stored hash and for none: one
/// Argon2id and, while the installation has imported hashes, one bcrypt of the highest cost among
/// them (`bcrypt_cost`).
#[must_use]
pub fn check(password: &str, hash: Option<&str>, bcrypt_cost: Option<u32>) -> Check {
    let no_one = || PasswordHash::new(NO_ONE).is_ok_and(|no_one| by_argon2(password, &no_one));
    let no_one_bcrypt = || {
        let cost = bcrypt_cost.filter(|cost| BCRYPT_COSTS.contains(cost));
        cost.is_some_and(|cost| {
            bcrypt::verify(password, &format!("$2b${cost:02}{NO_ONE_BCRYPT}")).unwrap_or(false)
        })
    };
    match hash.and_then(stored) {
        Some(StoredHash::Argon2id(stored)) => {
            let right = by_argon2(password, &stored);
            let _ = no_one_bcrypt();
            match right {
                true => Check::Right,
                false => Check::Wrong,
            }
        }
        Some(StoredHash::Bcrypt(stored)) => {
            let right = bcrypt::verify(password, stored).unwrap_or(false);
            let _ = no_one();
            match right {
                // Bytes after the 72nd were not checked: a new hash would make them part of the
                // password.
                true if password.len() > BCRYPT_BYTES => Check::Right,
                true => Check::RightAndOld,
                false => Check::Wrong,
            }
        }
        None => {
            let _ = (no_one(), no_one_bcrypt());
            Check::Wrong
        }
    }
}

/// The replacement of an old hash, for a password that was just checked; the rules for new
/// passwords do not apply.
///
/// # Errors
/// `internal` if it cannot be computed.
pub(crate) fn rehash(password: &str) -> Result<String> {
    compute(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes of other programs, of `U*U` and of 72 bytes and more: the test vectors of
    /// crypt_blowfish.
    const VECTORS: &[(&str, &str)] = &[
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U*", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
        ("U*U*U", "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
        (
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
        ),
    ];

    #[test]
    fn a_password_is_accepted_only_as_it_was_hashed() {
        let hashed = hash("/password", "correct horse battery", &[]).unwrap();
        assert_eq!(check("correct horse battery", Some(&hashed), None), Check::Right);
        assert_eq!(check("correct horse batter", Some(&hashed), None), Check::Wrong);
        assert_eq!(check("", Some(&hashed), None), Check::Wrong);
        assert_eq!(check("correct horse battery", None, None), Check::Wrong);
    }

    #[test]
    fn hashes_of_other_programs_are_accepted_and_then_replaced() {
        for (password, hash) in VECTORS {
            let expected = if password.len() > 72 { Check::Right } else { Check::RightAndOld };
            assert_eq!(check(password, Some(hash), Some(5)), expected, "{hash}");
            assert_eq!(check(&format!("x{password}"), Some(hash), Some(5)), Check::Wrong, "{hash}");
        }
        let new = rehash("U*U").unwrap();
        assert_eq!(check("U*U", Some(&new), None), Check::Right);
    }

    #[test]
    fn unknown_algorithms_and_unreasonable_costs_never_match() {
        let argon2i = "$argon2i$v=19$m=512,t=2,p=1$c29tZXNhbHQ$7QFBJFaBqKhl1mJ4jOfPAw";
        for hash in [
            "",
            "U*U",
            "$1$abc$def",
            argon2i,
            "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$argon2id$v=19$m=4194304,t=2,p=1$vYlH0mJxRk3kQm1r0Zr3Kg$4o1nq6YV0hZq2m1k8mK5wq5sQv0m3o0m6Yx1d2c3b4c",
        ] {
            assert!(stored(hash).is_none(), "{hash}");
            assert_eq!(check("U*U", Some(hash), None), Check::Wrong, "{hash}");
        }
    }

    #[test]
    fn short_long_and_common_passwords_are_refused() {
        for bad in ["short", "Password123", &"x".repeat(129)] {
            assert!(hash("/password", bad, &[]).is_err(), "{bad}");
        }
        let known = ["anna.svensson@akeriet.example", "Anna Svensson"];
        let problem = hash("/password", "anna.svensson@akeriet.example", &known).unwrap_err();
        assert!(problem.detail.contains("address"), "{problem}");
    }

    #[test]
    fn the_hashes_for_unknown_users_are_well_formed_and_cost_the_same() {
        assert!(
            matches!(stored(NO_ONE), Some(StoredHash::Argon2id(h)) if h.hash.is_some() && h.salt.is_some())
        );
        let bcrypt = format!("$2b$05{NO_ONE_BCRYPT}");
        assert!(bcrypt::verify("U*U", &bcrypt).is_ok_and(|right| !right));
    }
}
