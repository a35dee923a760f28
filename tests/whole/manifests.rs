//! What the manifests leave out of a test run has no tests in it.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use crate::tidy::{none, rust, short};
use tests::stack::root;

/// Whether a section of the manifest says `test = false`.
fn is_left_out(manifest: &toml::Table, section: &str) -> bool {
    let says =
        |target: &toml::Value| target.get("test").and_then(toml::Value::as_bool) == Some(false);
    match manifest.get(section) {
        Some(toml::Value::Array(targets)) => targets.iter().all(says),
        Some(target) => says(target),
        None => false,
    }
}

/// The nearest folder above a file that has a manifest, and the manifest.
fn package_of(file: &Path) -> Option<(&Path, toml::Table)> {
    let folder = file.ancestors().find(|folder| folder.join("Cargo.toml").is_file())?;
    let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    Some((folder, text.parse().ok()?))
}

#[test]
fn a_target_that_is_left_out_of_tests_has_none() {
    let mut offenders = Vec::new();
    for (path, _) in rust().into_iter().filter(|(_, text)| text.contains("#[cfg(test)]")) {
        let Some((folder, manifest)) = package_of(&path) else { continue };
        let is_program = path == folder.join("src/main.rs");
        let section = if is_program { "bin" } else { "lib" };
        if path.starts_with(folder.join("src")) && is_left_out(&manifest, section) {
            offenders.push(format!("{}: its package says `test = false`", short(&path)));
        }
    }
    none(
        &offenders,
        "tests in a target that cargo does not test never run; take the line out of Cargo.toml",
    );
}

#[test]
fn a_library_without_unit_tests_is_compiled_once() {
    let with_tests: Vec<_> =
        rust().into_iter().filter(|(_, text)| text.contains("#[cfg(test)]")).collect();
    let mut offenders = Vec::new();
    for (path, _) in rust().into_iter().filter(|(path, _)| path.ends_with("src/lib.rs")) {
        let Some((folder, manifest)) = package_of(&path) else { continue };
        let has_tests = with_tests.iter().any(|(file, _)| file.starts_with(folder.join("src")));
        if !has_tests && folder.starts_with(root()) && !is_left_out(&manifest, "lib") {
            offenders.push(short(&path));
        }
    }
    none(&offenders, "expected `test = false` in [lib]: cargo compiles it again for no test");
}

#[test]
fn no_example_in_a_doc_comment_waits_for_a_doctest() {
    let mut offenders = Vec::new();
    for (path, text) in rust() {
        let mut is_open = false;
        for (line, text) in text.lines().enumerate() {
            let text = text.trim_start();
            let Some(doc) = text.strip_prefix("///").or_else(|| text.strip_prefix("//!")) else {
                continue;
            };
            let Some(language) = doc.trim().strip_prefix("```") else { continue };
            is_open = !is_open;
            if is_open && (language.is_empty() || language.starts_with("rust")) {
                offenders.push(format!("{}:{}", short(&path), line + 1));
            }
        }
    }
    none(
        &offenders,
        "`./stack test` runs no doctests; write a unit test, or name the block `text`",
    );
}

/// Each dependency with its features, as `cargo build` or, with `dev`, `cargo test` compiles it.
fn dependencies(edges: &str) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tree = Command::new(cargo);
    tree.args([
        "tree",
        "--offline",
        "--workspace",
        "--prefix",
        "none",
        "--format",
        "{p}|{f}",
        "--edges",
        edges,
    ]);
    let output = tree.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .filter(|line| !line.contains(" (/"))
        .collect()
}

#[test]
fn tests_compile_no_dependency_with_other_features_than_the_programs() {
    let of_tests = dependencies("normal,build,dev");
    let twice: Vec<String> = dependencies("normal,build").difference(&of_tests).cloned().collect();
    none(
        &twice,
        "a feature of a dev-dependency makes cargo compile these, and all that use them, a second time",
    );
}
