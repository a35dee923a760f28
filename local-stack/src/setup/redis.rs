//! Redis: the one on `PATH`, or Debian's package unpacked into the cache.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{BuildEnv, apt, find_program};

/// Older servers lack functions, and ACL rules that separate reads from writes.
const OLDEST: (u32, u32) = (7, 0);

/// The Debian packages of the libraries that redis-server may need beyond a minimal system.
const LIBRARIES: [(&str, &str); 5] = [
    ("libjemalloc.so.2", "libjemalloc2"),
    ("liblzf.so.1", "liblzf1"),
    ("libatomic.so.1", "libatomic1"),
    ("liblua5.1.so.0", "liblua5.1-0"),
    ("libsystemd.so.0", "libsystemd0"),
];

/// A Redis server that can be started.
#[derive(Clone, Debug)]
pub struct InstalledRedis {
    /// The program.
    pub server: PathBuf,
    /// `LD_LIBRARY_PATH` for it, if it was unpacked rather than installed.
    pub libraries: Option<OsString>,
}

impl InstalledRedis {
    /// The folder that it was unpacked into; None if it is installed in the system.
    #[must_use]
    pub fn unpacked_root(&self) -> Option<PathBuf> {
        self.libraries.as_ref()?;
        // <root>/usr/bin/redis-server
        self.server.ancestors().nth(3).map(Path::to_owned)
    }
}

/// The Redis (or Valkey) of the system, or the one that was unpacked before.
#[must_use]
pub fn find(cache: &Path) -> Option<InstalledRedis> {
    let on_path = ["redis-server", "valkey-server"].into_iter().find_map(find_program);
    let on_path = on_path.map(|server| InstalledRedis { server, libraries: None });
    on_path.filter(|found| version(found).is_some_and(|found| found >= OLDEST)).or_else(|| unpacked(&folder(cache)))
}

/// Finds Redis, or unpacks Debian's package.
///
/// # Errors
/// If there is none and no package is available.
pub async fn install(build_env: &BuildEnv) -> Result<InstalledRedis> {
    if let Some(found) = find(&build_env.paths.cache) {
        return Ok(found);
    }
    let folder = folder(&build_env.paths.cache);
    build_env.console.print("downloading Redis (2 MB)");
    let advice = "Redis 7.0 or newer is needed; install it (Debian: apt-get install redis-server, macOS: brew install redis) or name a server by REDIS_URL";
    super::once(&folder, |fresh| async move {
        apt::unpack(build_env, &["redis-server", "redis-tools"], &fresh).await?;
        let missing = missing_libraries(&fresh)?;
        if missing.is_empty() { Ok(()) } else { apt::unpack(build_env, &missing, &fresh).await }
    })
    .await
    .context(advice)?;
    let found = unpacked(&folder).context(advice)?;
    if version(&found).is_none() {
        bail!("the unpacked Redis in {} does not run; {advice}", folder.display());
    }
    Ok(found)
}

fn folder(cache: &Path) -> PathBuf {
    cache.join(format!("redis-{}", std::env::consts::ARCH))
}

/// A server that is unpacked in `folder`.
pub(crate) fn unpacked(folder: &Path) -> Option<InstalledRedis> {
    let server = folder.join("usr/bin/redis-server");
    let libraries = library_path(folder);
    server.exists().then_some(InstalledRedis { server, libraries: Some(libraries) })
}

/// Debian keeps libraries in a folder named after the architecture.
fn library_path(folder: &Path) -> OsString {
    let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
    let folders = ["usr/lib", "lib"].map(|base| folder.join(base).join(&triplet));
    std::env::join_paths(folders).unwrap_or_default()
}

fn missing_libraries(folder: &Path) -> Result<Vec<&'static str>> {
    let output = Command::new("ldd")
        .arg(folder.join("usr/bin/redis-server"))
        .env("LD_LIBRARY_PATH", library_path(folder))
        .output()
        .context("asking ldd which libraries Redis needs")?;
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let missing =
        listed.lines().filter(|line| line.contains("not found")).filter_map(|line| line.split_whitespace().next());
    missing
        .map(|name| {
            let known = LIBRARIES.iter().find(|(library, _)| *library == name);
            known
                .map(|(_, package)| *package)
                .with_context(|| format!("Redis needs the library {name}, which this system lacks"))
        })
        .collect()
}

/// `None` if the program does not run.
fn version(found: &InstalledRedis) -> Option<(u32, u32)> {
    let mut command = Command::new(&found.server);
    if let Some(libraries) = &found.libraries {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    let output = command.arg("--version").output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().find_map(|word| word.strip_prefix("v="))?.to_owned();
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
