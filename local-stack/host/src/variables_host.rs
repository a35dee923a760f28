//! `spin:variables` for guests.

use wasmtime::component::Accessor;

use crate::bindings::variables as wit;
use crate::guest::{Spin, SpinView};

impl wit::Host for SpinView<'_> {}

impl<T: Send> wit::HostWithStore<T> for Spin {
    async fn get(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, wit::Error>> {
        let (component, shared) = accessor.with(|mut access| {
            let view = access.get();
            (view.component.clone(), view.shared.clone())
        });
        Ok(component.variables.get(&shared.variables, &name).await)
    }
}
