//! Cookies: names that other hosts cannot set, several values of one name, and no token where a
//! script can read it.

use http::Method;
use serde_json::json;
use testkit::Person;
use tests::{
    client::{Client, Response},
    stack::Stack,
};

const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
const ME: &str = "/api/v1/me";

async fn sign_in(client: &Client, person: &Person, headers: &[(&str, &str)]) -> Response {
    let login = json!({ "email": person.email, "password": person.password });
    let request = client.request(Method::POST, LOGIN).json(&login);
    client
        .send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
        .await
}

/// The value of a cookie that a response sets.
fn cookie(answer: &Response, name: &str) -> String {
    let set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let pairs = set.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
    let found: Vec<&str> =
        pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).collect();
    let [value] = found[..] else { panic!("expected one cookie {name}, got {found:?}") };
    value.to_owned()
}

/// A request whose only credentials are cookies.
async fn send(
    client: &Client,
    method: Method,
    path: &str,
    cookies: &str,
    csrf: Option<&str>,
) -> Response {
    let request = client.request(method, path).header("cookie", cookies);
    client
        .send(csrf.iter().fold(request, |request, csrf| request.header("x-csrf-token", *csrf)))
        .await
}

#[tokio::test]
async fn no_response_to_a_page_has_a_token_in_its_body() {
    let stack = Stack::shared();
    let person = stack.database.person("sida").await;
    let client = stack.anonymous();
    for header in [
        ("origin", stack.url.as_str()),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
    ] {
        let answer = sign_in(&client, &person, &[header]).await;
        assert!(
            !cookie(&answer, "tessera_access").is_empty()
                && !cookie(&answer, "tessera_refresh").is_empty()
        );
        let body = answer.expect(200);
        assert!(body["access_token"].is_null() && body["refresh_token"].is_null(), "{header:?}");
    }
    let program = sign_in(&client, &person, &[]).await.expect(200);
    assert!(program["access_token"].is_string() && program["refresh_token"].is_string());
}

#[tokio::test]
async fn a_refresh_token_from_a_cookie_is_renewed_in_cookies_only() {
    let stack = Stack::shared();
    let person = stack.database.person("kaka").await;
    let client = stack.anonymous();
    let answer = sign_in(&client, &person, &[]).await;
    let (refresh, csrf) = (cookie(&answer, "tessera_refresh"), cookie(&answer, "tessera_csrf"));
    let cookies = format!("tessera_refresh={refresh}");
    assert_eq!(
        send(&client, Method::POST, REFRESH, &cookies, None).await.problem(403),
        "csrf_mismatch"
    );
    assert_eq!(
        send(&client, Method::POST, REFRESH, &cookies, Some("0000")).await.problem(403),
        "csrf_mismatch"
    );
    let renewed = send(&client, Method::POST, REFRESH, &cookies, Some(&csrf)).await;
    assert_ne!(cookie(&renewed, "tessera_refresh"), refresh);
    let body = renewed.expect(200);
    assert!(body["access_token"].is_null() && body["refresh_token"].is_null(), "{body:#}");
}

#[tokio::test]
async fn cookie_values_of_another_host_neither_lock_out_nor_plant_a_session() {
    let stack = Stack::shared();
    let (person, thief) =
        (stack.database.person("offer").await, stack.database.person("tjuv").await);
    let client = stack.anonymous();
    let (own, planted) =
        (sign_in(&client, &person, &[]).await, sign_in(&client, &thief, &[]).await);
    let csrf = cookie(&own, "tessera_csrf");
    let (access, other) = (cookie(&own, "tessera_access"), cookie(&planted, "tessera_access"));
    let whose = |body: serde_json::Value| body["email"].as_str().unwrap().to_owned();
    for garbage in ["x", "", "a.b.c", &access[1..]] {
        let cookies = format!("tessera_access={garbage}; tessera_access={access}");
        assert_eq!(
            whose(send(&client, Method::GET, ME, &cookies, None).await.expect(200)),
            person.email,
            "{garbage}"
        );
    }
    for cookies in [
        format!("tessera_access={other}; tessera_access={access}"),
        format!("tessera_access={access}; tessera_access={other}"),
    ] {
        assert_eq!(
            send(&client, Method::GET, ME, &cookies, None).await.problem(401),
            "not_signed_in"
        );
        assert_eq!(
            whose(send(&client, Method::GET, ME, &cookies, Some(&csrf)).await.expect(200)),
            person.email
        );
        let path = "/api/v1/auth/sessions?limit=1";
        send(&client, Method::GET, path, &cookies, Some(&csrf)).await.expect(200);
    }
    let (refresh, other) = (cookie(&own, "tessera_refresh"), cookie(&planted, "tessera_refresh"));
    let planted_alone = format!("tessera_refresh={other}");
    assert_eq!(
        send(&client, Method::POST, REFRESH, &planted_alone, Some(&csrf)).await.problem(403),
        "csrf_mismatch"
    );
    let cookies = format!("tessera_refresh=x; tessera_refresh={other}; tessera_refresh={refresh}");
    let renewed = send(&client, Method::POST, REFRESH, &cookies, Some(&csrf)).await.expect(200);
    assert_eq!(renewed["user"]["email"], person.email);
}

#[tokio::test]
async fn over_https_cookies_have_names_that_no_other_host_can_set() {
    let stack = Stack::shared();
    let https = stack
        .another_host(|config| {
            config.variables.insert("public_url".to_owned(), "https://tessera.example".to_owned());
        })
        .await;
    let person = stack.database.person("tls").await;
    let client = Client::new(&format!("http://{}", https.addr()));
    let answer = sign_in(&client, &person, &[]).await;
    let set: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(set.len(), 4, "{set:?}");
    for cookie in &set {
        assert!(
            cookie.contains("; Secure")
                && cookie.contains("SameSite=Lax")
                && !cookie.contains("Domain"),
            "{cookie}"
        );
        let host = cookie.starts_with("__Host-tessera_access=")
            || cookie.starts_with("__Host-tessera_csrf=");
        let path = cookie.starts_with("__Secure-tessera_refresh=")
            || cookie.starts_with("__Secure-tessera_device=");
        assert!(
            host && cookie.contains("; Path=/;") || path && cookie.contains("; Path=/api/v1/auth;"),
            "{cookie}"
        );
    }
    let access = cookie(&answer, "__Host-tessera_access");
    send(&client, Method::GET, ME, &format!("__Host-tessera_access={access}"), None)
        .await
        .expect(200);
    let unprotected =
        send(&client, Method::GET, ME, &format!("tessera_access={access}"), None).await;
    assert_eq!(
        unprotected.problem(401),
        "not_signed_in",
        "a name that any host of the domain can set counts for nothing"
    );
    https.shutdown().await;
}

#[tokio::test]
async fn a_post_without_a_json_content_type_is_refused_on_every_route() {
    let stack = Stack::shared();
    let person = stack.database.person("formular").await;
    let login = json!({ "email": person.email, "password": person.password }).to_string();
    let client = stack.anonymous();
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonp"),
    ] {
        for (path, body) in [(LOGIN, login.as_str()), (REFRESH, "{\"refresh_token\":\"x\"}")] {
            let request = client.request(Method::POST, path).body(body.to_owned());
            let request =
                kind.iter().fold(request, |request, kind| request.header("content-type", *kind));
            assert_eq!(
                client.send(request).await.problem(415),
                "unsupported_media_type",
                "{path} {kind:?}"
            );
        }
    }
    let signed_in = stack.sign_in(&person).await;
    let request =
        signed_in.request(Method::POST, "/api/v1/spaces").body("{\"name\":\"Without a type\"}");
    assert_eq!(signed_in.send(request).await.problem(415), "unsupported_media_type");
}
