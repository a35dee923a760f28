//! The tools that the system must provide: for a release almost none.

use std::path::Path;
use std::process::Command;

use super::Finding;
use crate::setup::{BuildEnv, components, find_program};

/// Oldest Rust, as major and minor version.
const RUST: (u32, u32) = (1, 95);
/// Oldest Node.
const NODE: (u32, u32) = (20, 0);
/// Oldest Python whose pip can fetch builds for another Python.
const PYTHON: (u32, u32) = (3, 8);

pub(super) fn check(build_env: &BuildEnv) -> Vec<Finding> {
    let mut findings = match build_env.paths.release {
        None => build_tools(build_env),
        Some(_) => Vec::new(),
    };
    if cfg!(target_os = "linux") {
        findings.push(present("setpriv", "setpriv", "apt-get install util-linux"));
    }
    findings.push(spin());
    findings
}

/// What a clone is built and tested with.
fn build_tools(build_env: &BuildEnv) -> Vec<Finding> {
    let root = &build_env.paths.root;
    let rustup = "rustup update stable && rustup default stable (rustup itself: https://rustup.rs)";
    let mut findings = vec![
        tool("rust", "rustc", RUST, rustup, root),
        present("cargo", "cargo", rustup),
        present(
            "C compiler",
            "cc",
            "apt-get install build-essential (macOS: xcode-select --install)",
        ),
        tool(
            "node",
            "node",
            NODE,
            "install Node 20 or newer: apt-get install nodejs npm, or https://nodejs.org",
            root,
        ),
        present("npm", "npm", "apt-get install npm, or https://nodejs.org"),
        tool(
            "python3",
            "python3",
            PYTHON,
            "apt-get install python3 (macOS: brew install python)",
            root,
        ),
    ];
    findings.push(if components::has_target(build_env) {
        Finding::fine("wasm32-wasip2", "installed")
    } else {
        Finding::later(
            "wasm32-wasip2",
            "./stack up installs it (by hand: tools/install-wasm-target.sh)",
        )
    });
    findings.push(chromium());
    findings
}

fn tool(
    what: &'static str,
    program: &str,
    oldest: (u32, u32),
    mend: &str,
    folder: &Path,
) -> Finding {
    let wanted = format!("{}.{} or newer", oldest.0, oldest.1);
    let Some(path) = find_program(program) else {
        return Finding::broken(
            what,
            format!("{program} is not on PATH; {wanted} is needed"),
            mend,
        );
    };
    // In the clone, where rust-toolchain.toml may choose another version.
    match Command::new(&path).arg("--version").current_dir(folder).output() {
        Ok(output) if output.status.success() => {
            let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            match version(&said) {
                Some(found) if found >= oldest => Finding::fine(what, said),
                _ => Finding::broken(what, format!("{said}; {wanted} is needed"), mend),
            }
        }
        Ok(output) => Finding::broken(
            what,
            format!("does not run: {}", String::from_utf8_lossy(&output.stderr).trim()),
            mend,
        ),
        Err(error) => {
            Finding::broken(what, format!("{} does not run: {error}", path.display()), mend)
        }
    }
}

fn present(what: &'static str, program: &str, mend: &str) -> Finding {
    match find_program(program) {
        Some(path) => Finding::fine(what, path.display().to_string()),
        None => Finding::broken(what, format!("{program} is not on PATH"), mend),
    }
}

fn spin() -> Finding {
    match std::env::var_os("SPIN").map(std::path::PathBuf::from).or_else(|| find_program("spin")) {
        Some(path) => Finding::fine("spin (for --host spin)", path.display().to_string()),
        None => Finding::later(
            "spin (for --host spin)",
            "not installed; only needed for `up --host spin`",
        ),
    }
}

fn chromium() -> Finding {
    match crate::setup::chromium::find() {
        Some(path) => Finding::fine("chromium (for tests)", path.display().to_string()),
        None => Finding::later(
            "chromium (for tests)",
            "not installed; ./stack test needs it (as root it installs it): apt-get install chromium",
        ),
    }
}

/// The first `major.minor` in a program's version output, e.g. `rustc 1.95.0 (…)` or `v20.11.1`.
fn version(said: &str) -> Option<(u32, u32)> {
    let words = said.split(|letter: char| !(letter.is_ascii_digit() || letter == '.'));
    words.filter(|word| word.contains('.')).find_map(|word| {
        let mut numbers = word.split('.');
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_read_as_tools_print_them() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert_eq!(version("v20.20.2"), Some((20, 20)));
        assert_eq!(version("Python 3.11.7"), Some((3, 11)));
        assert_eq!(version("no such thing"), None);
    }
}
