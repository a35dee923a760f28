//! Files inside a PDF, which are not read, and collections, which are nothing but such files.

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Object};

use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::warning::WarningKind;

/// Files that are counted, and how deep their tree of names is followed.
const MAX_FILES: usize = 100_000;
const MAX_DEPTH: usize = 32;

/// A cover sheet that only says "open this collection in another program" has no more text than
/// this, bytes.
const COVER_BYTES: usize = 1500;

/// Warns of files that are not read.
///
/// # Errors
/// `unsupported_type` for a collection of files (a "portfolio") whose only page is a cover sheet.
pub(super) fn check(
    pdf: &Pdf,
    pages: u32,
    bytes: usize,
    out: &mut Output<'_>,
) -> Result<(), Failure> {
    let Some(root) = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()) else { return Ok(()) };
    let names = root.get::<Dict<'_>>(b"Names".as_slice());
    let files = names.and_then(|names| names.get::<Dict<'_>>(b"EmbeddedFiles".as_slice()));
    let mut count = 0;
    if let Some(files) = files {
        tree(&files, 0, &mut count);
    }
    if root.contains_key(b"Collection".as_slice())
        && count > 0
        && pages <= 1
        && bytes <= COVER_BYTES
    {
        let detail = format!(
            "Expected a document with text, but the PDF is a collection (portfolio) of {count} files."
        );
        return Err(Failure::new(Code::UnsupportedType, detail)
            .with_hint("Open the collection, save the files in it, and upload each by itself."));
    }
    out.warn(WarningKind::SkippedAttachments, None, count as u64);
    Ok(())
}

/// Counts the files of a tree of names.
fn tree(node: &Dict<'_>, depth: usize, count: &mut usize) {
    if depth > MAX_DEPTH || *count > MAX_FILES {
        return;
    }
    if let Some(names) = node.get::<Array<'_>>(b"Names".as_slice()) {
        *count += names.raw_iter().count() / 2;
    }
    if let Some(kids) = node.get::<Array<'_>>(b"Kids".as_slice()) {
        for kid in kids.iter::<Object<'_>>() {
            if let Object::Dict(kid) = kid {
                tree(&kid, depth + 1, count);
            }
        }
    }
}
