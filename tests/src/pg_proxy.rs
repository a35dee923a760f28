//! A TCP proxy between a host and Postgres, which a test can cut.

use std::sync::Arc;

use host::HostConfig;
use schema::PostgresServer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// An address that forwards to Postgres until it is cut.
pub struct PgProxy {
    port: u16,
    open: Arc<watch::Sender<bool>>,
}

impl PgProxy {
    /// Starts open. The first client that sends `word` cuts the proxy, and `word` does not arrive.
    pub async fn to(server: &PostgresServer, word: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (open, target) =
            (Arc::new(watch::Sender::new(true)), (server.host().to_owned(), server.port()));
        let shared = open.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(pass(near, target.clone(), shared.clone(), word));
            }
        });
        Self { port, open }
    }

    /// Points a host at the proxy, without TLS so that `word` can be seen.
    pub fn configure(&self, config: &mut HostConfig) {
        let port = self.port.to_string();
        for (name, value) in
            [("pg_host", "127.0.0.1"), ("pg_port", port.as_str()), ("pg_sslmode", "disable")]
        {
            config.variables.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Closes every connection, and refuses new ones.
    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    /// Accepts connections again.
    pub fn mend(&self) {
        self.open.send_replace(true);
    }

    /// Whether it was cut, by the word or by a call.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        !*self.open.borrow()
    }
}

async fn pass(
    mut near: TcpStream,
    target: (String, u16),
    open: Arc<watch::Sender<bool>>,
    word: Option<&'static str>,
) {
    let mut state = open.subscribe();
    if !*state.borrow_and_update() {
        return;
    }
    let mut far = TcpStream::connect(target).await.unwrap();
    let ((mut from_near, mut to_near), (mut from_far, mut to_far)) = (near.split(), far.split());
    let there = async {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from_near.read(&mut buffer).await {
            let sent = &buffer[..read];
            if word.is_some_and(|word| String::from_utf8_lossy(sent).contains(word)) {
                open.send_replace(false);
                return;
            }
            if to_far.write_all(sent).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = there => {}
        _ = tokio::io::copy(&mut from_far, &mut to_near) => {}
        _ = state.wait_for(|open| !open) => {}
    }
}
