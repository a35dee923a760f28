//! Bodies: compression, caps on size, ratio and time, and servers that misbehave.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use crawl::{BodyBudget, FailReason, FetchLimits, FetchRequest, Outcome};
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};

use crate::site::{Reply, Site, taken};

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn packed(coding: &'static str, body: Vec<u8>) -> Reply {
    Reply::Full(200, vec![("content-encoding", coding.to_owned())], body)
}

/// What comes of a body under these limits.
async fn read(
    limits: impl Fn(&mut FetchLimits),
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> Outcome {
    let site = Site::start(move |_| reply()).await;
    let fetcher = site.fetcher_with(|options| limits(&mut options.limits));
    fetcher.fetch(&FetchRequest::new(&site.at("site.test", "/"))).await
}

#[tokio::test]
async fn each_compression_is_unpacked() {
    let plain = "Å".repeat(5_000);
    let zlib = {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let raw = {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    for (coding, body) in [
        ("gzip", gzip(plain.as_bytes())),
        ("deflate", zlib),
        ("deflate", raw),
        ("identity", plain.clone().into_bytes()),
    ] {
        let page = taken(read(|_| {}, move || packed(coding, body.clone())).await);
        assert_eq!(page.body, plain.as_bytes(), "{coding}");
    }
    // Packed by hand: one block that is not compressed.
    let brotli = b"\x0b\x02\x80hello\x03".to_vec();
    let page = taken(read(|_| {}, move || packed("br", brotli.clone())).await);
    assert_eq!(page.body.as_ref(), b"hello");
}

#[tokio::test]
async fn a_packed_body_may_be_empty() {
    assert!(taken(read(|_| {}, || packed("gzip", Vec::new())).await).body.is_empty());
}

#[tokio::test]
async fn what_follows_a_packed_body_is_passed_over() {
    let page =
        taken(read(|_| {}, || packed("gzip", [gzip(b"text"), b"rubbish".to_vec()].concat())).await);
    assert_eq!(page.body.as_ref(), b"text");
}

#[tokio::test]
async fn a_bomb_is_seen_while_it_unpacks() {
    let bomb = gzip(&vec![0; 12 << 20]);
    let outcome = read(|_| {}, move || packed("gzip", bomb.clone())).await;
    assert_eq!(outcome, Outcome::Failed(FailReason::CompressionBomb));
}

#[tokio::test]
async fn a_body_is_capped_after_unpacking() {
    let body = gzip(
        &(0..200_000_u32)
            .flat_map(|n| (n.wrapping_mul(2_654_435_761)).to_le_bytes())
            .collect::<Vec<u8>>(),
    );
    let outcome = read(|limits| limits.body = 100_000, move || packed("gzip", body.clone())).await;
    assert_eq!(outcome, Outcome::Failed(FailReason::TooLarge));
}

#[tokio::test]
async fn a_length_that_is_too_large_is_believed_at_once() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 200000000\r\n\r\n";
    let outcome = read(|_| {}, || Reply::Hang(head.to_vec())).await;
    assert_eq!(outcome, Outcome::Failed(FailReason::TooLarge));
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    let reply = || Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 60_000]);
    let outcome = read(|limits| limits.body = 1 << 20, reply).await;
    assert_eq!(outcome, Outcome::Failed(FailReason::TooLarge));
}

#[tokio::test]
async fn a_caller_may_take_the_beginning_only() {
    let site = Site::start(|_| {
        Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), b"0123456789".to_vec())
    })
    .await;
    let url = site.at("site.test", "/");
    let request = FetchRequest { cut_at: Some(15), ..FetchRequest::new(&url) };
    let page = taken(site.fetcher().fetch(&request).await);
    assert!(page.is_cut);
    assert_eq!(page.body.as_ref(), b"012345678901234");
}

#[tokio::test]
async fn codings_that_were_not_asked_for_are_refused() {
    for coding in ["zstd", "gzip, gzip", "compress"] {
        let outcome = read(|_| {}, move || packed(coding, b"x".to_vec())).await;
        assert_eq!(outcome, Outcome::Failed(FailReason::UnsupportedEncoding), "{coding}");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_no_page() {
    let half = gzip("words ".repeat(900).as_bytes());
    let half = half[..half.len() / 2].to_vec();
    let outcome = read(|_| {}, move || packed("gzip", half.clone())).await;
    assert_eq!(outcome, Outcome::Failed(FailReason::BrokenResponse));
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort";
    let outcome = read(|_| {}, || Reply::Raw(short.to_vec())).await;
    assert_eq!(outcome, Outcome::Failed(FailReason::BrokenResponse));
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_time() {
    let slow = |limits: &mut FetchLimits| limits.total = Duration::from_millis(300);
    let drips: [&'static [u8]; 3] =
        [b"", b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"];
    for drip in drips {
        let outcome = read(slow, move || Reply::Hang(drip.to_vec())).await;
        assert_eq!(outcome, Outcome::Failed(FailReason::Timeout));
    }
}

#[tokio::test]
async fn a_head_is_capped() {
    let lines = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
    let many = format!("HTTP/1.1 200 OK\r\n{lines}\r\n").into_bytes();
    assert_eq!(
        read(|_| {}, move || Reply::Raw(many.clone())).await,
        Outcome::Failed(FailReason::HeadTooLarge)
    );
    let endless = || Reply::Endless(b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'a'; 10_000]);
    assert_eq!(read(|_| {}, endless).await, Outcome::Failed(FailReason::HeadTooLarge));
}

#[tokio::test]
async fn rubbish_is_no_response() {
    for rubbish in
        [&b"SSH-2.0-OpenSSH_9.6\r\n\r\n"[..], b"+PONG\r\n", b"<html>old</html>\r\n\r\n", b""]
    {
        let outcome = read(|_| {}, move || Reply::Raw(rubbish.to_vec())).await;
        assert_eq!(outcome, Outcome::Failed(FailReason::BrokenResponse));
    }
}

#[tokio::test]
async fn bodies_of_all_crawls_share_a_bound() {
    let site = Site::start(|asked| match asked.path.as_str() {
        "/small" => Reply::Full(200, Vec::new(), vec![b'x'; 1_000]),
        "/packed" => packed("gzip", gzip(&vec![b'x'; 700 << 10])),
        _ => Reply::Full(200, Vec::new(), vec![b'x'; 2 << 20]),
    })
    .await;
    let budget = Arc::new(BodyBudget::new(5 << 20, 3 << 20));
    let fetcher = |budget: Arc<BodyBudget>| {
        site.fetcher_with(move |options| {
            options.budget = budget;
            options.limits.body = 2 << 20;
            options.limits.total = Duration::from_secs(1);
        })
    };
    let (ours, theirs) = (fetcher(budget.clone()), fetcher(Arc::new(budget.for_new_owner())));
    let (large, small) = (site.at("site.test", "/large"), site.at("site.test", "/small"));
    let packed = site.at("site.test", "/packed");
    let (large, small) = (FetchRequest::new(&large), FetchRequest::new(&small));

    let first = taken(ours.fetch(&large).await);
    assert_eq!(budget.free(), 1 << 20, "what is left of the own share");
    let late = Outcome::Failed(FailReason::Timeout);
    let (second, other) = tokio::join!(ours.fetch(&large), theirs.fetch(&large));
    assert_eq!(second, late, "the own share is full");
    let other = taken(other);
    assert_eq!(taken(ours.fetch(&small).await).body.len(), 1_000, "a small one needs no room");

    let kept = first.body.clone();
    drop(first);
    assert_eq!(budget.free(), 1 << 20, "as long as anybody has the body");
    drop((kept, other));
    assert_eq!(budget.free(), 3 << 20);
    let packed = taken(ours.fetch(&FetchRequest::new(&packed)).await);
    assert_eq!((3 << 20) - budget.free(), packed.body.len(), "what was not needed is free again");
}

#[tokio::test]
async fn a_web_page_has_a_limit_of_its_own() {
    let reply = |kind: &'static str| {
        move || Reply::Full(200, vec![("content-type", kind.to_owned())], vec![b'x'; 2_000])
    };
    for kind in ["text/html", "Text/HTML; charset=utf-8", "application/xhtml+xml"] {
        let outcome = read(|limits| limits.page = 1_000, reply(kind)).await;
        assert_eq!(outcome, Outcome::Failed(FailReason::TooLarge), "{kind}");
    }
    taken(read(|limits| limits.page = 1_000, reply("application/pdf")).await);
}
