//! What is left to each component that is taken over: written down, and compared with
//! docs/blast-radius.md.

use std::{collections::BTreeMap, fmt::Write as _};

use schema::{
    COMPONENTS, component_role,
    redis::{HOST, USERS, WORKER},
};
use sqlx::AssertSqlSafe;
use testkit::Database;
use tests::stack::{Stack, root};

/// The variables and hosts of each component in `spin.toml`.
fn manifest() -> BTreeMap<String, (Vec<String>, Vec<String>)> {
    let text = std::fs::read_to_string(root().join("spin.toml")).unwrap();
    let mut found: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
    let (mut component, mut in_variables) = (String::new(), false);
    for line in text.lines() {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let parts: Vec<&str> = section.split('.').collect();
            let name =
                if parts.first() == Some(&"component") { parts.get(1).copied() } else { None };
            component = name.unwrap_or_default().to_owned();
            in_variables = parts.get(2) == Some(&"variables");
        } else if !component.is_empty() {
            let entry = found.entry(component.clone()).or_default();
            if let Some(hosts) = line.strip_prefix("allowed_outbound_hosts = ") {
                entry.1 = hosts
                    .trim_matches(['[', ']'])
                    .split(", ")
                    .map(|host| host.trim_matches('"').to_owned())
                    .collect();
            } else if in_variables && let Some((name, value)) = line.split_once(" = ") {
                entry.0.push(format!("{name} = {value}"));
            }
        }
    }
    found
}

#[test]
fn a_component_has_no_password_but_its_own() {
    for (component, (variables, _)) in manifest() {
        for variable in &variables {
            for kind in ["pg_password_", "redis_password_"] {
                for given in variable.split(kind).skip(1) {
                    let whose = given.split(' ').next().unwrap();
                    assert_eq!(whose, component, "{component}: {variable}");
                }
            }
        }
    }
}

/// Tables that a role reads and writes, by its grants.
async fn tables(database: &Database, role: &str, verbs: &str) -> String {
    let sql = format!(
        "select string_agg(c.relname, ', ' order by c.relname) from pg_class c
          where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and has_any_column_privilege('{role}', c.oid, '{verbs}')"
    );
    let found: Option<String> = sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(&mut database.superuser().await)
        .await
        .unwrap();
    found.unwrap_or_else(|| "–".to_owned())
}

async fn table() -> String {
    let database = &Stack::shared().database;
    let mut text = String::new();
    for (component, (variables, hosts)) in manifest() {
        let role = component_role(&component);
        let secrets: Vec<&str> = [
            "token_key",
            "device_key",
            "audit_cursor_key",
            "master_key",
            "internal_key",
            "chat_key",
            "oidc_client_secret",
        ]
        .into_iter()
        .filter(|secret| {
            variables.iter().any(|variable| variable.starts_with(&format!("{secret} =")))
        })
        .collect();
        let others: Vec<&str> = hosts
            .iter()
            .map(String::as_str)
            .filter(|host| !host.starts_with("postgres:") && !host.contains("redis_host"))
            .collect();
        let redis = USERS.iter().find(|user| user.name == component);
        writeln!(text, "### {component}\n").unwrap();
        if COMPONENTS.contains(&component.as_str()) {
            writeln!(text, "* reads: {}", tables(database, &role, "select").await).unwrap();
            let verbs = "insert, update";
            writeln!(text, "* writes: {}", tables(database, &role, verbs).await).unwrap();
        } else {
            writeln!(text, "* no database").unwrap();
        }
        match redis {
            Some(user) => {
                let keys: Vec<String> = user
                    .keys
                    .iter()
                    .map(|(access, pattern)| format!("`{pattern}` ({})", access.to_lowercase()))
                    .collect();
                let keys = if keys.is_empty() { "–".to_owned() } else { keys.join(", ") };
                writeln!(text, "* Redis keys: {keys}; commands: {}", user.commands.join(" "))
                    .unwrap();
            }
            None => writeln!(text, "* no Redis").unwrap(),
        }
        let or_none =
            |list: Vec<&str>| if list.is_empty() { "–".to_owned() } else { list.join(", ") };
        writeln!(text, "* secrets: {}; other hosts: {}\n", or_none(secrets), or_none(others))
            .unwrap();
    }
    text
}

#[tokio::test]
async fn the_blast_radius_of_each_component_is_as_documented() {
    const MARK: &str =
        "<!-- written by tests/whole/access/blast_radius.rs: TESSERA_WRITE_DOCS=1 -->\n";
    let path = root().join("docs/blast-radius.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (words, written) =
        document.split_once(MARK).expect("docs/blast-radius.md has the mark of the written part");
    let made = format!("\n{}", table().await.trim_end().to_owned() + "\n");
    if std::env::var_os("TESSERA_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{words}{MARK}{made}")).unwrap();
    } else {
        assert_eq!(
            written, made,
            "run this test once with TESSERA_WRITE_DOCS=1 and look at the difference"
        );
    }
}

#[test]
fn every_component_with_a_redis_url_has_a_redis_user() {
    let given: Vec<String> = manifest()
        .into_iter()
        .filter(|(_, (variables, _))| {
            variables.iter().any(|variable| variable.starts_with("redis_url"))
        })
        .map(|(component, _)| component)
        .collect();
    let mut users: Vec<&str> =
        USERS.iter().map(|user| user.name).filter(|name| ![WORKER, HOST].contains(name)).collect();
    users.sort_unstable();
    assert_eq!(given, users);
}
