//! The collection: files of many kinds and programs, each with what a reader of its text must and
//! must not find.

use std::collections::BTreeMap;

use extract::BlockKind;
use regex::Regex;
use serde::Deserialize;

use crate::fixtures::{Reading, file, read};

/// What is expected of one file. All expectations hold together, except those of `anyof`.
#[derive(Deserialize)]
struct Expectation {
    #[serde(flatten)]
    rules: Rules,
    /// One of these is enough.
    #[serde(default)]
    anyof: Vec<Rules>,
    kind: String,
    severity: String,
    upload: String,
    about: String,
}

#[derive(Deserialize, Default)]
struct Rules {
    #[serde(default)]
    has: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
    /// Stands in the text exactly once.
    #[serde(default)]
    once: Vec<String>,
    /// Regular expressions.
    #[serde(default)]
    rx: Vec<String>,
    /// Stand in the text in this order.
    #[serde(default)]
    order: Vec<String>,
    /// Texts by page number.
    #[serde(default)]
    page: BTreeMap<u32, Vec<String>>,
    title: Option<String>,
    #[serde(default)]
    heading: Vec<String>,
    #[serde(default)]
    notheading: Vec<String>,
    /// `failed` where the document is to be refused.
    status: Option<String>,
    code: Option<String>,
    #[serde(default)]
    hintlacks: Vec<String>,
    #[serde(default)]
    detaillacks: Vec<String>,
    /// The document says what is missing.
    warns: Option<bool>,
}

#[test]
fn each_file_of_the_collection_reads_as_its_readers_see_it() {
    let expected: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&file("tests/files/collection/expected.json")).expect("valid JSON");
    assert_eq!(expected.len(), 121);
    let mut faults = Vec::new();
    for (name, value) in &expected {
        let expected: Expectation =
            serde_json::from_value(value.clone()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let reading = read(file(&format!("tests/files/collection/{name}")), &expected.upload);
        let found = faults_of(&reading, &expected);
        if !found.is_empty() {
            let Expectation { kind, severity, about, .. } = &expected;
            faults.push(format!(
                "{kind} ({severity}) {name}, {about}: {}\n{}",
                found.join("; "),
                shown(&reading)
            ));
        }
    }
    assert!(faults.is_empty(), "{} files:\n\n{}", faults.len(), faults.join("\n\n"));
}

fn faults_of(reading: &Reading, expected: &Expectation) -> Vec<String> {
    let mut faults = expected.rules.faults(reading);
    let choices: Vec<Vec<String>> =
        expected.anyof.iter().map(|rules| rules.faults(reading)).collect();
    if !choices.is_empty() && choices.iter().all(|faults| !faults.is_empty()) {
        faults.push(format!("none of {choices:?}"));
    }
    faults
}

impl Rules {
    fn faults(&self, reading: &Reading) -> Vec<String> {
        match &reading.result {
            Ok(_) if self.status.as_deref() == Some("failed") => vec!["was read".to_owned()],
            Err(failure) if self.status.is_none() => vec![format!("failed: {failure}")],
            Err(failure) => {
                let mut faults = Vec::new();
                if self.code.as_deref().is_some_and(|code| code != failure.code.as_str()) {
                    faults.push(format!("failed as {}", failure.code.as_str()));
                }
                let lower = |text: &str| text.to_lowercase();
                let hint = self
                    .hintlacks
                    .iter()
                    .filter(|text| lower(&failure.hint).contains(&lower(text)));
                let detail = self
                    .detaillacks
                    .iter()
                    .filter(|text| lower(&failure.detail).contains(&lower(text)));
                faults.extend(hint.chain(detail).map(|text| format!("says {text:?}")));
                faults
            }
            Ok(done) => {
                let mut faults = self.text_faults(reading);
                if self.warns == Some(true) && done.warnings.is_empty() {
                    faults.push("does not warn".to_owned());
                }
                faults
            }
        }
    }

    fn text_faults(&self, reading: &Reading) -> Vec<String> {
        let mut faults = Vec::new();
        let text = one_blank(&reading.text());
        let mut expect = |holds: bool, rule: &str, value: &str| {
            if !holds {
                faults.push(format!("{rule} {value:?}"));
            }
        };
        self.has.iter().for_each(|part| expect(text.contains(&one_blank(part)), "has", part));
        self.lacks.iter().for_each(|part| expect(!text.contains(&one_blank(part)), "lacks", part));
        self.once
            .iter()
            .for_each(|part| expect(text.matches(&one_blank(part)).count() == 1, "once", part));
        for pattern in &self.rx {
            let found = Regex::new(&format!("(?s){pattern}"))
                .expect("a regular expression")
                .is_match(&text);
            expect(found, "rx", pattern);
        }
        let mut from = 0;
        for part in &self.order {
            let found = text.get(from..).and_then(|rest| rest.find(&one_blank(part)));
            expect(found.is_some(), "order", part);
            from += found.unwrap_or(0);
        }
        for (number, parts) in &self.page {
            let page = reading.pages.iter().find(|page| page.number == *number);
            let text = page
                .map_or(String::new(), |page| one_blank(&extract::page_text(&page.blocks).text));
            parts.iter().for_each(|part| expect(text.contains(&one_blank(part)), "page", part));
        }
        let heading = |part: &String| {
            let blocks = reading.blocks();
            let mut headings =
                blocks.iter().filter(|(kind, _)| matches!(kind, BlockKind::Heading { .. }));
            headings.any(|(_, text)| text.contains(part.as_str()))
        };
        self.heading.iter().for_each(|part| expect(heading(part), "heading", part));
        self.notheading.iter().for_each(|part| expect(!heading(part), "notheading", part));
        if let Some(title) = &self.title {
            expect(reading.title() == Some(title), "title", title);
        }
        faults
    }
}

/// Blanks of any kind count as one.
fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shown(reading: &Reading) -> String {
    let text = reading.text();
    let start: String = text.chars().take(600).collect();
    format!("    {:?} | {}", reading.title(), start.replace('\n', "\n    "))
}
