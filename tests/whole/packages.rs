//! The invariants of ARCHITECTURE.md about packages: what each may depend on, and what `spin.toml`
//! gives a component.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use toml::{Table, Value};

use crate::tidy::{none, short, sources};
use tests::stack::root;

/// What opens a connection or runs Wasm, and the packages that may have it.
const DRIVERS: &[(&str, &[&str])] = &[
    ("spin-sdk", &["crates/platform", "tests/guests/contract"]),
    (
        "sqlx",
        &[
            "crates/platform",
            "crates/schema",
            "crates/testkit",
            "crates/tls",
            "local-stack/host",
            "tests",
            "bench",
        ],
    ),
    ("redis", &["crates/platform", "crates/schema", "crates/tls", "local-stack/host"]),
    ("reqwest", &["crates/platform", "local-stack", "tools/dev", "worker", "tests", "bench"]),
    ("hyper", &["crates/crawl", "crates/telemetry", "local-stack/host"]),
    ("hyper-util", &["crates/crawl", "crates/telemetry", "local-stack/host"]),
    ("lettre", &["crates/mail"]),
    ("wasmtime", &["crates/sandbox", "local-stack/host", "worker"]),
    ("wasmtime-wasi", &["crates/sandbox", "local-stack/host", "worker"]),
    ("tokio-postgres", &[]),
    ("postgres", &[]),
    ("deadpool-postgres", &[]),
    ("diesel", &[]),
    ("sea-orm", &[]),
    ("fred", &[]),
    ("ureq", &[]),
    ("isahc", &[]),
];

/// The packages with their folders, from the root of the clone.
fn manifests() -> Vec<(String, Table)> {
    ["crates", "components", "worker", "local-stack", "tools", "tests", "bench", "fuzz"]
        .iter()
        .flat_map(|folder| sources(folder, "toml"))
        .filter(|(path, _)| path.file_name().is_some_and(|name| name == "Cargo.toml"))
        .map(|(path, text)| {
            let folder = short(path.parent().unwrap());
            let manifest = text.parse().unwrap_or_else(|e| panic!("{folder}: {e}"));
            (folder, manifest)
        })
        .collect()
}

/// What is linked or run when a package is built. Its tests may be more: most ask the database
/// themselves.
const BUILT: &[&str] = &["dependencies", "build-dependencies"];
const ALL: &[&str] = &["dependencies", "build-dependencies", "dev-dependencies"];

/// The packages that a manifest names in tables of these kinds, also those of one target only and
/// those that it calls by another name.
fn dependencies(manifest: &Table, kinds: &[&str], workspace: &Table) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = std::iter::once(manifest).chain(targets.filter_map(|(_, it)| it.as_table()));
    tables
        .flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()))
        .flatten()
        .map(|(name, entry)| package(name, entry, workspace))
        .collect()
}

/// The package of an entry such as `db = { package = "sqlx" }`, which can be one of the workspace.
fn package(name: &str, entry: &Value, workspace: &Table) -> String {
    let is_inherited = entry.get("workspace").is_some();
    let entry = workspace.get(name).filter(|_| is_inherited).unwrap_or(entry);
    entry.get("package").and_then(Value::as_str).unwrap_or(name).to_owned()
}

/// `[workspace.dependencies]`.
fn workspace() -> Table {
    let manifest: Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    manifest["workspace"]["dependencies"].as_table().unwrap().clone()
}

#[test]
fn a_dependency_is_found_by_its_package_in_every_table() {
    let workspace: Table = "cache = { version = \"1\", package = \"redis\" }".parse().unwrap();
    let manifest: Table = r#"
        [dependencies]
        db = { version = "0.8", package = "sqlx" }
        cache.workspace = true
        hyper = "1"
        [build-dependencies]
        web = { version = "1", package = "ureq" }
        [target.'cfg(unix)'.build-dependencies]
        fred = "1"
        [dev-dependencies]
        chat-component = { path = "../chat" }
    "#
    .parse()
    .unwrap();
    let built = dependencies(&manifest, BUILT, &workspace);
    assert!(built.iter().eq(["fred", "hyper", "redis", "sqlx", "ureq"]), "{built:?}");
    assert!(dependencies(&manifest, ALL, &workspace).contains("chat-component"));
}

#[test]
fn only_named_packages_have_a_driver() {
    let (mut offenders, workspace) = (Vec::new(), workspace());
    for (folder, manifest) in manifests() {
        let has = dependencies(&manifest, BUILT, &workspace);
        let drivers = DRIVERS.iter().filter(|(driver, _)| has.contains(*driver));
        let wrong = drivers.filter(|(_, who)| !who.contains(&folder.as_str()));
        offenders.extend(wrong.map(|(driver, _)| format!("{folder}: {driver}")));
    }
    none(
        &offenders,
        "a connection is opened by crates/platform, or by a program that DRIVERS names",
    );
}

/// The crates in order: each may depend on those before it.
const ORDER: &[&str] = &[
    "contract-derive",
    "contract",
    "kernel",
    "access",
    "scim",
    "language",
    "extract",
    "embedding",
    "crawl",
    "sandbox",
    "collector",
    "telemetry",
    "unary",
    "tls",
    "platform",
    "blobs",
    "queue",
    "credentials",
    "secrets",
    "mail",
    "accounts",
    "audit",
    "passwords",
    "directory",
    "sso",
    "spaces",
    "jobs",
    "models",
    "catalogue",
    "usage",
    "assistants",
    "prompts",
    "knowledge",
    "websites",
    "conversations",
    "imports",
    "api",
    "schema",
    "testkit",
];

#[test]
fn crates_depend_only_on_crates_below_them() {
    let (mut offenders, workspace) = (Vec::new(), workspace());
    for (folder, manifest) in manifests() {
        let Some(name) = folder.strip_prefix("crates/") else { continue };
        let Some(place) = ORDER.iter().position(|known| *known == name) else {
            offenders.push(format!("{name}: not in the order"));
            continue;
        };
        let is_above = |needed: &&String| {
            ORDER.iter().position(|known| *known == needed.as_str()).is_some_and(|at| at >= place)
        };
        let needed = dependencies(&manifest, BUILT, &workspace);
        let above = needed.iter().filter(is_above);
        offenders.extend(above.map(|needed| format!("{name} needs {needed}, which is above it")));
    }
    none(
        &offenders,
        "the order of crates is ORDER, and a new edge upwards is a circle in the making",
    );
}

#[test]
fn nothing_depends_on_a_component_and_components_not_on_each_other() {
    let (mut offenders, workspace) = (Vec::new(), workspace());
    for (folder, manifest) in manifests() {
        // The contract is generated from all routers, so its generator depends on them; nothing
        // depends on it.
        if folder != "tools/openapi" {
            let needed = dependencies(&manifest, ALL, &workspace);
            let components = needed.iter().filter(|name| name.ends_with("-component"));
            offenders.extend(components.map(|name| format!("{folder}: {name}")));
        }
    }
    none(&offenders, "a component is an end, not a library");
}

fn spin_toml() -> Table {
    fs::read_to_string(root().join("spin.toml")).unwrap().parse().unwrap()
}

#[test]
fn components_and_spin_toml_name_each_other() {
    let manifest = spin_toml();
    let folders: BTreeSet<String> = fs::read_dir(root().join("components"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let named: BTreeSet<String> =
        manifest["component"].as_table().unwrap().keys().cloned().collect();
    assert_eq!(folders, named);
    // Only the operator knows the providers that users sign in with, and administrators enter those
    // of models; local-stack.toml blocks private networks.
    let variables = manifest["variables"].as_table().unwrap();
    let wide = variables.iter().filter(|(_, value)| value.to_string().contains("://*"));
    let wide: Vec<&String> = wide.map(|(name, _)| name).collect();
    assert_eq!(wide, ["model_providers", "oidc_hosts"], "no component may reach every host");
    assert!(!manifest["component"].to_string().contains("://*"));
}

/// An attacker who compromises a component has all its secrets.
#[test]
fn a_secret_is_given_only_to_the_components_that_need_it() {
    let manifest = spin_toml();
    let mut given: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (component, settings) in manifest["component"].as_table().unwrap() {
        let variables = settings.get("variables").and_then(Value::as_table);
        for name in variables.into_iter().flat_map(Table::keys) {
            let secret = name.trim_end_matches("_previous").to_owned();
            given.entry(secret).or_default().insert(component);
        }
    }
    for (secret, expected) in [
        ("token_key", &["auth", "passwords"][..]),
        ("device_key", &["passwords"]),
        ("audit_cursor_key", &["admin"]),
        ("master_key", &["admin", "auth", "gateway", "sysadmin", "workspace"]),
        ("internal_key", &["scheduler"]),
        ("chat_key", &["chat", "openai"]),
        ("oidc_client_secret", &["admin", "auth", "sysadmin"]),
    ] {
        let components: Vec<&str> = given.get(secret).into_iter().flatten().copied().collect();
        assert_eq!(components, expected, "{secret}");
    }
}
