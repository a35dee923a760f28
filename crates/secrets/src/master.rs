//! The master key: from the configuration, never stored, identified by an id that is derived from
//! it.

use hmac::{Hmac, Mac};
use kernel::{Problem, Result, hex, id::TenantId};
use platform::config;
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::cipher::{self, Bytes32};

struct MasterKey {
    id: String,
    key: Bytes32,
}

/// The master key in use and, during a rotation, the previous one.
pub struct Master {
    current: MasterKey,
    previous: Option<MasterKey>,
}

fn derive(secret: &str, purpose: &[u8]) -> Result<Bytes32> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(Problem::internal)?;
    mac.update(purpose);
    Ok(Zeroizing::new(mac.finalize().into_bytes().into()))
}

impl MasterKey {
    fn derive(variable: &str, secret: &str) -> Result<Self> {
        if secret.len() < 32 {
            let detail = "expected at least 32 characters of randomness; make one with `openssl rand -hex 32`";
            return Err(Problem::internal(format!("configuration: {variable}: {detail}")));
        }
        let id = derive(secret, b"tessera master key id v1")?;
        let id = hex::encode(id.get(..6).unwrap_or_default());
        Ok(Self { id, key: derive(secret, b"tessera master key v1")? })
    }
}

/// A data key as it is stored.
pub(crate) struct WrappedKey {
    pub(crate) id: Uuid,
    pub(crate) master_key_id: String,
    pub(crate) wrapped: Vec<u8>,
}

impl Master {
    /// From the variables `master_key` and `master_key_previous`.
    ///
    /// # Errors
    /// `internal` if the first is missing, or one is shorter than 32 characters.
    pub async fn from_config() -> Result<Self> {
        let current = Zeroizing::new(config::required("master_key").await?);
        let previous = config::optional("master_key_previous").await?.map(Zeroizing::new);
        Self::derive(&current, previous.as_ref().map(|p| p.as_str()))
    }

    /// From secrets of at least 32 characters.
    ///
    /// # Errors
    /// `internal` if one is shorter.
    pub fn derive(current: &str, previous: Option<&str>) -> Result<Self> {
        let previous =
            previous.map(|secret| MasterKey::derive("master_key_previous", secret)).transpose()?;
        Ok(Self { current: MasterKey::derive("master_key", current)?, previous })
    }

    /// The id of the key in use.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.current.id
    }

    pub(crate) fn wrap(&self, tenant: TenantId, id: Uuid, key: &Bytes32) -> Result<WrappedKey> {
        let bound = cipher::bound_to(&[b"data key", tenant.0.as_bytes(), id.as_bytes()]);
        let wrapped = cipher::encrypt(&self.current.key, &bound, &**key)?;
        Ok(WrappedKey { id, master_key_id: self.current.id.clone(), wrapped })
    }

    pub(crate) fn unwrap(&self, tenant: TenantId, key: &WrappedKey) -> Result<Bytes32> {
        let named = [Some(&self.current), self.previous.as_ref()].into_iter().flatten();
        let master = named.into_iter().find(|master| master.id == key.master_key_id).ok_or_else(|| {
            Problem::internal(format!(
                "secrets: data key {} of tenant {tenant} is wrapped with master key {}, which is not configured; set master_key_previous to it and run `worker rotate-keys`",
                key.id, key.master_key_id
            ))
        })?;
        let bound = cipher::bound_to(&[b"data key", tenant.0.as_bytes(), key.id.as_bytes()]);
        let plain = cipher::decrypt(&master.key, &bound, &key.wrapped);
        let plain = plain
            .and_then(|plain| Some(Zeroizing::new(<[u8; 32]>::try_from(plain.as_slice()).ok()?)));
        plain.ok_or_else(|| {
            Problem::internal(format!("secrets: data key {} of tenant {tenant} is damaged", key.id))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_master_key_is_refused_and_never_printed() {
        let problem = Master::derive("too short to be a key", None).err().unwrap().to_string();
        assert!(problem.contains("master_key") && !problem.contains("too short"), "{problem}");
    }

    #[test]
    fn a_wrapped_key_unwraps_for_its_tenant_and_id_only() {
        let master = Master::derive("0123456789abcdef0123456789abcdef", None).unwrap();
        let (tenant, other) = (TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));
        let key = Zeroizing::new([7; 32]);
        let mut wrapped = master.wrap(tenant, Uuid::from_u128(3), &key).unwrap();
        assert_eq!(*master.unwrap(tenant, &wrapped).unwrap(), [7; 32]);
        assert!(master.unwrap(other, &wrapped).is_err());
        wrapped.id = Uuid::from_u128(4);
        assert!(master.unwrap(tenant, &wrapped).is_err());
    }
}
