//! What a scrape of the host shows, and who gets one.

use host::MetricsConfig;

use crate::fixture::Fixture;

async fn measured() -> Fixture {
    let listen = "127.0.0.1:0".parse().unwrap();
    Fixture::try_with("", "", |config| config.metrics = Some(MetricsConfig { listen, token: None }))
        .await
        .unwrap()
}

/// What Prometheus gets.
pub(crate) async fn scrape(fixture: &Fixture) -> String {
    let address = fixture.host.metrics_addr().expect("the host listens for scrapes");
    let response = fixture.client.get(format!("http://{address}/metrics")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_counts_requests_instances_and_connections() {
    let fixture = measured().await;
    assert_eq!(fixture.get("/headers").await.0, 200);
    // The guest knows no case of that name.
    assert_eq!(fixture.get("/neighbour/headers").await.0, 500);
    assert_eq!(fixture.get("/fixed").await.0, 203);
    let text = scrape(&fixture).await;
    for line in [
        "tessera_http_requests_total{component=\"contract\",method=\"GET\",route=\"none\",status=\"200\"} 1",
        "tessera_http_requests_total{component=\"neighbour\",method=\"GET\",route=\"none\",status=\"500\"} 1",
        "tessera_http_requests_total{component=\"host\",method=\"GET\",route=\"none\",status=\"203\"} 1",
        "tessera_http_request_seconds_count{component=\"contract\",method=\"GET\",route=\"none\"} 1",
        "tessera_instances_started_total{component=\"contract\"} 1",
        "tessera_instances{component=\"contract\"} 1",
        "tessera_http_requests_in_flight{} 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_is_counted_as_one() {
    let fixture = measured().await;
    assert_eq!(fixture.get("/trap").await.0, 500);
    let text = scrape(&fixture).await;
    assert!(
        text.contains("tessera_instances_ended_total{component=\"contract\",reason=\"trap\"} 1"),
        "{text}"
    );
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_that_clients_invent_are_one_label() {
    let fixture = measured().await;
    for method in ["FIRST", "SECOND"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        fixture.client.request(method, format!("{}/fixed", fixture.url)).send().await.unwrap();
    }
    let text = scrape(&fixture).await;
    assert!(text.contains("method=\"other\"") && !text.contains("FIRST"), "{text}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_listener_nothing_is_measured() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.host.metrics_addr(), None);
    fixture.stop().await;
}
