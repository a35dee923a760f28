//! The host's state of one instance.

use std::sync::Arc;

use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::component::Component;
use crate::egress::send::HttpHooks;
use crate::guest_log::GuestLog;
use crate::memory::Memory;
use crate::shared::Shared;
use crate::spans::TaskTraces;

/// The data of a store.
pub(crate) struct Guest {
    pub(crate) memory: Memory,
    pub(crate) component: Arc<Component>,
    pub(crate) shared: Arc<Shared>,
    spans: Option<Arc<TaskTraces>>,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: HttpHooks,
}

impl Guest {
    pub(crate) fn new(
        component: Arc<Component>,
        shared: Arc<Shared>,
        spans: Option<Arc<TaskTraces>>,
    ) -> wasmtime::Result<Self> {
        let mut wasi = WasiCtxBuilder::new();
        // Small files come from the page cache: a thread hop costs more than the read.
        wasi.allow_blocking_current_thread(true);
        wasi.stdout(GuestLog::stdout(&component.id)).stderr(GuestLog::stderr(&component.id));
        wasi.envs(&component.environment);
        // Unlike Spin's, our pool never returns a connection with an open transaction: guests need
        // not send ROLLBACK first.
        wasi.env("TESSERA_CLEAN_CONNECTIONS", "1");
        // Request ids are this host's own, and a component may name the caller of a request (see
        // `caller`).
        wasi.env("TESSERA_HOST", "1");
        for mount in component.mounts.iter() {
            wasi.preopened_dir(&mount.host, &mount.guest, FsPerms::ReadOnly)?;
        }
        Ok(Self {
            memory: Memory::new(component.policy.memory_bytes),
            hooks: HttpHooks::new(component.clone(), shared.clone()),
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            component,
            shared,
            spans,
        })
    }

    /// The view for Spin's interfaces.
    pub(crate) fn spin(&mut self) -> SpinView<'_> {
        SpinView {
            table: &mut self.table,
            component: &self.component,
            shared: &self.shared,
            spans: &self.spans,
        }
    }
}

/// Names [`SpinView`] to the generated traits.
pub(crate) struct Spin;

/// The state of a guest that Spin's interfaces use.
pub(crate) struct SpinView<'a> {
    pub(crate) table: &'a mut ResourceTable,
    pub(crate) component: &'a Arc<Component>,
    pub(crate) shared: &'a Arc<Shared>,
    /// None: no spans are exported.
    pub(crate) spans: &'a Option<Arc<TaskTraces>>,
}

impl HasData for Spin {
    type Data<'a> = SpinView<'a>;
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}
