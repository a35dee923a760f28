//! The wasmtime engine and the cache of compiled components.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Config, Engine, PoolingAllocationConfig};

/// How often a computing guest gives way to others, and its CPU time is looked at.
const EPOCH: Duration = Duration::from_millis(10);

/// Instances at the same time, over all components: more than the shares of all components let requests have, so that none is ever
/// without. Memory is used only by those that live.
const INSTANCES: u32 = 2000;

/// An engine whose epoch advances as long as it lives. `largest_memory` is the highest memory limit of any component, bytes.
pub(crate) fn new(largest_memory: usize) -> Result<Engine> {
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
    config.wasm_component_model_async(true).epoch_interruption(true).allocation_strategy(pool);
    let engine = Engine::new(&config).map_err(anyhow::Error::from).context("cannot set up wasmtime")?;
    let weak = engine.weak();
    std::thread::Builder::new().name("epoch".into()).spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(EPOCH);
        }
    })?;
    Ok(engine)
}

fn read(wasm: &Path) -> Result<Vec<u8>> {
    std::fs::read(wasm).with_context(|| format!("cannot read the component {}: is it built?", wasm.display()))
}

/// Whether `cache` holds what `wasm` compiles to.
pub(crate) fn is_cached(engine: &Engine, wasm: &Path, cache: &Path) -> Result<bool> {
    Ok(file(engine, &read(wasm)?, cache).exists())
}

fn file(engine: &Engine, wasm: &[u8], cache: &Path) -> PathBuf {
    cache.join(format!("{}.cwasm", key(engine, wasm)))
}

/// Compiles `wasm`, or maps what an earlier start has compiled.
pub(crate) fn load(engine: &Engine, wasm: &Path, cache: Option<&Path>) -> Result<Component> {
    let bytes = read(wasm)?;
    let Some(cache) = cache else {
        return Ok(Component::new(engine, &bytes)?);
    };
    let compiled = file(engine, &bytes, cache);
    if !compiled.exists() {
        let native = engine.precompile_component(&bytes).map_err(anyhow::Error::from)?;
        write_whole(&compiled, &native)
            .with_context(|| format!("cannot write the compiled component {}", compiled.display()))?;
    }
    match map(engine, &compiled) {
        Ok(component) => Ok(component),
        Err(error) => {
            tracing::warn!(target: "host::engine", file = %compiled.display(), ?error, "compiling anew: the cached file does not fit");
            let native = engine.precompile_component(&bytes).map_err(anyhow::Error::from)?;
            write_whole(&compiled, &native)?;
            Ok(map(engine, &compiled)?)
        }
    }
}

#[expect(
    unsafe_code,
    reason = "maps native code; only files that this process's user wrote into its own cache folder are named here"
)]
fn map(engine: &Engine, compiled: &Path) -> wasmtime::Result<Component> {
    unsafe { Component::deserialize_file(engine, compiled) }
}

/// Content and everything about the engine that the native code depends on.
fn key(engine: &Engine, wasm: &[u8]) -> String {
    struct Sink(Sha256);
    impl std::hash::Hasher for Sink {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
    }
    let mut sink = Sink(Sha256::new());
    std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut sink);
    sink.0.update(wasm);
    sink.0.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = std::fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
        text
    })
}

/// Another process never sees half a file.
fn write_whole(path: &PathBuf, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("the cache path has no folder")?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
