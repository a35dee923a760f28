//! The engine of the host: `sandbox`, with a pool of instances.

use std::time::Duration;

use anyhow::Result;
use sandbox::Epoch;
use wasmtime::{Config, Engine, PoolingAllocationConfig};

/// How often a computing guest yields to others, and its CPU time is checked.
const EPOCH: Duration = Duration::from_millis(10);

/// Instances at the same time, over all components: more than the shares of all components allow
/// requests, so that the pool is never exhausted. Only live instances use memory.
const INSTANCES: u32 = 2000;

/// An engine whose epoch advances while it exists. `largest_memory` is the highest memory limit of
/// any component, in bytes.
pub(crate) fn new(largest_memory: usize) -> Result<Engine> {
    sandbox::start(config(largest_memory), Epoch { thread: "epoch", tick: EPOCH })
}

/// An engine with the same settings that compiles for every processor of this architecture.
pub(crate) fn portable(largest_memory: usize) -> Result<Engine> {
    sandbox::portable(config(largest_memory))
}

fn config(largest_memory: usize) -> Config {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(INSTANCES)
        .total_core_instances(INSTANCES * 4)
        .total_memories(INSTANCES)
        .total_tables(INSTANCES * 2)
        .total_stacks(INSTANCES)
        .max_memory_size(largest_memory.min(4 << 30))
        .max_unused_warm_slots(64)
        .linear_memory_keep_resident(128 << 10)
        .table_keep_resident(16 << 10);
    let mut config = Config::new();
    config.wasm_component_model_async(true).allocation_strategy(pool);
    config
}
