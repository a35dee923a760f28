//! Valid credentials of every kind.

use access::CredentialId;
use credentials::{
    AccessToken, GrantPurpose, ModelGrant,
    api_key::{self, NewApiKey},
    operator, scim_token,
};
use platform::pg::Db;
use uuid::Uuid;

use super::{App, settings};
use crate::Person;

impl App {
    /// The access token of a session of the person, which begins with their first request.
    pub async fn token(&self, person: &Person) -> String {
        if let Some(token) = self.known_token("session", person) {
            return token;
        }
        let CredentialId::Session(session) = self.database.credential(person).await else {
            unreachable!("a person has a session")
        };
        let token = AccessToken { tenant: person.tenant, session, user: person.user };
        let token = self.settings.scope(async { token.sign(&self.keys) }).await.unwrap();
        self.remember("session", person, token)
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

    /// The key of a new operator.
    pub async fn operator_key(&self) -> String {
        let db = Db::new(self.database.source("tessera_worker").await, None);
        operator::add(&db, &Uuid::now_v7().to_string()).await.unwrap()
    }

    /// The token of a directory in the administrator's tenant.
    pub async fn directory_token(&self, administrator: &Person) -> String {
        if let Some(token) = self.known_token("directory", administrator) {
            return token;
        }
        let cx = self.database.cx(administrator, "tessera_admin").await;
        let token = scim_token::create_token(&cx, "A directory").await.unwrap().secret;
        self.remember("directory", administrator, token)
    }

    /// A grant to use these rows for the person.
    pub async fn model_grant(
        &self,
        person: &Person,
        purpose: GrantPurpose,
        subjects: &[Uuid],
    ) -> String {
        let cx = self.database.cx(person, "tessera_chat").await;
        ModelGrant::request(&cx, purpose, subjects).await.unwrap().text().to_owned()
    }

    /// The key of the installation's own processes.
    #[must_use]
    pub fn internal_key(&self) -> &'static str {
        settings::INTERNAL_KEY
    }

    fn known_token(&self, kind: &'static str, of: &Person) -> Option<String> {
        self.tokens.lock().unwrap().get(&(kind, of.user)).cloned()
    }

    fn remember(&self, kind: &'static str, of: &Person, token: String) -> String {
        self.tokens.lock().unwrap().insert((kind, of.user), token.clone());
        token
    }
}
