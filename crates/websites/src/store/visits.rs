//! The SQL of a batch of visits: what is known of their pages, then documents, pages and frontier,
//! a statement each.

mod judging;
mod replaced;

use std::collections::HashMap;

use kernel::{
    Problem, Result, hex,
    id::{BlobId, DocumentId, JobId, WebsitePageId},
};
use knowledge::IngestDocument;
use platform::pg::{Row, Transaction};
use queue::{Failure, NewJob};
use serde_json::{Value, json};

use crate::{
    CrawlRun, Outcome, PageState, RunCounts,
    crawling::{Content, CrawledWebsite, Finding, KnownPage, Visit},
};

/// Bytes of a stored part of a blob.
const PART_BYTES: usize = blobs::PART_BYTES;
/// Bytes of parts that one statement stores.
const BYTES_AT_ONCE: usize = 8 << 20;

/// A document that is to be stored.
struct NewDocument<'a> {
    id: DocumentId,
    blob: BlobId,
    job: JobId,
    is_new: bool,
    visit: &'a Visit,
    content: &'a Content,
}

/// What came of each visit, and what that changes.
pub(crate) struct Batch<'a> {
    run: &'a CrawlRun,
    website: &'a CrawledWebsite,
    outcomes: Vec<(&'a Visit, Option<Outcome>, Option<Failure>)>,
    documents: Vec<NewDocument<'a>>,
    known: HashMap<String, KnownPage>,
    removed: Vec<DocumentId>,
    pub(crate) counts: RunCounts,
    pub(crate) without_room: usize,
}

fn read_known(row: &Row) -> Result<(String, KnownPage)> {
    let state: String = row.get("state")?;
    let known = KnownPage {
        state: PageState::parse(&state)
            .ok_or_else(|| Problem::internal(format!("website_pages: `{state}`")))?,
        document: row.get("document_id")?,
        hash: row.get("hash")?,
        gone_count: row.get("gone_count")?,
        lastmod: row.get("lastmod")?,
        published: row.get("published")?,
        modified: row.get("modified")?,
        is_rendered: row.get("is_rendered")?,
    };
    Ok((row.get("url")?, known))
}

impl<'a> Batch<'a> {
    /// Judges the visits by what is known of their pages, and by the room that is left.
    pub(crate) async fn of(
        tx: &mut Transaction<'_>,
        run: &'a CrawlRun,
        website: &'a CrawledWebsite,
        visits: &'a [Visit],
    ) -> Result<Self> {
        let sql = "select url, state, document_id, encode(content_hash, 'hex') as hash, gone_count, is_rendered, micros(lastmod) as lastmod,
                   published, modified
              from website_pages
            where website_id = $1 and url = any ($2::text[])";
        let urls: Vec<String> = visits.iter().map(|visit| visit.page_url.clone()).collect();
        let rows = tx.query(sql, &[website.id.into(), urls.into()]).await?;
        let known = rows.iter().map(read_known).collect::<Result<_>>()?;
        let mut batch = Self {
            run,
            website,
            outcomes: Vec::new(),
            documents: Vec::new(),
            known,
            removed: Vec::new(),
            counts: RunCounts::default(),
            without_room: 0,
        };
        let needs_room = visits.iter().any(|visit| matches!(visit.found, Finding::Content(_)));
        let mut room: i64 = if needs_room { free(tx).await? } else { 0 };
        for visit in visits {
            batch.judge(visit, &mut room)?;
        }
        Ok(batch)
    }

    pub(crate) fn documents(&self) -> usize {
        self.documents.len()
    }

    pub(crate) async fn store(&mut self, tx: &mut Transaction<'_>) -> Result<()> {
        if !self.documents.is_empty() {
            self.keep_replaced_texts(tx).await?;
            self.store_blobs(tx).await?;
            self.store_documents(tx).await?;
        }
        self.store_dates(tx).await?;
        let pages = self.store_pages(tx).await?;
        if !self.removed.is_empty() {
            let ids: Vec<String> = self.removed.iter().map(ToString::to_string).collect();
            tx.execute("delete from documents where id = any ($1::text[]::uuid[])", &[ids.into()])
                .await?;
        }
        self.store_frontier(tx, &pages).await
    }

    async fn store_blobs(&self, tx: &mut Transaction<'_>) -> Result<()> {
        let sql = "insert into blobs (id, tenant_id, size_bytes, sha256)
            select x.id, app_tenant(), x.size, decode(x.sha256, 'hex') from jsonb_to_recordset($1) as x (id uuid, size bigint, sha256 text)";
        let row = |new: &NewDocument<'_>| json!({ "id": new.blob.to_string(), "size": new.content.bytes.len(), "sha256": hex::encode(&new.content.sha256) });
        let rows = self.documents.iter().map(row).collect();
        tx.execute(sql, &[Value::Array(rows).into()]).await?;
        let (mut parts, mut bytes) = (Vec::new(), 0);
        for new in &self.documents {
            for (seq, part) in new.content.bytes.chunks(PART_BYTES).enumerate() {
                parts.push(
                    json!({ "blob": new.blob.to_string(), "seq": seq, "bytes": hex::encode(part) }),
                );
                bytes += part.len();
                if bytes >= BYTES_AT_ONCE {
                    store_parts(tx, std::mem::take(&mut parts)).await?;
                    bytes = 0;
                }
            }
        }
        store_parts(tx, parts).await
    }

    /// A changed page keeps its document, which is found by its old text until its job begins.
    async fn store_documents(&self, tx: &mut Transaction<'_>) -> Result<()> {
        let sql = "with x as (
              select * from jsonb_to_recordset($1) as x (id uuid, blob uuid, job uuid, is_new boolean, title text, filename text, media_type text,
                                                         size bigint, sha256 text, url text, published text, modified text)
            ), old as (
              select d.id, d.blob_id from documents d join x on x.id = d.id where not x.is_new for update of d
            ), added as (
              insert into documents (id, tenant_id, space_id, collection_id, blob_id, title, filename, media_type, size_bytes, sha256, status,
                                     created_by, source_url, source_fetched_at, source_published, source_modified)
              select x.id, app_tenant(), $2, $3, x.blob, x.title, x.filename, x.media_type, x.size, decode(x.sha256, 'hex'), 'processing',
                     $4, x.url, now(), x.published, x.modified
                from x where x.is_new
            ), changed as (
              update documents d
                 set blob_id = x.blob, title = x.title, filename = x.filename, media_type = x.media_type, size_bytes = x.size,
                     sha256 = decode(x.sha256, 'hex'), source_url = x.url, source_fetched_at = now(),
                     source_published = x.published, source_modified = x.modified,
                     status = case when d.status = 'ready' then d.status else 'processing' end
                from x where d.id = x.id and not x.is_new
            )
            delete from blobs b using old where b.id = old.blob_id";
        let row = |new: &NewDocument<'_>| {
            json!({
                "id": new.id.to_string(), "blob": new.blob.to_string(), "job": new.job.to_string(), "is_new": new.is_new,
                "title": new.visit.shown_title(), "filename": new.content.filename, "media_type": new.content.media_type,
                "size": new.content.bytes.len(), "sha256": hex::encode(&new.content.sha256), "url": new.visit.page_url,
                "published": new.visit.published, "modified": new.visit.modified,
            })
        };
        let rows = self.documents.iter().map(row).collect();
        let rows = Value::Array(rows);
        let params = [
            rows.clone().into(),
            self.website.space.into(),
            self.website.collection.into(),
            self.website.created_by.into(),
        ];
        tx.query(sql, &params).await?;
        // Apart: a job names its document, which has to be there.
        let sql = "select enqueue_job($2 || jsonb_build_object('id', x.job, 'document_id', x.id, 'payload', jsonb_build_object('document_id', x.id)))
              from jsonb_to_recordset($1) as x (id uuid, job uuid)";
        let job = NewJob::template::<IngestDocument>().in_space(self.website.space);
        tx.query(sql, &[rows.into(), job.into()]).await?;
        Ok(())
    }

    /// Writes the pages and gives their ids by URL. What a row does not say stays as it was.
    async fn store_pages(
        &self,
        tx: &mut Transaction<'_>,
    ) -> Result<HashMap<String, WebsitePageId>> {
        let rows: Vec<Value> =
            self.outcomes.iter().filter_map(|outcome| self.page_row(outcome)).collect();
        if rows.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = "insert into website_pages as p (id, tenant_id, website_id, url, state, document_id, depth, status_code, media_type, etag,
                     last_modified, content_hash, title, language, outlinks, failure_code, failure_detail, gone_count, run_id, fetched_at, changed_at, is_rendered,
                     published, modified, quality, unavailable_after, lastmod, lastmod_honest)
            select gen_random_uuid(), app_tenant(), $2, x.url, x.state, x.document, x.depth, x.status, x.media_type, x.etag, x.last_modified,
                   decode(x.hash, 'hex'), x.title, x.language, array(select jsonb_array_elements_text(coalesce(x.outlinks, '[]'))), x.code, x.detail,
                   x.gone_count, $3, case when x.is_seen then now() end, case when x.is_changed then now() end, x.is_rendered,
                   x.published, x.modified, x.quality, 'epoch'::timestamptz + x.unavailable_after * interval '1 microsecond',
                   'epoch'::timestamptz + x.lastmod * interval '1 microsecond', x.lastmod_honest
              from jsonb_to_recordset($1) as x (url text, state text, document uuid, depth int, status int, media_type text, etag text,
                     last_modified text, hash text, title text, language text, outlinks jsonb, code text, detail text, gone_count int,
                     is_seen boolean, is_changed boolean, is_rendered boolean, published text, modified text, quality real,
                     unavailable_after int8, lastmod int8, lastmod_honest boolean)
            on conflict (tenant_id, website_id, url) do update
               set state = excluded.state, document_id = coalesce(excluded.document_id, p.document_id),
                   depth = least(p.depth, excluded.depth), status_code = coalesce(excluded.status_code, p.status_code),
                   media_type = coalesce(excluded.media_type, p.media_type),
                   etag = case when excluded.content_hash is null then p.etag else excluded.etag end,
                   last_modified = case when excluded.content_hash is null then p.last_modified else excluded.last_modified end,
                   is_rendered = case when excluded.content_hash is null then p.is_rendered else excluded.is_rendered end,
                   content_hash = coalesce(excluded.content_hash, p.content_hash), title = coalesce(excluded.title, p.title),
                   language = coalesce(excluded.language, p.language),
                   published = case when excluded.content_hash is null then p.published else excluded.published end,
                   modified = case when excluded.content_hash is null then p.modified else excluded.modified end,
                   quality = case when excluded.content_hash is null then p.quality else excluded.quality end,
                   unavailable_after = case when excluded.content_hash is null then coalesce(excluded.unavailable_after, p.unavailable_after)
                                       else excluded.unavailable_after end,
                   lastmod = coalesce(excluded.lastmod, p.lastmod), lastmod_honest = coalesce(excluded.lastmod_honest, p.lastmod_honest),
                   previous_text = case when excluded.state not in ('noindex', 'duplicate') then p.previous_text end,
                   outlinks = case when excluded.content_hash is null then p.outlinks else excluded.outlinks end,
                   failure_code = excluded.failure_code, failure_detail = excluded.failure_detail, gone_count = excluded.gone_count,
                   run_id = excluded.run_id, fetched_at = coalesce(excluded.fetched_at, p.fetched_at),
                   changed_at = coalesce(excluded.changed_at, p.changed_at)
            returning p.url, p.id";
        let params = [Value::Array(rows).into(), self.website.id.into(), self.run.id.into()];
        let stored = tx.query(sql, &params).await?;
        stored.iter().map(|row| Ok((row.get("url")?, row.get("id")?))).collect()
    }

    /// None: the URL is no page, or nothing came of it yet.
    fn page_row(
        &self,
        (visit, outcome, failure): &(&Visit, Option<Outcome>, Option<Failure>),
    ) -> Option<Value> {
        let known = self.known.get(&visit.page_url);
        let state = match outcome.as_ref()? {
            Outcome::Added | Outcome::Changed | Outcome::Unchanged => PageState::Current,
            Outcome::Removed | Outcome::Gone => PageState::Gone,
            Outcome::Failed => PageState::Failed,
            Outcome::Duplicate => PageState::Duplicate,
            Outcome::Noindex => PageState::Noindex,
            Outcome::Empty => PageState::Empty,
            Outcome::Blocked => PageState::Blocked,
            Outcome::Redirect | Outcome::Skipped | Outcome::Sitemap => return None,
        };
        // What was never a page and is none now need not be remembered.
        if known.is_none() && matches!(state, PageState::Gone | PageState::Blocked) {
            return None;
        }
        let content = match &visit.found {
            Finding::Content(content) => Some(content),
            _ => None,
        };
        let new = self.documents.iter().find(|new| std::ptr::eq(new.visit, *visit));
        let gone_count = match (state, known) {
            // Counted at the end of a run that looked at everything. What failed was not looked at:
            // it is neither there nor gone.
            (PageState::Gone | PageState::Empty | PageState::Failed, Some(known)) => {
                known.gone_count
            }
            _ => 0,
        };
        // A date of a sitemap that the text did not follow, or that did not follow the text.
        let lastmod = visit.lastmod.filter(|_| state == PageState::Current);
        let lastmod_honest = match (outcome, known.and_then(|known| known.lastmod), lastmod) {
            (Some(Outcome::Changed), Some(before), Some(now)) => Some(now > before),
            _ => None,
        };
        // What came instead of a page says nothing of it, least of all when it is to be removed.
        let is_page = state != PageState::Failed;
        let unavailable_after =
            visit.unavailable_after.filter(|_| is_page && state != PageState::Gone);
        Some(json!({
            "url": visit.page_url, "state": state.as_str(), "document": new.map(|new| new.id.to_string()), "depth": visit.depth,
            "status": visit.status_code, "media_type": content.map(|content| &content.media_type), "etag": visit.etag,
            "last_modified": visit.last_modified,
            "hash": content.filter(|_| state == PageState::Current).map(|content| &content.hash), "title": visit.title.as_ref().filter(|_| is_page),
            "language": visit.language.as_ref().filter(|_| is_page), "outlinks": visit.outlinks, "code": failure.as_ref().map(|failure| &failure.code),
            "detail": failure.as_ref().map(|failure| &failure.detail), "gone_count": gone_count,
            "is_seen": state == PageState::Current, "is_changed": new.is_some(),
            "is_rendered": visit.is_rendered, "published": visit.published, "modified": visit.modified, "quality": visit.quality,
            "unavailable_after": unavailable_after.map(|at| at.0), "lastmod": lastmod.map(|at| at.0), "lastmod_honest": lastmod_honest,
        }))
    }

    /// Of a URL that led to another one, both rows are done.
    async fn store_frontier(
        &self,
        tx: &mut Transaction<'_>,
        pages: &HashMap<String, WebsitePageId>,
    ) -> Result<()> {
        let mut done = Vec::new();
        let mut later = Vec::new();
        for (visit, outcome, failure) in &self.outcomes {
            let row = |url: &str, outcome: Outcome| {
                json!({
                    "url": url, "depth": visit.depth, "outcome": outcome.as_str(), "page": pages.get(url).map(ToString::to_string),
                    "code": failure.as_ref().map(|failure| &failure.code), "detail": failure.as_ref().map(|failure| &failure.detail),
                })
            };
            match (outcome, &visit.found) {
                (Some(outcome), _) if visit.url == visit.page_url => {
                    done.push(row(&visit.url, *outcome))
                }
                (Some(outcome), _) => {
                    done.push(row(&visit.url, Outcome::Redirect));
                    done.push(row(&visit.page_url, *outcome));
                }
                (None, Finding::Later { seconds, priority }) => {
                    later.push(
                        json!({ "url": visit.url, "seconds": seconds, "priority": priority }),
                    );
                }
                (None, _) => {}
            }
        }
        let sql = "insert into crawl_frontier as f (tenant_id, run_id, url, depth, outcome, page_id, code, detail, attempts, done_at)
            select distinct on (x.url) app_tenant(), $1, x.url, x.depth, x.outcome, x.page, x.code, x.detail, 1, now()
              from jsonb_to_recordset($2) as x (url text, depth int, outcome text, page uuid, code text, detail text)
            on conflict (tenant_id, run_id, url) do update
               set outcome = excluded.outcome, page_id = excluded.page_id, code = excluded.code, detail = excluded.detail,
                   attempts = f.attempts + 1, done_at = excluded.done_at
             where f.outcome is null";
        if !done.is_empty() {
            tx.execute(sql, &[self.run.id.into(), Value::Array(done).into()]).await?;
        }
        let sql = "update crawl_frontier f set attempts = f.attempts + 1, due_at = now() + make_interval(secs => x.seconds), priority = x.priority
              from jsonb_to_recordset($2) as x (url text, seconds int, priority int)
             where f.run_id = $1 and f.url = x.url and f.outcome is null";
        if !later.is_empty() {
            tx.execute(sql, &[self.run.id.into(), Value::Array(later).into()]).await?;
        }
        Ok(())
    }
}

async fn free(tx: &mut Transaction<'_>) -> Result<i64> {
    let rows = tx.query("select hold_free_storage() as free", &[]).await?;
    rows.first().map_or(Ok(0), |row| row.get("free"))
}

async fn store_parts(tx: &mut Transaction<'_>, parts: Vec<Value>) -> Result<()> {
    if parts.is_empty() {
        return Ok(());
    }
    let sql = "insert into blob_chunks (tenant_id, blob_id, seq, bytes)
        select app_tenant(), x.blob, x.seq, decode(x.bytes, 'hex') from jsonb_to_recordset($1) as x (blob uuid, seq int, bytes text)";
    tx.execute(sql, &[Value::Array(parts).into()]).await?;
    Ok(())
}
