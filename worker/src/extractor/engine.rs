//! The wasmtime engine of the extractor, and the cache of its native code.

use std::{
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use kernel::hex;
use sha2::{Digest, Sha256};
use wasmtime::{Config, Engine, component::Component};

/// The grain of the deadline.
pub(super) const TICK: Duration = Duration::from_millis(100);

pub(super) fn new() -> Result<Engine> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    let engine = Engine::new(&config).map_err(anyhow::Error::from).context("cannot set up wasmtime")?;
    let weak = engine.weak();
    std::thread::Builder::new().name("extractor-clock".to_owned()).spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(engine)
}

fn read(wasm: &Path) -> Result<Vec<u8>> {
    std::fs::read(wasm).with_context(|| {
        format!(
            "expected the extractor at {}; build it for wasm32-wasip2, or name it by TESSERA_EXTRACTOR",
            wasm.display()
        )
    })
}

fn file(engine: &Engine, wasm: &[u8], cache: &Path) -> PathBuf {
    cache.join(format!("extractor-{}.cwasm", key(engine, wasm)))
}

/// Whether an earlier start has compiled it.
pub(super) fn is_cached(engine: &Engine, wasm: &Path, cache: &Path) -> Result<bool> {
    Ok(file(engine, &read(wasm)?, cache).exists())
}

/// Compiles a component, or maps what an earlier start has compiled. Without a cache that can be written it compiles every time.
pub(super) fn load(engine: &Engine, wasm: &Path, cache: &Path) -> Result<Component> {
    let bytes = read(wasm)?;
    let compiled = file(engine, &bytes, cache);
    if let Ok(component) = map(engine, &compiled) {
        return Ok(component);
    }
    let native =
        engine.precompile_component(&bytes).map_err(anyhow::Error::from).context("cannot compile the extractor")?;
    if write_whole(&compiled, &native).is_ok()
        && let Ok(component) = map(engine, &compiled)
    {
        return Ok(component);
    }
    Ok(Component::new(engine, &bytes)?)
}

#[expect(
    unsafe_code,
    reason = "maps native code; the name is the hash of what this process would compile itself, in its own cache folder"
)]
fn map(engine: &Engine, compiled: &Path) -> wasmtime::Result<Component> {
    unsafe { Component::deserialize_file(engine, compiled) }
}

/// Of the component and of everything about the engine that native code depends on.
fn key(engine: &Engine, wasm: &[u8]) -> String {
    struct Sink(Sha256);
    impl Hasher for Sink {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
    }
    let mut sink = Sink(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut sink);
    sink.0.update(wasm);
    hex::encode(sink.0.finalize().get(..16).unwrap_or_default())
}

/// Another process never sees half a file.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut half: PathBuf = path.to_owned();
    half.set_extension(format!("{}.half", std::process::id()));
    std::fs::write(&half, bytes)?;
    std::fs::rename(&half, path)
}
