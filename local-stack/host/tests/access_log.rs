//! The access log, as `tessera-host` prints it.

use rustix::process::Signal;
use serde_json::Value;

use crate::binary::{Process, start_with};
use crate::fixture::client;

/// Stops the host and returns its log.
fn log_of(mut process: Process) -> Vec<String> {
    process.signal(Signal::TERM);
    assert!(process.child.wait().unwrap().success());
    process.lines.iter().collect()
}

fn requests(log: &[String]) -> Vec<Value> {
    let lines = log.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["message"] == "request").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_a_line_with_its_figures_and_nothing_that_was_sent() {
    let process = start_with(&[("TESSERA_ACCESS_LOG", "true")]);
    let url = process.url.replace("http://", "http://canary-user:canary-password@");
    let sent = client().build().unwrap();
    let path = "/headers/canary-path?token=canary-query&mail=canary@example.org";
    let response = sent
        .post(format!("{url}{path}"))
        .header("cookie", "session=canary-cookie")
        .header("x-api-key", "canary-key")
        .header("referer", "https://canary.example/?token=canary")
        .header("user-agent", "canary-agent")
        .header("x-request-id", "canary-request-id")
        .header("x-forwarded-for", "203.0.113.9")
        .body("canary-body")
        .send()
        .await
        .unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let status = response.status().as_u16();
    let bytes = response.bytes().await.unwrap().len();
    let fixed = sent.get(format!("{}/fixed", process.url)).send().await.unwrap();
    assert_eq!(fixed.text().await.unwrap(), "fixed");

    let log = log_of(process);
    assert!(!log.iter().any(|line| line.contains("canary")), "{log:#?}");
    let lines = requests(&log);
    let [first, second] = &lines[..] else { panic!("expected two lines: {lines:#?}") };
    assert_eq!(
        (first["request_id"].as_str(), first["status"].as_u64()),
        (Some(&*id), Some(status.into()))
    );
    assert_eq!(
        (first["method"].as_str(), first["component"].as_str()),
        (Some("POST"), Some("contract"))
    );
    assert_eq!(
        (first["route"].as_str(), first["bytes"].as_u64()),
        (Some("none"), Some(bytes as u64))
    );
    assert_eq!(first["client"], "127.0.0.1", "no proxy is trusted");
    assert!(first["duration_ms"].as_f64() >= first["head_ms"].as_f64(), "{first}");
    assert_eq!(first["complete"], true, "{first}");
    assert!(first["timestamp"].is_string(), "{first}");
    assert_eq!((second["component"].as_str(), second["bytes"].as_u64()), (Some("host"), Some(5)));
    assert_eq!((second["status"].as_u64(), second["complete"].as_bool()), (Some(203), Some(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_its_client_leaves_is_a_line_that_says_so() {
    let process = start_with(&[("TESSERA_ACCESS_LOG", "true")]);
    let sent = client().build().unwrap();
    let mut stream =
        sent.get(format!("{}/sse?events=1000&ms=20", process.url)).send().await.unwrap();
    stream.chunk().await.unwrap().unwrap();
    drop((stream, sent));
    let line = process.lines.iter().find(|line| line.contains("\"request\"")).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line["complete"].as_bool(), line["status"].as_u64()), (Some(false), Some(200)));
    assert!(line["bytes"].as_u64().unwrap() > 0, "{line}");
    log_of(process);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_requests_are_not_logged() {
    let process = start_with(&[]);
    let response = client().build().unwrap().get(format!("{}/fixed", process.url)).send().await;
    assert_eq!(response.unwrap().status(), 203);
    assert!(requests(&log_of(process)).is_empty());
}
