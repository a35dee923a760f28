//! Test support: a database per test, a running stack, stub providers.
