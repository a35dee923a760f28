//! `./stack redis-acl` and `./stack redis-functions`: what a Redis of your own must have, if REDIS_URL may not make it.

use std::process::ExitCode;

use anyhow::Result;

use crate::paths::Paths;
use crate::secrets::Secrets;
use schema::redis::{self, RedisServer};

/// Prints the users for an ACL file.
///
/// # Errors
/// When the secrets of this clone cannot be read or made.
pub fn acl(paths: &Paths) -> Result<ExitCode> {
    paths.make_state()?;
    let secrets = Secrets::load(paths)?;
    print!("{}", RedisServer::embedded(0, &secrets.redis).user_lines()?);
    Ok(ExitCode::SUCCESS)
}

/// Prints the library of functions.
///
/// # Errors
/// None.
pub fn functions() -> Result<ExitCode> {
    print!("{}", redis::functions());
    Ok(ExitCode::SUCCESS)
}
