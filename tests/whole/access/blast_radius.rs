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

/// What `spin.toml` gives a component.
#[derive(Default)]
pub(super) struct ComponentManifest {
    /// Names and templates.
    pub(super) variables: BTreeMap<String, String>,
    pub(super) hosts: Vec<String>,
    /// The secret variables of the application in those templates, but its own two passwords.
    pub(super) secrets: Vec<String>,
    /// The paths that it serves.
    pub(super) routes: Vec<String>,
}

pub(super) fn manifest() -> BTreeMap<String, ComponentManifest> {
    let text = std::fs::read_to_string(root().join("spin.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let text_of = |value: &toml::Value| value.as_str().unwrap_or_default().to_owned();
    let secrets: Vec<&String> = manifest["variables"]
        .as_table()
        .unwrap()
        .iter()
        .filter(|(_, it)| it.get("secret").and_then(toml::Value::as_bool) == Some(true))
        .map(|(name, _)| name)
        .collect();
    let mut found = BTreeMap::new();
    for (component, it) in manifest["component"].as_table().unwrap() {
        let mut given = ComponentManifest::default();
        let variables = it.get("variables").and_then(toml::Value::as_table);
        given.variables = variables
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), text_of(value)))
            .collect();
        let hosts = it.get("allowed_outbound_hosts").and_then(toml::Value::as_array);
        given.hosts = hosts.into_iter().flatten().map(text_of).collect();
        let own = [format!("pg_password_{component}"), format!("redis_password_{component}")];
        let has = |secret: &&&String| {
            let template = format!("{{{{ {secret} }}}}");
            given.variables.values().any(|value| value.contains(&template))
        };
        given.secrets = secrets
            .iter()
            .filter(has)
            .map(|secret| (**secret).clone())
            .filter(|secret| !own.contains(secret))
            .collect();
        let triggers = manifest["trigger"]["http"].as_array().unwrap().iter();
        given.routes = triggers
            .filter(|trigger| trigger["component"].as_str() == Some(component))
            .map(|trigger| text_of(&trigger["route"]))
            .collect();
        found.insert(component.clone(), given);
    }
    found
}

#[test]
fn a_component_has_no_password_but_its_own() {
    for (component, ComponentManifest { secrets, .. }) in manifest() {
        let foreign: Vec<&String> =
            secrets.iter().filter(|secret| secret.contains("password_")).collect();
        assert_eq!(foreign, Vec::<&String>::new(), "{component}");
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
    for (component, ComponentManifest { hosts, secrets, .. }) in manifest() {
        let role = component_role(&component);
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
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
        .filter(|(_, given)| given.variables.contains_key("redis_url"))
        .map(|(component, _)| component)
        .collect();
    let mut users: Vec<&str> =
        USERS.iter().map(|user| user.name).filter(|name| ![WORKER, HOST].contains(name)).collect();
    users.sort_unstable();
    assert_eq!(given, users);
}
