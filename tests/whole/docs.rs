//! What docs/ names exists, and what docs/ must name stands there.

use std::fs;

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

#[test]
fn every_test_that_docs_name_exists() {
    let document = fs::read_to_string(root().join("docs/attacks.md")).unwrap();
    let tests: String = rust()
        .into_iter()
        .map(|(_, text)| text)
        .chain(sources("web/src", "ts").into_iter().map(|(_, text)| text))
        .collect();
    let (names, titles): (Vec<&str>, Vec<&str>) = document
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.matches(['_', ' ']).count() >= 2 && !name.contains('/'))
        .partition(|name| name.contains('_'));
    assert!(names.len() >= 50, "the names of tests are not found any more: {names:?}");
    let is_there = |name: &&str| {
        tests.contains(&format!("fn {name}(")) || tests.contains(&format!("it('{name}'"))
    };
    let missing: Vec<String> = names
        .iter()
        .chain(&titles)
        .filter(|name| !is_there(name))
        .map(|name| (*name).to_owned())
        .collect();
    none(&missing, "expected a test of this name, as docs/attacks.md says");
}
