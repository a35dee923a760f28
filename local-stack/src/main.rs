//! The binary behind `./stack`.

use std::process::ExitCode;

// Instances come and go with every request: this allocator serves them faster than the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    local_stack::cli::main()
}
