//! Whole-system tests: one binary, one stack.

mod auth;
mod chat;
mod isolation;
mod knowledge;
mod openapi;
mod tidy;
