//! The memory limit of a guest.

use wasmtime::ResourceLimiter;

/// Elements of one table of references; none of our guests needs more.
const TABLE_ELEMENTS: usize = 100_000;

/// Limits the bytes of all linear memories of a store together.
#[derive(Clone, Copy, Debug)]
pub struct MemoryLimit {
    limit: usize,
    used: usize,
    refused: bool,
}

impl MemoryLimit {
    /// A limit in bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { limit: bytes, used: 0, refused: false }
    }

    /// Whether the guest requested more than the limit; it may have continued with less.
    #[must_use]
    pub fn was_exceeded(&self) -> bool {
        self.refused
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used.saturating_sub(current).saturating_add(desired);
        if used > self.limit {
            self.refused = true;
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}
