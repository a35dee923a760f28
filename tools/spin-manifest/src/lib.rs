#![doc = include_str!("../README.md")]

mod component;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use component::{Component, Store};

const HEAD: &str = "# Written by `cargo run --release -p spin-manifest`. Edit components.toml.
# Runs unchanged under local-stack and under Spin >= 4.1; `./stack build` puts the components into
# dist/.
spin_manifest_version = 2
";

/// What `components.toml` says, apart from the tables that are copied.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    #[serde(rename = "application")]
    _application: Table,
    variables: BTreeMap<String, Value>,
    component: BTreeMap<String, Component>,
}

fn in_root(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(name)
}

/// The path of the manifest.
#[must_use]
pub fn path() -> PathBuf {
    in_root("spin.toml")
}

/// The text of `components.toml`.
///
/// # Errors
/// Says why it cannot be read.
pub fn source() -> Result<String, String> {
    fs::read_to_string(in_root("components.toml")).map_err(|e| format!("components.toml: {e}"))
}

/// The manifest that follows from a source.
///
/// # Errors
/// Says what is unknown, missing or there twice.
pub fn manifest(source: &str) -> Result<String, String> {
    let parsed: Source = toml::from_str(source).map_err(|e| format!("components.toml: {e}"))?;
    let first = source.find("\n[component.").ok_or("components.toml: no component")?;
    let start = source.find("[application]").ok_or("components.toml: no [application]")?;
    // As text, since a parser drops comments; those above the first component are not copied.
    let copied = source.get(start..=first).unwrap_or_default();
    let copied = copied.rsplit_once("\n\n").map_or(copied, |(tables, _)| tables);

    // In the order of the source, so that the manifest is read in the same order.
    let mut components: Vec<(&String, &Component)> = parsed.component.iter().collect();
    components.sort_by_key(|(name, _)| source.find(&format!("\n[component.{name}]\n")));

    let mut out = format!("{HEAD}\n{copied}\n");
    passwords(&mut out, &components)?;
    for (name, component) in &components {
        component.write_triggers(&mut out, name).map_err(|e| e.to_string())?;
    }
    for (name, component) in &components {
        let unknown = component
            .templates()
            .find(|variable| !parsed.variables.contains_key(variable.as_str()));
        if let Some(variable) = unknown {
            return Err(format!("component {name}: {variable} is not in [variables]"));
        }
        let is_declared = |variable: &str| parsed.variables.contains_key(variable);
        component.write(&mut out, name, is_declared).map_err(|e| e.to_string())?;
    }
    check(&out, &parsed.variables)?;
    Ok(out)
}

/// Refuses a manifest that is not TOML, as with a key that is there twice, or that lost a variable
/// where the text of the source was cut.
fn check(out: &str, variables: &BTreeMap<String, Value>) -> Result<(), String> {
    let made: Table = toml::from_str(out).map_err(|e| format!("the manifest: {e}"))?;
    let written = made.get("variables").and_then(Value::as_table);
    let is_written = |name: &str| written.is_some_and(|table| table.contains_key(name));
    match variables.keys().find(|name| !is_written(name)) {
        Some(name) => {
            Err(format!("components.toml: {name} is cut off, since no blank line ends [variables]"))
        }
        None => Ok(()),
    }
}

/// The passwords of the components' roles and users, at the end of `[variables]`.
fn passwords(out: &mut String, components: &[(&String, &Component)]) -> Result<(), String> {
    out.push_str(
        "# Each component has its own role in Postgres and user in Redis (docs/operations.md).\n",
    );
    for (store, prefix) in [(Store::Postgres, "pg"), (Store::Redis, "redis")] {
        for (name, _) in components.iter().filter(|(_, it)| it.uses(store)) {
            writeln!(out, "{prefix}_password_{name} = {{ required = true, secret = true }}")
                .map_err(|e| e.to_string())?;
        }
    }
    Ok(())
}
