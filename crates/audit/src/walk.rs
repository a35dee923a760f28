//! A walk along the chain, piece by piece: no statement reads millions of entries, and no request waits for that.

use kernel::{Code, Problem, Result, Timestamp, hex, id::TenantId};
use platform::Cx;

use crate::store;

/// Entries that one statement looks at, some tenths of a second.
pub const PIECE: i32 = 20_000;
/// How long a walk that was interrupted can be gone on with: what it has seen may be changed meanwhile.
const GOOD_FOR_MICROS: i64 = 3_600_000_000;

/// How far a walk has come, and found nothing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Walk {
    /// The last entry that was looked at.
    after: i64,
    /// How many there were.
    entries: i64,
}

/// What a walk has found so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// How many entries were looked at, those of earlier pieces among them.
    pub entries: i64,
    /// The first that does not fit: changed, missing, or put in between.
    pub first_broken: Option<i64>,
    /// The newest entry's number and hash; kept elsewhere, they show whether the whole chain was ever replaced.
    pub head: (i64, Vec<u8>),
    /// Where to go on. Nothing: the chain is at its end, or broken.
    pub next: Option<Walk>,
}

impl Verified {
    /// Whether the whole chain was walked and everything fits.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.first_broken.is_none() && self.next.is_none()
    }
}

/// Looks at up to `limit` entries.
///
/// # Errors
/// `not_allowed`; what the database says.
pub async fn verify(cx: &Cx, walk: Walk, limit: i32) -> Result<Verified> {
    if !matches!(cx.actor, platform::Actor::Worker) {
        cx.require(access::Action::ReadAudit)?;
    }
    let piece = store::verify(cx, walk.after, limit).await?;
    let entries = walk.entries + piece.entries;
    let next = (piece.more && piece.first_broken.is_none()).then_some(Walk { after: piece.last, entries });
    Ok(Verified { entries, first_broken: piece.first_broken, head: piece.head, next })
}

/// Walks to the end of the chain, or to where it is broken.
///
/// # Errors
/// As [`verify`].
pub async fn verify_all(cx: &Cx) -> Result<Verified> {
    let mut walk = Walk::default();
    loop {
        let verified = verify(cx, walk, PIECE).await?;
        match verified.next {
            Some(next) => walk = next,
            None => return Ok(verified),
        }
    }
}

impl Walk {
    fn said(self, tenant: TenantId, until: i64) -> String {
        format!("{tenant} {} {} {until}", self.after, self.entries)
    }

    /// As a client carries it, with `mark`, ours on what it says: whoever could choose where to begin could leave out the entries that do not fit,
    /// and be told that all do.
    ///
    /// # Errors
    /// Those of `mark`.
    pub fn sealed(
        self,
        tenant: TenantId,
        now: Timestamp,
        mark: impl FnOnce(&[u8]) -> Result<[u8; 32]>,
    ) -> Result<String> {
        let until = now.0 + GOOD_FOR_MICROS;
        let mark = mark(self.said(tenant, until).as_bytes())?;
        Ok(format!("{:x}.{:x}.{until:x}.{}", self.after, self.entries, hex::encode(&mark)))
    }

    /// Reads [`Walk::sealed`].
    ///
    /// # Errors
    /// `invalid_query` where it was not made here, for this organisation, within the last hour; those of `is_mark`.
    pub fn open(
        text: &str,
        tenant: TenantId,
        now: Timestamp,
        is_mark: impl FnOnce(&[u8], &[u8]) -> Result<bool>,
    ) -> Result<Self> {
        let wrong = || {
            let detail = "cursor: expected the next_cursor of an answer of the last hour; leave it out to begin anew";
            Problem::new(Code::InvalidQuery, detail)
        };
        let mut parts = text.split('.');
        let mut number = || i64::from_str_radix(parts.next()?, 16).ok();
        let (after, entries) = number().zip(number()).ok_or_else(wrong)?;
        let until = number().filter(|until| *until > now.0).ok_or_else(wrong)?;
        let mark = parts.next().and_then(hex::decode).ok_or_else(wrong)?;
        let walk = Self { after, entries };
        if is_mark(walk.said(tenant, until).as_bytes(), &mark)? { Ok(walk) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};
    use uuid::Uuid;

    use super::*;

    /// As a key would: another one marks otherwise.
    fn mark_of(key: &str) -> impl Fn(&[u8]) -> Result<[u8; 32]> {
        move |said| Ok(Sha256::digest([key.as_bytes(), said].concat()).into())
    }

    fn open(text: &str, key: &str, tenant: TenantId, now: Timestamp) -> Result<Walk> {
        Walk::open(text, tenant, now, |said, mark| Ok(mark_of(key)(said)? == mark))
    }

    #[test]
    fn a_walk_goes_on_where_it_was_for_its_own_organisation_and_for_an_hour() {
        let (tenant, now) = (TenantId(Uuid::from_u128(1)), Timestamp(1_700_000_000_000_000));
        let walk = Walk { after: 20_000, entries: 19_990 };
        let text = walk.sealed(tenant, now, mark_of("a key")).unwrap();
        assert_eq!(open(&text, "a key", tenant, now), Ok(walk));
        let later = Timestamp(now.0 + GOOD_FOR_MICROS);
        let other = TenantId(Uuid::from_u128(2));
        for (what, opened) in [
            ("an hour later", open(&text, "a key", tenant, later)),
            ("of another organisation", open(&text, "a key", other, now)),
            ("of another installation", open(&text, "another key", tenant, now)),
        ] {
            assert_eq!(opened.map_err(|p| p.code), Err(Code::InvalidQuery), "{what}");
        }
    }

    #[test]
    fn nobody_chooses_where_to_begin() {
        let (tenant, now) = (TenantId(Uuid::from_u128(1)), Timestamp(1_700_000_000_000_000));
        let text = Walk { after: 10, entries: 10 }.sealed(tenant, now, mark_of("a key")).unwrap();
        let (_, signature) = text.rsplit_once('.').unwrap();
        let until = now.0 + GOOD_FOR_MICROS;
        for chosen in [
            format!("ff.a.{until:x}.{signature}"),
            format!("a.ff.{until:x}.{signature}"),
            format!("a.a.{:x}.{signature}", until + 1),
            format!("a.a.{until:x}."),
            format!("a.a.{until:x}.{}", &signature[..32]),
            format!("a.a.{until:x}"),
            "ff".to_owned(),
            String::new(),
        ] {
            assert_eq!(open(&chosen, "a key", tenant, now).map_err(|p| p.code), Err(Code::InvalidQuery), "{chosen}");
        }
    }
}
