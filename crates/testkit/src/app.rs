//! A component's router in the process of a test, on a real database and Redis, with the
//! component's rights.

mod request;
mod settings;

use std::{collections::BTreeMap, sync::Mutex};

use access::CredentialId;
use api::Router;
use credentials::{AccessToken, SessionKeys, api_key, api_key::NewApiKey};
use http::Method;
use kernel::id::UserId;
use platform::{clock::Clock, config::Settings};

use crate::{Database, Person};

pub use request::{Reply, TestRequest};

/// A router with a database of its own.
pub struct App {
    router: Router,
    settings: Settings,
    /// What the router takes for the time; the database has its own.
    pub clock: Clock,
    /// The router's database, which a test may fill or break directly.
    pub database: Database,
    keys: SessionKeys,
    /// A session for every user who has sent a request.
    tokens: Mutex<BTreeMap<UserId, String>>,
}

impl App {
    /// A router on a fresh database. It has the component's database role and Redis user, and only
    /// the variables of `spin.toml`.
    pub async fn new(router: Router) -> Self {
        Self::with(router, []).await
    }

    /// The same, with other values for some variables.
    pub async fn with(
        router: Router,
        variables: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let database = Database::fresh().await;
        let clock = Clock::movable();
        let settings =
            settings::of(router.component(), &database, variables).await.with_clock(clock.clone());
        let keys = SessionKeys::derive(settings::TOKEN_KEY).unwrap();
        Self { router, settings, clock, database, keys, tokens: Mutex::default() }
    }

    /// A request without a sign-in, not sent yet.
    pub fn request(&self, method: Method, path: impl Into<String>) -> TestRequest<'_> {
        TestRequest::new(self, method, path.into())
    }

    /// GET.
    pub fn get(&self, path: impl Into<String>) -> TestRequest<'_> {
        self.request(Method::GET, path)
    }

    /// POST.
    pub fn post(&self, path: impl Into<String>) -> TestRequest<'_> {
        self.request(Method::POST, path)
    }

    /// PUT.
    pub fn put(&self, path: impl Into<String>) -> TestRequest<'_> {
        self.request(Method::PUT, path)
    }

    /// PATCH.
    pub fn patch(&self, path: impl Into<String>) -> TestRequest<'_> {
        self.request(Method::PATCH, path)
    }

    /// DELETE.
    pub fn delete(&self, path: impl Into<String>) -> TestRequest<'_> {
        self.request(Method::DELETE, path)
    }

    /// Lets time pass for the router. People send new access tokens afterwards, in the sessions
    /// that they had.
    pub fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
        self.tokens.lock().unwrap().clear();
    }

    /// The access token of a session of the person, which begins with their first request.
    pub async fn token(&self, person: &Person) -> String {
        if let Some(token) = self.tokens.lock().unwrap().get(&person.user) {
            return token.clone();
        }
        let CredentialId::Session(session) = self.database.credential(person).await else {
            unreachable!("a person has a session")
        };
        let token = AccessToken { tenant: person.tenant, session, user: person.user };
        let token = self.settings.scope(async { token.sign(&self.keys) }).await.unwrap();
        self.tokens.lock().unwrap().insert(person.user, token.clone());
        token
    }

    /// The text of a new API key of the person, with these scopes.
    pub async fn key(&self, person: &Person, scopes: &[&str]) -> String {
        let cx = self.database.cx(person, "tessera_auth").await;
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let new = NewApiKey {
            name: "A key",
            scopes: &scopes,
            assistant: None,
            expires_in_days: None,
            requests_per_minute: None,
        };
        api_key::create_api_key(&cx, &new).await.unwrap().1
    }
}
