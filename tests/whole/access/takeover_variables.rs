//! What an attacker can make of the variables of a component that they have taken over: each value
//! is tried as a key for what only other components, or the database, may sign.

use std::collections::{BTreeMap, BTreeSet};

use credentials::{AccessToken, SessionKeys};
use kernel::{hex, id::SessionId};
use schema::{COMPONENTS, component_role};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use testkit::Person;
use tests::stack::Stack;

use super::blast_radius::{ComponentManifest, manifest};

/// HMAC-SHA256 (RFC 2104).
fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    let mut block = [0_u8; 64];
    let hashed = Sha256::digest(key);
    let key = if key.len() > block.len() { hashed.as_slice() } else { key };
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::digest([&block.map(|byte| byte ^ 0x36)[..], message.as_bytes()].concat());
    Sha256::digest([&block.map(|byte| byte ^ 0x5c)[..], &inner].concat()).to_vec()
}

/// The values of each component's variables by their names, passwords within addresses apart.
fn values() -> BTreeMap<String, BTreeMap<String, String>> {
    let all = Stack::shared().variables();
    let resolved = |template: &str| {
        let mut text = template.to_owned();
        for (name, value) in &all {
            text = text.replace(&format!("{{{{ {name} }}}}"), value);
        }
        text
    };
    let of = |component: &str, given: &ComponentManifest| {
        let mut values: BTreeMap<String, String> = given
            .variables
            .iter()
            .map(|(name, template)| (name.clone(), resolved(template)))
            .filter(|(_, value)| !value.contains("{{") && !value.is_empty())
            .collect();
        for kind in ["pg_password", "redis_password"] {
            let password = all.get(&format!("{kind}_{component}"));
            values.extend(password.map(|it| (kind.to_owned(), it.clone())));
        }
        values
    };
    manifest().iter().map(|(component, given)| (component.clone(), of(component, given))).collect()
}

/// An access token of another user's session, signed with a value.
fn token(of: &Person, session: SessionId, value: &str) -> Option<String> {
    let token = AccessToken { tenant: of.tenant, session, user: of.user };
    token.sign(&SessionKeys::derive(value).ok()?).ok()
}

#[tokio::test]
async fn only_the_key_of_those_who_begin_sessions_signs_a_token() {
    let stack = Stack::shared();
    let (_, theirs) = stack.person("theirs").await;
    let session: uuid::Uuid = sqlx::query_scalar("select id from sessions where user_id = $1")
        .bind(theirs.user.0)
        .fetch_one(&mut stack.database.superuser().await)
        .await
        .unwrap();
    let mut tried: BTreeMap<String, bool> = BTreeMap::new();
    for (component, values) in values() {
        for (name, value) in values {
            let is_good = match tried.get(&value) {
                Some(is_good) => *is_good,
                None => match token(&theirs, SessionId(session), &value) {
                    // Too short for a key.
                    None => false,
                    Some(token) => {
                        let mut client = stack.anonymous();
                        client.token = Some(token);
                        let answer = client.get("/api/v1/me").await;
                        assert!(matches!(answer.status, 200 | 401), "{component}: {name}");
                        answer.status == 200
                    }
                },
            };
            let begins_sessions = ["auth", "passwords"].contains(&component.as_str());
            let expected = begins_sessions && name == "token_key";
            assert_eq!(is_good, expected, "{component} signs a token with {name}");
            tried.insert(value, is_good);
        }
    }
    let test = "only_the_key_of_those_who_begin_sessions_signs_a_token";
    crate::docs::made(test, tried.len());
}

#[tokio::test]
async fn no_variable_makes_a_ticket_or_the_name_of_a_tenant_in_redis() {
    let database = &Stack::shared().database;
    let theirs = database.person("theirs").await;
    let namespace = database.redis_namespace(theirs.tenant).await;
    let mut attacks = 0;
    for (component, values) in values() {
        let role = component_role(&component);
        let claims = format!("{}|9999999999|user {}||", theirs.tenant, theirs.user);
        let keys: BTreeSet<&String> = values.values().collect();
        for key in &keys {
            for text in [format!("redis|{}", theirs.tenant), theirs.tenant.to_string()] {
                let guesses = [
                    hmac(key.as_bytes(), &text),
                    Sha256::digest(format!("{key}{text}")).to_vec(),
                    Sha256::digest(text).to_vec(),
                ];
                let is_guessed = guesses.iter().any(|guess| hex::encode(&guess[..16]) == namespace);
                assert!(!is_guessed, "{component} guesses {namespace}");
                attacks += guesses.len();
            }
        }
        if !COMPONENTS.contains(&component.as_str()) {
            continue;
        }
        let mut db = PgConnection::connect(&database.url(&role)).await.unwrap();
        for key in keys {
            let mac = hex::encode(&hmac(key.as_bytes(), &format!("{role}|{claims}")));
            let sql = format!(
                "with entered as (select set_config('app.ticket', '{mac}{claims}', false))
                 select count(*) from entered, tenancy.context"
            );
            let seen: i64 =
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap();
            assert_eq!(seen, 0, "{component} makes a ticket");
            attacks += 1;
        }
    }
    crate::docs::made("no_variable_makes_a_ticket_or_the_name_of_a_tenant_in_redis", attacks);
}
