//! The memory of an instance: its limit, and when it is large enough that the instance takes no more
//! requests.

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

/// The linear memories of one instance.
pub(crate) struct Memory {
    limits: StoreLimits,
    limit: usize,
    bytes: usize,
}

impl Memory {
    /// With a limit in bytes for each memory.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limits: StoreLimitsBuilder::new().memory_size(limit).build(), limit, bytes: 0 }
    }

    /// Whether a new instance should take the next request. A memory never shrinks, and what is used
    /// up here would end the requests and streams that the instance has.
    pub(crate) fn is_half_full(&self) -> bool {
        self.bytes > self.limit / 2
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let may_grow = self.limits.memory_growing(current, desired, maximum)?;
        if may_grow {
            self.bytes = self.bytes.saturating_add(desired.saturating_sub(current));
        }
        Ok(may_grow)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.memory_grow_failed(error)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.table_grow_failed(error)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}
