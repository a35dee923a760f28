//! The native host: runs spin.toml on wasmtime.
