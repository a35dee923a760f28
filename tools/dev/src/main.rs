#![doc = include_str!("../README.md")]

mod cli;
mod client;
mod commands;
mod counts;
mod file_server;
mod memory;
mod scratch;

use std::process::ExitCode;

// As in local-stack: commands that run a stack have the host in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    cli::main()
}
