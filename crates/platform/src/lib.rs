//! The seam between Wasm and native: Postgres, Redis, HTTP, blobs, configuration, clock.
