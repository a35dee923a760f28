//! The words of comments and documents (docs/glossary.md).

use std::fs;

use crate::tidy::{none, rust, short, sources};
use tests::stack::root;

/// Words of prose for which English has a plainer one.
const BANNED_PROSE: &[&str] = &["anew", "nobody", "somebody", "whoever"];

/// The glossary lists these words, and `nobody` is a user of operating systems.
const OTHER_PROSE: &[&str] = &["docs/glossary.md", "local-stack/src/supervise/run_as.rs"];

#[test]
fn prose_has_no_word_that_the_glossary_replaces() {
    let mut offenders = Vec::new();
    let mut check = |path: &str, number: usize, line: &str| {
        // Code in backquotes is what it is.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ").to_lowercase();
        let mut words = prose.split(|c: char| !c.is_alphanumeric());
        if let Some(word) = words.find(|word| BANNED_PROSE.contains(word)) {
            offenders.push(format!("{path}:{}: {word}", number + 1));
        }
    };
    let is_ours = |path: &str| !OTHER_PROSE.iter().any(|begin| path.starts_with(begin));
    for (path, text) in rust().into_iter().map(|(path, text)| (short(&path), text)) {
        let comments =
            text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("//"));
        comments.filter(|_| is_ours(&path)).for_each(|(n, line)| check(&path, n, line));
    }
    let folders =
        ["crates", "components", "docs", "worker", "local-stack", "tools", "tests", "bench"];
    let mut documents: Vec<(String, String)> = folders
        .iter()
        .flat_map(|folder| sources(folder, "md"))
        .map(|(path, text)| (short(&path), text))
        .collect();
    for name in ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"] {
        documents.push((name.to_owned(), fs::read_to_string(root().join(name)).unwrap()));
    }
    for (path, text) in documents.iter().filter(|(path, _)| is_ours(path)) {
        text.lines().enumerate().for_each(|(n, line)| check(path, n, line));
    }
    none(&offenders, "write `no one`, `again`, `someone` or the person who is meant");
}
