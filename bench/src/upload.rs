//! Memory of the host while a large body streams through the upload component.

use std::time::Duration;

use futures::StreamExt;
use tests::stack::Stack;

use crate::{Figure, cold::resident_mib};

const PIECE: usize = 1 << 20;
const PIECES: usize = 1 << 10;

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let (client, _) = stack.person("bench").await;
    let (_, collection) = client.collection("Bench").await;
    let raised = stack
        .another_host(|config| {
            config.variables.insert("upload_limit_bytes".to_owned(), (2_u64 << 30).to_string());
        })
        .await;
    let url = format!(
        "http://{}/api/v1/collections/{collection}/documents?filename=large.bin",
        raised.addr()
    );
    let token = client.token.clone().unwrap();
    // The first megabyte makes the instance; what it takes is no growth.
    send(&url, &token, 1).await;
    let before = resident_mib();
    let upload = tokio::spawn(async move { send(&url, &token, PIECES).await });
    let mut most = before;
    while !upload.is_finished() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        most = most.max(resident_mib());
    }
    upload.await.unwrap();
    raised.shutdown().await;
    Figure {
        name: "memory growth while 1 GiB uploads",
        goal: "<= 20 MB",
        ours: format!(
            "{before:.0} MiB before, {most:.0} MiB at most (with the sender, which is the same process)"
        ),
        theirs: "-".to_owned(),
        result: format!("{:.0} MiB", most - before),
    }
}

/// Sends so many megabytes that no extractor takes for a document.
async fn send(url: &str, token: &str, pieces: usize) {
    let piece = bytes::Bytes::from(vec![0_u8; PIECE]);
    let body =
        futures::stream::iter(0..pieces).map(move |_| Ok::<_, std::io::Error>(piece.clone()));
    let body = reqwest::Body::wrap_stream(body);
    let answer =
        reqwest::Client::new().post(url).bearer_auth(token).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
}
