//! Refuses a bare LF in heads of HTTP/1 requests (request smuggling): a proxy in front might see
//! another end of the head.
//!
//! The parser of hyper accepts a bare LF. This scanner reads along, follows where heads end and
//! bodies begin, and replaces a bare LF in a head and all that follows by `REFUSED`, which the
//! parser answers with 400. If the framing is unclear, hyper refuses it or the scanner stops.
//!
//! ```text
//! Head ── content-length n ──> Body(n) ──> Head          Head ── HTTP/2 preface, unclear framing ──> Off
//!   ├──── chunked ──> ChunkSize ──> Chunk(n) ──> ChunkEnd ──> ChunkSize … Trailers ──> Head
//!   └──── bare LF ──> Refused
//! ```

use std::io;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of a line that are scanned; the relevant lines are short.
const MAX_LINE_SCANNED: usize = 256;
const PREFACE: &[u8] = b"PRI * HTTP/2.0";
/// Replaces a bare LF and all that follows: a byte that no head contains, and the end of the head,
/// without which the parser would wait for more.
const REFUSED: &[u8] = b"\0\r\n\r\n";

/// A stream whose request heads are scanned.
pub(crate) struct StrictHeads<S> {
    stream: S,
    scanner: HeadScanner,
    /// The rest of `REFUSED`.
    replacement: &'static [u8],
}

impl<S> StrictHeads<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, scanner: HeadScanner::default(), replacement: &[] }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StrictHeads<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if self.replacement.is_empty() {
            if self.scanner.state == HeadState::Refused {
                return Poll::Ready(Ok(()));
            }
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
            let new = buf.filled().get(before..).unwrap_or_default();
            let Some(good) = self.scanner.read(new) else { return Poll::Ready(Ok(())) };
            buf.set_filled(before + good);
            self.replacement = REFUSED;
        }
        let (now, later) = self.replacement.split_at(self.replacement.len().min(buf.remaining()));
        buf.put_slice(now);
        self.replacement = later;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StrictHeads<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// The part of a request that the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum HeadState {
    #[default]
    Head,
    Body(u64),
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    /// HTTP/2, or framing that hyper will refuse.
    Off,
    /// Nothing is read after a bare LF in a head.
    Refused,
}

#[derive(Default)]
struct HeadScanner {
    state: HeadState,
    line: Vec<u8>,
    last: u8,
    lines: usize,
    length: Option<u64>,
    chunked: bool,
    unclear: bool,
}

impl HeadScanner {
    /// How many of the bytes come before a bare LF in a head, if there is one.
    fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            match self.state {
                HeadState::Off | HeadState::Refused => return None,
                HeadState::Body(left) => {
                    rest = self.skip(rest, left, HeadState::Body, HeadState::Head)
                }
                HeadState::Chunk(left) => {
                    rest = self.skip(rest, left, HeadState::Chunk, HeadState::ChunkEnd)
                }
                HeadState::Head
                | HeadState::ChunkSize
                | HeadState::ChunkEnd
                | HeadState::Trailers => {
                    if self.byte(*byte).is_break() {
                        return Some(bytes.len() - rest.len());
                    }
                    rest = after;
                }
            }
        }
        None
    }

    fn skip<'a>(
        &mut self,
        bytes: &'a [u8],
        left: u64,
        more: fn(u64) -> HeadState,
        then: HeadState,
    ) -> &'a [u8] {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let left = left - here as u64;
        self.state = if left == 0 { then } else { more(left) };
        bytes.get(here..).unwrap_or_default()
    }

    /// Breaks at a bare LF in a head.
    fn byte(&mut self, byte: u8) -> ControlFlow<()> {
        if byte != b'\n' {
            if self.line.len() < MAX_LINE_SCANNED {
                self.line.push(byte);
            }
            self.last = byte;
        } else if self.last == b'\r' {
            self.last = 0;
            self.end_line();
            self.line.clear();
        } else if self.state == HeadState::Head {
            self.state = HeadState::Refused;
            return ControlFlow::Break(());
        } else {
            self.state = HeadState::Off;
        }
        ControlFlow::Continue(())
    }

    fn end_line(&mut self) {
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        let is_empty = self.line.is_empty();
        self.state = match self.state {
            HeadState::Head if is_empty && self.lines > 0 => self.end_head(),
            HeadState::Head => self.head_line(),
            HeadState::ChunkSize => match chunk_size(&self.line) {
                Some(0) => HeadState::Trailers,
                Some(size) => HeadState::Chunk(size),
                None => HeadState::Off,
            },
            HeadState::ChunkEnd if is_empty => HeadState::ChunkSize,
            HeadState::Trailers if is_empty => HeadState::Head,
            HeadState::Trailers => HeadState::Trailers,
            _ => HeadState::Off,
        };
    }

    fn head_line(&mut self) -> HeadState {
        if self.line == PREFACE {
            return HeadState::Off;
        }
        self.lines += usize::from(!self.line.is_empty());
        let Some(colon) = self.line.iter().position(|byte| *byte == b':') else {
            return HeadState::Head;
        };
        let (name, value) = self.line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            self.unclear |=
                length.is_none() || self.length.is_some_and(|before| Some(before) != length);
            self.length = length;
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.unclear |= !value.eq_ignore_ascii_case(b"chunked");
            self.chunked = true;
        }
        HeadState::Head
    }

    fn end_head(&mut self) -> HeadState {
        let Self { length, chunked, unclear, .. } = std::mem::take(self);
        match length {
            _ if unclear => HeadState::Off,
            _ if chunked => HeadState::ChunkSize,
            Some(length) if length > 0 => HeadState::Body(length),
            _ => HeadState::Head,
        }
    }
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?;
    u64::from_str_radix(str::from_utf8(digits).ok()?.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    /// The bytes that the parser sees of `sent`, read in parts of `size`.
    async fn seen(sent: &[u8], size: usize) -> Vec<u8> {
        let mut heads = StrictHeads::new(sent);
        let (mut seen, mut piece) = (Vec::new(), vec![0; size]);
        loop {
            match heads.read(&mut piece).await.unwrap() {
                0 => return seen,
                read => seen.extend_from_slice(&piece[..read]),
            }
        }
    }

    const GOOD: &[&str] = &[
        "GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
        "\r\nPOST / HTTP/1.1\r\ncontent-length: 5\r\n\r\na\nb\nc",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n\n\n\nPOST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=y\r\n\n\n\r\nA\r\n123456789\n\r\n0\r\nx: y\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nany\nthing",
        // hyper refuses these; later bytes are not scanned.
        "POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n\n\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n\n\n",
        "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\n\n",
    ];

    #[tokio::test]
    async fn bodies_and_good_heads_stay_as_they_are() {
        for text in GOOD {
            for size in [1, 2, 7, 1_000] {
                assert_eq!(
                    seen(text.as_bytes(), size).await,
                    text.as_bytes(),
                    "{text:?} in pieces of {size}"
                );
            }
        }
    }

    #[tokio::test]
    async fn a_bare_line_feed_in_any_head_makes_the_parser_refuse_it() {
        for (before, after) in [
            ("", "GET / HTTP/1.1\r\n\r\n"),
            ("GET / HTTP/1.1", "host: a\r\n\r\n"),
            ("GET / HTTP/1.1\r\nhost: a", "\r\n"),
            ("GET / HTTP/1.1\r\nhost: a\r\n", ""),
            (GOOD[2], "GET / HTTP/1.1\r\n\r\n"),
            (GOOD[2], ""),
        ] {
            for size in [1, 3, 1_000] {
                let got = seen(format!("{before}\n{after}").as_bytes(), size).await;
                assert_eq!(
                    got,
                    [before.as_bytes(), REFUSED].concat(),
                    "{before:?} in pieces of {size}"
                );
            }
        }
    }
}
