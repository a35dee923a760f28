//! An engine whose epoch advances in a thread, so that computing guests can be interrupted.

use std::time::Duration;

use anyhow::{Context, Result};
use wasmtime::{Config, Engine};

/// The clock of an engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Epoch {
    /// Name of the thread.
    pub thread: &'static str,
    /// Time between two ticks: the precision of every deadline.
    pub tick: Duration,
}

/// Features of processors that portable code uses: those of x86-64-v3, which servers have had since
/// 2013. Where one is missing, the code is not mapped, and the component is compiled.
#[cfg(target_arch = "x86_64")]
const PORTABLE_FEATURES: &[&str] = &[
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_cmpxchg16b",
    "has_popcnt",
    "has_avx",
    "has_avx2",
    "has_fma",
    "has_bmi1",
    "has_bmi2",
    "has_lzcnt",
];
#[cfg(not(target_arch = "x86_64"))]
const PORTABLE_FEATURES: &[&str] = &[];

/// An engine that compiles for every processor of this architecture, not for the features of the
/// one it runs on. It only compiles: its epoch does not advance.
///
/// # Errors
/// If wasmtime refuses the configuration.
#[expect(
    unsafe_code,
    reason = "wasmtime checks before it maps code that the processor has the features it was compiled for"
)]
pub fn portable(mut config: Config) -> Result<Engine> {
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-gnu" };
    let target = format!("{}-{system}", std::env::consts::ARCH);
    config.epoch_interruption(true);
    config
        .target(&target)
        .map_err(anyhow::Error::from)
        .with_context(|| format!("the target {target}"))?;
    for feature in PORTABLE_FEATURES {
        unsafe { config.cranelift_flag_enable(feature) };
    }
    Engine::new(&config).map_err(anyhow::Error::from).context("cannot set up wasmtime")
}

/// An engine of this configuration, interruptible at every tick. The thread ends with the engine.
///
/// # Errors
/// If wasmtime refuses the configuration, or no thread can be started.
#[expect(clippy::disallowed_methods, reason = "a thread of its own, which the ticks need")]
pub fn start(mut config: Config, epoch: Epoch) -> Result<Engine> {
    config.epoch_interruption(true);
    let engine =
        Engine::new(&config).map_err(anyhow::Error::from).context("cannot set up wasmtime")?;
    let weak = engine.weak();
    std::thread::Builder::new().name(epoch.thread.to_owned()).spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(epoch.tick);
        }
    })?;
    Ok(engine)
}
