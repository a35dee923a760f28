//! `spin:postgres` for guests.

use std::sync::Arc;

use tokio::sync::Mutex;
use wasmtime::Result;
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::query::{self, End, SharedSlot};
use crate::bindings::postgres::{self as wit, Column, Error, ParameterValue, Row, RowSet};
use crate::guest::{Spin, SpinView};
use crate::spans::{self, ClientSpan};
use crate::stream::ChannelProducer;

/// A guest's connection.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct GuestConnection(SharedSlot);

/// A connection that is being opened.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct GuestConnectionBuilder {
    address: String,
    ca_root: Option<String>,
}

type QueryStreams = (Vec<Column>, StreamReader<Row>, FutureReader<Result<(), Error>>);
type HostResult<T> = Result<std::result::Result<T, Error>>;

/// The calls from before WASI 0.3; SDK 7 does not make them.
fn only_async<T>() -> HostResult<T> {
    Ok(Err(Error::Other("only the async functions of spin:postgres@4.2.0 are served here".into())))
}

impl wit::Host for SpinView<'_> {}

impl wit::HostConnectionBuilder for SpinView<'_> {
    async fn new(&mut self, address: String) -> Result<Resource<GuestConnectionBuilder>> {
        Ok(self.table.push(GuestConnectionBuilder { address, ca_root: None })?)
    }

    async fn set_ca_root(
        &mut self,
        builder: Resource<GuestConnectionBuilder>,
        certificate: String,
    ) -> HostResult<()> {
        self.table.get_mut(&builder)?.ca_root = Some(certificate);
        Ok(Ok(()))
    }

    async fn build(
        &mut self,
        _: Resource<GuestConnectionBuilder>,
    ) -> HostResult<Resource<GuestConnection>> {
        only_async()
    }

    async fn drop(&mut self, builder: Resource<GuestConnectionBuilder>) -> Result<()> {
        self.table.delete(builder)?;
        Ok(())
    }
}

impl wit::HostConnection for SpinView<'_> {
    async fn open(&mut self, _: String) -> HostResult<Resource<GuestConnection>> {
        only_async()
    }

    async fn query(
        &mut self,
        _: Resource<GuestConnection>,
        _: String,
        _: Vec<ParameterValue>,
    ) -> HostResult<RowSet> {
        only_async()
    }

    async fn execute(
        &mut self,
        _: Resource<GuestConnection>,
        _: String,
        _: Vec<ParameterValue>,
    ) -> HostResult<u64> {
        only_async()
    }

    async fn drop(&mut self, connection: Resource<GuestConnection>) -> Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> wit::HostConnectionBuilderWithStore<T> for Spin {
    async fn build_async(
        accessor: &Accessor<T, Self>,
        builder: Resource<GuestConnectionBuilder>,
    ) -> HostResult<Resource<GuestConnection>> {
        let (address, ca_root) = accessor.with(|mut access| {
            let builder = access.get().table.get(&builder)?;
            wasmtime::error::Ok((builder.address.clone(), builder.ca_root.clone()))
        })?;
        open(accessor, &address, ca_root).await
    }
}

impl<T: Send> wit::HostConnectionWithStore<T> for Spin {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        address: String,
    ) -> HostResult<Resource<GuestConnection>> {
        open(accessor, &address, None).await
    }

    async fn query_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<GuestConnection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> HostResult<QueryStreams> {
        let span =
            spans::begin_host_call(accessor, || telemetry::statement_summary(&statement).into());
        let slot = slot(accessor, &connection)?;
        let rows = query::query(slot, statement, parameters).await;
        ClientSpan::end_db(span, "postgresql", rows.is_err());
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => return Ok(Err(error)),
        };
        accessor.with(|mut access| {
            let stream = StreamReader::new(&mut access, ChannelProducer(rows.rows))?;
            let end = FutureReader::new(&mut access, async move {
                wasmtime::error::Ok(match rows.end {
                    End::Now(result) => result,
                    End::Later(later) => later
                        .await
                        .unwrap_or_else(|_| Err(Error::Other("the query was dropped".into()))),
                })
            })?;
            Ok(Ok((rows.columns, stream, end)))
        })
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<GuestConnection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> HostResult<u64> {
        let span =
            spans::begin_host_call(accessor, || telemetry::statement_summary(&statement).into());
        let slot = slot(accessor, &connection)?;
        let done = query::execute(slot, statement, parameters).await;
        ClientSpan::end_db(span, "postgresql", done.is_err());
        Ok(done)
    }
}

async fn open<T: Send>(
    accessor: &Accessor<T, Spin>,
    address: &str,
    ca: Option<String>,
) -> HostResult<Resource<GuestConnection>> {
    let span = spans::begin_host_call(accessor, || "postgres open".into());
    let component = accessor.with(|mut access| access.get().component.clone());
    let pool = match component.postgres.get(address, ca, &component.allowed) {
        Ok(pool) => pool,
        Err(error) => return Ok(Err(error)),
    };
    let leased = pool.lease().await;
    ClientSpan::end_db(span, "postgresql", leased.is_err());
    match leased {
        Ok(slot) => {
            let connection = GuestConnection(Arc::new(Mutex::new(slot)));
            Ok(Ok(accessor.with(|mut access| access.get().table.push(connection))?))
        }
        Err(error) => Ok(Err(error)),
    }
}

fn slot<T: Send>(
    accessor: &Accessor<T, Spin>,
    connection: &Resource<GuestConnection>,
) -> Result<SharedSlot> {
    accessor.with(|mut access| Ok(access.get().table.get(connection)?.0.clone()))
}
