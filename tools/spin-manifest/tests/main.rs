//! The committed manifest, and what is refused in its source.

use std::fs;

use spin_manifest::{manifest, path, source};
use toml::Table;

#[test]
fn the_committed_manifest_is_what_the_source_says() {
    let made = manifest(&source().unwrap()).unwrap();
    let committed = fs::read_to_string(path()).unwrap();
    // Not `assert_eq!`: it would print both files.
    let line = made.lines().zip(committed.lines()).position(|(one, other)| one != other);
    assert!(
        made == committed,
        "spin.toml is stale (first at line {:?}): edit components.toml and run `cargo run --release -p spin-manifest`",
        line.map(|index| index + 1)
    );
}

/// A source with one component.
fn with(component: &str) -> Result<Table, String> {
    let head = "[application]\nname = \"a\"\n\n[variables]\nmaster_key = {}\nmaster_key_previous = {}\n\n[component.one]\n";
    let text = manifest(&format!("{head}{component}"))?;
    text.parse().map_err(|e| format!("not TOML: {e}"))
}

#[test]
fn a_component_gets_its_own_account_and_no_other() {
    let made = with("routes = [\"/one\"]\nstores = [\"redis\"]\n").unwrap();
    let component = made["component"]["one"].as_table().unwrap();
    let variables = component["variables"].as_table().unwrap();
    assert_eq!(
        variables["redis_url"].as_str().unwrap(),
        "{{ redis_scheme }}://tessera_one:{{ redis_password_one }}@{{ redis_host }}:{{ redis_port }}",
    );
    assert_eq!(variables.len(), 1, "{variables}");
    assert_eq!(component["allowed_outbound_hosts"].as_array().unwrap().len(), 1);
    let declared = made["variables"].as_table().unwrap();
    assert!(declared.contains_key("redis_password_one"), "{declared}");
    assert!(!declared.contains_key("pg_password_one"), "{declared}");
}

#[test]
fn a_key_brings_the_previous_one_along() {
    let made = with("variables = [\"master_key\"]\n").unwrap();
    let variables = made["component"]["one"]["variables"].as_table().unwrap().clone();
    let names: Vec<&String> = variables.keys().collect();
    assert_eq!(names, ["master_key", "master_key_previous"]);
}

#[test]
fn a_name_that_nothing_declares_is_refused() {
    let refused = with("variables = [\"misspelt_key\"]\n").unwrap_err();
    assert_eq!(refused, "component one: misspelt_key is not in [variables]");
    assert!(with("hosts = [\"anywhere\"]\n").is_err());
    assert!(with("route = [\"/one\"]\n").is_err(), "a misspelt member");
    assert!(with("stores = [\"mysql\"]\n").is_err());
}

#[test]
fn a_variable_is_not_cut_off_without_a_blank_line_after_it() {
    let head = "[application]\nname = \"a\"\n\n[variables]\none = {}\n\ntwo = {}\n";
    for between in ["", "# About the component.\n"] {
        let refused = manifest(&format!("{head}{between}[component.one]\n")).unwrap_err();
        assert!(refused.contains("two is cut off"), "{refused}");
    }
    let made: Table = manifest(&format!("{head}\n[component.one]\n")).unwrap().parse().unwrap();
    assert!(made["variables"].as_table().unwrap().contains_key("two"), "{made}");
}

#[test]
fn a_variable_that_is_there_twice_is_refused() {
    let refused = with("variables = [\"master_key\", \"master_key\"]\n").unwrap_err();
    assert!(refused.contains("duplicate key"), "{refused}");
    let refused = with("variables = [\"master_key\", \"master_key_previous\"]\n").unwrap_err();
    assert!(refused.contains("duplicate key"), "{refused}");
}
