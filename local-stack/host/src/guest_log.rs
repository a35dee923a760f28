//! A guest's stdout and stderr, line by line in the host's log.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// A longer line is logged in parts, so that a guest cannot fill the host's memory.
const LONGEST_LINE: usize = 16 << 10;

/// One of the two streams of an instance.
#[derive(Clone)]
pub(crate) struct GuestLog {
    component: Arc<str>,
    is_error: bool,
    line: Arc<Mutex<Vec<u8>>>,
}

impl GuestLog {
    pub(crate) fn stdout(component: &Arc<str>) -> Self {
        Self { component: component.clone(), is_error: false, line: Arc::default() }
    }

    pub(crate) fn stderr(component: &Arc<str>) -> Self {
        Self { component: component.clone(), is_error: true, line: Arc::default() }
    }

    fn take(&self, bytes: &[u8]) {
        let Ok(mut line) = self.line.lock() else { return };
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            line.extend_from_slice(piece);
            if line.ends_with(b"\n") || line.len() >= LONGEST_LINE {
                self.log(&line);
                line.clear();
            }
        }
    }

    fn log(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if text.is_empty() {
        } else if self.is_error {
            tracing::warn!(target: "guest", component = %self.component, "{text}");
        } else {
            tracing::info!(target: "guest", component = %self.component, "{text}");
        }
    }
}

impl Drop for GuestLog {
    fn drop(&mut self) {
        if let Some(line) =
            Arc::get_mut(&mut self.line).and_then(|line| line.get_mut().ok()).map(std::mem::take)
        {
            self.log(&line);
        }
    }
}

impl IsTerminal for GuestLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for GuestLog {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl OutputStream for GuestLog {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestLog {
    async fn ready(&mut self) {}
}
