//! `./stack lint`: what a reviewer need not look for. Nothing runs, so no server is needed.
//!
//! Cheap steps first; every step runs, so that one run names all that is to mend.

mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use local_stack::console::Console;
use local_stack::paths::Paths;
use local_stack::setup::{BuildEnv, cargo, components, web};
use local_stack::supervise::signals::until_stopped;
use local_stack::supervise::{Inherit, Invocation};

use crate::counts::TestCounts;

/// The npm scripts of the front end.
const WEB_SCRIPTS: [&str; 2] = ["lint", "check"];

/// Runs all checks; fails when one of them does.
///
/// # Errors
/// When a tool cannot be installed or started.
pub(crate) async fn run(paths: Paths) -> Result<ExitCode> {
    let console = Console::stdout(false);
    let build_env = BuildEnv::open(paths, console.clone())?;
    let counts = until_stopped(check(&build_env)).await?;
    for step in &counts.failed_steps {
        console.print(&format!("failed: {step}"));
    }
    Ok(if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn check(build_env: &BuildEnv) -> Result<TestCounts> {
    let mut counts = TestCounts::default();
    check_format(build_env, &mut counts).await?;
    check_spelling(build_env, &mut counts).await?;
    check_dependencies(build_env, &mut counts).await?;
    web::install_packages(build_env).await?;
    for script in WEB_SCRIPTS {
        let invocation = web::npm_invocation(build_env)?.args(["run", script]);
        counts.run(build_env, &format!("npm run {script}"), invocation).await?;
    }
    check_deployment(build_env, &mut counts).await?;
    run_clippy(build_env, &mut counts).await?;
    check_docs(build_env, &mut counts).await?;
    Ok(counts)
}

/// `cargo fmt`.
pub(crate) async fn check_format(build_env: &BuildEnv, counts: &mut TestCounts) -> Result<()> {
    let invocation = cargo::invocation(build_env)?.args(["fmt", "--all", "--check"]);
    counts.run(build_env, "cargo fmt --check", invocation).await
}

/// Words that are no words; `typos.toml` lists names that look like it.
async fn check_spelling(build_env: &BuildEnv, counts: &mut TestCounts) -> Result<()> {
    let typos = tools::install(build_env, &tools::TYPOS).await?;
    counts.run(build_env, "typos", in_clone(build_env, typos).args(["--format", "brief"])).await
}

/// Dependencies that nothing uses, and licences, sources and versions that `deny.toml` does not
/// allow. Advisories only if a database of them was fetched before: the check works offline.
async fn check_dependencies(build_env: &BuildEnv, counts: &mut TestCounts) -> Result<()> {
    let shear = tools::install(build_env, &tools::CARGO_SHEAR).await?;
    counts.run(build_env, "cargo shear", in_clone(build_env, shear)).await?;
    // `cargo deny` reads the manifests of every platform's dependencies; a build fetches its own.
    let fetch = cargo::invocation(build_env)?.args(["fetch", "--locked"]);
    counts.run(build_env, "cargo fetch", fetch).await?;
    let deny = tools::install(build_env, &tools::CARGO_DENY).await?;
    let mut invocation =
        in_clone(build_env, deny).args(["--offline", "check", "bans", "licenses", "sources"]);
    if has_advisories() {
        invocation = invocation.args(["advisories"]);
    } else {
        build_env.console.print("no advisories are known here; to fetch them: cargo deny fetch");
    }
    counts.run(build_env, "cargo deny", invocation).await
}

/// Where `cargo deny fetch` puts its database.
fn has_advisories() -> bool {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let folder = home.map(|home| home.join("advisory-dbs"));
    folder
        .and_then(|folder| folder.read_dir().ok())
        .is_some_and(|mut entries| entries.next().is_some())
}

/// A tool that reads the clone and asks cargo about it.
fn in_clone(build_env: &BuildEnv, program: PathBuf) -> Invocation {
    Invocation::new(program)
        .inherit(Inherit::Tools)
        .folder(&build_env.paths.root)
        .env("CARGO_TERM_COLOR", "never")
}

/// `deploy/check`: what is in deploy/, read by the tools that will read it. It fetches them once and
/// skips what needs one that cannot be fetched; the program of a built host is tried if there is one.
async fn check_deployment(build_env: &BuildEnv, counts: &mut TestCounts) -> Result<()> {
    let script = build_env.paths.root.join("deploy/check");
    let invocation = in_clone(build_env, script)
        .env("TESSERA_CACHE", &build_env.paths.cache)
        .env("CARGO_TARGET_DIR", &build_env.paths.target);
    counts.run(build_env, "deploy/check", invocation).await
}

async fn run_clippy(build_env: &BuildEnv, counts: &mut TestCounts) -> Result<()> {
    let arguments =
        ["clippy", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    let invocation = cargo::invocation(build_env)?.args(arguments);
    counts.run(build_env, "cargo clippy", invocation).await?;
    // The lints of the host's target never see what exists only inside a component. In release, as
    // above: macros and build scripts are compiled once for both.
    components::install_target(build_env).await?;
    let mut guests =
        ["clippy", "--release", "--target", components::TARGET].map(str::to_owned).to_vec();
    for name in components::names(&build_env.paths.root)? {
        guests.extend(["--package".to_owned(), format!("{name}-component")]);
    }
    guests.extend(["--", "--deny", "warnings"].map(str::to_owned));
    let invocation = cargo::invocation(build_env)?.args(guests);
    counts.run(build_env, "cargo clippy of the components", invocation).await
}

/// Links in doc comments that lead nowhere.
async fn check_docs(build_env: &BuildEnv, counts: &mut TestCounts) -> Result<()> {
    let arguments = ["doc", "--release", "--workspace", "--no-deps", "--document-private-items"];
    let invocation = cargo::invocation(build_env)?
        .args(arguments)
        .env("RUSTDOCFLAGS", "--deny warnings --allow rustdoc::private_intra_doc_links");
    counts.run(build_env, "cargo doc", invocation).await
}
