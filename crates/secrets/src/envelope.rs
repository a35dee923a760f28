//! Sealing and opening: the tenant's data key from the database, unwrapped by the master key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Problem, Result};
use platform::Cx;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    Master, Secret,
    cipher::{self, Bytes32},
    master::WrappedKey,
    store,
};

const VERSION: &str = "v1";

/// Seals a secret for a column, `table.column`. The tenant's first data key is created if there is
/// none.
///
/// # Errors
/// `internal` if the master key is not configured, or is not the one that wrapped the tenant's key;
/// database errors.
pub async fn seal(cx: &Cx, column: &'static str, plain: &str) -> Result<String> {
    let master = Master::from_config().await?;
    DataKey::current(cx, &master).await?.seal(column, plain)
}

/// Opens what [`seal`] made for the same tenant and column.
///
/// # Errors
/// `internal` if the text is damaged or was sealed for another place, or if the master key is not
/// configured. The error never contains the text.
pub async fn open(cx: &Cx, column: &'static str, sealed: &str) -> Result<Secret> {
    let master = Master::from_config().await?;
    DataKey::of(cx, &master, column, sealed).await?.open(column, sealed)
}

/// A data key of a tenant, unwrapped.
pub struct DataKey {
    tenant: Uuid,
    id: Uuid,
    key: Bytes32,
}

fn unreadable(column: &str) -> Problem {
    Problem::internal(format!(
        "secrets: a sealed text in {column} does not open: it is damaged, or was sealed elsewhere"
    ))
}

/// Splits into data key and ciphertext.
fn parse(sealed: &str) -> Option<(Uuid, Vec<u8>)> {
    let (key, bytes) = sealed.strip_prefix(VERSION)?.strip_prefix('.')?.split_once('.')?;
    Some((Uuid::try_parse(key).ok()?, URL_SAFE_NO_PAD.decode(bytes).ok()?))
}

impl DataKey {
    /// The tenant's current key, created if there is none.
    ///
    /// # Errors
    /// As [`seal`].
    pub async fn current(cx: &Cx, master: &Master) -> Result<Self> {
        let wrapped = match store::current(cx).await? {
            Some(wrapped) => wrapped,
            None => {
                store::insert(cx, &Self::fresh(cx, master)?).await?;
                // A concurrent request may have created it first.
                let made = store::current(cx).await?;
                made.ok_or_else(|| {
                    Problem::internal("secrets: the tenant's data key was not kept")
                })?
            }
        };
        Self::of_wrapped(cx, master, &wrapped)
    }

    /// The key that sealed a text.
    ///
    /// # Errors
    /// As [`open`].
    pub async fn of(cx: &Cx, master: &Master, column: &'static str, sealed: &str) -> Result<Self> {
        let (id, _) = parse(sealed).ok_or_else(|| unreadable(column))?;
        let wrapped = store::get(cx, id).await?.ok_or_else(|| unreadable(column))?;
        Self::of_wrapped(cx, master, &wrapped)
    }

    /// A new key, wrapped but not stored yet.
    pub(crate) fn fresh(cx: &Cx, master: &Master) -> Result<WrappedKey> {
        let key: Bytes32 = Zeroizing::new(platform::random::bytes()?);
        master.wrap(cx.tenant()?, platform::random::id()?, &key)
    }

    pub(crate) fn of_wrapped(cx: &Cx, master: &Master, wrapped: &WrappedKey) -> Result<Self> {
        let tenant = cx.tenant()?;
        Ok(Self { tenant: tenant.0, id: wrapped.id, key: master.unwrap(tenant, wrapped)? })
    }

    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    fn bound_to(&self, column: &str) -> Vec<u8> {
        cipher::bound_to(&[b"sealed", self.tenant.as_bytes(), column.as_bytes()])
    }

    /// Like the function [`seal`].
    ///
    /// # Errors
    /// `internal` if the host gives no randomness.
    pub fn seal(&self, column: &'static str, plain: &str) -> Result<String> {
        let sealed = cipher::encrypt(&self.key, &self.bound_to(column), plain.as_bytes())?;
        Ok(format!("{VERSION}.{}.{}", self.id.simple(), URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Like the function [`open`], for a text that this key sealed.
    ///
    /// # Errors
    /// `internal` if another key sealed it.
    pub fn open(&self, column: &'static str, sealed: &str) -> Result<Secret> {
        let plain = parse(sealed)
            .filter(|(id, _)| *id == self.id)
            .and_then(|(_, bytes)| cipher::decrypt(&self.key, &self.bound_to(column), &bytes));
        let text = plain.and_then(|plain| String::from_utf8(plain.to_vec()).ok());
        text.map(Secret::new).ok_or_else(|| unreadable(column))
    }
}
