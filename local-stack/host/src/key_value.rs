//! `spin:key-value` on Redis: a store is one hash, so that stores cannot share keys.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Result, bail};
use redis::{Cmd, FromRedisValue};
use tls::Authorities;
use tokio::sync::mpsc;
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use crate::bindings::key_value::{self as wit, Error};
use crate::bindings::redis::Error as RedisError;
use crate::egress::blocked::BlockedNetworks;
use crate::guest::{Spin, SpinView};
use crate::redis::RedisServers;
use crate::runtime_config::{KeyValueStore, RuntimeConfig};
use crate::stream::ChannelProducer;

/// Redis keys of stores are this and the label.
const PREFIX: &str = "key-value:";
const KEYS_AHEAD: usize = 64;

/// The server of each label.
pub(crate) struct KeyValueStores {
    /// Separate from the guests' connections: allowed hosts and blocked networks do not apply.
    servers: RedisServers,
    urls: HashMap<String, String>,
    fallback: Option<String>,
}

/// An open store.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct GuestStore(Arc<Store>);

#[derive(Clone)]
struct Store {
    hash: String,
    server: Arc<crate::redis::Server>,
}

impl KeyValueStores {
    pub(crate) fn new(config: &RuntimeConfig, fallback: Option<&str>) -> Result<Self> {
        let url = |(label, store): (&String, &KeyValueStore)| {
            let KeyValueStore::Redis { url } = store;
            (label.clone(), url.clone())
        };
        let ca = Authorities::new(tls::REDIS_CA, config.outbound_redis.ca_file.clone());
        Ok(Self {
            servers: RedisServers::new(BlockedNetworks::none(), ca),
            urls: config.key_value_store.iter().map(url).collect(),
            fallback: fallback.map(str::to_owned),
        })
    }

    /// Fails for a label without a server.
    pub(crate) fn check(&self, label: &str) -> Result<()> {
        match self.url(label) {
            Some(_) => Ok(()),
            None => bail!(
                "key_value_stores names {label:?}, which is kept nowhere: set [key_value_store.{label}] or a key-value Redis"
            ),
        }
    }

    /// The server of the host's own keys, if the host was given one.
    pub(crate) fn own_server(&self) -> Option<Arc<crate::redis::Server>> {
        self.servers.server(self.fallback.as_deref()?).ok()
    }

    fn url(&self, label: &str) -> Option<&str> {
        self.urls.get(label).or(self.fallback.as_ref()).map(String::as_str)
    }

    fn open(&self, label: &str) -> Result<Store, Error> {
        let server =
            self.servers.server(self.url(label).ok_or(Error::NoSuchStore)?).map_err(other)?;
        Ok(Store { hash: format!("{PREFIX}{label}"), server })
    }
}

impl Store {
    async fn run<R: FromRedisValue>(&self, command: Cmd) -> Result<R, Error> {
        let mut link = self.server.shared().await.map_err(other)?;
        command.query_async(&mut link.connection).await.map_err(|error| {
            link.note(&error);
            Error::Other(error.to_string())
        })
    }

    /// Sends all keys, a batch at a time.
    async fn keys(&self, keys: mpsc::Sender<String>) -> Result<(), Error> {
        let mut cursor = 0_u64;
        loop {
            let mut scan = redis::cmd("HSCAN");
            scan.arg(&self.hash).arg(cursor).arg("COUNT").arg(KEYS_AHEAD);
            let (next, batch): (u64, Vec<(String, Vec<u8>)>) = self.run(scan).await?;
            for (key, _) in batch {
                if keys.send(key).await.is_err() {
                    return Ok(());
                }
            }
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }
}

fn other(error: RedisError) -> Error {
    Error::Other(match error {
        RedisError::Other(text) => text,
        other => format!("{other:?}"),
    })
}

type HostResult<T> = wasmtime::Result<Result<T, Error>>;
type Keys = (StreamReader<String>, FutureReader<Result<(), Error>>);

fn store<T: Send>(
    accessor: &Accessor<T, Spin>,
    store: &Resource<GuestStore>,
) -> wasmtime::Result<Arc<Store>> {
    accessor.with(|mut access| Ok(access.get().table.get(store)?.0.clone()))
}

impl wit::Host for SpinView<'_> {}

impl wit::HostStore for SpinView<'_> {
    async fn drop(&mut self, store: Resource<GuestStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

impl<T: Send> wit::HostStoreWithStore<T> for Spin {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> HostResult<Resource<GuestStore>> {
        accessor.with(|mut access| {
            let view = access.get();
            if !view.component.key_value_labels.contains(&label) {
                return Ok(Err(Error::AccessDenied));
            }
            Ok(match view.shared.key_value.open(&label) {
                Ok(store) => Ok(view.table.push(GuestStore(Arc::new(store)))?),
                Err(error) => Err(error),
            })
        })
    }

    async fn get(
        a: &Accessor<T, Self>,
        s: Resource<GuestStore>,
        key: String,
    ) -> HostResult<Option<Vec<u8>>> {
        let store = store(a, &s)?;
        Ok(store.run(Cmd::hget(&store.hash, key)).await)
    }

    async fn set(
        a: &Accessor<T, Self>,
        s: Resource<GuestStore>,
        key: String,
        value: Vec<u8>,
    ) -> HostResult<()> {
        let store = store(a, &s)?;
        Ok(store.run(Cmd::hset(&store.hash, key, value)).await)
    }

    async fn delete(a: &Accessor<T, Self>, s: Resource<GuestStore>, key: String) -> HostResult<()> {
        let store = store(a, &s)?;
        Ok(store.run(Cmd::hdel(&store.hash, key)).await)
    }

    async fn exists(
        a: &Accessor<T, Self>,
        s: Resource<GuestStore>,
        key: String,
    ) -> HostResult<bool> {
        let store = store(a, &s)?;
        Ok(store.run(Cmd::hexists(&store.hash, key)).await)
    }

    async fn get_keys(a: &Accessor<T, Self>, s: Resource<GuestStore>) -> wasmtime::Result<Keys> {
        let store = store(a, &s)?;
        let (sender, keys) = mpsc::channel(KEYS_AHEAD);
        let reading = tokio::spawn(async move { store.keys(sender).await });
        a.with(|mut access| {
            let stream = StreamReader::new(&mut access, ChannelProducer(keys))?;
            let end = async move {
                wasmtime::error::Ok(
                    reading.await.unwrap_or_else(|error| Err(Error::Other(error.to_string()))),
                )
            };
            Ok((stream, FutureReader::new(&mut access, end)?))
        })
    }
}
