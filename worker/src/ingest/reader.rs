//! The reading stage: receives pages from the extractor, stores them, and sends them to the
//! chunker.

use std::sync::atomic::Ordering::Relaxed;

use extract::{Chunk, page_text};
use futures::channel::oneshot;
use kernel::{Problem, id::IndexId};
use knowledge::{
    Warning,
    ingest::{self as documents, NewPage, Original},
    reembed,
};
use platform::Cx;
use tokio::sync::mpsc::Sender;

use super::{
    Ingestion, Purpose, StageResult, chunker,
    events::{Events, Last, Next},
};
use crate::{extractor::Extraction, task::Stop};

/// The most pages of one statement, and the bytes of text after which it is sent anyway.
const PAGES: usize = 64;
const PAGE_BYTES: usize = 512 << 10;
/// The language is reported after this many pages at the latest: the writer waits for it, and the
/// reader would then wait for the writer.
const PAGES_BEFORE_LANGUAGE: u32 = 64;

/// Detects the language once, from the beginning of the text.
struct LanguageDetection {
    result: Option<oneshot::Sender<&'static str>>,
    sample: String,
}

impl LanguageDetection {
    fn see(&mut self, text: &str, page: u32) {
        if self.result.is_some() {
            self.sample.push_str(text);
            self.sample.push('\n');
            if self.sample.len() >= language::SAMPLE_BYTES || page >= PAGES_BEFORE_LANGUAGE {
                self.finish(None);
            }
        }
    }

    /// `tag` is the language in the document's own metadata.
    fn finish(&mut self, tag: Option<&str>) {
        if let Some(result) = self.result.take() {
            let declared = tag.map(language::of_tag).filter(|tag| *tag != language::SIMPLE);
            let _ = result.send(declared.unwrap_or_else(|| language::of_text(&self.sample)));
            self.sample = String::new();
        }
    }
}

/// Pages that are not stored yet.
struct Pages<'a> {
    it: &'a Ingestion<'a>,
    cx: Cx,
    index: IndexId,
    waiting: Vec<NewPage>,
    bytes: usize,
}

impl Pages<'_> {
    async fn add(&mut self, number: u32, text: String) -> StageResult<()> {
        self.bytes += text.len();
        self.waiting.push(NewPage { number: i32::try_from(number).unwrap_or(i32::MAX), text });
        if self.waiting.len() >= PAGES || self.bytes >= PAGE_BYTES {
            self.store().await
        } else {
            Ok(())
        }
    }

    async fn store(&mut self) -> StageResult<()> {
        let is_held = match self.it.purpose {
            Purpose::Ingest => {
                documents::store_pages(&self.cx, &self.it.work, &self.waiting).await?
            }
            Purpose::Reembed { .. } => {
                reembed::store_pages(&self.cx, &self.it.work, self.index, &self.waiting).await?
            }
        };
        if !is_held {
            return Err(Stop::Lost);
        }
        self.it
            .progress
            .pages_read
            .fetch_add(u32::try_from(self.waiting.len()).unwrap_or(u32::MAX), Relaxed);
        self.waiting.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// The most warnings, and pages in a warning, that are kept: the extractor may be compromised.
const MAX_WARNINGS: usize = 32;
const MAX_WARNING_PAGES: usize = 100;

fn warnings(done: Option<&extract::Done>) -> Vec<Warning> {
    let listed = done.map(|done| done.warnings.as_slice()).unwrap_or_default();
    let read = |warning: &extract::Warning| Warning {
        kind: warning.kind.as_str().to_owned(),
        count: i64::try_from(warning.count).unwrap_or(i64::MAX),
        pages: warning.pages.iter().copied().take(MAX_WARNING_PAGES).collect(),
        page_counts: warning
            .page_counts
            .iter()
            .map(|count| i64::try_from(*count).unwrap_or(i64::MAX))
            .take(warning.pages.len().min(MAX_WARNING_PAGES))
            .collect(),
    };
    listed.iter().take(MAX_WARNINGS).map(read).collect()
}

/// Reads to the end; returns the last event and the warnings.
pub(super) async fn read(
    it: &Ingestion<'_>,
    original: &Original,
    extraction: &mut Extraction,
    chunks: Sender<Chunk>,
    language: oneshot::Sender<&'static str>,
) -> StageResult<(Last, Vec<Warning>)> {
    let mut events = Events::new(extraction);
    let mut language = LanguageDetection { result: Some(language), sample: String::new() };
    let mut pages = Pages { it, cx: it.cx(), index: original.index, waiting: Vec::new(), bytes: 0 };
    let title = match events.next().await? {
        Next::Meta(meta) => {
            it.progress.pages_expected.store(meta.page_count.unwrap_or(0), Relaxed);
            let description = documents::Description {
                media_type: meta.format.media_type(),
                title: meta.title.as_deref(),
                paged: meta.paged,
            };
            if it.purpose == Purpose::Ingest {
                documents::describe(&pages.cx, &it.work, &description).await?;
            }
            original.title.clone().or(meta.title)
        }
        Next::Page(_) => return Err(super::crashed()),
        Next::End(last, _) => return Ok((last, Vec::new())),
    };
    let model = it.worker.embedding.model(&original.embedding_model)?.clone();
    let pages_out = chunker::start(model, title, it.progress.chunks_made.clone(), chunks);
    loop {
        match events.next().await? {
            Next::Meta(_) => return Err(super::crashed()),
            Next::Page(page) => {
                let text = page_text(&page.blocks).text;
                language.see(&text, page.number);
                pages.add(page.number, text).await?;
                pages_out.send(page).await.map_err(|_| {
                    Problem::internal("the chunking stage ended before the pages did")
                })?;
            }
            Next::End(last, done) => {
                pages.store().await?;
                it.progress.all_read.store(true, Relaxed);
                language.finish(done.as_ref().and_then(|done| done.language.as_deref()));
                return Ok((last, warnings(done.as_ref())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kinds_of_warnings_are_those_of_the_extractor() {
        let kinds: Vec<&str> = extract::WarningKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(knowledge::Warning::KINDS.as_slice(), kinds);
    }
}
