//! Spin variables, read once per instance: an instance serves a thousand requests at most, so a
//! rotated secret takes effect soon enough.

use std::{collections::BTreeMap, sync::Mutex};

use kernel::{Problem, Result};
use spin_sdk::variables::{self, Error};

static KNOWN: Mutex<BTreeMap<&'static str, Option<String>>> = Mutex::new(BTreeMap::new());

pub(crate) async fn get(name: &'static str) -> Result<Option<String>> {
    if let Some(value) = KNOWN.lock().ok().and_then(|known| known.get(name).cloned()) {
        return Ok(value);
    }
    let value = match variables::get(name).await {
        Ok(value) => Some(value),
        Err(Error::Undefined(_) | Error::InvalidName(_)) => None,
        Err(error) => {
            return Err(Problem::internal(format!("configuration: variable `{name}`: {error:?}")));
        }
    };
    if let Ok(mut known) = KNOWN.lock() {
        known.insert(name, value.clone());
    }
    Ok(value)
}
