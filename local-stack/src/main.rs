//! The binary behind `./stack`.

use std::process::ExitCode;

fn main() -> ExitCode {
    local_stack::cli::main()
}
