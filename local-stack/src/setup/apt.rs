//! Debian packages: unpacked into the cache without root, or (for the tests' browser) installed as
//! root.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{BuildEnv, find_program, step};
use crate::supervise::{Inherit, Invocation};

/// Downloads Debian packages and unpacks them into `folder`, without installing them: no root, no
/// service started.
///
/// # Errors
/// If there is no apt-get, or it cannot reach its mirror.
pub(super) async fn unpack(build_env: &BuildEnv, packages: &[&str], folder: &Path) -> Result<()> {
    let apt =
        find_program("apt-get").context("this is not a Debian system: there is no apt-get")?;
    let debs = folder.join("debs");
    fs::create_dir_all(&debs)?;
    let download = |options: &[String]| {
        Invocation::new(&apt)
            .inherit(Inherit::Tools)
            .args(options)
            .args(["-qq", "download"])
            .args(packages.iter().copied())
            .folder(&debs)
    };
    let log = build_env.paths.logs().join("apt.log");
    let label = format!("downloading {}", packages.join(", "));
    let first =
        step::run(&label, &download(&[]), &log, &build_env.spawner, &build_env.console).await;
    if first.is_err() {
        // A fresh system has no package lists, and they are root's: use our own.
        let options = private_lists(&build_env.paths.cache)?;
        let update =
            Invocation::new(&apt).inherit(Inherit::Tools).args(&options).args(["-qq", "update"]);
        step::run(
            "reading the package lists",
            &update,
            &log,
            &build_env.spawner,
            &build_env.console,
        )
        .await?;
        step::run(&label, &download(&options), &log, &build_env.spawner, &build_env.console)
            .await?;
    }
    for deb in fs::read_dir(&debs)?.filter_map(Result::ok) {
        let invocation =
            Invocation::new("dpkg").args([OsString::from("-x"), deb.path().into(), folder.into()]);
        step::run("unpacking a package", &invocation, &log, &build_env.spawner, &build_env.console)
            .await?;
    }
    fs::remove_dir_all(&debs).context("removing the downloaded packages")
}

fn private_lists(cache: &Path) -> Result<Vec<String>> {
    let (lists, archives) = (cache.join("apt/lists"), cache.join("apt/cache"));
    for folder in [lists.join("partial"), archives.join("archives/partial")] {
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let options = [
        format!("Dir::State::lists={}", lists.display()),
        format!("Dir::Cache={}", archives.display()),
    ];
    Ok(options.into_iter().flat_map(|option| ["-o".to_owned(), option]).collect())
}

/// Installs Debian packages into the system.
///
/// # Errors
/// If we are not root, or apt-get fails.
pub(crate) async fn install(build_env: &BuildEnv, packages: &[&str]) -> Result<()> {
    let command = format!("apt-get install -y {}", packages.join(" "));
    let Some(apt) = find_program("apt-get").filter(|_| rustix::process::geteuid().is_root()) else {
        bail!("expected {} to be installed; as root: {command}", packages.join(", "));
    };
    let log = build_env.paths.logs().join("apt.log");
    let invocation = |words: &[&str]| {
        Invocation::new(&apt)
            .inherit(Inherit::Tools)
            .args(["-qq", "-y"])
            .args(words.iter().copied())
            .env("DEBIAN_FRONTEND", "noninteractive")
    };
    let words: Vec<&str> = ["install", "--no-install-recommends"]
        .into_iter()
        .chain(packages.iter().copied())
        .collect();
    let label = format!("installing {}", packages.join(", "));
    if step::run(&label, &invocation(&words), &log, &build_env.spawner, &build_env.console)
        .await
        .is_ok()
    {
        return Ok(());
    }
    step::run(
        "reading the package lists",
        &invocation(&["update"]),
        &log,
        &build_env.spawner,
        &build_env.console,
    )
    .await?;
    step::run(&label, &invocation(&words), &log, &build_env.spawner, &build_env.console).await
}

/// The `PYTHONPATH` with which `python3 -m pip` works; `None` if it works without. Debian's python3
/// has no pip, but pip is plain Python, so its package only needs to be unpacked.
///
/// # Errors
/// If there is no pip and it cannot be installed.
pub(super) async fn pip_path(build_env: &BuildEnv) -> Result<Option<PathBuf>> {
    let log = build_env.paths.logs().join("pip.log");
    let probe = Invocation::new("python3").inherit(Inherit::Tools).args(["-m", "pip", "--version"]);
    if step::run("looking for pip", &probe, &log, &build_env.spawner, &build_env.console)
        .await
        .is_ok()
    {
        return Ok(None);
    }
    let folder = build_env.paths.cache.join("pip");
    super::once(&folder, |fresh| async move { unpack(build_env, &["python3-pip"], &fresh).await })
        .await
        .context("expected `python3 -m pip` to work; on Debian: apt-get install python3-pip")?;
    Ok(Some(folder.join("usr/lib/python3/dist-packages")))
}
