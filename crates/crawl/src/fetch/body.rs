//! Reads a body: unpacked as it comes, within its bounds at every byte and in the budget that all
//! bodies share.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use bytes::Bytes;
use flate2::write::{DeflateDecoder, GzDecoder, ZlibDecoder};
use http::{HeaderMap, Response, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{
    FetchLimits, FetchRequest,
    body_budget::{BodyBudget, Reservation, UNRESERVED},
};
use crate::{FailReason, PageHeaders};

/// Bytes up to which a body may be packed as tightly as it likes.
const RATIO_FREE: usize = 1 << 20;

/// Bytes that are unpacked at once, so that little comes before memory is asked for.
const PIECE: usize = 8 << 10;

/// Bytes of brotli's window of output.
const BROTLI_BUFFER: usize = 16 << 10;

/// How much of a body is taken.
pub(super) struct Limit {
    /// Bytes after which reading fails, or ends if `cuts`.
    bytes: usize,
    cuts: bool,
    ratio: usize,
}

impl Limit {
    /// Of a response with these headers: a web page has a limit of its own.
    pub(super) fn new(
        limits: &FetchLimits,
        request: &FetchRequest<'_>,
        headers: &PageHeaders,
    ) -> Self {
        let kind = headers.content_type.as_deref().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let is_web_page = ["text/html", "application/xhtml+xml"]
            .iter()
            .any(|page| kind.eq_ignore_ascii_case(page));
        let usual = if is_web_page { limits.body.min(limits.page) } else { limits.body };
        let most = request.max_body.unwrap_or(usual);
        let bytes = request.cut_at.map_or(most, |cut| cut.min(most));
        Self { bytes, cuts: request.cut_at.is_some(), ratio: limits.ratio }
    }
}

/// A body that was read.
pub(super) struct ReadBody {
    pub(super) bytes: Bytes,
    pub(super) is_cut: bool,
}

/// Reads the body to its end, or to the limit.
pub(super) async fn read(
    response: Response<Incoming>,
    limit: &Limit,
    budget: &BodyBudget,
) -> Result<ReadBody, FailReason> {
    let (head, mut body) = response.into_parts();
    let mut decoder = Decoder::new(&head.headers, limit)?;
    let declared = content_length(&head.headers);
    if decoder.is_identity()
        && !limit.cuts
        && declared.is_some_and(|length| length > limit.bytes as u64)
    {
        return Err(FailReason::TooLarge);
    }
    let whole = match declared {
        Some(length) if decoder.is_identity() => {
            usize::try_from(length).unwrap_or(usize::MAX).min(limit.bytes)
        }
        _ => limit.bytes,
    };
    let mut held = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| FailReason::BrokenResponse)?.into_data() else { continue };
        for piece in data.chunks(PIECE) {
            decoder.push(piece)?;
            // Once, and for all that may come: bodies that wait for each other hold nothing more.
            if held.is_none() && decoder.sink().bytes.len() > UNRESERVED {
                held = Some(budget.reserve(whole).await);
            }
            if decoder.sink().is_full() {
                let bytes = decoder.into_bytes(held);
                return if limit.cuts {
                    Ok(ReadBody { bytes, is_cut: true })
                } else {
                    Err(FailReason::TooLarge)
                };
            }
        }
    }
    decoder.finish()?;
    Ok(ReadBody { bytes: decoder.into_bytes(held), is_cut: false })
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Where unpacked bytes go; takes no more than it may.
struct Sink {
    bytes: Vec<u8>,
    limit: usize,
    /// More bytes came than the limit.
    exceeded: bool,
    /// Bytes that may be there by now, given what was received.
    allowance: usize,
    is_bomb: bool,
}

impl Sink {
    fn is_full(&self) -> bool {
        self.exceeded
    }

    /// Makes room as a vector does by itself, but never beyond the limit.
    fn grow(&mut self, by: usize) {
        let needed = self.bytes.len() + by;
        if needed > self.bytes.capacity() {
            let wanted = needed.max(self.bytes.capacity().saturating_mul(2)).min(self.limit);
            self.bytes.reserve_exact(wanted.max(needed) - self.bytes.len());
        }
    }
}

impl Write for Sink {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let taken = more.len().min(self.limit - self.bytes.len());
        self.grow(taken);
        self.bytes.extend_from_slice(more.get(..taken).unwrap_or_default());
        self.is_bomb |= self.bytes.len() > self.allowance;
        self.exceeded |= taken < more.len();
        if self.is_bomb || self.exceeded {
            return Err(io::Error::other("enough"));
        }
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What unpacks.
enum Codec {
    Identity(Sink),
    Gzip(GzDecoder<Sink>),
    Zlib(ZlibDecoder<Sink>),
    Deflate(DeflateDecoder<Sink>),
    Brotli(Box<DecompressorWriter<Sink>>),
    /// `deflate`, of which the first two bytes have not come: they tell whether there is a wrapper
    /// around it.
    Unsure(Sink, Vec<u8>),
}

struct Decoder {
    codec: Codec,
    received: usize,
    ratio: usize,
    has_ended: bool,
}

impl Decoder {
    fn new(headers: &HeaderMap, limit: &Limit) -> Result<Self, FailReason> {
        let sink = || Sink {
            bytes: Vec::new(),
            limit: limit.bytes,
            exceeded: false,
            allowance: usize::MAX,
            is_bomb: false,
        };
        let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
        let named =
            codings.next().map(|named| named.to_str().unwrap_or("?").trim().to_ascii_lowercase());
        if codings.next().is_some() {
            return Err(FailReason::UnsupportedEncoding);
        }
        let codec = match named.as_deref() {
            None | Some("" | "identity" | "utf-8" | "none") => Codec::Identity(sink()),
            Some("gzip" | "x-gzip") => Codec::Gzip(GzDecoder::new(sink())),
            Some("deflate") => Codec::Unsure(sink(), Vec::new()),
            Some("br") => Codec::Brotli(Box::new(DecompressorWriter::new(sink(), BROTLI_BUFFER))),
            Some(_) => return Err(FailReason::UnsupportedEncoding),
        };
        Ok(Self { codec, received: 0, ratio: limit.ratio, has_ended: false })
    }

    fn is_identity(&self) -> bool {
        matches!(self.codec, Codec::Identity(_))
    }

    fn sink(&self) -> &Sink {
        match &self.codec {
            Codec::Identity(sink) | Codec::Unsure(sink, _) => sink,
            Codec::Gzip(decoder) => decoder.get_ref(),
            Codec::Zlib(decoder) => decoder.get_ref(),
            Codec::Deflate(decoder) => decoder.get_ref(),
            Codec::Brotli(decoder) => decoder.get_ref(),
        }
    }

    fn sink_mut(&mut self) -> &mut Sink {
        match &mut self.codec {
            Codec::Identity(sink) | Codec::Unsure(sink, _) => sink,
            Codec::Gzip(decoder) => decoder.get_mut(),
            Codec::Zlib(decoder) => decoder.get_mut(),
            Codec::Deflate(decoder) => decoder.get_mut(),
            Codec::Brotli(decoder) => decoder.get_mut(),
        }
    }

    /// Takes received bytes. A full sink is no failure here: the caller looks.
    fn push(&mut self, data: &[u8]) -> Result<(), FailReason> {
        self.received = self.received.saturating_add(data.len());
        let allowance = self.received.saturating_mul(self.ratio).max(RATIO_FREE);
        self.sink_mut().allowance = allowance;
        let Codec::Unsure(_, head) = &mut self.codec else { return self.unpack(data) };
        head.extend_from_slice(data);
        let &[first, second, ..] = head.as_slice() else { return Ok(()) };
        let is_wrapped =
            first & 0x0f == 8 && (u16::from(first) * 256 + u16::from(second)) % 31 == 0;
        let codec = std::mem::replace(&mut self.codec, Codec::Identity(Sink::none()));
        let Codec::Unsure(sink, head) = codec else { return Ok(()) };
        self.codec = match is_wrapped {
            true => Codec::Zlib(ZlibDecoder::new(sink)),
            false => Codec::Deflate(DeflateDecoder::new(sink)),
        };
        self.unpack(&head)
    }

    fn unpack(&mut self, mut data: &[u8]) -> Result<(), FailReason> {
        while !data.is_empty() && !self.has_ended {
            let written = match &mut self.codec {
                Codec::Identity(sink) => sink.write(data),
                Codec::Gzip(decoder) => decoder.write(data),
                Codec::Zlib(decoder) => decoder.write(data),
                Codec::Deflate(decoder) => decoder.write(data),
                Codec::Brotli(decoder) => decoder.write(data),
                Codec::Unsure(..) => Ok(data.len()),
            };
            match written {
                // What follows the packed stream is passed over, as browsers do.
                Ok(0) => self.has_ended = true,
                Ok(taken) => data = data.get(taken..).unwrap_or_default(),
                Err(_) if self.sink().is_bomb => return Err(FailReason::CompressionBomb),
                Err(_) if self.sink().exceeded => return Ok(()),
                Err(_) => return Err(FailReason::BrokenResponse),
            }
        }
        Ok(())
    }

    /// Ends the stream: one that stops in the middle is broken.
    fn finish(&mut self) -> Result<(), FailReason> {
        if self.received == 0 {
            return Ok(());
        }
        let ended = match &mut self.codec {
            Codec::Identity(_) => Ok(()),
            Codec::Gzip(decoder) => decoder.try_finish(),
            Codec::Zlib(decoder) => decoder.try_finish(),
            Codec::Deflate(decoder) => decoder.try_finish(),
            Codec::Brotli(decoder) => decoder.close(),
            Codec::Unsure(..) => Err(io::Error::other("one byte")),
        };
        match ended {
            Ok(()) => Ok(()),
            Err(_) if self.sink().is_bomb => Err(FailReason::CompressionBomb),
            Err(_) if self.sink().exceeded => Err(FailReason::TooLarge),
            Err(_) => Err(FailReason::BrokenResponse),
        }
    }

    /// The budget is held until the last clone of the bytes is gone.
    fn into_bytes(mut self, held: Option<Reservation>) -> Bytes {
        let mut bytes = std::mem::take(&mut self.sink_mut().bytes);
        bytes.shrink_to_fit();
        match held {
            Some(held) => held.with(bytes),
            None => Bytes::from(bytes),
        }
    }
}

impl Sink {
    fn none() -> Self {
        Self { bytes: Vec::new(), limit: 0, exceeded: false, allowance: 0, is_bomb: false }
    }
}
