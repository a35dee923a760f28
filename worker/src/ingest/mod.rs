//! Makes a document searchable: reading, chunking, embedding and storing in parallel.
//!
//! ```text
//! blob ─frames─> sandboxed extractor ─events─> reader ─pages─> chunker ─chunks─> embedder ─> writer ─> Postgres
//!                                                └─pages─> Postgres
//! ```
//! Each arrow is a bounded queue, so that a slow stage slows the ones before it and memory stays
//! bounded.

mod chunker;
mod events;
mod progress;
mod reader;
mod reembed;
mod transfer;
mod writer;

use std::time::{Duration, Instant};

use bytes::Bytes;
use extract::{Code, Failure as Unreadable};
use futures::channel::oneshot;
use kernel::id::BlobId;
use knowledge::{
    IngestDocument, attachments,
    ingest::{self as documents, Original, Work},
};

use platform::telemetry;
use queue::{Failure, Lane, Lease};

use crate::{
    extractor::{End, Extraction, Extractor},
    run::Worker,
    task::Stop,
};
use events::{Events, Last};
use progress::Progress;

/// Timeout of an ingestion.
const MAX_DURATION: Duration = Duration::from_secs(30 * 60);
/// A job of the short lane that makes more chunks, or reads for longer, moves to the long lane.
/// Embedding does not count: on a busy machine a short note waits for its turn, and is still a
/// short job.
const SHORT_CHUNKS: u32 = 64;
const SHORT_READING: Duration = Duration::from_secs(10);

/// The outcome of a stage.
type StageResult<T> = std::result::Result<T, Stop>;

/// What the chunks are made for.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Purpose {
    /// The document becomes searchable.
    Ingest,
    /// The next index of its collection; what is known of the document stays. With its text search
    /// configuration.
    Reembed { language: String },
}

/// What the stages of one ingestion share.
struct Ingestion<'a> {
    worker: &'a Worker,
    lease: &'a Lease,
    work: Work,
    purpose: Purpose,
    progress: Progress,
    began: Instant,
}

pub(crate) use chunker::chunks_of_text;
pub(crate) use reembed::reembed;

/// Does the job.
pub(crate) async fn run(worker: &Worker, lease: &Lease, job: &IngestDocument) -> StageResult<()> {
    let document = job.document_id;
    let work = Work { document, fence: lease.fence() };
    let it = Ingestion {
        worker,
        lease,
        work,
        purpose: Purpose::Ingest,
        progress: Progress::default(),
        began: Instant::now(),
    };
    if let Some(former) = &job.former
        && transfer::follow(&it, former).await?
    {
        return Ok(());
    }
    let cx = it.cx();
    let original = documents::begin(&cx, &it.work).await?.ok_or(Stop::Lost)?;
    cx.db.release().await;
    let (written, warnings) = if is_picture(&it, &original).await? {
        (writer::StoredChunks { language: language::SIMPLE }, Vec::new())
    } else {
        tokio::select! {
            read = it.stages(&original) => read?,
            stop = progress::report(&it) => return Err(stop),
        }
    };
    let mut tx = cx.db.begin().await?;
    documents::hold(&mut tx, document).await?;
    let job = queue::succeed(&mut tx, lease).await?.ok_or(Stop::Lost)?;
    let ended = documents::IngestResult {
        pages: it.progress.pages(),
        language: written.language,
        warnings,
        index: original.index,
    };
    let state = documents::finish(&mut tx, document, &ended).await?.ok_or(Stop::OtherIndex)?;
    tx.commit().await?;
    worker.events.job(lease.tenant, &job).await;
    worker.events.document(lease.tenant, &state).await;
    Ok(())
}

impl Ingestion<'_> {
    /// A context with a connection of its own, so that the stages do not wait for each other.
    fn cx(&self) -> platform::Cx {
        self.worker.cx(self.lease.tenant, self.lease.job.to_string())
    }

    /// The reason to stop this ingestion, in this lane or for good.
    fn within_bounds(&self) -> StageResult<()> {
        let (chunks, took) = (self.progress.chunk_count(), self.began.elapsed());
        let most = self.worker.max_chunks;
        if chunks > most {
            let detail = format!("The document has more than {most} passages of 512 tokens.");
            return Err(unreadable(&Unreadable::new(Code::TooMuchText, detail)));
        }
        if took > MAX_DURATION {
            let detail =
                format!("Indexing took longer than {} minutes.", MAX_DURATION.as_secs() / 60);
            return Err(unreadable(&Unreadable::new(Code::IngestionTimeout, detail)));
        }
        let reads_long = took > SHORT_READING && !self.progress.is_read();
        if self.purpose == Purpose::Ingest
            && self.lease.lane == Lane::Short
            && (chunks > SHORT_CHUNKS || reads_long)
        {
            return Err(Stop::OtherLane(Lane::Long));
        }
        Ok(())
    }

    /// A stage that began then has ended.
    fn measured(&self, stage: &'static str, began: Instant) {
        if let Some(metrics) = &self.worker.metrics {
            metrics.stage(stage, began.elapsed());
        }
    }

    async fn stages(
        &self,
        original: &Original,
    ) -> StageResult<(writer::StoredChunks, Vec<knowledge::Warning>)> {
        let mut extraction = self.worker.extractor.begin(&original.filename, &original.media_type);
        let document = extraction.document.take();
        let (chunks_in, chunks_out) = chunker::chunk_queue();
        let (language_in, language_out) = oneshot::channel();
        let reading = async {
            let (last, warnings) =
                reader::read(self, original, &mut extraction, chunks_in, language_in).await?;
            judge(last, extraction.end().await)?;
            self.measured("read", self.began);
            Ok(warnings)
        };
        let feeding = feed(self, original.blob, document);
        let writing = writer::write(self, original, chunks_out, language_out);
        let reading = telemetry::in_span("read", reading);
        let ((), warnings, written) = futures::try_join!(feeding, reading, writing)?;
        Ok((written, warnings))
    }
}

/// Whether the original is a picture that a model may see; its kind is noted. Nothing else reads it.
async fn is_picture(it: &Ingestion<'_>, original: &Original) -> StageResult<bool> {
    if !original.is_attachment {
        return Ok(false);
    }
    let cx = it.cx();
    let first = blobs::part(&cx, original.blob, 0).await?.unwrap_or_default();
    let Some(media_type) = attachments::picture_type(&first) else { return Ok(false) };
    if blobs::part(&cx, original.blob, 1).await?.is_some() {
        return Err(Stop::Failed(Failure::new(
            "picture_too_large",
            "The picture has more than 1 MiB.",
            "Make it smaller and attach it again.",
        )));
    }
    let meta = documents::Description { media_type, title: None, paged: false };
    documents::describe(&cx, &it.work, &meta).await?;
    Ok(true)
}

/// Sends the document to the extractor. If that stops reading, its own events give the reason.
async fn feed(
    it: &Ingestion<'_>,
    blob: BlobId,
    document: Option<tokio::sync::mpsc::Sender<Bytes>>,
) -> StageResult<()> {
    let Some(document) = document else { return Ok(()) };
    let cx = it.cx();
    let mut seq = 0;
    while let Some(piece) = blobs::part(&cx, blob, seq).await? {
        if document.send(piece).await.is_err() {
            break;
        }
        seq += 1;
    }
    Ok(())
}

/// Whether the document was read, by the last event and the end of the sandbox.
fn judge(last: Last, end: End) -> StageResult<()> {
    match (last, end) {
        (Last::Done, End::Finished) => Ok(()),
        (Last::Failed(failure), _) => Err(unreadable(&failure)),
        (_, End::TooSlow) => Err(unreadable(&Unreadable::new(
            Code::ExtractorTimeout,
            "Reading the document took longer than allowed.",
        ))),
        (_, End::TooMuchMemory) => Err(unreadable(&Unreadable::new(
            Code::ExtractorMemory,
            "Reading the document took more memory than allowed.",
        ))),
        (_, End::Crashed(cause)) => {
            platform::log::line(
                platform::log::Level::Warn,
                "worker",
                "the extractor crashed",
                &[("cause", serde_json::json!(cause))],
            );
            Err(crashed())
        }
        (Last::None, End::Finished) => Err(crashed()),
    }
}

fn crashed() -> Stop {
    unreadable(&Unreadable::new(
        Code::ExtractorCrashed,
        "The document made the program that reads it crash; nothing else was affected.",
    ))
}

fn unreadable(failure: &Unreadable) -> Stop {
    Stop::Failed(Failure::new(failure.code.as_str(), failure.detail.clone(), failure.hint.clone()))
}

/// Prints what the extractor reads in a file: pages with a line between.
pub(crate) async fn print(
    extractor: &Extractor,
    filename: &str,
    bytes: Vec<u8>,
) -> anyhow::Result<String> {
    let mut extraction: Extraction = extractor.begin(filename, "");
    let document = extraction.document.take();
    let feeding = async {
        if let Some(document) = document {
            // If it stops reading, its own events give the reason.
            let _ = document.send(bytes.into()).await;
        }
    };
    let reading = async {
        let mut events = Events::new(&mut extraction);
        let mut out = String::new();
        let last = loop {
            match events.next().await {
                Ok(events::Next::Meta(meta)) => out.push_str(&format!("{meta:?}\n")),
                Ok(events::Next::Page(page)) => {
                    out.push_str(&format!(
                        "---- {} ----\n{}\n",
                        page.number,
                        extract::page_text(&page.blocks).text
                    ));
                }
                Ok(events::Next::End(last, done)) => {
                    out.push_str(&format!("{done:?}\n"));
                    break last;
                }
                Err(stop) => anyhow::bail!("{stop:?}"),
            }
        };
        judge(last, extraction.end().await).map_err(|stop| anyhow::anyhow!("{out}{stop:?}"))?;
        Ok(out)
    };
    let ((), text) = futures::join!(feeding, reading);
    text
}
