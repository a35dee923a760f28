//! The binary behind `./stack`.

use std::process::ExitCode;

// Instances are created and dropped with every request: this allocator is faster for them than the
// C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // It requests pages of 2 MiB, of which we would fill a fraction: a quarter more memory, for
    // requests that are hardly faster. Our children inherit this setting. A kernel without such
    // pages changes nothing.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    local_stack::cli::main()
}
