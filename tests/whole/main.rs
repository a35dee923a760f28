//! Whole-system tests: one binary, one stack.

mod auth;
mod bad_input;
mod chat;
mod faults;
mod isolation;
mod knowledge;
mod openapi;
mod things;
mod tidy;
