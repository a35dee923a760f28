//! The variables of a component in a test: those of `spin.toml`, with test values.

use std::{collections::BTreeSet, path::Path};

use credentials::SessionKeys;
use platform::config::Settings;
use tokio::sync::OnceCell;

use crate::{Database, test_redis};

pub(super) const TOKEN_KEY: &str = "the-token-key-of-these-tests-0123456789abcdef";
pub(super) const INTERNAL_KEY: &str = "the-internal-key-of-these-tests-0123456789ab";

pub(super) async fn of(
    component: &str,
    database: &Database,
    variables: impl IntoIterator<Item = (&'static str, String)>,
) -> Settings {
    static REDIS: OnceCell<()> = OnceCell::const_new();
    let redis = test_redis();
    REDIS.get_or_init(async || redis.provision().await.unwrap()).await;
    let declared = declared(component);
    let usual = [
        ("database_url", database.url(&format!("tessera_{component}"))),
        ("redis_url", redis.url(component).unwrap()),
        ("token_key", TOKEN_KEY.to_owned()),
        ("token_public_key", SessionKeys::derive(TOKEN_KEY).unwrap().public_key()),
        ("device_key", "the-device-key-of-these-tests-0123456789abcdef".to_owned()),
        ("audit_cursor_key", "the-cursor-key-of-these-tests-0123456789abcdef".to_owned()),
        ("master_key", "the-master-key-of-these-tests-0123456789abcdef".to_owned()),
        ("internal_key", INTERNAL_KEY.to_owned()),
        ("public_url", "http://localhost:3000".to_owned()),
        ("chat_model", "extractive".to_owned()),
    ];
    let given = usual.into_iter().chain(variables).filter(|(name, _)| declared.contains(*name));
    Settings::new(given)
}

/// The names of the variables that `spin.toml` gives a component.
fn declared(component: &str) -> BTreeSet<String> {
    let manifest = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../spin.toml"));
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let section = format!("[component.{component}.variables]");
    let lines = manifest.lines().skip_while(|line| *line != section).skip(1);
    let names =
        lines.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once(" = "));
    let names: BTreeSet<String> = names.map(|(name, _)| name.to_owned()).collect();
    assert!(!names.is_empty(), "spin.toml has no variables for the component {component}");
    names
}
