//! What docs/ names exists, and what docs/ must name stands there.

use std::{collections::BTreeSet, fs};

use kernel::{Code, ReasonCode};
use tests::stack::root;

use crate::tidy::{none, rust, short, sources};

#[test]
fn every_error_code_stands_in_docs_errors() {
    let document = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let missing: Vec<String> = Code::ALL
        .iter()
        .filter(|code| !document.contains(&format!("`{}`", code.as_str())))
        .map(|c| c.as_str().to_owned())
        .collect();
    none(&missing, "expected a row in docs/errors.md");
    let failures = fs::read_to_string(root().join("crates/extract/src/failure.rs")).unwrap();
    let codes: Vec<&str> = failures
        .lines()
        .filter_map(|line| {
            line.trim().strip_suffix("\",")?.split_once("=> \"").map(|(_, code)| code)
        })
        .filter(|code| !code.contains(' '))
        .collect();
    assert!(codes.len() >= 11, "the codes of documents are not found any more: {codes:?}");
    let missing: Vec<String> = codes
        .into_iter()
        .filter(|code| !document.contains(&format!("`{code}`")))
        .map(str::to_owned)
        .collect();
    none(&missing, "expected a row for the failure of a document in docs/errors.md");
}

#[test]
fn every_reason_stands_in_docs_errors_and_in_both_languages() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (document, english, swedish) = (
        read("docs/errors.md"),
        read("web/src/lib/i18n/en-reasons.ts"),
        read("web/src/lib/i18n/sv-reasons.ts"),
    );
    let lacks = |reason: &&ReasonCode| {
        let name = reason.as_str();
        let key = format!("'reason.{name}':");
        !(document.contains(&format!("| `{name}` |"))
            && english.contains(&key)
            && swedish.contains(&key))
    };
    let missing: Vec<String> =
        ReasonCode::ALL.iter().filter(lacks).map(|it| it.as_str().to_owned()).collect();
    none(&missing, "expected a row in docs/errors.md, and a sentence in both languages");
}

#[test]
fn what_is_refused_has_a_reason() {
    // Protocols of others have no reasons; the gateway is asked by our components only.
    let without = [
        "crates/kernel/",
        "crates/api/src/dialect/",
        "crates/api/src/problem.rs",
        "crates/models/src/gateway/",
        "components/openai/",
        "components/gateway/",
    ];
    let offenders: Vec<String> = rust()
        .into_iter()
        .map(|(path, text)| (short(&path), text))
        .filter(|(path, _)| {
            !path.contains("tests/") && !without.iter().any(|it| path.starts_with(it))
        })
        .filter(|(_, text)| {
            let joined: String = text.split_whitespace().collect();
            joined.contains("Problem::invalid_field(")
                || joined.contains("Problem::new(Code::Conflict")
        })
        .map(|(path, _)| path)
        .collect();
    none(&offenders, "expected Problem::refused_field and Problem::conflict, which take a reason");
}

/// The tests that a text names between backticks, as functions or as titles.
fn named_tests(text: &str) -> BTreeSet<&str> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.matches(['_', ' ']).count() >= 2 && !name.contains(['/', '\n']))
        .collect()
}

/// The names in parentheses of a text, such as `bounds` and `sso::attacks`, or paths.
fn named_in_parentheses(text: &str) -> BTreeSet<&str> {
    let is_name = |name: &&str| {
        !name.contains("://")
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:/.-".contains(c))
    };
    text.split('(')
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .flat_map(|(within, _)| within.split('`').skip(1).step_by(2))
        .filter(is_name)
        .collect()
}

/// Every test of ours, as text.
fn all_tests() -> String {
    rust()
        .into_iter()
        .map(|(_, text)| text)
        .chain(sources("web/src", "ts").into_iter().map(|(_, text)| text))
        .collect()
}

fn is_test(tests: &str, name: &str) -> bool {
    tests.contains(&format!("fn {name}(")) || tests.contains(&format!("it('{name}'"))
}

/// A module of the whole-system tests: a file, or a folder.
fn is_module(name: &str) -> bool {
    let inner = name.replace("::", "/");
    let folders =
        ["", "access/", "accounts/", "contract/", "conversations/", "knowledge/", "resilience/"];
    folders.iter().any(|folder| {
        let path = root().join(format!("tests/whole/{folder}{inner}"));
        path.is_dir() || path.with_extension("rs").is_file()
    })
}

#[test]
fn every_test_that_docs_name_exists() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (attacks, security, tests) = (read("docs/attacks.md"), read("SECURITY.md"), all_tests());
    let named = named_tests(&attacks);
    assert!(named.len() >= 50, "the names of tests are not found any more: {named:?}");
    let in_parentheses = named_in_parentheses(&security);
    assert!(in_parentheses.len() >= 30, "the names are not found any more: {in_parentheses:?}");
    let is_there = |name: &str| {
        is_test(&tests, name)
            || is_module(name)
            || (name.contains('/') && root().join(name).exists())
    };
    let missing: Vec<String> = named
        .into_iter()
        .filter(|name| !is_test(&tests, name))
        .chain(in_parentheses.into_iter().filter(|name| !is_there(name)))
        .map(str::to_owned)
        .collect();
    none(&missing, "expected a test of this name, as docs/attacks.md or SECURITY.md says");
}

/// The rows of the table below a heading's line that begins with `above`, cell by cell.
fn table_below(document: &str, above: &str) -> Vec<(String, u64)> {
    let rows = document.split(above).nth(1).unwrap_or_default().lines();
    rows.skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .map_while(|line| {
            let (name, count) = line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
            Some((name.trim_matches('`').to_owned(), count.parse().ok()?))
        })
        .collect()
}

#[test]
fn the_attacks_held_are_counted() {
    let path = root().join("docs/attacks.md");
    let document = fs::read_to_string(&path).unwrap();
    let counted = table_below(&document, "\n## Attacks held\n");
    let found: Vec<(String, u64)> = document
        .split("\n## ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .filter(|(title, _)| title.get(1..3) == Some(". "))
        .map(|(title, text)| (title.to_owned(), named_tests(text).len() as u64))
        .collect();
    if std::env::var_os("TESSERA_WRITE_DOCS").is_some() {
        let mut written = document.clone();
        for ((title, before), (_, now)) in counted.iter().zip(&found) {
            let row = |count: &u64| format!("| {title} | {count} |");
            written = written.replace(&row(before), &row(now));
        }
        fs::write(path, written).unwrap();
    } else {
        assert_eq!(counted, found, "run this test once with TESSERA_WRITE_DOCS=1");
    }
}

/// Compares the single attacks that a test made with the number in docs/attacks.md: at least so
/// many, and not many more.
pub(crate) fn made(test: &str, attacks: usize) {
    let document = fs::read_to_string(root().join("docs/attacks.md")).unwrap();
    let table = table_below(&document, "\nSingle attacks that one run");
    let written = table.iter().find(|(name, _)| name == test).map(|(_, count)| *count as usize);
    let written = written.unwrap_or_else(|| panic!("expected a row for {test} in docs/attacks.md"));
    let is_so = written <= attacks && attacks <= written + written / 4;
    assert!(is_so, "docs/attacks.md says {written} for {test}; it made {attacks}");
}
