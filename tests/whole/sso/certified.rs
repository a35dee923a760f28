//! Sign-in with a certified provider: the npm package `oidc-provider`, in a process of its own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tests::{
    browser::{Browser, Reply},
    stack::{Stack, root},
};

use crate::sso::organisation::{PUBLIC, federation, put};

struct CertifiedProvider {
    issuer: String,
    process: Child,
}

impl CertifiedProvider {
    /// Starts a provider that knows the organisation's redirect URI.
    fn start(tenant: &str) -> Self {
        let backchannel = format!("{}/api/v1/auth/oidc/backchannel-logout", Stack::shared().url);
        let mut process = Command::new("node")
            .args([
                "server.mjs",
                &format!("{PUBLIC}/api/v1/auth/oidc/callback/{tenant}"),
                &format!("{PUBLIC}/sign-in"),
                &backchannel,
            ])
            .current_dir(root().join("tests/oidc-provider"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node: install Node 20 or newer");
        let mut issuer = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut issuer).unwrap();
        let issuer = issuer.trim().to_owned();
        assert!(
            issuer.starts_with("http"),
            "oidc-provider did not start: run `npm ci` in tests/oidc-provider, or ./stack test"
        );
        Self { issuer, process }
    }
}

impl Drop for CertifiedProvider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Follows redirects, with the stack's address in place of the public one, until a page or a path
/// of ours.
async fn follow(browser: &Browser, mut reply: Reply, base: &str) -> Reply {
    for _ in 0..10 {
        if !(300..400).contains(&reply.status)
            || (reply.location().starts_with('/') && base == Stack::shared().url)
        {
            return reply;
        }
        let to = reply.location().replace(PUBLIC, &Stack::shared().url);
        let to = if to.starts_with('/') { format!("{base}{to}") } else { to };
        let ours = to.starts_with(&Stack::shared().url);
        reply = browser.get(&to).await;
        if ours {
            return reply;
        }
    }
    panic!("redirected in circles: {}", reply.location());
}

/// The value of an attribute of the page, after a marker.
fn attribute<'a>(page: &'a str, mark: &str, name: &str) -> &'a str {
    let rest = page.split_once(mark).unwrap_or_else(|| panic!("no {mark} in {page}")).1;
    rest.split_once(&format!("{name}=\"")).unwrap().1.split_once('"').unwrap().0
}

fn absolute(url: &str, base: &str) -> String {
    if url.starts_with('/') { format!("{base}{url}") } else { url.to_owned() }
}

/// Signs in as Anna, and accepts every prompt.
async fn sign_in(browser: &Browser, slug: &str, issuer: &str) -> Reply {
    let url =
        format!("{}/api/v1/auth/oidc/start?tenant={slug}&return_to=/spaces", Stack::shared().url);
    let begun = browser.get(&url).await;
    let mut page = follow(browser, begun, issuer).await;
    for form in ["prompt=login&login=anna&password=any", "prompt=consent"] {
        assert_eq!(page.status, 200, "{}", page.body);
        let action = absolute(attribute(&page.body, "<form", "action"), issuer);
        let sent = browser.post(&action, form.to_owned()).await;
        page = follow(browser, sent, issuer).await;
    }
    page
}

async fn organisation(name: &str) -> (CertifiedProvider, String, tests::client::Client) {
    let (admin, person) = Stack::shared().person(name).await;
    let slug =
        admin.get("/api/v1/me").await.expect(200)["tenant"]["slug"].as_str().unwrap().to_owned();
    let provider = CertifiedProvider::start(&person.tenant.to_string());
    let mut body = federation(&provider.issuer);
    body["scopes"] = json!(["openid", "email", "profile"]);
    put(&admin, &body).await.expect(200);
    (provider, slug, admin)
}

async fn me(browser: &Browser) -> (u16, Value) {
    let reply = browser.get(&format!("{}/api/v1/me", Stack::shared().url)).await;
    (reply.status, serde_json::from_str(&reply.body).unwrap())
}

#[tokio::test]
async fn a_certified_provider_signs_in_a_new_user_with_name_and_role() {
    let (provider, slug, admin) = organisation("certified").await;
    let tested = admin.post("/api/v1/admin/federation/test", &json!({})).await.expect(200);
    assert_eq!(tested["ok"], true, "{tested:#}");
    let browser = Browser::default();
    let reply = sign_in(&browser, &slug, &provider.issuer).await;
    assert_eq!((reply.status, reply.location()), (302, "/spaces"));
    let (status, anna) = me(&browser).await;
    assert_eq!(
        (status, &anna["email"], &anna["display_name"], &anna["role"]),
        (200, &json!("anna@example.org"), &json!("Anna Certified"), &json!("manager"))
    );
}

#[tokio::test]
async fn the_connection_test_finds_a_wrong_secret_at_a_certified_provider() {
    let (provider, _, admin) = organisation("wrong-secret").await;
    let mut body = federation(&provider.issuer);
    body["client_secret"] = json!("not the secret at all");
    put(&admin, &body).await.expect(200);
    let tested = admin.post("/api/v1/admin/federation/test", &json!({})).await.expect(200);
    let bad: Vec<&Value> =
        tested["checks"].as_array().unwrap().iter().filter(|c| c["ok"] == false).collect();
    assert!(bad.len() == 1 && bad[0]["name"] == "client_secret", "{tested:#}");
}

#[tokio::test]
async fn signing_out_at_a_certified_provider_ends_the_session_here() {
    let (provider, slug, _) = organisation("certified-out").await;
    let browser = Browser::default();
    sign_in(&browser, &slug, &provider.issuer).await;
    assert_eq!(me(&browser).await.0, 200);
    let page = browser.get(&format!("{}/session/end?client_id=tessera", provider.issuer)).await;
    let action = absolute(attribute(&page.body, "<form", "action"), &provider.issuer);
    let xsrf = attribute(&page.body, "name=\"xsrf\"", "value").to_owned();
    let done = browser.post(&action, format!("xsrf={xsrf}&logout=yes")).await;
    assert!((200..400).contains(&done.status), "{}", done.body);
    // The provider has notified us before it responded.
    assert_eq!(me(&browser).await.0, 401);
}

#[tokio::test]
async fn signing_out_here_ends_the_session_at_a_certified_provider() {
    let (provider, slug, _) = organisation("certified-rp").await;
    let browser = Browser::default();
    sign_in(&browser, &slug, &provider.issuer).await;
    let mut client = Stack::shared().anonymous();
    client.token = browser.cookie(&Stack::shared().url, "tessera_access");
    let answer =
        client.send(client.request(http::Method::POST, "/api/v1/auth/logout")).await.expect(200);
    let page = browser.get(answer["end_session_url"].as_str().unwrap()).await;
    let action = absolute(attribute(&page.body, "<form", "action"), &provider.issuer);
    let xsrf = attribute(&page.body, "name=\"xsrf\"", "value").to_owned();
    let done = browser.post(&action, format!("xsrf={xsrf}&logout=yes")).await;
    assert!(
        done.location().starts_with(&format!("{PUBLIC}/sign-in")),
        "{} {}",
        done.location(),
        done.body
    );
}
