//! The WebAssembly components: built by cargo, copied to `dist/` where `spin.toml` names them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::stamp::Stamp;
use super::step::{self, Line};
use super::{BuildEnv, cargo};
use crate::supervise::{Inherit, Invocation};

/// The compiler's target for components.
pub const TARGET: &str = "wasm32-wasip2";

/// The sources of components.
const SOURCES: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo",
    "crates",
    "components",
    "wit",
    "openapi",
];

/// The names of all components: the folders of `components/`.
///
/// # Errors
/// If the folder cannot be read.
pub fn names(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("components");
    let entries = fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
    let entries =
        entries.filter_map(Result::ok).filter(|entry| entry.path().join("Cargo.toml").is_file());
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// Builds all components, or the one named, unless they are current.
///
/// # Errors
/// If there is no such component, or it does not compile.
pub async fn build(build_env: &BuildEnv, only: Option<&str>) -> Result<()> {
    let all = names(&build_env.paths.root)?;
    let wanted: Vec<String> = match only {
        None => all,
        Some(name) if all.iter().any(|known| known == name) => vec![name.to_owned()],
        Some(name) => bail!("expected a component, one of {}; got {name}", all.join(", ")),
    };
    let dist = build_env.paths.dist();
    let results = wanted.iter().map(|name| dist.join(format!("{name}.wasm"))).collect();
    let stamp_name =
        only.map_or_else(|| "components".to_owned(), |name| format!("component-{name}"));
    let stamp = Stamp::take(&build_env.paths, &stamp_name, &SOURCES, "", results);
    if stamp.is_current() {
        return Ok(());
    }
    install_target(build_env).await?;
    compile(build_env, &wanted).await?;
    for name in &wanted {
        let built = build_env
            .paths
            .target
            .join(TARGET)
            .join("guest")
            .join(format!("{name}_component.wasm"));
        replace(&built, &dist.join(format!("{name}.wasm")))?;
    }
    stamp.keep()
}

async fn compile(build_env: &BuildEnv, names: &[String]) -> Result<()> {
    let count = names.len();
    build_env.console.print(&format!("building components 0/{count}"));
    let mut arguments: Vec<String> = [
        "build",
        "--profile",
        "guest",
        "--target",
        TARGET,
        "--message-format",
        "json-render-diagnostics",
    ]
    .map(str::to_owned)
    .to_vec();
    for name in names {
        arguments.extend(["--package".to_owned(), format!("{name}-component")]);
    }
    let mut done = 0;
    let look = |line: &str| {
        if !line.starts_with('{') {
            return None;
        }
        if line.contains("\"reason\":\"compiler-artifact\"") && line.contains("_component.wasm\"") {
            done += 1;
            build_env.console.print(&format!("building components {done}/{count}"));
        }
        Some(Line::Consumed)
    };
    cargo::run(build_env, "building components", &arguments, look).await
}

/// Replaces the file atomically, and only if it differs: the host's cache of compiled components
/// compares contents, but a running `spin up --watch` compares times.
pub(super) fn replace(from: &Path, to: &Path) -> Result<()> {
    let fresh = fs::read(from)
        .with_context(|| format!("expected cargo to have made {}", from.display()))?;
    if fs::read(to).is_ok_and(|present| present == fresh) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = to.with_extension("wasm.new");
    fs::write(&beside, fresh)
        .and_then(|()| fs::rename(&beside, to))
        .with_context(|| format!("writing {}", to.display()))
}

/// Whether the compiler has the standard library of the target.
#[must_use]
pub fn has_target(build_env: &BuildEnv) -> bool {
    let mut rustc = std::process::Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(&build_env.paths.root);
    let Ok(output) = rustc.output() else { return false };
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let entries = fs::read_dir(folder)
        .map(|entries| entries.filter_map(Result::ok).collect::<Vec<_>>())
        .unwrap_or_default();
    entries.iter().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Adds the target, if the compiler does not have it.
///
/// # Errors
/// If it cannot be installed.
pub async fn install_target(build_env: &BuildEnv) -> Result<()> {
    if has_target(build_env) {
        return Ok(());
    }
    build_env.console.print(&format!("installing the compiler target {TARGET}"));
    let script = build_env.paths.root.join("tools/install-wasm-target.sh");
    let invocation = Invocation::new(script).inherit(Inherit::Tools).folder(&build_env.paths.root);
    let log = build_env.paths.logs().join("wasm-target.log");
    step::run(
        &format!("installing {TARGET}"),
        &invocation,
        &log,
        &build_env.spawner,
        &build_env.console,
    )
    .await
}
