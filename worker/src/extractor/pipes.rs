//! Standard input and output of the sandbox as channels, with backpressure in both directions.

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
};
use wasmtime_wasi::{
    async_trait,
    cli::{IsTerminal, StdinStream, StdoutStream},
    p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult},
};

/// Bytes per write of the guest.
const WRITE_BYTES: usize = 64 << 10;

type Shared<T> = std::sync::Arc<std::sync::Mutex<Option<T>>>;

fn take<T>(shared: &Shared<T>) -> Option<T> {
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
}

/// Standard input; the first stream that the guest opens gets the bytes, a second one none.
pub(super) struct Stdin(Shared<mpsc::Receiver<Bytes>>);

impl Stdin {
    pub(super) fn new(pieces: mpsc::Receiver<Bytes>) -> Self {
        Self(std::sync::Arc::new(std::sync::Mutex::new(Some(pieces))))
    }
}

impl IsTerminal for Stdin {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for Stdin {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(Input { pieces: take(&self.0), piece: Bytes::new() })
    }
}

struct Input {
    pieces: Option<mpsc::Receiver<Bytes>>,
    piece: Bytes,
}

#[async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        while self.piece.is_empty() {
            let Some(pieces) = &mut self.pieces else { return };
            match pieces.recv().await {
                Some(piece) => self.piece = piece,
                None => self.pieces = None,
            }
        }
    }
}

impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if self.piece.is_empty() && self.pieces.is_none() {
            return Err(StreamError::Closed);
        }
        Ok(self.piece.split_to(size.min(self.piece.len())))
    }
}

/// Standard output; all streams that the guest opens write into one channel.
pub(super) struct Stdout(pub(super) mpsc::Sender<Bytes>);

impl IsTerminal for Stdout {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stdout {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Output { pieces: self.0.clone(), permit: None })
    }
}

struct Output {
    pieces: mpsc::Sender<Bytes>,
    permit: Option<mpsc::OwnedPermit<Bytes>>,
}

#[async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        if self.permit.is_none() {
            // The receiver is gone: ready, so that the write reports it.
            self.permit = self.pieces.clone().reserve_owned().await.ok();
        }
    }
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let Some(permit) = self.permit.take() else {
            return Err(StreamError::trap("a write without a permit"));
        };
        permit.send(bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        if self.permit.is_none() {
            match self.pieces.clone().try_reserve_owned() {
                Ok(permit) => self.permit = Some(permit),
                Err(mpsc::error::TrySendError::Closed(_)) => return Err(StreamError::Closed),
                Err(mpsc::error::TrySendError::Full(_)) => return Ok(0),
            }
        }
        Ok(WRITE_BYTES)
    }
}
