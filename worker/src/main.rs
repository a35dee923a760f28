//! The worker's command line.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match worker::cli::run(std::env::args().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: {error:#}");
            ExitCode::FAILURE
        }
    }
}
