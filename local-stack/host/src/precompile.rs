//! Compiles the components ahead of a start, in a process that ends: a compiler's memory stays with
//! its process.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::engine;
use crate::manifest::Manifest;
use crate::runtime_config::RuntimeConfig;
use anyhow::Result;

/// How many of the application's components are not in `cache` in the form that this configuration
/// needs, and have no portable code beside them.
///
/// # Errors
/// If the manifest or a component cannot be read.
pub fn uncompiled(manifest: &Path, runtime: &RuntimeConfig, cache: &Path) -> Result<usize> {
    let (largest, sources) = sources(manifest, runtime)?;
    let engine = engine::new(largest)?;
    let mut missing = 0;
    for source in sources {
        missing += usize::from(!sandbox::is_compiled(&engine, &source, cache)?);
    }
    Ok(missing)
}

/// Compiles them into `cache`.
///
/// # Errors
/// If the manifest or a component cannot be read, a component does not compile, or the folder
/// cannot be written.
pub fn precompile(manifest: &Path, runtime: &RuntimeConfig, cache: &Path) -> Result<()> {
    let (largest, sources) = sources(manifest, runtime)?;
    let engine = engine::new(largest)?;
    for source in sources {
        sandbox::compile(&engine, &source, cache)?;
    }
    Ok(())
}

/// Compiles them into a folder beside them, for every processor of this architecture: a host finds
/// the code there and compiles nothing.
///
/// # Errors
/// As for [`precompile`].
pub fn precompile_portable(manifest: &Path, runtime: &RuntimeConfig) -> Result<()> {
    let (largest, sources) = sources(manifest, runtime)?;
    let engine = engine::portable(largest)?;
    for source in sources {
        sandbox::compile_portable(&engine, &source)?;
    }
    Ok(())
}

/// The highest memory limit of the components, in bytes, and their files.
fn sources(manifest: &Path, runtime: &RuntimeConfig) -> Result<(usize, BTreeSet<PathBuf>)> {
    let manifest = Manifest::load(manifest)?;
    let largest = manifest.components.keys().map(|id| runtime.policy(id).memory_bytes).max();
    let sources =
        manifest.components.values().map(|component| component.source_path(&manifest.root));
    Ok((largest.unwrap_or(0), sources.collect::<Result<_>>()?))
}
