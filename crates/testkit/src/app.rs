//! A component's router in the process of a test, on a real database and Redis, with the
//! component's rights.

mod request;
mod settings;
mod tokens;

use std::{collections::BTreeMap, sync::Mutex};

use api::Router;
use credentials::SessionKeys;
use http::Method;
use kernel::id::UserId;
use platform::{clock::Clock, config::Settings};

use crate::Database;

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
    /// The access tokens of users, and the tokens of their directories.
    tokens: Mutex<BTreeMap<(&'static str, UserId), String>>,
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

    /// The router.
    #[must_use]
    pub fn router(&self) -> &Router {
        &self.router
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
}
