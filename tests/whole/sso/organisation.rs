//! An organisation whose identity provider the tests play, and a browser's way through its sign-in.

use serde_json::{Value, json};
use testkit::Person;
use tests::{
    browser::{Browser, Reply},
    client::Client,
    hostile_idp::{CLIENT_ID, CLIENT_SECRET, HostileIdp},
    stack::Stack,
};

use crate::access::audit;

/// The public URL of the test stack.
pub(crate) const PUBLIC: &str = "http://127.0.0.1:3000";

/// An organisation whose provider is the hostile one.
pub(crate) struct Organisation {
    pub(crate) admin: Client,
    pub(crate) person: Person,
    pub(crate) slug: String,
    pub(crate) idp: HostileIdp,
}

pub(crate) fn federation(issuer: &str) -> Value {
    json!({
        "provider": "The provider", "issuer": issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
        "allowed_domains": ["example.org"], "provisioning": true,
        "group_roles": { "t-admins": "admin", "t-leads": "manager" },
    })
}

pub(crate) async fn put(client: &Client, body: &Value) -> tests::client::Response {
    client.send(client.request(http::Method::PUT, "/api/v1/admin/federation").json(body)).await
}

/// The parameters of an authorization request, from the URL to which the browser was sent.
pub(crate) struct AuthorizationParams {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
    /// The redirect URI of the request, at the address of the test stack.
    pub(crate) back_to: String,
}

impl AuthorizationParams {
    /// Parses the URL to which the browser was sent.
    pub(crate) fn of(location: &str, url: &str) -> Self {
        let to: reqwest::Url = location.parse().unwrap();
        let of = |name: &str| to.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
        assert_eq!(
            (of("code_challenge_method"), of("response_type")),
            ("S256".to_owned(), "code".to_owned())
        );
        let back_to = of("redirect_uri").replace(PUBLIC, url);
        Self { state: of("state"), nonce: of("nonce"), challenge: of("code_challenge"), back_to }
    }
}

impl Organisation {
    pub(crate) async fn new(name: &str) -> Self {
        let (admin, person) = Stack::shared().person(name).await;
        let slug = admin.get("/api/v1/me").await.expect(200)["tenant"]["slug"]
            .as_str()
            .unwrap()
            .to_owned();
        let idp = HostileIdp::start().await;
        put(&admin, &federation(&idp.url)).await.expect(200);
        Self { admin, person, slug, idp }
    }

    /// Begins a login, and configures the provider with its parameters.
    pub(crate) async fn begin(&self, browser: &Browser, return_to: &str) -> AuthorizationParams {
        let url = format!(
            "{}/api/v1/auth/oidc/start?tenant={}&return_to={return_to}",
            Stack::shared().url,
            self.slug
        );
        let reply = browser.get(&url).await;
        assert_eq!(reply.status, 302);
        assert!(
            reply.location().starts_with(&format!("{}/authorize?", self.idp.url)),
            "{}",
            reply.location()
        );
        let asked = AuthorizationParams::of(reply.location(), &Stack::shared().url);
        self.idp.set(|b| {
            (b.nonce, b.challenge) = (asked.nonce.clone(), asked.challenge.clone());
        });
        asked
    }

    /// Returns to the callback with a code.
    pub(crate) async fn come_back(&self, browser: &Browser, state: &str) -> Reply {
        let code = uuid::Uuid::now_v7().simple().to_string();
        browser
            .get(&self.callback(&format!("state={state}&code={code}&iss={}", self.idp.url)))
            .await
    }

    /// The callback of its provider, with these parameters.
    pub(crate) fn callback(&self, answer: &str) -> String {
        format!("{}/api/v1/auth/oidc/callback/{}?{answer}", Stack::shared().url, self.person.tenant)
    }

    /// The whole of it.
    pub(crate) async fn sign_in(&self, browser: &Browser) -> Reply {
        let asked = self.begin(browser, "/spaces").await;
        self.come_back(browser, &asked.state).await
    }

    /// How many sessions began at a provider.
    pub(crate) async fn sessions(&self) -> i64 {
        let mut db = Stack::shared().database.superuser().await;
        sqlx::query_scalar(
            "select count(*) from sessions where tenant_id = $1 and oidc_issuer is not null",
        )
        .bind(self.person.tenant.0)
        .fetch_one(&mut db)
        .await
        .unwrap()
    }
}

/// Redirected to the error page with the code and the request id, without any other effect.
pub(crate) async fn assert_refused(
    organisation: &Organisation,
    browser: &Browser,
    reply: &Reply,
    code: &str,
) {
    assert_eq!(reply.status, 302);
    let id = reply.headers["x-request-id"].to_str().unwrap();
    assert_eq!(reply.location(), format!("/sign-in?error={code}&correlation={id}"));
    assert_eq!(browser.cookie(&Stack::shared().url, "tessera_access"), None);
    assert_eq!(organisation.sessions().await, 0);
}

/// The failed logins at the provider in the audit log.
pub(crate) async fn failures(organisation: &Organisation) -> Vec<Value> {
    audit::entries(&organisation.admin, "&action=sign_in.failed").await
}
