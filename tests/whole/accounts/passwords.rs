//! Passwords: guessing, imported hashes, resets.

use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::Person;
use tests::{
    client::{Client, Response},
    stack::Stack,
};

pub(crate) const LOGIN: &str = "/api/v1/auth/login";
pub(crate) const FORGOTTEN: &str = "/api/v1/auth/password/forgotten";
pub(crate) const RESET: &str = "/api/v1/auth/password/reset";
pub(crate) const NEW: &str = "quite another password";

pub(crate) fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

pub(crate) fn unknown() -> String {
    format!("nobody-{}@example.org", uuid::Uuid::now_v7().simple())
}

/// The parts of a response by which a client could tell accounts apart.
fn outcome(mut answer: Response) -> (u16, Option<String>, Value) {
    answer.body.as_object_mut().unwrap().remove("request_id");
    (answer.status, retry_after(&answer).map(|s| s.to_string()), answer.body)
}

pub(crate) fn retry_after(answer: &Response) -> Option<u32> {
    answer.headers.get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap())
}

/// The counter of an account or address, for a test that cannot wait a quarter of an hour.
pub(crate) struct Counter(redis::aio::MultiplexedConnection, String);

impl Counter {
    pub(crate) async fn of(kind: &str, what: &str) -> Self {
        let client = redis::Client::open(testkit::test_redis_url()).unwrap();
        let hash: String =
            Sha256::digest(what.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        let key = format!("attempts:sign_in:{kind}:{hash}");
        Self(client.get_multiplexed_async_connection().await.unwrap(), key)
    }

    pub(crate) async fn set(&mut self, failures: u32) {
        let mut command = redis::cmd("HSET");
        command.arg(&self.1).arg("n").arg(failures).arg("till").arg(0);
        let _: i64 = command.query_async(&mut self.0).await.unwrap();
    }

    pub(crate) async fn get(&mut self) -> (u32, i64) {
        let found: (Option<u32>, Option<i64>) = redis::cmd("HMGET")
            .arg(&self.1)
            .arg("n")
            .arg("till")
            .query_async(&mut self.0)
            .await
            .unwrap();
        (found.0.unwrap_or(0), found.1.unwrap_or(0))
    }
}

#[tokio::test]
async fn each_failure_makes_an_account_wait_longer_and_a_success_resets_it() {
    let stack = Stack::shared();
    let person = stack.database.person("carl").await;
    let client = stack.anonymous();
    let wrong = login(&person.email.to_uppercase(), "wrong wrong");
    let right = login(&person.email, person.password);
    let mut counter = Counter::of("account", &person.email).await;
    for _ in 0..4 {
        client.post(LOGIN, &wrong).await.expect(401);
    }
    assert_eq!(counter.get().await, (4, 0), "four are free");
    client.post(LOGIN, &wrong).await.expect(401);
    assert!(counter.get().await.1 > 0, "after the fifth there is a wait");
    for (failures, wait) in [(9, 32), (11, 128), (40, 900)] {
        counter.set(failures).await;
        client.post(LOGIN, &wrong).await.expect(401);
        let refused = client.post(LOGIN, &right).await;
        assert!(
            retry_after(&refused).is_some_and(|s| s <= wait && s > wait - 20),
            "{:?}",
            refused.headers
        );
        assert_eq!(refused.problem(429), "too_many_requests");
        assert_eq!(counter.get().await.0, failures + 1, "who is refused is not counted");
    }
    counter.set(40).await;
    client.post(LOGIN, &right).await.expect(200);
    assert_eq!(counter.get().await, (0, 0));
}

#[tokio::test]
async fn known_and_unknown_accounts_get_the_same_responses() {
    let stack = Stack::shared();
    let (known, unknown) = (stack.database.person("kim").await.email, unknown());
    let client = stack.anonymous();
    let mut answers = Vec::new();
    for email in [&known, &unknown] {
        let mut counter = Counter::of("account", email).await;
        let first = outcome(client.post(LOGIN, &login(email, "wrong wrong")).await);
        let empty = outcome(client.post(LOGIN, &login(email, "")).await);
        counter.set(40).await;
        client.post(LOGIN, &login(email, "wrong wrong")).await.expect(401);
        let (status, wait, mut refused) =
            outcome(client.post(LOGIN, &login(email, "wrong wrong")).await);
        assert!(wait.is_some_and(|wait| wait.parse::<u32>().unwrap() > 800));
        // They contain the seconds, which differ by now.
        let members = refused.as_object_mut().unwrap();
        assert!(members.remove("detail").is_some() && members.remove("retry_at").is_some());
        answers.push((
            first,
            empty,
            status,
            refused,
            outcome(client.post(FORGOTTEN, &json!({ "email": email })).await),
        ));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(
        (answers[0].0.0, answers[0].1.0, answers[0].2, answers[0].4.0),
        (401, 401, 429, 202)
    );
    assert_eq!(answers[0].0.2, answers[0].1.2, "an empty password is a wrong one");
}

#[tokio::test]
async fn an_address_has_to_wait_too_and_a_success_does_not_reset_it() {
    let stack = Stack::shared();
    let person = stack.database.person("addressee").await;
    let id = uuid::Uuid::now_v7();
    let address = std::net::Ipv4Addr::new(127, id.as_bytes()[13], id.as_bytes()[14], 77);
    let client = Client::from(&stack.url, address);
    let mut counter = Counter::of("address", &address.to_string()).await;
    counter.set(98).await;
    client.post(LOGIN, &login(&person.email, person.password)).await.expect(200);
    assert_eq!(counter.get().await, (98, 0), "a success takes back its own attempt, no other");
    counter.set(104).await;
    client.post(LOGIN, &login(&unknown(), "wrong wrong")).await.expect(401);
    let refused = client.post(LOGIN, &login(&person.email, person.password)).await;
    assert!(retry_after(&refused).is_some_and(|s| (10..=32).contains(&s)), "{:?}", refused.headers);
    refused.expect(429);
    stack.sign_in(&person).await;
}

#[tokio::test]
async fn only_wrong_credentials_count() {
    let (client, person) = Stack::shared().person("short").await;
    let mut counter = Counter::of("account", &person.email).await;
    let weak = json!({ "current_password": person.password, "password": "short" });
    client.post("/api/v1/auth/password", &weak).await.expect(400);
    assert_eq!(counter.get().await, (0, 0));
}

async fn stored_hash(person: &Person) -> Option<String> {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select password_hash from users where id = $1";
    sqlx::query_scalar(sql).bind(person.user.0).fetch_one(&mut db).await.unwrap()
}

pub(crate) async fn store_hash(person: &Person, hash: Option<&str>) {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "update users set password_hash = $2 where id = $1";
    sqlx::query(sql).bind(person.user.0).bind(hash).execute(&mut db).await.unwrap();
}

#[tokio::test]
async fn imported_bcrypt_passwords_work_and_are_rehashed_at_the_first_sign_in() {
    let stack = Stack::shared();
    // The password of all tests, hashed by another program (crypt(3)).
    for imported in [
        "$2b$12$abcdefghijklmnopqrstuu0sDWleciW5uGBGYwxpcgAsh9WK4bWNy",
        "$2y$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ] {
        let person = stack.database.person("imported").await;
        store_hash(&person, Some(imported)).await;
        let client = stack.anonymous();
        client.post(LOGIN, &login(&person.email, "not the password")).await.expect(401);
        assert_eq!(
            stored_hash(&person).await.as_deref(),
            Some(imported),
            "a wrong password changes nothing"
        );
        stack.sign_in(&person).await;
        let now = stored_hash(&person).await.unwrap();
        assert!(now.starts_with("$argon2id$"), "{now}");
        stack.sign_in(&person).await;
        assert_eq!(stored_hash(&person).await.unwrap(), now, "once is enough");
        client.post(LOGIN, &login(&person.email, "not the password")).await.expect(401);
    }
}

#[tokio::test]
async fn unknown_kinds_of_hashes_match_nothing() {
    let stack = Stack::shared();
    let person = stack.database.person("odd").await;
    for hash in [Some(person.password), Some(""), Some("$1$abc$def"), None] {
        store_hash(&person, hash).await;
        for given in [person.password, "", "$1$abc$def"] {
            Counter::of("account", &person.email).await.set(0).await;
            let answer = stack.anonymous().post(LOGIN, &login(&person.email, given)).await;
            assert_eq!(answer.problem(401), "wrong_credentials", "{hash:?} {given}");
        }
    }
}

#[tokio::test]
async fn the_component_that_keeps_sessions_cannot_read_a_password() {
    let stack = Stack::shared();
    for (role, may) in [
        ("tessera_passwords", true),
        ("tessera_auth", false),
        ("tessera_admin", false),
        ("tessera_worker", false),
    ] {
        let mut db = stack.database.superuser().await;
        let sql = "select has_column_privilege($1, 'users', 'password_hash', 'select')
                or has_function_privilege($1, 'lookup.sign_in(text, text)', 'execute')";
        let found: bool = sqlx::query_scalar(sql).bind(role).fetch_one(&mut db).await.unwrap();
        assert_eq!(found, may, "{role}");
    }
}

#[tokio::test]
async fn a_crowd_of_sign_ins_blocks_no_user_for_good() {
    let stack = Stack::shared();
    let (client, person) = stack.person("crowd").await;
    let body = login(&person.email, person.password);
    let clients: Vec<Client> = (0..8).map(|_| stack.anonymous()).collect();
    let sign_ins = futures::future::join_all(clients.iter().map(|one| one.post(LOGIN, &body)));
    let me = async {
        for _ in 0..20 {
            client.send(client.request(Method::GET, "/api/v1/me")).await.expect(200);
        }
    };
    let (answers, ()) = tokio::join!(sign_ins, me);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 429)));
    assert!(answers.iter().any(|answer| answer.status == 200));
}
