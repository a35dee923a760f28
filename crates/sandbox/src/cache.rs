//! The cache of native code: a component is compiled once per version of it and of the engine, and
//! mapped at later starts.

use std::{
    hash::{Hash, Hasher},
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, component::Component};

/// Whether `cache` holds the native code of the component in the file `wasm`.
///
/// # Errors
/// If `wasm` cannot be read.
pub fn is_compiled(engine: &Engine, wasm: &Path, cache: &Path) -> Result<bool> {
    Ok(file(engine, &read(wasm)?, cache).exists())
}

/// Compiles the component in the file `wasm` into `cache`, if no earlier start has.
///
/// # Errors
/// If `wasm` cannot be read or is not a component, or `cache` cannot be written.
pub fn compile(engine: &Engine, wasm: &Path, cache: &Path) -> Result<()> {
    let bytes = read(wasm)?;
    let compiled = file(engine, &bytes, cache);
    if compiled.exists() {
        return Ok(());
    }
    let native = engine.precompile_component(&bytes).map_err(anyhow::Error::from)?;
    write_whole(&compiled, &native)
        .with_context(|| format!("cannot write the compiled component {}", compiled.display()))
}

/// Compiles the component in the file `wasm`, or maps what an earlier start compiled. A cached file
/// that does not fit is replaced; a cache that cannot be written costs a compilation at each start.
///
/// # Errors
/// If `wasm` cannot be read, or is not a component.
pub fn load(engine: &Engine, wasm: &Path, cache: Option<&Path>) -> Result<Component> {
    let bytes = read(wasm)?;
    let Some(cache) = cache else { return Ok(Component::new(engine, &bytes)?) };
    let compiled = file(engine, &bytes, cache);
    if compiled.exists() {
        match map(engine, &compiled) {
            Ok(component) => return Ok(component),
            Err(error) => {
                tracing::warn!(file = %compiled.display(), ?error, "compiling again: the cached file does not fit");
            }
        }
    }
    let native = engine.precompile_component(&bytes).map_err(anyhow::Error::from)?;
    let mapped = write_whole(&compiled, &native).and_then(|()| Ok(map(engine, &compiled)?));
    mapped.or_else(|error| {
        tracing::warn!(file = %compiled.display(), %error, "compiled code is not cached");
        Ok(Component::new(engine, &bytes)?)
    })
}

fn read(wasm: &Path) -> Result<Vec<u8>> {
    std::fs::read(wasm).with_context(|| format!("cannot read the component {}: is it built?", wasm.display()))
}

fn file(engine: &Engine, wasm: &[u8], cache: &Path) -> PathBuf {
    cache.join(format!("{}.cwasm", key(engine, wasm)))
}

#[expect(
    unsafe_code,
    reason = "maps native code; the name is the hash of what this process would compile itself, in its user's own cache folder"
)]
fn map(engine: &Engine, compiled: &Path) -> wasmtime::Result<Component> {
    unsafe { Component::deserialize_file(engine, compiled) }
}

/// SHA-256 of the component and of all engine settings that native code depends on, hexadecimal.
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
    kernel::hex::encode(&sink.0.finalize())
}

/// Writes atomically: another process never sees an incomplete file.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("the cache path has no folder")?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use wasmtime::Config;

    use super::*;

    #[test]
    fn native_code_is_written_once_mapped_later_and_replaced_when_it_does_not_fit() {
        let folder = tempfile::tempdir().unwrap();
        let (wasm, cache) = (folder.path().join("empty.wasm"), folder.path().join("cache"));
        std::fs::write(&wasm, b"\0asm\x0d\0\x01\0").unwrap();
        let engine = Engine::new(&Config::new()).unwrap();
        assert!(!is_compiled(&engine, &wasm, &cache).unwrap());
        load(&engine, &wasm, Some(&cache)).unwrap();
        assert!(is_compiled(&engine, &wasm, &cache).unwrap());
        let compiled = file(&engine, &read(&wasm).unwrap(), &cache);
        let native = std::fs::read(&compiled).unwrap();
        std::fs::write(&compiled, b"torn").unwrap();
        load(&engine, &wasm, Some(&cache)).unwrap();
        assert_eq!(std::fs::read(&compiled).unwrap(), native);
    }

    #[test]
    fn a_cache_that_cannot_be_written_still_gives_a_component() {
        let folder = tempfile::tempdir().unwrap();
        let (wasm, no_folder) = (folder.path().join("empty.wasm"), folder.path().join("a-file"));
        std::fs::write(&wasm, b"\0asm\x0d\0\x01\0").unwrap();
        std::fs::write(&no_folder, b"").unwrap();
        let engine = Engine::new(&Config::new()).unwrap();
        load(&engine, &wasm, Some(&no_folder)).unwrap();
    }
}
