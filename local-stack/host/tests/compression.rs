//! Compressed responses, as a client receives them.

use std::io::{Read, Write};

use futures::StreamExt;

use crate::fixture::Fixture;

async fn answer(fixture: &Fixture, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let mut request = fixture.client.get(format!("{}{path}", fixture.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response
}

fn encoding(response: &reqwest::Response) -> Option<String> {
    response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned())
}

fn decoded(encoding: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    match encoding {
        "br" => brotli::Decompressor::new(bytes, 4096).read_to_string(&mut text).unwrap(),
        "gzip" => flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap(),
        other => panic!("{other}"),
    };
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn long_json_arrives_compressed_and_complete() {
    let fixture = Fixture::new().await;
    let plain = answer(&fixture, "/json?items=5000", &[]).await;
    assert_eq!(encoding(&plain), None);
    assert_eq!(plain.headers()["vary"], "accept-encoding");
    let plain = plain.text().await.unwrap();
    for (accepted, expected) in [("gzip, br", "br"), ("gzip", "gzip")] {
        let response = answer(&fixture, "/json?items=5000", &[("accept-encoding", accepted)]).await;
        assert_eq!(encoding(&response).as_deref(), Some(expected));
        assert_eq!(response.headers()["vary"], "accept-encoding");
        let bytes = response.bytes().await.unwrap();
        assert!(
            bytes.len() * 4 < plain.len(),
            "{expected}: {} of {} bytes",
            bytes.len(),
            plain.len()
        );
        assert_eq!(decoded(expected, &bytes), plain, "{expected}");
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_part_of_a_compressed_response_arrives_before_the_rest() {
    let fixture = Fixture::new().await;
    // It runs for hours: a host that waits for its end, or for a full buffer, delivers nothing.
    let path = "/json?items=100&pieces=100000&ms=200";
    let response = answer(&fixture, path, &[("accept-encoding", "gzip")]).await;
    assert_eq!(encoding(&response).as_deref(), Some("gzip"));
    let mut decoder = flate2::write::GzDecoder::new(Vec::new());
    let mut chunks = response.bytes_stream();
    while !decoder.get_ref().ends_with(b"{\"piece\":1,\"id\":99},") {
        decoder.write_all(&chunks.next().await.unwrap().unwrap()).unwrap();
        decoder.flush().unwrap();
        assert!(
            decoder.get_ref().len() < 10_000,
            "the second piece did not end where the host could have sent it"
        );
    }
    drop(chunks);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_responses_to_other_sites_are_not_compressed() {
    let fixture = Fixture::new().await;
    let events = answer(&fixture, "/sse?events=3&ms=1", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(encoding(&events), None);
    assert_eq!(events.text().await.unwrap().matches("event: tick").count(), 3);
    let foreign = [("accept-encoding", "gzip, br"), ("sec-fetch-site", "cross-site")];
    assert_eq!(encoding(&answer(&fixture, "/json?items=5000", &foreign).await), None);
    fixture.stop().await;
}
