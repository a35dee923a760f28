//! The extractor's events, line by line. They come out of a sandbox that a document may control, so
//! none of it is trusted.

use extract::{Done as DoneEvent, Event, Failure, Meta, Page, limits};

use super::StageResult;
use crate::{extractor::Extraction, task::Stop};

/// The longest line: a page with the most text, every character escaped.
const LINE_BYTES: usize = 8 * limits::MAX_PAGE_BYTES;

/// The extractor's last event.
#[derive(Debug)]
pub(super) enum Last {
    /// The document was read.
    Done,
    /// The document cannot be read.
    Failed(Failure),
    /// There was none.
    None,
}

/// The next event of the extractor.
pub(super) enum Next {
    Meta(Meta),
    Page(Page),
    End(Last, Option<DoneEvent>),
}

/// Parses lines, and enforces the order: one `Meta`, pages 1, 2, 3 …, one end.
pub(super) struct Events<'a> {
    extraction: &'a mut Extraction,
    waiting: Vec<u8>,
    /// Bytes at the beginning of `waiting` in which no line end was found.
    searched: usize,
    pages: u32,
}

impl<'a> Events<'a> {
    pub(super) fn new(extraction: &'a mut Extraction) -> Self {
        Self { extraction, waiting: Vec::new(), searched: 0, pages: 0 }
    }

    pub(super) async fn next(&mut self) -> StageResult<Next> {
        let Some(line) = self.line().await? else { return Ok(Next::End(Last::None, None)) };
        let event: Event = serde_json::from_slice(&line).map_err(|_| super::crashed())?;
        match event {
            Event::Meta(meta) => Ok(Next::Meta(meta)),
            Event::Page(page) => {
                self.pages += 1;
                if page.number == self.pages && self.pages <= limits::MAX_PAGES {
                    Ok(Next::Page(page))
                } else {
                    Err(super::crashed())
                }
            }
            Event::Done(done) => Ok(Next::End(Last::Done, Some(done))),
            Event::Failed(failure) => Ok(Next::End(Last::Failed(failure), None)),
        }
    }

    async fn line(&mut self) -> std::result::Result<Option<Vec<u8>>, Stop> {
        loop {
            let fresh = self.waiting.get(self.searched..).unwrap_or_default();
            if let Some(at) = fresh.iter().position(|byte| *byte == b'\n') {
                let rest = self.waiting.split_off(self.searched + at + 1);
                self.searched = 0;
                return Ok(Some(std::mem::replace(&mut self.waiting, rest)));
            }
            self.searched = self.waiting.len();
            if self.searched > LINE_BYTES {
                return Err(super::crashed());
            }
            match self.extraction.output.recv().await {
                Some(piece) => self.waiting.extend_from_slice(&piece),
                None => return Ok(None),
            }
        }
    }
}
