//! What docs/ names exists, and what docs/ must name stands there.

use std::fs;

use kernel::Code;
use tests::stack::root;

use crate::tidy::{none, rust, sources};

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
