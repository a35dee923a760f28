//! `spin:redis` for guests.

use std::borrow::Cow;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue, RedisError};
use tokio::sync::Mutex;
use wasmtime::Result;
use wasmtime::component::{Accessor, Resource};

use super::command::is_exclusive;
use super::connection::{Link, Server};
use super::reply;
use crate::bindings::redis::{self as wit, Error, RedisParameter, RedisResult};
use crate::guest::{Spin, SpinView};
use crate::spans::{self, ClientSpan};

/// A guest's connection.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct GuestConnection(Arc<Session>);

struct Session {
    server: Arc<Server>,
    shared: Link,
    /// Set by the first command that needs it; all later ones use it too, to keep their order.
    own: Mutex<Option<MultiplexedConnection>>,
}

type HostResult<T> = Result<std::result::Result<T, Error>>;

impl Session {
    async fn connection(
        &self,
        exclusive: bool,
    ) -> std::result::Result<MultiplexedConnection, Error> {
        let mut own = self.own.lock().await;
        if let Some(connection) = own.as_ref() {
            return Ok(connection.clone());
        }
        if !exclusive {
            return Ok(self.shared.connection.clone());
        }
        let link = self.server.connect().await?;
        *own = Some(link.connection.clone());
        Ok(link.connection)
    }

    async fn run<R: FromRedisValue>(&self, command: Cmd) -> std::result::Result<R, Error> {
        let mut connection = self.connection(false).await?;
        command.query_async(&mut connection).await.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &RedisError) -> Error {
        self.shared.note(error);
        Error::Other(error.to_string())
    }
}

async fn run<T: Send, R: FromRedisValue>(
    accessor: &Accessor<T, Spin>,
    connection: &Resource<GuestConnection>,
    command: Cmd,
) -> HostResult<R> {
    let span = spans::begin_host_call(accessor, || name(&command));
    let session = session(accessor, connection)?;
    let replied = session.run(command).await;
    ClientSpan::end_db(span, "redis", replied.is_err());
    Ok(replied)
}

/// The name of a command; keys and values are never part of it.
fn name(command: &Cmd) -> Cow<'static, str> {
    match command.args_iter().next() {
        Some(redis::Arg::Simple(name)) => name_of(name),
        _ => "redis".into(),
    }
}

fn name_of(name: &[u8]) -> Cow<'static, str> {
    let is_word = name.len() <= 20 && name.iter().all(u8::is_ascii_alphabetic);
    match str::from_utf8(name) {
        Ok(name) if is_word => name.to_ascii_uppercase().into(),
        _ => "redis".into(),
    }
}

fn session<T: Send>(
    accessor: &Accessor<T, Spin>,
    connection: &Resource<GuestConnection>,
) -> Result<Arc<Session>> {
    accessor.with(|mut access| Ok(access.get().table.get(connection)?.0.clone()))
}

impl wit::Host for SpinView<'_> {}

impl wit::HostConnection for SpinView<'_> {
    async fn drop(&mut self, connection: Resource<GuestConnection>) -> Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> wit::HostConnectionWithStore<T> for Spin {
    async fn open(
        accessor: &Accessor<T, Self>,
        address: String,
    ) -> HostResult<Resource<GuestConnection>> {
        let (component, host) = accessor.with(|mut access| {
            let view = access.get();
            (view.component.clone(), view.shared.clone())
        });
        let server = match host.redis.server(&address) {
            Ok(server) if server.is_allowed(&component.allowed) => server,
            Ok(_) => {
                tracing::warn!(target: "host::egress", component = %component.id, "denied a Redis address: add it to allowed_outbound_hosts");
                return Ok(Err(Error::InvalidAddress));
            }
            Err(error) => return Ok(Err(error)),
        };
        let shared = match server.shared().await {
            Ok(shared) => shared,
            Err(error) => return Ok(Err(error)),
        };
        let session = Session { server, shared, own: Mutex::default() };
        Ok(Ok(accessor
            .with(|mut access| access.get().table.push(GuestConnection(Arc::new(session))))?))
    }

    async fn publish(
        a: &Accessor<T, Self>,
        c: Resource<GuestConnection>,
        channel: String,
        payload: Vec<u8>,
    ) -> HostResult<()> {
        run(a, &c, Cmd::publish(channel, payload)).await
    }

    async fn get(
        a: &Accessor<T, Self>,
        c: Resource<GuestConnection>,
        key: String,
    ) -> HostResult<Option<Vec<u8>>> {
        run(a, &c, Cmd::get(key)).await
    }

    async fn set(
        a: &Accessor<T, Self>,
        c: Resource<GuestConnection>,
        key: String,
        value: Vec<u8>,
    ) -> HostResult<()> {
        run(a, &c, Cmd::set(key, value)).await
    }

    async fn incr(
        a: &Accessor<T, Self>,
        c: Resource<GuestConnection>,
        key: String,
    ) -> HostResult<i64> {
        run(a, &c, Cmd::incr(key, 1)).await
    }

    async fn del(
        a: &Accessor<T, Self>,
        c: Resource<GuestConnection>,
        keys: Vec<String>,
    ) -> HostResult<u32> {
        run(a, &c, Cmd::del(keys)).await
    }

    async fn sadd(
        a: &Accessor<T, Self>,
        c: Resource<GuestConnection>,
        key: String,
        values: Vec<String>,
    ) -> HostResult<u32> {
        run(a, &c, Cmd::sadd(key, values)).await
    }

    async fn smembers(
        a: &Accessor<T, Self>,
        c: Resource<GuestConnection>,
        key: String,
    ) -> HostResult<Vec<String>> {
        run(a, &c, Cmd::smembers(key)).await
    }

    async fn srem(
        a: &Accessor<T, Self>,
        c: Resource<GuestConnection>,
        key: String,
        values: Vec<String>,
    ) -> HostResult<u32> {
        run(a, &c, Cmd::srem(key, values)).await
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        connection: Resource<GuestConnection>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> HostResult<Vec<RedisResult>> {
        let span = spans::begin_host_call(accessor, || name_of(command.as_bytes()));
        let session = session(accessor, &connection)?;
        let mut own = match session.connection(is_exclusive(&command, &arguments)).await {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        let mut cmd = redis::cmd(&command);
        for argument in arguments {
            match argument {
                RedisParameter::Int64(number) => cmd.arg(number),
                RedisParameter::Binary(bytes) => cmd.arg(bytes),
            };
        }
        let replied: redis::RedisResult<redis::Value> = cmd.query_async(&mut own).await;
        ClientSpan::end_db(span, "redis", replied.is_err());
        Ok(match replied {
            Ok(value) => reply::flatten(value),
            Err(error) => Err(session.failed(&error)),
        })
    }
}
