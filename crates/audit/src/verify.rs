//! Verification of the hash chain in batches: no statement reads millions of entries, and no
//! request waits for that.

use credentials::{MacKeys, MacPurpose};
use kernel::{Code, Problem, Result, Timestamp, hex, id::TenantId};
use platform::Cx;

use crate::store;

/// Entries verified per statement, a few tenths of a second.
pub const BATCH: i32 = 20_000;
/// How long a cursor is valid: verified entries may be changed meanwhile.
const GOOD_FOR_MICROS: i64 = 3_600_000_000;

/// The position of a verification that has found no broken entry so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct VerifyCursor {
    /// The last verified entry.
    after: i64,
    /// How many entries were verified.
    entries: i64,
}

/// Result of a verification so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verification {
    /// How many entries were verified, including earlier batches.
    pub entries: i64,
    /// The first entry that does not fit: changed, missing, or inserted.
    pub first_broken: Option<i64>,
    /// The newest entry's number and hash; a copy kept elsewhere shows whether the complete chain
    /// was ever replaced.
    pub head: (i64, Vec<u8>),
    /// Where to continue. None: the chain is at its end, or broken.
    pub next: Option<VerifyCursor>,
}

impl Verification {
    /// Whether the complete chain was verified and is intact.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.first_broken.is_none() && self.next.is_none()
    }
}

/// Verifies up to `limit` entries.
///
/// # Errors
/// `not_allowed`; database errors.
pub async fn verify(cx: &Cx, cursor: VerifyCursor, limit: i32) -> Result<Verification> {
    if !matches!(cx.actor, platform::Actor::Worker) {
        cx.require(access::Action::ReadAudit)?;
    }
    let batch = store::verify(cx, cursor.after, limit).await?;
    let entries = cursor.entries + batch.entries;
    let next = (batch.more && batch.first_broken.is_none())
        .then_some(VerifyCursor { after: batch.last, entries });
    Ok(Verification { entries, first_broken: batch.first_broken, head: batch.head, next })
}

/// Verifies up to `limit` entries after a client's cursor, and makes the next cursor.
///
/// # Errors
/// As [`verify`]; `invalid_query` for a forged or expired cursor, or one of another organisation.
pub async fn verify_step(
    cx: &Cx,
    cursor: Option<&str>,
    limit: i32,
) -> Result<(Verification, Option<String>)> {
    let (keys, tenant, now) =
        (MacKeys::from_config(MacPurpose::AuditCursor).await?, cx.tenant()?, cx.now());
    let from = cursor.map(|text| VerifyCursor::decode(text, &keys, tenant, now)).transpose()?;
    let verified = verify(cx, from.unwrap_or_default(), limit).await?;
    let next = verified.next.map(|cursor| cursor.encode(&keys, tenant, now)).transpose()?;
    Ok((verified, next))
}

/// Verifies to the end of the chain, or to the first broken entry.
///
/// # Errors
/// As [`verify`].
pub async fn verify_all(cx: &Cx) -> Result<Verification> {
    let mut cursor = VerifyCursor::default();
    loop {
        let verified = verify(cx, cursor, BATCH).await?;
        match verified.next {
            Some(next) => cursor = next,
            None => return Ok(verified),
        }
    }
}

impl VerifyCursor {
    fn payload(self, tenant: TenantId, until: i64) -> String {
        format!("{tenant} {} {} {until}", self.after, self.entries)
    }

    /// The cursor as a client carries it, with a MAC: a client that could choose the start could
    /// skip the broken entries and get a clean result.
    fn encode(self, keys: &MacKeys, tenant: TenantId, now: Timestamp) -> Result<String> {
        let until = now.0 + GOOD_FOR_MICROS;
        let mac = keys.sign(self.payload(tenant, until).as_bytes())?;
        Ok(format!("{:x}.{:x}.{until:x}.{}", self.after, self.entries, hex::encode(&mac)))
    }

    /// Parses [`VerifyCursor::encode`]; refuses a cursor that is forged, of another organisation,
    /// or older than an hour.
    fn decode(text: &str, keys: &MacKeys, tenant: TenantId, now: Timestamp) -> Result<Self> {
        let wrong = || {
            let detail = "cursor: expected the next_cursor of an answer of the last hour; leave it out to start from the beginning";
            Problem::new(Code::InvalidQuery, detail)
        };
        let mut parts = text.split('.');
        let mut number = || i64::from_str_radix(parts.next()?, 16).ok();
        let (after, entries) = number().zip(number()).ok_or_else(wrong)?;
        let until = number().filter(|until| *until > now.0).ok_or_else(wrong)?;
        let mac = parts.next().and_then(hex::decode).ok_or_else(wrong)?;
        let cursor = Self { after, entries };
        if keys.verify(cursor.payload(tenant, until).as_bytes(), &mac)? {
            Ok(cursor)
        } else {
            Err(wrong())
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn keys(secret: &str) -> MacKeys {
        MacKeys::overlapping(MacPurpose::AuditCursor, &secret.repeat(8), None).unwrap()
    }

    fn open(text: &str, key: &str, tenant: TenantId, now: Timestamp) -> Result<VerifyCursor> {
        VerifyCursor::decode(text, &keys(key), tenant, now)
    }

    #[test]
    fn a_cursor_continues_for_its_own_organisation_and_for_an_hour() {
        let (tenant, now) = (TenantId(Uuid::from_u128(1)), Timestamp(1_700_000_000_000_000));
        let cursor = VerifyCursor { after: 20_000, entries: 19_990 };
        let text = cursor.encode(&keys("a key"), tenant, now).unwrap();
        assert_eq!(open(&text, "a key", tenant, now), Ok(cursor));
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
    fn no_client_chooses_where_verification_begins() {
        let (tenant, now) = (TenantId(Uuid::from_u128(1)), Timestamp(1_700_000_000_000_000));
        let text =
            VerifyCursor { after: 10, entries: 10 }.encode(&keys("a key"), tenant, now).unwrap();
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
            assert_eq!(
                open(&chosen, "a key", tenant, now).map_err(|p| p.code),
                Err(Code::InvalidQuery),
                "{chosen}"
            );
        }
    }
}
