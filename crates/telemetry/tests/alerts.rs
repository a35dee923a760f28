//! The alert rules name metrics that exist, and entries of the operators' guide.

use std::collections::BTreeSet;

const GUIDE: &str = include_str!("../../../docs/operations.md");
const RULES: &str = include_str!("../../../deploy/monitoring/alerts.yml");

/// The metrics that a text names.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("tessera_")).map(str::to_owned).collect()
}

#[test]
fn every_metric_of_a_rule_is_documented() {
    let documented = metrics(GUIDE);
    let bare = |name: &String| {
        let histogram =
            ["_bucket", "_count", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix));
        histogram.unwrap_or(name).to_owned()
    };
    let unknown: Vec<String> =
        metrics(RULES).iter().map(bare).filter(|name| !documented.contains(name)).collect();
    assert_eq!(unknown, [""; 0]);
    assert!(metrics(RULES).len() > 8);
}

#[test]
fn every_alert_has_an_entry_in_the_guide_and_names_it() {
    let after = |line: &str, word: &str| {
        Some(line.split_once(word)?.1.trim_end_matches([' ', '}']).to_owned())
    };
    let alerts: Vec<String> = RULES.lines().filter_map(|line| after(line, "alert: ")).collect();
    let runbooks: Vec<String> = RULES.lines().filter_map(|line| after(line, "runbook: ")).collect();
    assert_eq!(alerts, runbooks);
    let entries: Vec<&str> = GUIDE
        .lines()
        .filter_map(|line| line.strip_prefix("* **Tessera")?.split("**").next())
        .collect();
    assert_eq!(
        alerts.iter().map(|name| name.trim_start_matches("Tessera")).collect::<Vec<_>>(),
        entries
    );
}
