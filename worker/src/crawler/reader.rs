//! Reads a page in the sandbox: what it says of itself, where it leads, and its main content.

use bytes::Bytes;
use extract::page::{PageEvent, PageRequest, WebPage};
use queue::Failure;

use crate::extractor::{End, Extraction, Extractor};

/// The longest answer: the page reader bounds links and content far below it.
const ANSWER_BYTES: usize = 32 << 20;
/// Bytes that are handed over at once.
const PIECE_BYTES: usize = 256 << 10;

/// Reads a page.
///
/// # Errors
/// Why it cannot be read, as of a document.
pub(super) async fn read(
    extractor: &Extractor,
    request: &PageRequest,
    mut body: Bytes,
) -> Result<WebPage, Failure> {
    let request = serde_json::to_string(request).map_err(|_| crashed())?;
    let mut extraction = extractor.begin_page(&request);
    let document = extraction.document.take();
    let feeding = async {
        let Some(document) = document else { return };
        while !body.is_empty() {
            let piece = body.split_to(PIECE_BYTES.min(body.len()));
            // If it stops reading, its answer says why.
            if document.send(piece).await.is_err() {
                break;
            }
        }
    };
    let ((), answer) = futures::join!(feeding, answer(&mut extraction));
    match (answer?, extraction.end().await) {
        (Some(PageEvent::WebPage(page)), End::Finished) => Ok(*page),
        (Some(PageEvent::Failed(failure)), _) => {
            Err(Failure::new(failure.code.as_str(), failure.detail, failure.hint))
        }
        (_, End::TooSlow) => {
            Err(failure("extractor_timeout", "Reading the page took longer than allowed."))
        }
        (_, End::TooMuchMemory) => {
            Err(failure("extractor_memory", "Reading the page took more memory than allowed."))
        }
        _ => Err(crashed()),
    }
}

/// It comes out of a sandbox that a page may have taken over, so it has a bound and is parsed
/// strictly.
async fn answer(extraction: &mut Extraction) -> Result<Option<PageEvent>, Failure> {
    let mut text = Vec::new();
    while let Some(piece) = extraction.output.recv().await {
        text.extend_from_slice(&piece);
        if text.len() > ANSWER_BYTES {
            return Err(crashed());
        }
    }
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&text).map(Some).map_err(|_| crashed())
}

fn failure(code: &str, detail: &str) -> Failure {
    Failure { code: code.to_owned(), detail: detail.to_owned(), hint: None }
}

fn crashed() -> Failure {
    failure(
        "extractor_crashed",
        "The page made the program that reads it crash; nothing else was affected.",
    )
}
