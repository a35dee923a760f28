//! Names the files that older Office programs and Outlook write: containers with a directory of
//! streams.

use crate::detect::{contains, refused as refused_as};
use crate::failure::{Code, Failure};

/// What the container holds, by a stream that only this kind has; first match.
const KINDS: &[(&str, &str, &str)] = &[
    (
        "__properties_version1.0",
        "an Outlook message (.msg)",
        "Open it in Outlook, save it as PDF, or drag it into a mail program that saves EML, and upload that.",
    ),
    (
        "WordDocument",
        "a Word document of the format used before 2007 (.doc)",
        "Open it in Word or LibreOffice, save it as DOCX and upload that.",
    ),
    (
        "PowerPoint Document",
        "a presentation of the format used before 2007 (.ppt)",
        "Open it in PowerPoint or LibreOffice, save it as PPTX and upload that.",
    ),
    (
        "Workbook",
        "an Excel workbook of the format used before 2007 (.xls)",
        "Save each sheet as CSV and upload those.",
    ),
    ("VisioDocument", "a Visio drawing", "Save it as PDF and upload that."),
    ("Quill", "a Publisher document", "Save it as PDF and upload that."),
];

/// Why a container is refused, by what it holds.
pub(crate) fn refused(bytes: &[u8]) -> Failure {
    let holds = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        contains(bytes, &name)
    };
    // Newer documents with a password are wrapped in such a container, too.
    if holds("EncryptedPackage") {
        return Failure::new(Code::Encrypted, "The Office document is protected with a password.");
    }
    match KINDS.iter().find(|(stream, _, _)| holds(stream)) {
        Some((_, words, hint)) => refused_as(words).with_hint(*hint),
        None => refused_as("an Office document of the format used before 2007 (.doc, .ppt, .xls)")
            .with_hint("Open it in Word, PowerPoint or LibreOffice, save it as DOCX or PPTX and upload that."),
    }
}
