//! The binary behind `./stack`.

use std::process::ExitCode;

// Instances come and go with every request: this allocator serves them faster than the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // It asks for pages of 2 MiB, of which we would fill a fraction: a quarter more memory, for requests that are hardly quicker. What we start
    // inherits this. Where the kernel knows no such pages there is nothing to do.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    local_stack::cli::main()
}
