//! Spin variables.

use kernel::{Problem, Result};
use spin_sdk::variables::{self, Error};

pub(crate) async fn get(name: &'static str) -> Result<Option<String>> {
    match variables::get(name).await {
        Ok(value) => Ok(Some(value)),
        Err(Error::Undefined(_) | Error::InvalidName(_)) => Ok(None),
        Err(error) => Err(Problem::internal(format!("configuration: variable `{name}`: {error:?}"))),
    }
}
