//! Attacks by a hostile identity provider, or by a man in the middle: each fails, and begins no
//! session.

use serde_json::json;
use tests::{
    browser::Browser,
    hostile_idp::{Behaviour, CLIENT_ID, HostileIdp, Keys, Signature},
    stack::Stack,
};

use super::organisation::{AuthorizationParams, Organisation, assert_refused, failures};

/// A login at a provider that behaves like this.
async fn attack(name: &str, code: &str, change: impl FnOnce(&mut Behaviour)) -> Organisation {
    let organisation = Organisation::new(name).await;
    organisation.idp.set(change);
    let browser = Browser::default();
    let reply = organisation.sign_in(&browser).await;
    assert_refused(&organisation, &browser, &reply, code).await;
    let failures = failures(&organisation).await;
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0]["after"]["error"], code);
    assert_eq!(failures[0]["request_id"], reply.headers["x-request-id"].to_str().unwrap());
    organisation
}

fn now() -> i64 {
    platform::clock::now().unix_seconds()
}

#[tokio::test]
async fn the_provider_of_these_tests_lets_people_in_while_it_behaves() {
    let organisation = Organisation::new("behaves").await;
    let browser = Browser::default();
    let reply = organisation.sign_in(&browser).await;
    assert_eq!((reply.status, reply.location()), (302, "/spaces"));
    assert_eq!(organisation.sessions().await, 1);
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    attack("issuer", "identity_provider_failed", |b| {
        b.claims = json!({ "iss": "https://evil.example.org" })
    })
    .await;
}

#[tokio::test]
async fn a_token_for_another_client_is_refused() {
    attack("audience", "identity_provider_failed", |b| {
        b.claims = json!({ "aud": "another-client" })
    })
    .await;
}

#[tokio::test]
async fn a_token_for_several_clients_that_was_issued_to_another_is_refused() {
    let claims = json!({ "aud": [CLIENT_ID, "another-client"], "azp": "another-client" });
    attack("azp", "identity_provider_failed", |b| b.claims = claims).await;
}

#[tokio::test]
async fn a_token_with_the_nonce_of_another_login_is_refused() {
    attack("nonce", "identity_provider_failed", |b| {
        b.claims = json!({ "nonce": "of another login" })
    })
    .await;
}

#[tokio::test]
async fn a_token_without_nonce_is_refused() {
    attack("no-nonce", "identity_provider_failed", |b| b.claims = json!({ "nonce": null })).await;
}

#[tokio::test]
async fn a_token_signed_by_another_key_is_refused() {
    attack("signature", "identity_provider_failed", |b| b.signature = Signature::OtherKey).await;
}

#[tokio::test]
async fn a_token_with_alg_none_is_refused() {
    attack("alg-none", "identity_provider_failed", |b| b.signature = Signature::None).await;
}

#[tokio::test]
async fn a_token_signed_with_the_public_key_as_a_password_is_refused() {
    attack("hs256", "identity_provider_failed", |b| b.signature = Signature::Hmac).await;
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    attack("expired", "identity_provider_failed", |b| {
        b.claims = json!({ "exp": now() - 90, "iat": now() - 200 })
    })
    .await;
}

#[tokio::test]
async fn a_token_from_the_future_is_refused() {
    attack("future", "identity_provider_failed", |b| {
        b.claims = json!({ "iat": now() + 3600, "exp": now() + 7200 })
    })
    .await;
}

#[tokio::test]
async fn a_token_for_another_access_token_is_refused() {
    attack("at-hash", "identity_provider_failed", |b| {
        b.claims = json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" })
    })
    .await;
}

#[tokio::test]
async fn an_unverified_address_links_to_no_account() {
    let organisation =
        attack("unverified", "sign_in_refused", |b| b.claims = json!({ "email_verified": false }))
            .await;
    organisation.idp.set(|b| b.claims = json!({ "email_verified": null }));
    let browser = Browser::default();
    let reply = organisation.sign_in(&browser).await;
    assert_refused(&organisation, &browser, &reply, "sign_in_refused").await;
}

#[tokio::test]
async fn an_unverified_address_of_an_administrator_does_not_link_to_their_account() {
    let organisation = Organisation::new("takeover").await;
    let email = organisation.person.email.clone();
    organisation
        .idp
        .set(|b| b.claims = json!({ "email": email, "email_verified": false, "sub": "mallory" }));
    let browser = Browser::default();
    let reply = organisation.sign_in(&browser).await;
    assert_refused(&organisation, &browser, &reply, "sign_in_refused").await;
}

#[tokio::test]
async fn an_address_of_another_domain_is_refused() {
    attack("domain", "sign_in_refused", |b| b.claims = json!({ "email": "anna@evil.example.org" }))
        .await;
}

#[tokio::test]
async fn an_address_with_a_new_owner_does_not_give_access_to_the_first_account() {
    let organisation = Organisation::new("recycled").await;
    organisation.sign_in(&Browser::default()).await;
    organisation.idp.set(|b| b.claims = json!({ "sub": "another anna" }));
    let reply = organisation.sign_in(&Browser::default()).await;
    assert!(
        reply.location().starts_with("/sign-in?error=sign_in_refused&"),
        "{}",
        reply.location()
    );
    assert_eq!(organisation.sessions().await, 1, "only that of the first");
}

#[tokio::test]
async fn a_state_works_once() {
    let organisation = Organisation::new("state").await;
    let (browser, other) = (Browser::default(), Browser::default());
    let asked = organisation.begin(&browser, "/").await;
    let kept = browser.cookie(&Stack::shared().url, "tessera_login").unwrap();
    assert_eq!(organisation.come_back(&browser, &asked.state).await.location(), "/");
    // An attacker who has also copied the cookie.
    let replayed = other.with_cookie(&Stack::shared().url, "tessera_login", &kept);
    let reply = organisation.come_back(replayed, &asked.state).await;
    assert!(
        reply.location().starts_with("/sign-in?error=sign_in_expired&"),
        "{}",
        reply.location()
    );
    assert_eq!(organisation.sessions().await, 1);
}

#[tokio::test]
async fn a_code_works_once() {
    let organisation = Organisation::new("code").await;
    let browser = Browser::default();
    let first = organisation.begin(&browser, "/").await;
    let the_code = |asked: &AuthorizationParams| {
        organisation
            .callback(&format!("state={}&code=the-code&iss={}", asked.state, organisation.idp.url))
    };
    browser.get(&the_code(&first)).await;
    let second = Browser::default();
    let asked = organisation.begin(&second, "/").await;
    let reply = second.get(&the_code(&asked)).await;
    assert!(
        reply.location().starts_with("/sign-in?error=identity_provider_failed&"),
        "{}",
        reply.location()
    );
    assert_eq!(organisation.sessions().await, 1);
}

#[tokio::test]
async fn a_code_of_another_users_login_is_refused() {
    let organisation = Organisation::new("injected").await;
    let (mallory, anna) = (Browser::default(), Browser::default());
    organisation.begin(&mallory, "/").await;
    let challenge_of_mallory = organisation.begin(&mallory, "/").await.challenge;
    let asked = organisation.begin(&anna, "/").await;
    // The code belongs to Mallory's challenge; Anna's verifier does not fit.
    organisation.idp.set(|b| b.challenge = challenge_of_mallory);
    let reply = organisation.come_back(&anna, &asked.state).await;
    assert_refused(&organisation, &anna, &reply, "identity_provider_failed").await;
}

#[tokio::test]
async fn a_login_of_another_browser_is_refused() {
    let organisation = Organisation::new("browser").await;
    let (mallory, anna) = (Browser::default(), Browser::default());
    let asked = organisation.begin(&mallory, "/").await;
    let reply = organisation.come_back(&anna, &asked.state).await;
    assert_refused(&organisation, &anna, &reply, "sign_in_expired").await;
    // It fails with the cookie of a login of her own too; and the attempt has used up the login.
    let asked = organisation.begin(&mallory, "/").await;
    organisation.begin(&anna, "/").await;
    let reply = organisation.come_back(&anna, &asked.state).await;
    assert_refused(&organisation, &anna, &reply, "sign_in_expired").await;
    let reply = organisation.come_back(&mallory, &asked.state).await;
    assert_refused(&organisation, &mallory, &reply, "sign_in_expired").await;
}

#[tokio::test]
async fn one_tenants_provider_gives_no_access_to_another() {
    let (honest, evil) = (Organisation::new("honest").await, Organisation::new("evil").await);
    let email = honest.person.email.clone();
    let issuer = honest.idp.url.clone();
    evil.idp.set(|b| b.claims = json!({ "email": email, "sub": "anna" }));
    evil.sign_in(&Browser::default()).await;
    assert_eq!(
        (honest.sessions().await, evil.sessions().await),
        (0, 1),
        "a new person of the evil one's own tenant"
    );
    // It poses as the other provider.
    evil.idp.set(|b| b.claims = json!({ "iss": issuer }));
    let reply = evil.sign_in(&Browser::default()).await;
    assert!(
        reply.location().starts_with("/sign-in?error=identity_provider_failed&"),
        "{}",
        reply.location()
    );
}

#[tokio::test]
async fn a_redirect_of_the_token_endpoint_gets_neither_secret_nor_code() {
    let elsewhere = HostileIdp::start().await;
    let to = format!("{}/token", elsewhere.url);
    attack("redirect", "identity_provider_failed", |b| b.token_redirect = Some(to)).await;
    assert_eq!(elsewhere.token_requests(), 0);
}

#[tokio::test]
async fn a_return_path_to_another_host_leads_to_the_start_page() {
    let organisation = Organisation::new("return-to").await;
    for return_to in [
        "https://evil.example.org",
        "//evil.example.org",
        "/%5Cevil.example.org",
        "/%09/evil.example.org",
        "%2F%2Fevil.example.org",
    ] {
        let browser = Browser::default();
        let asked = organisation.begin(&browser, return_to).await;
        let reply = organisation.come_back(&browser, &asked.state).await;
        assert_eq!(reply.location(), "/", "{return_to}");
    }
}

#[tokio::test]
async fn a_megabyte_of_keys_is_refused() {
    attack("huge", "identity_provider_failed", |b| b.keys = Keys::Huge).await;
}

#[tokio::test]
async fn a_sign_in_does_not_wait_for_an_endless_key_set() {
    attack("slow", "identity_provider_failed", |b| b.keys = Keys::Slow).await;
}

#[tokio::test]
async fn a_newer_key_is_fetched_once_and_unknown_ones_do_not_cause_more_requests() {
    let organisation = Organisation::new("rotation").await;
    organisation.sign_in(&Browser::default()).await;
    assert_eq!(organisation.idp.fetched_keys(), 1);
    organisation
        .idp
        .set(|b| (b.kid, b.published) = ("k2".to_owned(), vec!["k1".to_owned(), "k2".to_owned()]));
    assert_eq!(organisation.sign_in(&Browser::default()).await.location(), "/spaces");
    assert_eq!((organisation.idp.fetched_keys(), organisation.sessions().await), (2, 2));
    organisation.idp.set(|b| b.kid = "k3".to_owned());
    for _ in 0..3 {
        let reply = organisation.sign_in(&Browser::default()).await;
        assert!(
            reply.location().starts_with("/sign-in?error=identity_provider_failed&"),
            "{}",
            reply.location()
        );
    }
    assert_eq!((organisation.idp.fetched_keys(), organisation.sessions().await), (2, 2));
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_or_with_plain_http_is_refused() {
    for discovery in [
        json!({ "issuer": "https://login.example.org" }),
        json!({ "token_endpoint": "http://169.254.169.254/latest" }),
    ] {
        let organisation = Organisation::new("discovery").await;
        organisation.idp.set(|b| b.discovery = discovery);
        let browser = Browser::default();
        let url =
            format!("{}/api/v1/auth/oidc/start?tenant={}", Stack::shared().url, organisation.slug);
        let reply = browser.get(&url).await;
        assert_refused(&organisation, &browser, &reply, "identity_provider_failed").await;
    }
}

#[tokio::test]
async fn an_error_of_the_provider_does_not_repeat_its_text() {
    let organisation = Organisation::new("denied").await;
    for (error, code) in
        [("access_denied", "sign_in_cancelled"), ("invalid_scope", "sign_in_refused")]
    {
        let browser = Browser::default();
        let asked = organisation.begin(&browser, "/").await;
        let said = format!("error={error}&error_description=%3Cscript%3E");
        let answer = format!("state={}&iss={}&{said}", asked.state, organisation.idp.url);
        let reply = browser.get(&organisation.callback(&answer)).await;
        assert_refused(&organisation, &browser, &reply, code).await;
    }
    // Repeated cancellations do not fill the log.
    let failures = failures(&organisation).await;
    let causes: Vec<&str> =
        failures.iter().map(|f| f["after"]["cause"].as_str().unwrap()).collect();
    assert_eq!(causes, ["the provider answered with the error `invalid_scope`"]);
}
