//! Mix-up (RFC 9700, 4.4): a hostile tenant's provider redirects users to an honest one, to get
//! hold of their code.

use serde_json::json;
use tests::{
    browser::Browser,
    client::Client,
    hostile_idp::{CLIENT_ID, CLIENT_SECRET, HostileIdp},
    stack::Stack,
};

use crate::sso::organisation::{AuthorizationParams, Organisation, PUBLIC, assert_refused, put};

/// An honest and a hostile organisation. Neither provider names itself in its responses, as most do
/// not.
async fn honest_and_evil() -> (Organisation, Organisation) {
    let both = (Organisation::new("honest").await, Organisation::new("evil").await);
    for idp in [&both.0.idp, &both.1.idp] {
        idp.set(|b| {
            b.discovery = json!({ "authorization_response_iss_parameter_supported": null })
        });
    }
    both
}

/// The redirect URI of the shared provider, which is the prefix of the tenants' ones.
fn shared(url: &str) -> String {
    format!("{url}/api/v1/auth/oidc/callback")
}

#[tokio::test]
async fn a_code_of_an_honest_provider_is_not_sent_to_a_hostile_one() {
    let (honest, evil) = honest_and_evil().await;
    let (mallory, anna) = (Browser::default(), Browser::default());
    // Mallory begins at the honest tenant: a code for this nonce and challenge would complete her
    // login.
    let hers = honest.begin(&mallory, "/").await;
    // Anna begins at the hostile tenant. Its provider redirects her to the honest one, with nonce
    // and challenge of Mallory's login and the state of Anna's; the honest provider knows Anna, and
    // redirects her with a code to its registered URI.
    let annas = evil.begin(&anna, "/").await;
    let reply =
        anna.get(&format!("{}?state={}&code=a-code-of-anna", hers.back_to, annas.state)).await;
    assert_eq!((evil.idp.brought("code"), honest.idp.token_requests()), (Vec::<String>::new(), 0));
    assert_refused(&honest, &anna, &reply, "sign_in_expired").await;
    assert_eq!(evil.sessions().await, 0);
    // The honest provider cannot be given another redirect URI: it knows the one that the honest
    // administrators saw.
    let known =
        honest.admin.get("/api/v1/admin/federation").await.expect(200)["redirect_uri"].clone();
    assert_eq!(known.as_str().unwrap().replace(PUBLIC, &Stack::shared().url), hers.back_to);
    assert_ne!(annas.back_to, hers.back_to);
}

#[tokio::test]
async fn a_login_completes_at_the_redirect_uri_of_its_provider_only_and_once() {
    let (honest, evil) = honest_and_evil().await;
    let shared = shared(&Stack::shared().url);
    let of_no_one = format!("{shared}/{}", uuid::Uuid::now_v7());
    for elsewhere in [format!("{shared}/{}", evil.person.tenant), of_no_one, shared] {
        let anna = Browser::default();
        let asked = honest.begin(&anna, "/").await;
        let kept = anna.cookie(&Stack::shared().url, "tessera_login").unwrap();
        let reply = anna.get(&format!("{elsewhere}?state={}&code=a-code", asked.state)).await;
        assert_refused(&honest, &anna, &reply, "sign_in_expired").await;
        // The login is used up.
        let again = anna.with_cookie(&Stack::shared().url, "tessera_login", &kept);
        let reply =
            again.get(&format!("{}?state={}&code=a-code", asked.back_to, asked.state)).await;
        assert_refused(&honest, &anna, &reply, "sign_in_expired").await;
    }
    assert_eq!(
        (honest.idp.token_requests(), evil.idp.token_requests(), evil.sessions().await),
        (0, 0, 0)
    );
    let anna = Browser::default();
    let asked = honest.begin(&anna, "/").await;
    let reply = anna.get(&format!("{}?state={}&code=a-code", asked.back_to, asked.state)).await;
    assert_eq!((reply.location(), honest.sessions().await), ("/", 1));
}

#[tokio::test]
async fn administrators_logins_and_the_test_have_the_same_redirect_uri() {
    let organisation = Organisation::new("address").await;
    let own = format!("{}/{}", shared(PUBLIC), organisation.person.tenant);
    assert_eq!(
        organisation.admin.get("/api/v1/admin/federation").await.expect(200)["redirect_uri"],
        own
    );
    let (operator, _) = crate::accounts::sysadmin::operator().await;
    let path = format!("/api/v1/sysadmin/tenants/{}/federation", organisation.person.tenant);
    assert_eq!(operator.get(&path).await.expect(200)["redirect_uri"], own);
    let browser = Browser::default();
    let asked = organisation.begin(&browser, "/").await;
    assert_eq!(asked.back_to.replace(&Stack::shared().url, PUBLIC), own);
    assert_eq!(organisation.come_back(&browser, &asked.state).await.location(), "/");
    organisation.admin.post("/api/v1/admin/federation/test", &json!({})).await.expect(200);
    operator.post(&format!("{path}/test"), &json!({})).await.expect(200);
    assert_eq!(organisation.idp.brought("redirect_uri"), [own.clone(), own.clone(), own]);
}

#[tokio::test]
async fn the_shared_provider_has_one_redirect_uri_for_its_logins_only() {
    let idp = HostileIdp::start().await;
    let named = [
        ("oidc_issuer", idp.url.as_str()),
        ("oidc_client_id", CLIENT_ID),
        ("oidc_client_secret", CLIENT_SECRET),
    ];
    let named = named.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let host = Stack::shared().another_host(|config| config.variables.extend(named)).await;
    let url = format!("http://{}", host.addr());
    let (signed_in, person) = Stack::shared().person("shared").await;
    let slug = signed_in.get("/api/v1/me").await.expect(200)["tenant"]["slug"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut admin = Client::new(&url);
    admin.token = signed_in.token;
    let body = json!({ "provider": "The shared one", "shared": true, "allowed_domains": ["example.org"], "provisioning": true });
    assert_eq!(put(&admin, &body).await.expect(200)["redirect_uri"], shared(PUBLIC));
    let own = format!("{}/{}", shared(&url), person.tenant);
    for (back_to, expected) in [(own, "/sign-in?error=sign_in_expired&"), (shared(&url), "/spaces")]
    {
        let browser = Browser::default();
        let begun = browser
            .get(&format!("{url}/api/v1/auth/oidc/start?tenant={slug}&return_to=/spaces"))
            .await;
        let asked = AuthorizationParams::of(begun.location(), &url);
        assert_eq!(asked.back_to, shared(&url));
        idp.set(|b| (b.nonce, b.challenge) = (asked.nonce, asked.challenge));
        let reply = browser
            .get(&format!("{back_to}?state={}&code=a-code&iss={}", asked.state, idp.url))
            .await;
        assert!(reply.location().starts_with(expected), "{}", reply.location());
    }
    admin.post("/api/v1/admin/federation/test", &json!({})).await.expect(200);
    assert_eq!(
        idp.brought("redirect_uri"),
        [shared(PUBLIC), shared(PUBLIC)],
        "of the login that went well, and of the test"
    );
    host.shutdown().await;
}

#[tokio::test]
async fn a_response_of_another_provider_is_refused_and_its_code_is_not_sent() {
    let (honest, evil) = (Organisation::new("honest").await, Organisation::new("evil").await);
    let browser = Browser::default();
    let asked = honest.begin(&browser, "/").await;
    let answer = format!("state={}&code=a-code&iss={}", asked.state, evil.idp.url);
    let reply = browser.get(&honest.callback(&answer)).await;
    assert_refused(&honest, &browser, &reply, "identity_provider_failed").await;
    // A provider that declares to name itself must do so.
    let asked = honest.begin(&browser, "/").await;
    let reply = browser.get(&honest.callback(&format!("state={}&code=a-code", asked.state))).await;
    assert_refused(&honest, &browser, &reply, "identity_provider_failed").await;
    assert_eq!((honest.idp.token_requests(), evil.idp.token_requests()), (0, 0));
}
