//! The invariants of ARCHITECTURE.md, read from the sources.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use tests::stack::root;

/// The files below a folder with an extension, without what was built or installed.
pub(crate) fn sources(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, extension: &str, out: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !["target", "node_modules", "build", ".svelte-kit", "test-results", "deps"]
                    .contains(&name)
                {
                    walk(&path, extension, out);
                }
            } else if path.extension().is_some_and(|e| e == extension) {
                out.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    walk(&root().join(folder), extension, &mut out);
    out
}

pub(crate) fn rust() -> Vec<(PathBuf, String)> {
    ["crates", "components", "worker", "local-stack", "tools", "tests", "fuzz"]
        .iter()
        .flat_map(|folder| sources(folder, "rs"))
        .collect()
}

pub(crate) fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// Fails with the list of offenders.
pub(crate) fn none(offenders: &[String], rule: &str) {
    assert!(offenders.is_empty(), "{rule}:\n{}", offenders.join("\n"));
}

#[test]
fn rust_files_stay_within_400_lines_and_svelte_components_within_300() {
    let long = |files: Vec<(PathBuf, String)>, most: usize| {
        files
            .into_iter()
            .filter(move |(_, text)| {
                text.lines().count() > most && !text.contains("tidy: long file because")
            })
            .map(|(path, text)| format!("{}: {} lines", short(&path), text.lines().count()))
            .collect::<Vec<_>>()
    };
    none(
        &[long(rust(), 400), long(sources("web/src", "svelte"), 300)].concat(),
        "a file is one thing; split it, or give a reason in it",
    );
}

#[test]
fn every_rust_file_begins_with_its_purpose() {
    let silent: Vec<String> = rust()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!") && !text.starts_with("#![doc = include_str!"))
        .map(|(path, _)| short(&path))
        .collect();
    none(&silent, "expected a `//!` sentence at the top");
}

#[test]
fn only_platform_names_the_drivers() {
    let names = ["spin_sdk::", "sqlx::", "redis::", "reqwest::", "std::env::var"];
    let mut offenders = Vec::new();
    for folder in ["crates", "components"] {
        for (path, text) in sources(folder, "rs") {
            let path = short(&path);
            // `schema` does not run in the product: it creates what the drivers of `platform` then
            // connect to. `tls` makes their connections.
            let apart = ["crates/platform", "crates/schema", "crates/testkit", "crates/tls"];
            if apart.iter().any(|crate_| path.starts_with(crate_)) || path.contains("/tests/") {
                continue;
            }
            // `redis::` within `use platform::{…}` is our own module.
            let own = text.contains("use platform::{");
            for (number, line) in text.lines().enumerate() {
                let line = line.trim_start();
                let ours = |name: &str| {
                    line.contains(&format!("platform::{name}"))
                        || (own && name == "redis::" && line.starts_with(name))
                };
                let named = names.iter().find(|name| line.contains(**name) && !ours(name));
                if let Some(name) = named.filter(|_| !line.starts_with("//")) {
                    offenders.push(format!("{path}:{}: {name}", number + 1));
                }
            }
        }
    }
    none(&offenders, "only crates/platform names Spin, the drivers and the environment");
}

/// Time that a test can set is asked of `Cx` or `platform::clock`; `clippy.toml` says so of the
/// wall clock everywhere.
#[test]
fn what_components_run_asks_platform_for_the_time() {
    // Of `crawl`, only the worker sends requests; components use its pure rules.
    let apart =
        ["platform", "telemetry", "schema", "sandbox", "embedding", "extract", "testkit", "crawl"];
    let mut offenders = Vec::new();
    for (path, text) in [sources("crates", "rs"), sources("components", "rs")].concat() {
        let path = short(&path);
        let is_apart = apart.iter().any(|crate_| path.starts_with(&format!("crates/{crate_}/")));
        if !is_apart
            && !path.contains("/tests/")
            && ["Instant::now", "SystemTime::now"].iter().any(|n| text.contains(n))
        {
            offenders.push(path);
        }
    }
    none(&offenders, "expected Cx::now or platform::clock");
}

#[test]
fn only_store_files_contain_sql() {
    let is_sql = |line: &str| {
        ["\"select ", "\"insert into ", "\"delete from "].iter().any(|verb| line.contains(verb))
            || (line.contains("\"update ") && line.contains(" set "))
            || (line.contains("\"with ") && line.contains(" as ("))
    };
    let mut offenders = Vec::new();
    for folder in ["crates", "components", "worker/src"] {
        for (path, text) in sources(folder, "rs") {
            let path = short(&path);
            let allowed = path.contains("store")
                || path.starts_with("crates/platform")
                || path.starts_with("crates/schema")
                || path.starts_with("crates/testkit")
                // It names statements in traces, and runs none.
                || path.starts_with("crates/telemetry")
                || path.contains("/tests/");
            let lines = text.lines().enumerate().filter(|(_, line)| is_sql(line));
            offenders.extend(
                lines
                    .filter(|_| !allowed)
                    .map(|(number, line)| format!("{path}:{}: {}", number + 1, line.trim())),
            );
        }
    }
    none(&offenders, "SQL lives in store.rs or store/");
}

#[test]
fn the_kernel_does_no_work() {
    let mut offenders = Vec::new();
    for (path, text) in sources("crates/kernel/src", "rs") {
        for word in ["async fn", "std::fs", "std::net", "SystemTime", "Instant::now", "getrandom"] {
            if text.contains(word) {
                offenders.push(format!("{}: {word}", short(&path)));
            }
        }
    }
    none(&offenders, "kernel is pure");
}

#[test]
fn components_and_spin_toml_name_each_other() {
    let manifest = fs::read_to_string(root().join("spin.toml")).unwrap();
    let mut folders: Vec<String> = fs::read_dir(root().join("components"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut named: Vec<String> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("[component.")?.strip_suffix(']'))
        .filter(|name| !name.contains('.'))
        .map(str::to_owned)
        .collect();
    named.sort();
    assert_eq!(folders, named);
    // Only the operator knows the providers that users sign in with, and administrators enter those
    // of models; local-stack.toml blocks private networks.
    let every = manifest.lines().find(|line| {
        line.contains("://*")
            && !["oidc_hosts = ", "model_providers = "].iter().any(|named| line.starts_with(named))
    });
    assert_eq!(every, None, "no component may reach every host");
}

/// An attacker who compromises a component has all its secrets.
#[test]
fn a_secret_is_given_only_to_the_components_that_need_it() {
    let manifest = fs::read_to_string(root().join("spin.toml")).unwrap();
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut component = "";
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            component = section
                .strip_prefix("component.")
                .and_then(|rest| rest.strip_suffix(".variables]"))
                .unwrap_or_default();
        } else if let (false, Some((name, _))) = (component.is_empty(), line.split_once(" = ")) {
            given
                .entry(name.trim_end_matches("_previous").to_owned())
                .or_default()
                .push(component.to_owned());
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
        let mut components = given.get(secret).cloned().unwrap_or_default();
        components.sort();
        components.dedup();
        assert_eq!(components, expected, "{secret}");
    }
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
    let mut offenders = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let Some(place) = ORDER.iter().position(|known| *known == name) else {
            offenders.push(format!("{name}: not in the order"));
            continue;
        };
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        let needed = manifest.lines().take_while(|line| !line.contains("dev-dependencies"));
        let needed = needed.filter_map(|line| line.strip_suffix(".workspace = true"));
        let above = needed.filter(|needed| {
            ORDER.iter().position(|known| known == needed).is_some_and(|at| at >= place)
        });
        offenders.extend(above.map(|needed| format!("{name} needs {needed}, which is above it")));
    }
    none(
        &offenders,
        "the order of crates is ORDER, and a new edge upwards is a circle in the making",
    );
}

#[test]
fn nothing_depends_on_a_component_and_components_not_on_each_other() {
    let mut offenders = Vec::new();
    for folder in ["crates", "components", "worker", "local-stack", "tools", "tests"] {
        for (path, text) in sources(folder, "toml") {
            let own = text
                .lines()
                .find_map(|l| l.strip_prefix("name = \""))
                .unwrap_or_default()
                .trim_end_matches('"')
                .to_owned();
            // The contract is generated from all routers, so its generator depends on them; nothing
            // depends on it.
            if own == "openapi" {
                continue;
            }
            let named = text.lines().filter(|l| l.contains("-component") && !l.contains(&own));
            offenders.extend(named.map(|line| format!("{}: {line}", short(&path))));
        }
    }
    none(&offenders, "a component is an end, not a library");
}

#[test]
fn domain_nouns_are_not_serialised() {
    let mut offenders = Vec::new();
    for (path, text) in sources("crates", "rs") {
        let path = short(&path);
        let edge = [
            "wire.rs",
            "jobs.rs",
            "crates/api",
            "crates/models",
            "access_token.rs",
            "crates/platform",
            "crates/testkit",
            // Separate programs, which exchange JSON with the worker and with clients of the
            // models.
            "crates/extract",
            "crates/embedding",
        ];
        if text.contains("Serialize)]") && !edge.iter().any(|e| path.contains(e)) {
            offenders.push(path);
        }
    }
    none(&offenders, "wire shapes live in components or in a wire.rs; nouns are not Serialize");
}

#[test]
fn no_test_sleeps_or_is_ignored() {
    let mut offenders = Vec::new();
    for (path, text) in rust() {
        let path = short(&path);
        // A guest of the contract suite may wait if its case is about waiting.
        if path.contains("tests/")
            && !path.starts_with("tests/guests/")
            && !path.ends_with("tidy.rs")
        {
            // We do not install Spin: these tests compare with it if it is there.
            let ignored = |l: &str| l.contains("#[ignore") && !l.contains("needs real Spin");
            let bad = text.lines().enumerate().filter(|(_, l)| {
                ignored(l) || l.contains("thread::sleep(") || l.contains("time::sleep(")
            });
            offenders.extend(bad.map(|(n, l)| format!("{path}:{}: {}", n + 1, l.trim())));
        }
    }
    none(&offenders, "wait for a condition instead");
}

#[test]
fn rooms_are_named_by_the_thing() {
    let bad = ["utils", "util", "common", "misc", "helpers", "helper", "manager", "service"];
    let offenders: Vec<String> = rust()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| bad.contains(&path.file_stem().unwrap().to_str().unwrap()))
        .map(|path| short(&path))
        .collect();
    none(&offenders, "name the thing");
}
