//! Real servers behind TLS: who is trusted, who is refused, and in which words.

mod postgres;
mod redis;
