#![doc = include_str!("../README.md")]

mod flow;
mod net;
mod pg_transactions;
mod pg_types;
mod redis_cases;
mod stores;

use anyhow::anyhow;
use bytes::Bytes;
use http::request::Parts;
use spin_sdk::http::{BoxBody, FullBody, Request, Response, StatusCode, box_body};
use spin_sdk::http_service;
use spin_sdk::wasip3::http::types::ErrorCode;

/// The result of a handler of this guest.
pub(crate) type HandlerResult = anyhow::Result<Response<BoxBody>>;

/// The body of a request, on either way into the guest.
pub(crate) trait Body:
    http_body::Body<Data = Bytes, Error = ErrorCode> + Send + Unpin + 'static
{
}
impl<B: http_body::Body<Data = Bytes, Error = ErrorCode> + Send + Unpin + 'static> Body for B {}

#[http_service]
async fn handle(request: Request) -> HandlerResult {
    if request.uri().path() == "/forward" {
        return net::forward(request).await;
    }
    answer(request, "wasi:http").await
}

#[cfg(target_family = "wasm")]
mod whole {
    use platform::unary::{Guest, Refusal, Request, Response, export, handle};

    /// Paths that need `wasi:http`.
    const STREAMS: [&str; 6] = ["/sse", "/download", "/json", "/cpu-after", "/forward", "/refused"];

    struct Component;
    export!(Component with_types_in platform::unary);

    impl Guest for Component {
        async fn handle(request: Request) -> Result<Response, Refusal> {
            let streams = |_: &http::Method, path: &str| STREAMS.contains(&path);
            handle(request, streams, |request| super::answer(request, "unary")).await
        }
    }
}

async fn answer(request: http::Request<impl Body>, way: &str) -> HandlerResult {
    let (request, body) = request.into_parts();
    let path = request.uri.path().to_owned();
    let answer = match path.as_str() {
        "/headers" => net::headers(&request),
        "/fetch" => net::fetch(&request).await,
        "/upload" => flow::upload(body).await,
        "/echo" => flow::echo(body),
        "/download" => flow::download(&request),
        "/sse" => Ok(flow::events(&request)),
        "/slow" => flow::slow(&request).await,
        "/trap" => flow::trap(),
        "/error" => Err(anyhow!("a handler that fails")),
        "/spin-cpu" => flow::compute_for_ever(),
        "/principal" => net::principal(&request),
        "/bursts" => flow::compute_in_bursts(&request).await,
        "/json" => Ok(flow::json(&request)),
        "/cpu-after" => flow::compute_after_response(),
        "/grow" => flow::grow(),
        "/large" => flow::large(&request),
        "/background" => flow::background().await,
        "/background-result" => flow::background_result().await,
        "/tick" => stores::tick(&request).await,
        "/ticks" => stores::ticks().await,
        "/log" => flow::log(),
        "/me" => pg_transactions::like_me().await,
        "/pg-hold" | "/neighbour/pg-hold" => pg_transactions::hold(&request).await,
        "/hello" => Ok(text(StatusCode::OK, "hello")),
        "/way" | "/refused" => Ok(text(StatusCode::OK, way)),
        "/meet" => flow::meet(&request).await,
        "/neighbour/met" => flow::met().await,
        "/neighbour/meet-again" => flow::meet_again().await,
        "/answer" => flow::answer(&request, body).await,
        _ => return Ok(judge(check(&path).await)),
    };
    answer.or_else(|error| match path.as_str() {
        "/error" => Err(error),
        _ => Ok(judge(Err(error))),
    })
}

async fn check(case: &str) -> anyhow::Result<()> {
    match case {
        "/pg-types" => pg_types::direct().await,
        "/pg-casts" => pg_types::casts().await,
        "/pg-widths" => pg_types::widths().await,
        "/pg-unreadable" => pg_types::unreadable().await,
        "/pg-malformed" => pg_types::malformed().await,
        "/pg-errors" => pg_types::errors().await,
        "/pg-transaction" => pg_transactions::commit_and_roll_back().await,
        "/pg-abandon" => pg_transactions::abandon().await,
        "/pg-abandon-and-trap" => pg_transactions::abandon_and_trap().await,
        "/pg-clean" => pg_transactions::clean().await,
        "/pg-set" => pg_transactions::set_session().await,
        "/pg-stream" => pg_transactions::stream().await,
        "/pg-half-read" => pg_transactions::half_read().await,
        "/pg-parallel" => pg_transactions::parallel().await,
        "/redis-commands" => redis_cases::commands().await,
        "/redis-replies" => redis_cases::replies().await,
        "/redis-waiting" => redis_cases::waiting().await,
        "/redis-multi" => redis_cases::multi().await,
        "/variables" => stores::variables_case().await,
        "/key-value" => stores::key_value_case().await,
        "/files" => stores::files(),
        "/denied" => net::denied().await,
        "/chain" => net::chain().await,
        _ => Err(anyhow!("there is no case {case}")),
    }
}

fn judge(result: anyhow::Result<()>) -> Response<BoxBody> {
    match result {
        Ok(()) => text(StatusCode::OK, "ok"),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:?}")),
    }
}

/// A plain-text response.
pub(crate) fn text(status: StatusCode, body: &str) -> Response<BoxBody> {
    let mut response = Response::new(box_body(FullBody::new(Bytes::from(body.to_owned()))));
    *response.status_mut() = status;
    response
}

/// The value of `name` in the query.
pub(crate) fn query(request: &Parts, name: &str) -> Option<String> {
    let query = request.uri.query()?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

/// A number in the query, or `otherwise`.
pub(crate) fn number(request: &Parts, name: &str, otherwise: u64) -> u64 {
    query(request, name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}
