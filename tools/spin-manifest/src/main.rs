//! `cargo run --release -p spin-manifest` writes `spin.toml`.

use std::{fs, process::ExitCode};

fn main() -> ExitCode {
    let written = spin_manifest::source()
        .and_then(|source| spin_manifest::manifest(&source))
        .and_then(|text| fs::write(spin_manifest::path(), text).map_err(|e| e.to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
