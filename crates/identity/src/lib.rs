//! Tenants, users, sessions, tokens.
