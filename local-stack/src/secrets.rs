//! The secrets of a clone: generated on the first start, stored in `.stack/secrets.json` (mode
//! 0600).

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use crate::paths::{Paths, replace_private};
use schema::Passwords;

/// Passwords of the database roles and keys of the application.
pub struct Secrets {
    /// Password of the embedded Postgres' superuser.
    pub superuser: String,
    /// Passwords of the database roles.
    pub passwords: Passwords,
    /// The key from which sessions' keys are derived, including the one that signs access tokens.
    pub token_key: String,
    /// The previous token key, during a rotation; moved here by the operator.
    pub token_key_previous: Option<String>,
    /// For the cookies of known browsers.
    pub device_key: String,
    /// For the cursors of audit verifications.
    pub audit_cursor_key: String,
    /// Wraps the tenants' data keys.
    pub master_key: String,
    /// The previous master key, as above.
    pub master_key_previous: Option<String>,
    /// The administrator of the embedded Redis; the passwords of its users are derived from it.
    pub redis: String,
    /// The key with which the scheduled tick authenticates at the `scheduler` component.
    pub internal_key: String,
    /// The key with which the worker authenticates at the language model beside it.
    pub generator_key: String,
}

impl Secrets {
    /// Loads the secrets, and generates missing ones.
    ///
    /// # Errors
    /// If the file cannot be read or written, or is malformed.
    pub fn load(paths: &Paths) -> Result<Self> {
        let file = paths.state.join("secrets.json");
        let mut kept: BTreeMap<String, String> = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
                format!(
                    "{} is damaged: restore it, or start over: {}",
                    file.display(),
                    paths.command("reset")
                )
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
        };
        let before = kept.len();
        let token_key_previous = kept.get("token_key_previous").cloned();
        let master_key_previous = kept.get("master_key_previous").cloned();
        let mut failed = None;
        let mut secret = |name: &str| {
            let fresh = || {
                random().unwrap_or_else(|error| {
                    failed = Some(error);
                    String::new()
                })
            };
            kept.entry(name.to_owned()).or_insert_with(fresh).clone()
        };
        let secrets = Self {
            superuser: secret("postgres"),
            passwords: Passwords::from_fn(&mut secret),
            token_key: secret("token_key"),
            token_key_previous,
            device_key: secret("device_key"),
            audit_cursor_key: secret("audit_cursor_key"),
            master_key: secret("master_key"),
            master_key_previous,
            redis: secret("redis"),
            internal_key: secret("internal_key"),
            generator_key: secret("generator_key"),
        };
        if let Some(error) = failed {
            return Err(error);
        }
        if kept.len() != before {
            replace_private(&file, &serde_json::to_vec_pretty(&kept)?)?;
        }
        Ok(secrets)
    }
}

/// 256 random bits in hexadecimal.
pub fn random() -> Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("the system gave no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
