//! The sandboxed command: a document on standard input, events as lines of JSON on standard output.
//!
//! `extractor [FILENAME [DECLARED-TYPE]]`. Ends with 0 where the document was read and with 1 where it failed; either
//! way the last line says so.

use std::io::{BufWriter, Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let filename = arguments.next().unwrap_or_default();
    let declared = arguments.next().filter(|declared| !declared.is_empty());
    let mut document = Vec::new();
    if let Err(fault) = std::io::stdin().lock().read_to_end(&mut document) {
        eprintln!("expected the document on standard input, which can't be read: {fault}");
        return ExitCode::from(2);
    }
    let mut out = BufWriter::with_capacity(64 * 1024, std::io::stdout().lock());
    let mut written = Ok(());
    let result = extract::extract(document, &filename, declared.as_deref(), &mut |event| {
        if written.is_ok() {
            written = serde_json::to_writer(&mut out, &event)
                .map_err(std::io::Error::from)
                .and_then(|()| out.write_all(b"\n"));
        }
    });
    match written.and_then(|()| out.flush()) {
        Err(fault) => {
            eprintln!("the reader of the events went away: {fault}");
            ExitCode::from(2)
        }
        Ok(()) if result.is_err() => ExitCode::from(1),
        Ok(()) => ExitCode::SUCCESS,
    }
}
