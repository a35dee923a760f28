//! A tunnel: bytes in both directions, counted, between a browser and a server that was checked.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};

use super::Shared;

const BUFFER: usize = 16 << 10;

/// Moves bytes until one side ends, or the page has cost as much as it may.
pub(super) async fn tunnel(
    browser: impl AsyncRead + AsyncWrite,
    server: impl AsyncRead + AsyncWrite,
    shared: &Shared,
) {
    let (from_browser, to_browser) = split(browser);
    let (from_server, to_server) = split(server);
    let up = copy(from_browser, to_server, shared);
    let down = copy(from_server, to_browser, shared);
    let _ = tokio::try_join!(up, down);
}

async fn copy(
    mut from: ReadHalf<impl AsyncRead>,
    mut to: WriteHalf<impl AsyncWrite>,
    shared: &Shared,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        if !shared.spend(read) {
            return Err(io::Error::other("enough"));
        }
        to.write_all(buffer.get(..read).unwrap_or_default()).await?;
    }
}
