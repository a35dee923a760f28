//! Routes, headers, protocols and responses of the host itself, as a client sees them.

use serde_json::Value;

use crate::fixture::Fixture;

async fn seen(fixture: &Fixture, path: &str, headers: &[(&str, &str)]) -> Value {
    let mut request = fixture.client.get(format!("{}{path}", fixture.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

fn values(seen: &Value, name: &str) -> Vec<String> {
    let all = seen["headers"][name].as_array().cloned().unwrap_or_default();
    all.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn spin_headers_come_from_the_host_and_never_from_the_client() {
    let fixture = Fixture::new().await;
    let forged =
        [("spin-client-addr", "6.6.6.6:6"), ("spin-path-info", "/forged"), ("spin-secret", "x")];
    let seen = seen(&fixture, "/headers?q=1", &forged).await;
    assert_eq!(values(&seen, "spin-path-info"), ["/headers"]);
    assert_eq!(values(&seen, "spin-full-url"), [format!("{}/headers?q=1", fixture.url)]);
    assert_eq!(values(&seen, "spin-matched-route"), ["/..."]);
    assert_eq!(values(&seen, "spin-base-path"), ["/"]);
    assert_eq!(values(&seen, "spin-raw-component-route"), ["/..."]);
    assert_eq!(values(&seen, "spin-component-route"), [""]);
    let client = values(&seen, "spin-client-addr");
    assert!(client.len() == 1 && client[0].starts_with("127.0.0.1:"), "{client:?}");
    assert!(values(&seen, "spin-secret").is_empty());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_uri_is_absolute_and_hop_by_hop_headers_are_removed() {
    let fixture = Fixture::new().await;
    let headers =
        [("connection", "keep-alive, x-hop"), ("x-hop", "1"), ("x-kept", "1"), ("te", "trailers")];
    let seen = seen(&fixture, "/headers?x=%20y", &headers).await;
    assert_eq!(seen["uri"], format!("{}/headers?x=%20y", fixture.url));
    assert!(values(&seen, "connection").is_empty() && values(&seen, "x-hop").is_empty());
    assert_eq!(values(&seen, "x-kept"), ["1"]);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarding_headers_reach_the_guest_in_order() {
    let fixture = Fixture::new().await;
    let headers = [
        ("x-forwarded-for", "203.0.113.9"),
        ("connection", "keep-alive, x-forwarded-for"),
        ("x-forwarded-for", "198.51.100.4, 10.0.0.2"),
    ];
    let seen = seen(&fixture, "/headers", &headers).await;
    assert_eq!(values(&seen, "x-forwarded-for"), ["203.0.113.9", "198.51.100.4, 10.0.0.2"]);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_in_routes_become_headers() {
    let fixture = Fixture::new().await;
    let url = format!("{}/named/ada/headers", fixture.url);
    // The guest does not know the path /named/…, so it returns the path.
    let body = fixture.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(body.contains("/named/ada/headers"), "{body}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_id_goes_to_the_guest_and_back() {
    let fixture = Fixture::new().await;
    let send = |id: &'static str| {
        fixture.client.get(format!("{}/headers", fixture.url)).header("x-request-id", id).send()
    };
    let replaced = send("client-chosen-1").await.unwrap();
    let id = replaced.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(id.len() == 32 && id != "client-chosen-1", "{id}");
    let body: Value = replaced.json().await.unwrap();
    assert_eq!(values(&body, "x-request-id"), [id]);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_context_reaches_the_guest() {
    let fixture = Fixture::with("", "[clients]\ntrusted_proxies = \"127.0.0.1\"\n").await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let seen = seen(&fixture, "/headers", &[("traceparent", parent)]).await;
    let [given] = &values(&seen, "traceparent")[..] else {
        panic!("expected one traceparent: {seen}")
    };
    assert_eq!(
        (&given[..36], &given[52..]),
        (&parent[..36], &parent[52..]),
        "the trace and its flags are the proxy's"
    );
    assert_ne!(given[36..52], parent[36..52], "the span is the host's");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fixed_responses_and_the_health_path_need_no_component() {
    let fixture = Fixture::new().await;
    let fixed = fixture.client.get(format!("{}/fixed", fixture.url)).send().await.unwrap();
    assert_eq!(
        (fixed.status().as_u16(), fixed.headers()["x-fixed"].to_str().unwrap()),
        (203, "yes")
    );
    assert_eq!(fixed.text().await.unwrap(), "fixed");
    assert_eq!(fixture.get("/.well-known/spin/health").await, (200, "OK".into()));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_works_with_prior_knowledge() {
    let fixture = Fixture::new().await;
    let client = crate::fixture::client().http2_prior_knowledge().build().unwrap();
    let response = client.get(format!("{}/headers", fixture.url)).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    let seen: Value = response.json().await.unwrap();
    assert_eq!(seen["uri"], format!("{}/headers", fixture.url));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn private_components_have_no_route() {
    let fixture = Fixture::new().await;
    let response = fixture
        .client
        .get(format!("{}/hello", fixture.url))
        .header("host", "hidden.spin.internal")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200, "the main component answers, not the hidden one");
    let seen = seen(&fixture, "/headers", &[("host", "hidden.spin.internal")]).await;
    assert_eq!(values(&seen, "spin-matched-route"), ["/..."]);
    fixture.stop().await;
}
