//! Slow providers, a store that is away, and repeated attempts of strangers: what still works
//! meanwhile.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use http::Method;
use serde_json::json;
use sha2::{Digest, Sha256};
use tests::{browser::Browser, client::Client, pg_proxy::PgProxy, stack::Stack};
use tokio::{sync::Barrier, time::timeout};

use crate::sso::organisation::{Organisation, failures};

const LOGOUT: &str = "/api/v1/auth/logout";

async fn redis() -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(testkit::test_redis_url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

fn hashed(text: &str) -> String {
    Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect()
}

/// The session of a browser for a client of another host.
fn session_of(browser: &Browser, host: &host::Host) -> Client {
    let mut client = Client::new(&format!("http://{}", host.addr()));
    client.token = browser.cookie(&Stack::shared().url, "tessera_access");
    client
}

#[tokio::test]
async fn a_sign_out_at_a_slow_provider_blocks_no_other_request() {
    let organisation = Organisation::new("slow-provider").await;
    let (anna, elsewhere, another) = (Browser::default(), Browser::default(), Browser::default());
    for browser in [&anna, &elsewhere, &another] {
        organisation.sign_in(browser).await;
    }
    let host = Stack::shared()
        .another_host(|config| {
            (config.runtime.outbound_pg.max_connections, config.runtime.outbound_pg.wait_seconds) =
                (2, 1);
        })
        .await;
    // The provider is called, and does not respond before the test lets it.
    let gate = Arc::new(Barrier::new(3));
    organisation.idp.set(|b| b.discovery_gate = Some(gate.clone()));
    let kept = format!("oidc:metadata:{}", hashed(&organisation.idp.url));
    let _: i64 = redis::cmd("DEL").arg(kept).query_async(&mut redis().await).await.unwrap();
    let leaving = [&anna, &elsewhere].map(|browser| {
        let client = session_of(browser, &host);
        tokio::spawn(async move { client.send(client.request(Method::POST, LOGOUT)).await })
    });
    timeout(Duration::from_secs(30), gate.wait()).await.expect("both ask the provider");
    let meanwhile = session_of(&another, &host).get("/api/v1/me").await;
    timeout(Duration::from_secs(30), gate.wait()).await.expect("both still wait for it");
    meanwhile.expect(200);
    for answer in leaving {
        assert!(answer.await.unwrap().expect(200)["end_session_url"].is_string());
    }
    host.shutdown().await;
}

#[tokio::test]
async fn signing_out_clears_the_cookies_while_redis_is_away() {
    let organisation = Organisation::new("no-redis").await;
    let browser = Browser::default();
    organisation.sign_in(&browser).await;
    let of_no_one =
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let host = Stack::shared()
        .another_host(|config| {
            config.variables.insert("redis_port".to_owned(), of_no_one.to_string());
        })
        .await;
    signs_out_here(&session_of(&browser, &host)).await;
    assert_eq!(session_of(&browser, &host).get("/api/v1/me").await.problem(401), "session_ended");
    host.shutdown().await;
}

/// Signs out; the response names no provider, and removes the cookies.
async fn signs_out_here(client: &Client) {
    let answer = client.send(client.request(Method::POST, LOGOUT)).await;
    let cookies: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    for name in ["tessera_access", "tessera_refresh", "tessera_csrf"] {
        let cleared = |c: &&str| c.starts_with(&format!("{name}=;")) && c.contains("Max-Age=0");
        assert!(cookies.iter().any(cleared), "{name}: {cookies:?}");
    }
    answer.expect(204);
}

#[tokio::test]
async fn signing_out_clears_the_cookies_although_the_database_goes_away_after_it() {
    let organisation = Organisation::new("no-database").await;
    let browser = Browser::default();
    organisation.sign_in(&browser).await;
    let stack = Stack::shared();
    // Only the query for the session's provider contains this column, and it runs after the session
    // has ended.
    let proxy =
        PgProxy::to(&stack.database.server, Some("oidc_id_token_sealed from sessions")).await;
    let host = stack.another_host(|config| proxy.configure(config)).await;
    signs_out_here(&session_of(&browser, &host)).await;
    assert!(proxy.is_cut(), "the query has changed, and succeeded");
    let mut client = stack.anonymous();
    client.token = browser.cookie(&stack.url, "tessera_access");
    assert_eq!(client.get("/api/v1/me").await.problem(401), "session_ended");
    host.shutdown().await;
}

#[tokio::test]
async fn a_logout_token_works_again_after_a_failure() {
    let organisation = Organisation::new("logout-again").await;
    let anna = Browser::default();
    organisation.sign_in(&anna).await;
    let url = format!("{}/api/v1/auth/oidc/backchannel-logout", Stack::shared().url);
    let token = format!("logout_token={}", organisation.idp.logout_token(&json!({})));
    let mut db = Stack::shared().database.superuser().await;
    // Without its entry in the log the change is rolled back, and the number of that entry is
    // taken.
    let mut move_head = async |by: i64| {
        let sql = "update audit_heads set seq = seq + $2 where tenant_id = $1";
        sqlx::query(sql)
            .bind(organisation.person.tenant.0)
            .bind(by)
            .execute(&mut db)
            .await
            .unwrap();
    };
    move_head(-1).await;
    assert_eq!(Browser::default().post(&url, token.clone()).await.status, 500);
    let me = format!("{}/api/v1/me", Stack::shared().url);
    assert_eq!(anna.get(&me).await.status, 200, "it was not ended");
    move_head(1).await;
    assert_eq!(Browser::default().post(&url, token.clone()).await.status, 204);
    assert_eq!(anna.get(&me).await.status, 401);
    assert_eq!(Browser::default().post(&url, token).await.status, 400, "it has worked, once");
}

#[tokio::test]
async fn repeated_wrong_callbacks_are_rate_limited_and_write_nothing_more() {
    let organisation = Organisation::new("answers").await;
    let [.., b, c, d] = *uuid::Uuid::now_v7().as_bytes();
    let address = Ipv4Addr::from([127, b, c, d.clamp(2, 254)]);
    let (mut redis, counter) =
        (redis().await, format!("attempts:back:address:{}", hashed(&address.to_string())));
    let browser = Browser::from(address);
    let answer = async |what: &str| {
        let asked = organisation.begin(&browser, "/spaces").await;
        let answer = format!("state={}&iss={}&{what}", asked.state, organisation.idp.url);
        browser.get(&organisation.callback(&answer)).await.location().to_owned()
    };
    assert_eq!(answer("code=good").await, "/spaces");
    assert!(answer("error=access_denied").await.starts_with("/sign-in?error=sign_in_cancelled&"));
    let counted: Option<u32> =
        redis::cmd("HGET").arg(&counter).arg("n").query_async(&mut redis).await.unwrap();
    assert_eq!(counted, None, "successes and cancellations are not counted");
    let _: i64 = redis::cmd("HSET")
        .arg(&[&counter, "n", "110", "till", "0"])
        .query_async(&mut redis)
        .await
        .unwrap();
    assert!(answer("error=foo").await.starts_with("/sign-in?error=sign_in_refused&"));
    let (brought, written) =
        (organisation.idp.token_requests(), failures(&organisation).await.len());
    assert_eq!((brought, written), (1, 1));
    for more in ["error=foo", "code=another", "error=access_denied"] {
        let location = answer(more).await;
        assert!(location.starts_with("/sign-in?error=too_many_requests&"), "{more}: {location}");
    }
    assert_eq!((organisation.idp.token_requests(), failures(&organisation).await.len()), (1, 1));
    // A callback without a login of the browser does not count, and others sign in meanwhile.
    let begun_by_no_one = browser.get(&organisation.callback("state=none&error=foo")).await;
    assert!(
        begun_by_no_one.location().starts_with("/sign-in?error=sign_in_expired&"),
        "{}",
        begun_by_no_one.location()
    );
    let counted: u32 =
        redis::cmd("HGET").arg(&counter).arg("n").query_async(&mut redis).await.unwrap();
    assert_eq!(counted, 111);
    assert_eq!(organisation.sign_in(&Browser::default()).await.location(), "/spaces");
}

#[tokio::test]
async fn a_provider_document_with_a_forged_mac_in_redis_is_ignored() {
    let organisation = Organisation::new("poisoned-cache").await;
    let issuer = &organisation.idp.url;
    let evil = json!({
        "issuer": issuer, "authorization_endpoint": "https://evil.example/authorize", "token_endpoint": "https://evil.example/token",
        "jwks_uri": "https://evil.example/keys",
    });
    let kept = format!("oidc:metadata:{}", hashed(issuer));
    // Without a MAC, and with one of another text.
    for text in [evil.to_string(), format!("{}{evil}", "0".repeat(64))] {
        let _: () =
            redis::cmd("SET").arg(&kept).arg(text).query_async(&mut redis().await).await.unwrap();
        // The target of the redirect shows which document was used.
        organisation.begin(&Browser::default(), "/").await;
    }
    // Our own entry carries a MAC.
    let signed: String =
        redis::cmd("GET").arg(&kept).query_async(&mut redis().await).await.unwrap();
    assert!(signed.ends_with('}') && !signed.starts_with('{'), "{signed}");
}
