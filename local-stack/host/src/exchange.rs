//! One request in an instance, by one way or the other.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use wasmtime::AsContextMut;
use wasmtime::component::Accessor;
use wasmtime_wasi_http::{Error as HttpError, WasiBody, WasiHttpView, p3};

use crate::bindings::unary::Refusal;
use crate::exports::Exports;
use crate::guest::Guest;
use crate::instance::{InstanceState, RequestState};
use crate::{bindings, unary};

/// A request for a component.
pub(crate) struct Inbound {
    /// For `wasi:http`.
    pub(crate) request: Request<WasiBody>,
    /// The same as a whole, if its body is small and complete.
    pub(crate) whole: Option<bindings::unary::Request>,
}

/// A component's response.
pub(crate) type ComponentResponse = Response<ComponentBody>;

/// Its body.
pub(crate) enum ComponentBody {
    /// From `wasi:http`.
    Streamed(WasiBody),
    /// From `tessera:http/unary`.
    Whole(Bytes),
}

/// Serves `inbound`: as a whole if possible, else by `wasi:http`.
pub(crate) async fn exchange(
    accessor: &Accessor<Guest>,
    exports: &Exports,
    instance: &InstanceState,
    state: Arc<RequestState>,
    inbound: Inbound,
) -> wasmtime::Result<ComponentResponse> {
    let Inbound { request, whole } = inbound;
    if let (Some(exported), Some(whole)) = (&exports.unary, whole) {
        let handle = exported.func_handle();
        let bytes = whole.body.len();
        let call = accessor.with(|access| handle.start_call_concurrent(access, (whole,)))?;
        instance.begin(&state, call.task());
        state.add_body_bytes(bytes);
        match handle.finish_call_concurrent(accessor, call).await?.0 {
            Ok(response) => {
                return Ok(unary::response(response, request.method())?.map(ComponentBody::Whole));
            }
            Err(Refusal::Failed(why)) => return Err(wasmtime::Error::msg(why)),
            Err(Refusal::Streams) => {}
        }
    }
    let handle = exports.service.wasi_http_handler().func_handle();
    let (call, io) = accessor.with(|mut access| {
        let mut store = access.as_context_mut();
        let view = store.data_mut().http();
        let (request, io) = p3::Request::from_http(view.hooks, request);
        let io: Pin<Box<dyn Future<Output = Result<(), HttpError>> + Send>> = Box::pin(io);
        let request = view.table.push(request)?;
        wasmtime::error::Ok((handle.start_call_concurrent(store, (request,))?, io))
    })?;
    instance.begin(&state, call.task());
    let response = handle.finish_call_concurrent(accessor, call).await?.0?;
    accessor.with(|mut access| {
        let response = access.get().http().table.delete(response)?;
        let response = response.into_http_with_getter(access, io, Guest::http)?;
        Ok(response.map(ComponentBody::Streamed))
    })
}
