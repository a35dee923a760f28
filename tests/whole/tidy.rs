//! The invariants of ARCHITECTURE.md, read from the sources.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tests::stack::root;

/// The files below a folder with an extension, without what was built or installed.
pub(crate) fn sources(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, extension: &str, out: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !["target", "node_modules", "build", ".svelte-kit", "test-results", "deps"]
                    .contains(&name)
                {
                    walk(&path, extension, out);
                }
            } else if path.extension().is_some_and(|e| e == extension) {
                // Fixtures of parsers are not all UTF-8.
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                out.push((path, text));
            }
        }
    }
    let mut out = Vec::new();
    walk(&root().join(folder), extension, &mut out);
    out
}

pub(crate) fn rust() -> Vec<(PathBuf, String)> {
    ["crates", "components", "worker", "local-stack", "tools", "tests", "fuzz"]
        .iter()
        .flat_map(|folder| sources(folder, "rs"))
        .collect()
}

pub(crate) fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// Fails with the list of offenders.
pub(crate) fn none(offenders: &[String], rule: &str) {
    assert!(offenders.is_empty(), "{rule}:\n{}", offenders.join("\n"));
}

#[test]
fn rust_files_stay_within_400_lines_and_svelte_components_within_300() {
    let long = |files: Vec<(PathBuf, String)>, most: usize| {
        files
            .into_iter()
            .filter(move |(_, text)| {
                text.lines().count() > most && !text.contains("tidy: long file because")
            })
            .map(|(path, text)| format!("{}: {} lines", short(&path), text.lines().count()))
            .collect::<Vec<_>>()
    };
    none(
        &[long(rust(), 400), long(sources("web/src", "svelte"), 300)].concat(),
        "a file is one thing; split it, or give a reason in it",
    );
}

#[test]
fn every_rust_file_begins_with_its_purpose() {
    let silent: Vec<String> = rust()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!") && !text.starts_with("#![doc = include_str!"))
        .map(|(path, _)| short(&path))
        .collect();
    none(&silent, "expected a `//!` sentence at the top");
}

#[test]
fn no_test_sleeps_or_is_ignored() {
    let mut offenders = Vec::new();
    for (path, text) in rust() {
        let path = short(&path);
        // A guest of the contract suite may wait if its case is about waiting.
        if path.contains("tests/")
            && !path.starts_with("tests/guests/")
            && !path.ends_with("tidy.rs")
        {
            // We do not install Spin: these tests compare with it if it is there.
            let ignored = |l: &str| l.contains("#[ignore") && !l.contains("needs real Spin");
            let bad = text.lines().enumerate().filter(|(_, l)| {
                ignored(l) || l.contains("thread::sleep(") || l.contains("time::sleep(")
            });
            offenders.extend(bad.map(|(n, l)| format!("{path}:{}: {}", n + 1, l.trim())));
        }
    }
    none(&offenders, "wait for a condition instead");
}

#[test]
fn files_are_named_by_the_thing() {
    let bad = ["utils", "util", "common", "misc", "helpers", "helper", "manager", "service"];
    let offenders: Vec<String> = rust()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| bad.contains(&path.file_stem().unwrap().to_str().unwrap()))
        .map(|path| short(&path))
        .collect();
    none(&offenders, "name the thing");
}

#[test]
fn markdown_is_wrapped_at_100_columns() {
    // Generated lists, and what parsers are tested with.
    let apart = ["crates/extract/tests/files/", "docs/blast-radius.md"];
    let folders = [
        "bench",
        "components",
        "crates",
        "deploy",
        "docs",
        "local-stack",
        "migrations",
        "tests",
        "tools",
        "worker",
    ];
    let mut files: Vec<_> = folders.iter().flat_map(|folder| sources(folder, "md")).collect();
    for name in ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"] {
        let path = root().join(name);
        files.push((path.clone(), fs::read_to_string(path).unwrap()));
    }
    let mut offenders = Vec::new();
    for (path, text) in files {
        let path = short(&path);
        if apart.iter().any(|begin| path.starts_with(begin)) {
            continue;
        }
        let mut in_code = false;
        for (number, line) in text.lines().enumerate() {
            in_code ^= line.trim_start().starts_with("```");
            // Tables, headings and code have no line breaks; an address has no blanks to break at.
            let can_break =
                line.trim_start().contains(' ') && !line.trim_start().starts_with(['|', '#']);
            let has_long_word = line.split(' ').any(|word| word.chars().count() > 80);
            if line.chars().count() > 100 && can_break && !in_code && !has_long_word {
                offenders.push(format!("{path}:{}", number + 1));
            }
        }
    }
    none(&offenders, "wrap prose at 100 columns");
}

#[test]
fn a_doc_comment_says_more_than_the_name() {
    let empty = [
        "Id.",
        "Last change.",
        "Since when.",
        "Creation time.",
        "Who.",
        "Database errors.",
        "What the database says.",
    ];
    let mut offenders = Vec::new();
    for (path, text) in rust() {
        let path = short(&path);
        let lines = text.lines().enumerate().filter(|(_, line)| {
            line.trim_start().strip_prefix("/// ").is_some_and(|doc| empty.contains(&doc))
        });
        offenders.extend(lines.map(|(n, line)| format!("{path}:{}: {line}", n + 1)));
    }
    none(&offenders, "say units, ranges, sources or errors");
}
