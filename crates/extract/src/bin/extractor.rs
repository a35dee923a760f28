//! The sandboxed command: a document on standard input, events as lines of JSON on standard output.
//!
//! `extractor [FILENAME [DECLARED-TYPE]]` reads a document. `extractor FILENAME DECLARED-TYPE page
//! REQUEST` reads a page of the web for the crawler: `REQUEST` is a [`PageRequest`] as JSON, the
//! output one line. Ends with 0 where the document was read and with 1 where it failed; either way
//! the last line says so.

use std::io::{BufWriter, Read, Write};
use std::process::ExitCode;

use extract::page::{PageEvent, PageRequest, read_page};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let filename = arguments.next().unwrap_or_default();
    let declared = arguments.next().filter(|declared| !declared.is_empty());
    let page = arguments
        .next()
        .filter(|mode| mode == "page")
        .map(|_| arguments.next().unwrap_or_default());
    let mut document = Vec::new();
    if let Err(fault) = std::io::stdin().lock().read_to_end(&mut document) {
        eprintln!("expected the document on standard input, which can't be read: {fault}");
        return ExitCode::from(2);
    }
    match page {
        Some(request) => page_of_the_web(&document, &request),
        None => whole_document(document, &filename, declared.as_deref()),
    }
}

fn whole_document(document: Vec<u8>, filename: &str, declared: Option<&str>) -> ExitCode {
    let mut out = BufWriter::with_capacity(64 * 1024, std::io::stdout().lock());
    let mut written = Ok(());
    let result = extract::extract(document, filename, declared, &mut |event| {
        if written.is_ok() {
            written = serde_json::to_writer(&mut out, &event)
                .map_err(std::io::Error::from)
                .and_then(|()| out.write_all(b"\n"));
        }
    });
    end(written.and_then(|()| out.flush()), result.is_ok())
}

fn page_of_the_web(document: &[u8], request: &str) -> ExitCode {
    let request: PageRequest = match serde_json::from_str(request) {
        Ok(request) => request,
        Err(fault) => {
            eprintln!("expected a request for a page as JSON in the fourth argument: {fault}");
            return ExitCode::from(2);
        }
    };
    let event = match read_page(document, &request) {
        Ok(page) => PageEvent::WebPage(Box::new(page)),
        Err(failure) => PageEvent::Failed(failure),
    };
    let mut out = BufWriter::with_capacity(64 * 1024, std::io::stdout().lock());
    let written = serde_json::to_writer(&mut out, &event).map_err(std::io::Error::from);
    let written = written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
    end(written, matches!(event, PageEvent::WebPage(_)))
}

fn end(written: std::io::Result<()>, is_read: bool) -> ExitCode {
    match written {
        Err(fault) => {
            eprintln!("the reader of the events went away: {fault}");
            ExitCode::from(2)
        }
        Ok(()) if is_read => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(1),
    }
}
