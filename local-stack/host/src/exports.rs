//! What the host calls in a component: `wasi:http/handler`, and `tessera:http/unary` if it is
//! there (ADR 39).

use wasmtime::Store;
use wasmtime::component::InstancePre;
use wasmtime_wasi_http::p3::bindings::{Service, ServiceIndices};

use crate::bindings::unary;
use crate::guest::Guest;

/// A linked component whose exports were found.
pub(crate) struct ExportsPre {
    component: InstancePre<Guest>,
    service: ServiceIndices,
    unary: Option<unary::GuestIndices>,
}

/// The exports of an instance.
pub(crate) struct Exports {
    pub(crate) service: Service,
    pub(crate) unary: Option<unary::Guest>,
}

impl ExportsPre {
    /// Errors if it has no HTTP handler.
    pub(crate) fn new(component: InstancePre<Guest>) -> wasmtime::Result<Self> {
        let service = ServiceIndices::new(&component)?;
        let unary = unary::GuestIndices::new(&component).ok();
        Ok(Self { component, service, unary })
    }

    /// Leaves the second export unused.
    pub(crate) fn without_unary(self) -> Self {
        Self { unary: None, ..self }
    }

    /// Whether whole requests can be sent.
    pub(crate) fn has_unary(&self) -> bool {
        self.unary.is_some()
    }

    /// A new instance.
    pub(crate) async fn instantiate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Exports> {
        let instance = self.component.instantiate_async(&mut *store).await?;
        let service = self.service.load(&mut *store, &instance)?;
        let unary = self.unary.as_ref().map(|unary| unary.load(&mut *store, &instance));
        Ok(Exports { service, unary: unary.transpose()? })
    }
}
