//! The cache of native code: a component is compiled once per version of it and of the engine, and
//! mapped at later starts. A release has portable code beside its components, so that a first start
//! compiles nothing.

use std::{
    hash::{Hash, Hasher},
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, component::Component};

/// The folder beside components with their portable code.
const PORTABLE: &str = "native";

/// Whether there is native code of the component in the file `wasm`: in `cache`, or portable code
/// beside the component that runs on this processor.
///
/// # Errors
/// If `wasm` cannot be read.
pub fn is_compiled(engine: &Engine, wasm: &Path, cache: &Path) -> Result<bool> {
    let bytes = read(wasm)?;
    Ok(file(engine, &bytes, cache).exists() || map(engine, &portable_file(wasm, &bytes)).is_ok())
}

/// Compiles the component in the file `wasm` into `cache`, unless there is native code of it.
///
/// # Errors
/// If `wasm` cannot be read or is not a component, or `cache` cannot be written.
pub fn compile(engine: &Engine, wasm: &Path, cache: &Path) -> Result<()> {
    let bytes = read(wasm)?;
    let compiled = file(engine, &bytes, cache);
    if compiled.exists() || map(engine, &portable_file(wasm, &bytes)).is_ok() {
        return Ok(());
    }
    compile_into(engine, &bytes, &compiled)
}

/// Compiles the component in the file `wasm` into the folder beside it where [`load`] finds it.
/// `engine` is [`portable`](crate::portable), with the settings of the engine that loads it.
///
/// # Errors
/// If `wasm` cannot be read or is not a component, or the folder cannot be written.
pub fn compile_portable(engine: &Engine, wasm: &Path) -> Result<()> {
    let bytes = read(wasm)?;
    compile_into(engine, &bytes, &portable_file(wasm, &bytes))
}

fn compile_into(engine: &Engine, wasm: &[u8], compiled: &Path) -> Result<()> {
    let native = engine.precompile_component(wasm).map_err(anyhow::Error::from)?;
    write_whole(compiled, &native)
        .with_context(|| format!("cannot write the compiled component {}", compiled.display()))
}

/// Maps the native code of the component in the file `wasm`: what an earlier start compiled, else
/// portable code beside it; or compiles it. A cached file that does not fit is replaced; a cache
/// that cannot be written costs a compilation at each start.
///
/// # Errors
/// If `wasm` cannot be read, or is not a component.
pub fn load(engine: &Engine, wasm: &Path, cache: Option<&Path>) -> Result<Component> {
    let bytes = read(wasm)?;
    let own = cache.map(|folder| file(engine, &bytes, folder));
    let portable = portable_file(wasm, &bytes);
    for compiled in own.iter().chain([&portable]).filter(|file| file.exists()) {
        match map(engine, compiled) {
            Ok(component) => return Ok(component),
            Err(error) => {
                tracing::warn!(file = %compiled.display(), ?error, "compiling: the file of native code does not fit");
            }
        }
    }
    let Some(compiled) = own else { return Ok(Component::new(engine, &bytes)?) };
    let native = engine.precompile_component(&bytes).map_err(anyhow::Error::from)?;
    let mapped = write_whole(&compiled, &native).and_then(|()| Ok(map(engine, &compiled)?));
    mapped.or_else(|error| {
        tracing::warn!(file = %compiled.display(), %error, "compiled code is not cached");
        Ok(Component::new(engine, &bytes)?)
    })
}

fn read(wasm: &Path) -> Result<Vec<u8>> {
    std::fs::read(wasm)
        .with_context(|| format!("cannot read the component {}: is it built?", wasm.display()))
}

fn file(engine: &Engine, wasm: &[u8], cache: &Path) -> PathBuf {
    cache.join(format!("{}.cwasm", key(engine, wasm)))
}

/// Named by the component alone: wasmtime refuses code of another version, for other settings or
/// for a processor with more features.
fn portable_file(wasm: &Path, bytes: &[u8]) -> PathBuf {
    let name = kernel::hex::encode(&Sha256::digest(bytes));
    wasm.with_file_name(PORTABLE).join(format!("{name}.cwasm"))
}

#[expect(
    unsafe_code,
    reason = "maps native code: of the user's own cache folder, named by the hash of what this process would compile itself, or of the folder of the component; who writes there could replace the programs of the release, too"
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
    fn portable_code_beside_a_component_is_mapped_and_nothing_is_compiled() {
        let folder = tempfile::tempdir().unwrap();
        let (wasm, cache) = (folder.path().join("empty.wasm"), folder.path().join("cache"));
        std::fs::write(&wasm, b"\0asm\x0d\0\x01\0").unwrap();
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config).unwrap();
        compile_portable(&crate::portable(Config::new()).unwrap(), &wasm).unwrap();
        assert!(is_compiled(&engine, &wasm, &cache).unwrap());
        compile(&engine, &wasm, &cache).unwrap();
        load(&engine, &wasm, Some(&cache)).unwrap();
        load(&engine, &wasm, None).unwrap();
        assert!(!cache.exists(), "something was compiled");
    }

    #[test]
    fn portable_code_for_other_settings_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let (wasm, cache) = (folder.path().join("empty.wasm"), folder.path().join("cache"));
        std::fs::write(&wasm, b"\0asm\x0d\0\x01\0").unwrap();
        // Without the interruption that portable code has.
        let engine = Engine::new(&Config::new()).unwrap();
        compile_portable(&crate::portable(Config::new()).unwrap(), &wasm).unwrap();
        assert!(!is_compiled(&engine, &wasm, &cache).unwrap());
        load(&engine, &wasm, Some(&cache)).unwrap();
        assert!(cache.exists(), "it was not compiled");
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
