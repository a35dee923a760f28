//! `cargo run -p openapi` writes `openapi/openapi.json`.

use std::{fs, process::ExitCode};

fn main() -> ExitCode {
    let written = openapi::document().and_then(|document| {
        fs::write(openapi::path(), openapi::text(&document))
            .map_err(|e| format!("{}: {e}", openapi::path().display()))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
