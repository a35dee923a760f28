//! `doctor`: names each missing or broken prerequisite and the command that fixes it.

mod parts;
mod tools;

use std::process::ExitCode;

use anyhow::Result;

use crate::console::Console;
use crate::paths::Paths;
use crate::setup::BuildEnv;

/// The result of one check.
struct Finding {
    what: &'static str,
    state: State,
}

enum State {
    /// In order, with its version or location.
    Fine(String),
    /// Not there yet, but `up` (or the named command) installs it.
    Later(String),
    /// Missing or broken: what was found, and the command that fixes it.
    Broken { found: String, mend: String },
}

impl Finding {
    fn fine(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, state: State::Fine(detail.into()) }
    }

    fn later(what: &'static str, detail: impl Into<String>) -> Self {
        Self { what, state: State::Later(detail.into()) }
    }

    fn broken(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, state: State::Broken { found: found.into(), mend: mend.into() } }
    }
}

/// Checks everything and prints it; fails if a check is broken.
///
/// # Errors
/// If the state folder cannot be created.
pub async fn run(paths: Paths) -> Result<ExitCode> {
    let build_env = BuildEnv::open(paths, Console::stdout(false))?;
    let mut findings = vec![installation(&build_env.paths)];
    findings.extend(tools::check(&build_env));
    findings.extend(parts::check(&build_env).await);
    let mut broken = 0;
    for Finding { what, state } in &findings {
        match state {
            State::Fine(detail) => println!("ok       {what}: {detail}"),
            State::Later(detail) => println!("later    {what}: {detail}"),
            State::Broken { found, mend } => {
                broken += 1;
                println!("BROKEN   {what}: {found}\n         fix: {mend}");
            }
        }
    }
    if broken == 0 {
        println!("nothing is in the way of {}", build_env.paths.command("up"));
        return Ok(ExitCode::SUCCESS);
    }
    println!("{broken} to fix");
    Ok(ExitCode::FAILURE)
}

/// Whether this is a clone, which is built, or a release.
fn installation(paths: &Paths) -> Finding {
    let (root, state) = (paths.root.display(), paths.state.display());
    let Some(release) = &paths.release else {
        return Finding::fine(
            "installation",
            format!("a clone in {root}, built from its sources; state in {state}"),
        );
    };
    let detail =
        format!("release {} for {} in {root}; state in {state}", release.version, release.platform);
    let missing = [
        "tessera-host",
        "worker",
        "spin.toml",
        "local-stack.toml",
        "migrations",
        "dist",
        "web/build",
    ];
    match missing.into_iter().find(|name| !paths.root.join(name).exists()) {
        None => Finding::fine("installation", detail),
        Some(name) => Finding::broken(
            "installation",
            format!("{detail}: {name} is missing"),
            "unpack the release again",
        ),
    }
}
