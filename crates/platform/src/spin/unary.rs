//! The export `tessera:http/unary`: a request and its response in one call (ADR 39).

use bytes::Bytes;
use http::{Method, Uri};
use http_body_util::BodyExt;

use super::serve::{Body, RequestBody};

#[expect(missing_docs, reason = "what the macro writes is documented in wit/unary")]
mod bindings {
    spin_sdk::wit_bindgen::generate!({
        path: "../../wit/unary",
        world: "component",
        runtime_path: "spin_sdk::wit_bindgen::rt",
        default_bindings_module: "platform::unary",
        pub_export_macro: true,
    });
}

pub use bindings::{
    export,
    exports::{
        self,
        tessera::http::unary::{Guest, Refusal, Request, Response},
    },
};

/// What a handler returns: a response, or an error instead of one.
pub trait IntoResponse {
    /// The response, or the error's text.
    ///
    /// # Errors
    /// The handler's.
    fn response(self) -> Result<http::Response<Body>, String>;
}

impl IntoResponse for http::Response<Body> {
    fn response(self) -> Result<http::Response<Body>, String> {
        Ok(self)
    }
}

impl<E: std::fmt::Debug> IntoResponse for Result<http::Response<Body>, E> {
    fn response(self) -> Result<http::Response<Body>, String> {
        self.map_err(|error| format!("{error:?}"))
    }
}

/// Answers a request, unless `streams` says that its route may stream.
///
/// # Errors
/// `streams`, before `handler` has begun; `failed` if there is no response.
pub async fn handle<F: Future<Output: IntoResponse>>(
    request: Request,
    streams: impl FnOnce(&Method, &str) -> bool,
    handler: impl FnOnce(http::Request<RequestBody>) -> F,
) -> Result<Response, Refusal> {
    let request = read(request).ok_or_else(|| failed("the host sent a malformed request"))?;
    if streams(request.method(), request.uri().path()) {
        return Err(Refusal::Streams);
    }
    let response = handler(request).await.response().map_err(Refusal::Failed)?;
    let (head, body) = response.into_parts();
    let mut fields = Vec::with_capacity(512);
    for (name, value) in &head.headers {
        unary::encode(name, value, &mut fields);
    }
    let body = whole(body).await.map_err(|error| failed(&error))?;
    Ok(Response { status: head.status.as_u16(), fields, body })
}

fn read(request: Request) -> Option<http::Request<RequestBody>> {
    let mut read = http::Request::new(RequestBody::whole(request.body.into()));
    *read.method_mut() = Method::from_bytes(request.method.as_bytes()).ok()?;
    *read.uri_mut() = Uri::from_maybe_shared(Bytes::from(request.uri)).ok()?;
    *read.headers_mut() = unary::decode(request.fields)?;
    Some(read)
}

/// All of a body; a single frame is not copied.
async fn whole(mut body: Body) -> Result<Vec<u8>, String> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| format!("{error:?}"))?.into_data() else { continue };
        if whole.is_empty() {
            whole = data.into();
        } else {
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole)
}

fn failed(why: &str) -> Refusal {
    Refusal::Failed(why.to_owned())
}
