//! Known browsers: a user has signed in there with their password. Failures in a known browser
//! count apart from those elsewhere, so that a stranger who knows the address cannot lock the user
//! out there. The cookie grants nothing else.

use credentials::{MacKeys, session::DEVICE_SECONDS};
use kernel::{
    Result, Timestamp, hex,
    id::{TenantId, UserId},
    text,
};
use platform::{clock, pg::Db};
use uuid::Uuid;

use crate::store::passwords as store;

/// Tenant, user, device, epoch, expiry.
const PAYLOAD_BYTES: usize = 16 + 16 + 16 + 4 + 8;
const MAC_BYTES: usize = 32;

/// The content of a cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Device {
    tenant: TenantId,
    user: UserId,
    id: [u8; 16],
    /// The epoch of the account then: a later one makes the cookie void.
    epoch: i32,
    /// Expiry, in seconds since 1970.
    until: i64,
}

/// A known browser of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct KnownDevice {
    /// The user.
    pub user: UserId,
    /// Whether no account in another organisation has the same address.
    pub alone: bool,
    /// The device.
    pub(crate) id: [u8; 16],
}

impl Device {
    fn payload(self) -> Vec<u8> {
        let (epoch, until) = (self.epoch.to_be_bytes(), self.until.to_be_bytes());
        [self.tenant.0.as_bytes(), self.user.0.as_bytes(), &self.id, epoch.as_slice(), &until]
            .concat()
    }

    /// Hexadecimal: the payload and its MAC.
    fn write(self, keys: &MacKeys) -> Result<String> {
        let payload = self.payload();
        Ok(hex::encode(&[payload.as_slice(), &keys.sign(&payload)?].concat()))
    }

    /// None if we did not write it, or it has expired.
    fn read(keys: &MacKeys, text: &str, now: Timestamp) -> Result<Option<Self>> {
        let Some(bytes) =
            hex::decode(text).filter(|bytes| bytes.len() == PAYLOAD_BYTES + MAC_BYTES)
        else {
            return Ok(None);
        };
        let (payload, mac) = bytes.split_at(PAYLOAD_BYTES);
        if !keys.verify(payload, mac)? {
            return Ok(None);
        }
        let part =
            |at: usize| payload.get(at..at + 16).and_then(|part| <[u8; 16]>::try_from(part).ok());
        let epoch =
            payload.get(48..52).and_then(|part| part.try_into().ok()).map(i32::from_be_bytes);
        let until = payload.get(52..).and_then(|part| part.try_into().ok()).map(i64::from_be_bytes);
        let (Some(tenant), Some(user), Some(id), Some(epoch), Some(until)) =
            (part(0), part(16), part(32), epoch, until)
        else {
            return Ok(None);
        };
        let (tenant, user) = (TenantId(Uuid::from_bytes(tenant)), UserId(Uuid::from_bytes(user)));
        Ok((until > now.unix_seconds()).then_some(Self { tenant, user, id, epoch, until }))
    }
}

/// The cookie of a browser in which a user has just entered or set their password.
pub(crate) fn cookie(keys: &MacKeys, tenant: TenantId, user: UserId, epoch: i32) -> Result<String> {
    let until = clock::now().unix_seconds() + DEVICE_SECONDS;
    Device { tenant, user, id: platform::random::bytes()?, epoch, until }.write(keys)
}

/// Returns the known browser of the account if one of these cookies is valid for it; another host
/// of the domain may have set more cookies. Cookies that we did not write cost no query, and one
/// that is valid for another account gets the same answers as no cookie.
///
/// # Errors
/// `unavailable` if the database does not answer.
pub(crate) async fn recognise(
    db: &Db,
    keys: &MacKeys,
    cookies: &[&str],
    email: &str,
    tenant_slug: Option<&str>,
) -> Result<Option<KnownDevice>> {
    let mut devices = Vec::new();
    for text in cookies {
        devices.extend(Device::read(keys, text, clock::now())?);
    }
    let Ok(email) = text::email("/email", email) else { return Ok(None) };
    if devices.is_empty() {
        return Ok(None);
    }
    let (accounts, _) = store::find_sign_in(db, &email, tenant_slug).await?;
    let is_of = |device: &&Device| {
        let meant = (device.tenant, device.user, device.epoch);
        accounts.iter().any(|account| (account.tenant, account.user, account.device_epoch) == meant)
    };
    let known = devices.iter().find(is_of);
    Ok(known.map(|device| KnownDevice {
        user: device.user,
        alone: accounts.len() == 1,
        id: device.id,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use credentials::MacPurpose;

    fn keys(secret: &str, previous: Option<&str>) -> MacKeys {
        MacKeys::overlapping(MacPurpose::Device, secret, previous).unwrap()
    }

    const OLD: &str = "the-old-token-key-of-these-tests-0123456789";
    const NOW: Timestamp = Timestamp(999_999_999);
    const NEW: &str = "the-new-token-key-of-these-tests-0123456789";

    fn device() -> Device {
        let id = platform::random::bytes().unwrap();
        Device {
            tenant: platform::random::id().unwrap(),
            user: platform::random::id().unwrap(),
            id,
            epoch: 7,
            until: 1_000,
        }
    }

    #[test]
    fn a_cookie_reads_back_while_its_key_is_configured() {
        let (old, both, new) = (keys(OLD, None), keys(NEW, Some(OLD)), keys(NEW, None));
        let device = device();
        let text = device.write(&old).unwrap();
        assert_eq!(Device::read(&old, &text, NOW).unwrap(), Some(device));
        assert_eq!(Device::read(&both, &text, NOW).unwrap(), Some(device));
        assert_eq!(Device::read(&new, &text, NOW).unwrap(), None);
        assert_eq!(
            Device::read(&new, &device.write(&both).unwrap(), NOW).unwrap(),
            Some(device),
            "the new key marks"
        );
        assert_eq!(
            Device::read(&old, &text, NOW.plus_seconds(1)).unwrap(),
            None,
            "it is out of date"
        );
    }

    #[test]
    fn a_cookie_with_one_changed_digit_is_refused() {
        let keys = keys(OLD, None);
        let text = device().write(&keys).unwrap();
        for at in 0..text.len() {
            let digit = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
            let mut other = text.clone();
            other.replace_range(at..=at, digit);
            assert_eq!(Device::read(&keys, &other, NOW).unwrap(), None, "{at}");
        }
        for other in
            [text[2..].to_owned(), format!("{text}00"), text[..2 * PAYLOAD_BYTES].to_owned()]
        {
            assert_eq!(Device::read(&keys, &other, NOW).unwrap(), None);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused(text in "[0-9a-fA-F]{180,188}|\\PC{0,80}") {
            prop_assert_eq!(Device::read(&keys(OLD, None), &text, NOW).unwrap(), None);
        }
    }
}
