//! `./stack redis-acl` and `./stack redis-functions`: what an external Redis needs, if REDIS_URL
//! may not create it.

use std::process::ExitCode;

use anyhow::Result;

use crate::paths::Paths;
use crate::secrets::Secrets;
use schema::redis::{self, RedisServer};

/// Prints the users for an ACL file.
///
/// # Errors
/// If the secrets of this clone cannot be read or created.
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
