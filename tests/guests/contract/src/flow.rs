//! Bodies, events, failures, and work after the response.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http::request::Parts;
use http_body_util::BodyExt;
use spin_sdk::http::body;
use spin_sdk::http::{FullBody, Response, StatusCode, box_body};
use spin_sdk::redis::Connection;
use spin_sdk::{time, variables};

use crate::{Body, HandlerResult, number, query, text};

const PIECE: usize = 64 << 10;

/// Counts the bytes of the request body.
pub(crate) async fn upload(body: impl Body) -> HandlerResult {
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut sum) = (0_u64, 0_u64);
    while let Some(chunk) = chunks.next().await {
        let chunk: Bytes = chunk?;
        bytes += chunk.len() as u64;
        sum = chunk.iter().step_by(997).fold(sum, |sum, byte| sum.wrapping_add(u64::from(*byte)));
    }
    Ok(text(StatusCode::OK, &format!("{bytes} {sum}")))
}

/// Streams the request body back as it arrives.
pub(crate) fn echo(body: impl Body) -> HandlerResult {
    let (mut sender, out) = body::stream::<Bytes>();
    let mut chunks = body.into_data_stream();
    spin_sdk::wasip3::spawn(async move {
        while let Some(Ok(chunk)) = chunks.next().await {
            if sender.send(chunk).await.is_err() {
                return;
            }
        }
    });
    Ok(Response::new(box_body(out)))
}

/// Sends `?mib=` mebibytes.
pub(crate) fn download(request: &Parts) -> HandlerResult {
    let pieces = number(request, "mib", 1) << 4;
    let (mut sender, out) = body::stream::<Bytes>();
    spin_sdk::wasip3::spawn(async move {
        let piece = Bytes::from(vec![b'x'; PIECE]);
        for _ in 0..pieces {
            if sender.send(piece.clone()).await.is_err() {
                return;
            }
        }
    });
    Ok(Response::new(box_body(out)))
}

/// Sends `?events=` events, `?ms=` milliseconds apart.
pub(crate) fn events(request: &Parts) -> Response<spin_sdk::http::BoxBody> {
    let (count, pause) =
        (number(request, "events", 3), Duration::from_millis(number(request, "ms", 50)));
    let (mut sender, out) = body::stream::<String>();
    spin_sdk::wasip3::spawn(async move {
        for id in 0..count {
            if sender.send(format!("id: {id}\nevent: tick\ndata: {{}}\n\n")).await.is_err() {
                return;
            }
            time::sleep(pause).await;
        }
    });
    let mut response = Response::new(box_body(out));
    let kind = http::HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}

/// A JSON array of `?items=` objects, in `?pieces=` frames that are `?ms=` milliseconds apart.
pub(crate) fn json(request: &Parts) -> Response<spin_sdk::http::BoxBody> {
    let (items, pieces) = (number(request, "items", 100), number(request, "pieces", 1).max(1));
    let pause = Duration::from_millis(number(request, "ms", 0));
    let (mut sender, out) = body::stream::<String>();
    spin_sdk::wasip3::spawn(async move {
        for piece in 0..pieces {
            let from = if piece == 0 { "[" } else { "" };
            let objects: Vec<String> =
                (0..items).map(|id| format!("{{\"piece\":{piece},\"id\":{id}}}")).collect();
            let to = if piece + 1 == pieces { "]" } else { "," };
            if sender.send(format!("{from}{}{to}", objects.join(","))).await.is_err() {
                return;
            }
            time::sleep(pause).await;
        }
    });
    let mut response = Response::new(box_body(out));
    let kind = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}

/// Responds after `?ms=` milliseconds.
pub(crate) async fn slow(request: &Parts) -> HandlerResult {
    time::sleep(Duration::from_millis(number(request, "ms", 100))).await;
    Ok(text(StatusCode::OK, "slept"))
}

/// Responds once `?of=` requests are in this instance at the same time, with their number; counts
/// each in Redis.
pub(crate) async fn meet(request: &Parts) -> HandlerResult {
    static PRESENT: AtomicU64 = AtomicU64::new(0);
    PRESENT.fetch_add(1, Relaxed);
    let redis = Connection::open(variables::get("redis_url").await?).await?;
    redis.incr("contract:met").await?;
    while PRESENT.load(Relaxed) < number(request, "of", 1) {
        time::sleep(Duration::from_millis(5)).await;
    }
    Ok(text(StatusCode::OK, &PRESENT.load(Relaxed).to_string()))
}

/// How many have met.
pub(crate) async fn met() -> HandlerResult {
    let redis = Connection::open(variables::get("redis_url").await?).await?;
    let met = redis.get("contract:met").await?.unwrap_or_else(|| b"0".to_vec());
    Ok(text(StatusCode::OK, &String::from_utf8_lossy(&met)))
}

/// Counts from zero.
pub(crate) async fn meet_again() -> HandlerResult {
    let redis = Connection::open(variables::get("redis_url").await?).await?;
    redis.del(["contract:met"]).await?;
    Ok(text(StatusCode::OK, "ok"))
}

/// Responds as asked: `?status=`, `?length=` (the header, not the body), a field that is there
/// twice, and the request body behind the method.
pub(crate) async fn answer(request: &Parts, body: impl Body) -> HandlerResult {
    let body = body.collect().await?.to_bytes();
    let method = request.method.as_str().as_bytes();
    let mut response = Response::new(box_body(FullBody::new([method, &body].concat().into())));
    *response.status_mut() = StatusCode::from_u16(number(request, "status", 200).try_into()?)?;
    let headers = response.headers_mut();
    headers.append("x-twice", http::HeaderValue::from_static("one"));
    headers.append("x-twice", http::HeaderValue::from_bytes(b"caf\xe9: two")?);
    if let Some(length) = query(request, "length") {
        headers.insert(http::header::CONTENT_LENGTH, length.parse()?);
    }
    Ok(response)
}

#[expect(clippy::panic, reason = "the host is to be seen handling it")]
pub(crate) fn trap() -> HandlerResult {
    panic!("a trap on purpose")
}

/// Computes without yielding.
pub(crate) fn compute_for_ever() -> HandlerResult {
    let mut number = 1_u64;
    while std::hint::black_box(number) != 0 {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1) | 1;
    }
    Err(anyhow!("a loop without end has ended"))
}

/// Computes `?ms=` milliseconds and pauses `?pause=`, `?bursts=` times.
pub(crate) async fn compute_in_bursts(request: &Parts) -> HandlerResult {
    let (burst, pause) =
        (number(request, "ms", 50), Duration::from_millis(number(request, "pause", 50)));
    let mut sum = 1_u64;
    for _ in 0..number(request, "bursts", 1) {
        let began = std::time::Instant::now();
        while began.elapsed() < Duration::from_millis(burst) {
            sum = std::hint::black_box(sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        time::sleep(pause).await;
    }
    Ok(text(StatusCode::OK, "computed"))
}

/// Sends a response head, then computes without yielding.
pub(crate) fn compute_after_response() -> HandlerResult {
    let (mut sender, out) = body::stream::<Bytes>();
    spin_sdk::wasip3::spawn(async move {
        let _ = sender.send(Bytes::from_static(b"head")).await;
        time::sleep(Duration::from_millis(10)).await;
        let _ = compute_for_ever();
    });
    Ok(Response::new(box_body(out)))
}

/// Allocates memory until there is none.
pub(crate) fn grow() -> HandlerResult {
    let mut held: Vec<Vec<u8>> = Vec::new();
    for _ in 0..100_000 {
        held.push(vec![1; 1 << 20]);
        std::hint::black_box(&held);
    }
    Err(anyhow!("got {} MiB without being stopped", held.len()))
}

/// Uses `?mib=` of memory for a moment; responds with how many such requests this instance has had.
pub(crate) fn large(request: &Parts) -> HandlerResult {
    static SERVED: AtomicU64 = AtomicU64::new(0);
    let held: Vec<Vec<u8>> =
        (0..number(request, "mib", 1)).map(|_| std::hint::black_box(vec![1; 1 << 20])).collect();
    drop(held);
    Ok(text(StatusCode::OK, &(SERVED.fetch_add(1, Relaxed) + 1).to_string()))
}

/// Responds at once and continues to work.
pub(crate) async fn background() -> HandlerResult {
    let redis = Connection::open(variables::get("redis_url").await?).await?;
    redis.del(["contract:background"]).await?;
    spin_sdk::wasip3::spawn(async move {
        time::sleep(Duration::from_millis(300)).await;
        let _ = redis.set("contract:background", &b"done".to_vec()).await;
    });
    Ok(text(StatusCode::ACCEPTED, "begun"))
}

/// The result of the work in the background.
pub(crate) async fn background_result() -> HandlerResult {
    let redis = Connection::open(variables::get("redis_url").await?).await?;
    let found = redis.get("contract:background").await?.unwrap_or_default();
    Ok(text(StatusCode::OK, &String::from_utf8_lossy(&found)))
}

/// Writes to both standard streams.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the host is to be seen logging it")]
pub(crate) fn log() -> HandlerResult {
    println!("a line on stdout");
    eprintln!("a line on stderr");
    Ok(text(StatusCode::OK, "ok"))
}
