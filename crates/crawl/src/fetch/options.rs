//! How a fetcher fetches, and how much a request may cost.

use std::sync::Arc;
use std::time::Duration;

use super::{BodyBudget, Resolver, SystemResolver};
use crate::{AllowedNetworks, BlockReason};

/// Bytes of bodies at the same time, unless a caller shares another budget.
const BODY_BYTES: u32 = 256 << 20;

/// How much a request may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchLimits {
    /// Bytes of a body after decompression.
    pub body: usize,
    /// Bytes of a body that its server calls a web page, if that is less.
    pub page: usize,
    /// Times that a body may grow by decompression, over 1 MiB.
    pub ratio: usize,
    /// Bytes of a response's head; at least 8 KiB count.
    pub head_bytes: usize,
    /// Lines of a response's head.
    pub head_lines: usize,
    /// Until a connection stands, with TLS.
    pub connect: Duration,
    /// Until the head of a response has come.
    pub head: Duration,
    /// From the first byte sent to the last received, all redirects together.
    pub total: Duration,
    /// Redirects that are followed.
    pub redirects: usize,
}

impl Default for FetchLimits {
    /// 16 MiB, ratio 100, head 64 KiB in 100 lines; 10 s to connect, 20 s for the head, 60 s for
    /// all; 10 redirects.
    fn default() -> Self {
        Self {
            body: 16 << 20,
            page: 16 << 20,
            ratio: 100,
            head_bytes: 64 << 10,
            head_lines: 100,
            connect: Duration::from_secs(10),
            head: Duration::from_secs(20),
            total: Duration::from_secs(60),
            redirects: 10,
        }
    }
}

/// How a fetcher fetches. The environment is not read: there is no proxy.
pub struct FetchOptions {
    /// The `User-Agent`, which begins with the product token and should hold a way to reach the
    /// operator: `TesseraBot/1.0 (+https://example.org/bot)`.
    pub user_agent: String,
    /// Networks beside the globally routable ones.
    pub networks: AllowedNetworks,
    /// Ports beside 80 and 443.
    pub ports: Vec<u16>,
    /// How much a request may cost.
    pub limits: FetchLimits,
    /// The memory that bodies are read into.
    pub budget: Arc<BodyBudget>,
    /// Turns names into addresses.
    pub resolver: Arc<dyn Resolver>,
    /// Authorities (DER) that are trusted beside those of the system.
    pub extra_roots: Vec<Vec<u8>>,
}

impl FetchOptions {
    /// The rules of production: nothing private, ports 80 and 443, the system's resolver.
    #[must_use]
    pub fn new(user_agent: &str) -> Self {
        Self {
            user_agent: user_agent.to_owned(),
            networks: AllowedNetworks::none(),
            ports: Vec::new(),
            limits: FetchLimits::default(),
            budget: Arc::new(BodyBudget::new(BODY_BYTES, BODY_BYTES)),
            resolver: Arc::new(SystemResolver),
            extra_roots: Vec::new(),
        }
    }

    /// Whether a port may be dialled.
    pub(crate) fn check_port(&self, port: u16) -> Result<(), BlockReason> {
        let is_allowed = matches!(port, 80 | 443) || self.ports.contains(&port);
        if is_allowed { Ok(()) } else { Err(BlockReason::Port) }
    }
}
