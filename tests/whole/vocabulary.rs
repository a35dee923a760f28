//! The glossary (docs/glossary.md), as far as names can be checked: forbidden names of definitions.

use crate::tidy::{none, rust, short};

/// Names for which the field has a better word.
const BANNED: &[&str] = &[
    "arrive",
    "bury",
    "beat",
    "divider",
    "is_farewell",
    "passage",
    "said",
    "show_life",
    "told",
    "Authority",
    "FAREWELL",
    "Likeness",
    "News",
    "Once",
    "Passage",
    "Patience",
    "Standing",
    "Telling",
    "Whole",
];

/// The keyword and the name that a line defines.
fn definition(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub").map_or(line, |rest| {
        let rest = rest
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            .map_or(rest, |(_, rest)| rest);
        rest.trim_start()
    });
    let line = line.strip_prefix("async ").unwrap_or(line);
    let (keyword, rest) = line.split_once(' ')?;
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    ["struct", "enum", "trait", "type", "fn", "const", "mod"]
        .contains(&keyword)
        .then_some((keyword, name))
}

/// Product code, except the PDF parsers, which are renamed together with other work there.
fn product(path: &str) -> bool {
    (path.starts_with("crates/") || path.starts_with("components/"))
        && path.contains("/src/")
        && !path.starts_with("crates/testkit/")
        && !path.starts_with("crates/extract/src/pdf/")
}

#[test]
fn names_are_the_words_of_the_glossary() {
    let mut offenders = Vec::new();
    for (path, text) in rust() {
        let path = short(&path);
        let defined =
            text.lines().enumerate().filter_map(|(n, line)| Some((n + 1, definition(line)?)));
        let defined = defined.filter(|(_, (_, name))| product(&path) && BANNED.contains(name));
        offenders.extend(defined.map(|(n, (_, name))| format!("{path}:{n}: {name}")));
    }
    none(&offenders, "docs/glossary.md has the word");
}

#[test]
fn types_are_nouns_and_not_participles() {
    let mut offenders = Vec::new();
    for (path, text) in rust() {
        let path = short(&path);
        for (number, line) in text.lines().enumerate() {
            let Some((keyword @ ("struct" | "enum" | "trait" | "type"), name)) = definition(line)
            else {
                continue;
            };
            let is_one_word = name.chars().skip(1).all(char::is_lowercase);
            // `Shared` is the name in the standard library and its users.
            if product(&path) && is_one_word && name.ends_with("ed") && name != "Shared" {
                offenders.push(format!("{path}:{}: {keyword} {name}", number + 1));
            }
        }
    }
    none(&offenders, "name the thing that was made, asked or stored");
}
