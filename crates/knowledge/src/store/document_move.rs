//! The SQL of moving a document to another collection.

use kernel::{
    Result,
    id::{CollectionId, DocumentId, IndexId, JobId, SpaceId},
};
use platform::{
    Cx,
    pg::{Row, Transaction},
};
use queue::{Lane, NewJob, holding};

use crate::{
    ChunkTransfer, Document, FormerCollection, IngestDocument, Status,
    ingest::{DocumentState, Work},
    store::ingest::{self as ingestion, document_state},
};

/// The most chunks of a job of the short lane: at 1 to 2 ms each it takes a few seconds.
const SHORT_CHUNKS: i64 = 2_000;

/// What came of a move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MoveOutcome {
    /// The document is in the other collection, and its job is queued.
    Queued,
    /// Its bytes are coming in, or it is being ingested.
    Busy,
    /// Its bytes never arrived.
    Incomplete,
    /// One of the collections is being embedded with another model.
    Reembedding,
    /// It is not where the caller saw it, a collection is gone, or the caller has no such role in
    /// one of the spaces any more.
    Changed,
}

/// A collection, locked until the transaction ends: neither deleted nor given another index.
struct LockedCollection {
    id: CollectionId,
    space: SpaceId,
    index: IndexId,
    model: String,
    is_reembedding: bool,
}

/// Locks collections, document and jobs in the order in which everything locks them
/// (`ingest::hold`), two collections by their ids.
pub(crate) async fn move_document(
    cx: &Cx,
    document: &Document,
    to: CollectionId,
    job: JobId,
    roles: Vec<String>,
) -> Result<MoveOutcome> {
    let mut tx = cx.db.begin().await?;
    let collections = lock_collections(&mut tx, document.collection_id, to).await?;
    let outcome = match collections {
        None => MoveOutcome::Changed,
        Some((from, to)) if from.is_reembedding || to.is_reembedding => MoveOutcome::Reembedding,
        Some((from, to)) => match former(&mut tx, document.id, &from, &to).await? {
            Err(refused) => refused,
            Ok(former) if update(&mut tx, cx, document.id, &to, &former, roles).await? => {
                queue_job(&mut tx, cx, document.id, &to, former, job).await?;
                MoveOutcome::Queued
            }
            Ok(_) => MoveOutcome::Changed,
        },
    };
    match outcome {
        MoveOutcome::Queued => tx.commit().await?,
        _ => tx.rollback().await?,
    }
    Ok(outcome)
}

async fn lock_collections(
    tx: &mut Transaction<'_>,
    from: CollectionId,
    to: CollectionId,
) -> Result<Option<(LockedCollection, LockedCollection)>> {
    let sql = "select c.id, c.space_id, c.index_id, c.embedding_model, c.next_index_id is not null as is_reembedding
          from collections c where c.id in ($1, $2) order by c.id for share";
    let read = |row: &Row| {
        Ok(LockedCollection {
            id: row.get("id")?,
            space: row.get("space_id")?,
            index: row.get("index_id")?,
            model: row.get("embedding_model")?,
            is_reembedding: row.get("is_reembedding")?,
        })
    };
    let rows = tx.query(sql, &[from.into(), to.into()]).await?;
    let mut locked = rows.iter().map(read).collect::<Result<Vec<_>>>()?.into_iter();
    let (Some(one), Some(other)) = (locked.next(), locked.next()) else { return Ok(None) };
    Ok(Some(if one.id == from { (one, other) } else { (other, one) }))
}

/// Locks the document, and says what its job has to do; or why it stays.
async fn former(
    tx: &mut Transaction<'_>,
    document: DocumentId,
    from: &LockedCollection,
    to: &LockedCollection,
) -> Result<std::result::Result<FormerCollection, MoveOutcome>> {
    let sql = "select d.status, d.sha256 is not null as is_stored, d.chunk_count::bigint as chunk_count,
               exists (select from jobs j where j.document_id = d.id and j.status in ('queued', 'running')) as is_queued
          from documents d where d.id = $1 and d.collection_id = $2 for update";
    let rows = tx.query(sql, &[document.into(), from.id.into()]).await?;
    let Some(row) = rows.first() else { return Ok(Err(MoveOutcome::Changed)) };
    let is_ready = match Status::parse(&row.get::<String>("status")?) {
        // A failed job that is tried again.
        _ if row.get("is_queued")? => return Ok(Err(MoveOutcome::Busy)),
        Some(Status::Ready) => true,
        Some(Status::Failed) if row.get("is_stored")? => false,
        Some(Status::Failed) => return Ok(Err(MoveOutcome::Incomplete)),
        _ => return Ok(Err(MoveOutcome::Busy)),
    };
    let transfer = ChunkTransfer { from: from.index, to: to.index, count: row.get("chunk_count")? };
    let chunks = (is_ready && from.model == to.model).then_some(transfer);
    Ok(Ok(FormerCollection { space_id: from.space, chunks }))
}

/// False if the caller has no such role in one of the spaces.
async fn update(
    tx: &mut Transaction<'_>,
    cx: &Cx,
    document: DocumentId,
    to: &LockedCollection,
    former: &FormerCollection,
    roles: Vec<String>,
) -> Result<bool> {
    // What finds the document by its names is the collection's, too.
    let sql = "update documents d
            set collection_id = $2, space_id = $3, status = $4, progress = 0, failure_code = null, failure_detail = null, failure_hint = null,
                names = ts_delete(d.names, '@' || d.collection_id) || array_to_tsvector(array['@' || d.tenant_id, '@' || $2::uuid])
          where d.id = $1
            and (select count(*) from space_roles r where r.user_id = $5 and r.role = any ($6::text[]) and r.space_id in (d.space_id, $3))
                = case when d.space_id = $3 then 1 else 2 end";
    let status = if former.chunks.is_some() { Status::Indexing } else { Status::Processing };
    let params = [
        document.into(),
        to.id.into(),
        to.space.into(),
        status.as_str().into(),
        cx.user()?.into(),
        roles.into(),
    ];
    Ok(tx.execute(sql, &params).await? == 1)
}

/// The jobs of the document go with it: members of the other space see them, and may retry them.
async fn queue_job(
    tx: &mut Transaction<'_>,
    cx: &Cx,
    document: DocumentId,
    to: &LockedCollection,
    former: FormerCollection,
    job: JobId,
) -> Result<()> {
    let sql = "update jobs set space_id = $2 where document_id = $1 and space_id <> $2";
    tx.execute(sql, &[document.into(), to.space.into()]).await?;
    let lane = former.chunks.as_ref().map(|chunks| match chunks.count {
        ..=SHORT_CHUNKS => Lane::Short,
        _ => Lane::Long,
    });
    let payload = IngestDocument { document_id: document, former: Some(former) };
    let new = NewJob::new(job, &payload).about(document).in_space(to.space).created_by(cx.user()?);
    let new = match lane {
        Some(lane) => new.in_lane(lane),
        None => new,
    };
    tx.query("select enqueue_job($1)", &[new.into()]).await?;
    Ok(())
}

/// The counts of lexemes follow by a trigger.
pub(crate) async fn move_chunks(
    tx: &mut Transaction<'_>,
    work: &Work,
    transfer: &ChunkTransfer,
    limit: i64,
) -> Result<u64> {
    ingestion::hold(tx, work.document).await?;
    let sql = concat!(
        holding!(),
        ", moving as (
           select c.id, d.space_id
             from held
             join documents d on d.id = $4 and d.status in ('processing', 'indexing') and d.page_count is not null
             join collections k on k.id = d.collection_id and k.index_id = $6
             join chunks c on c.document_id = d.id and c.index_id = $5
            limit $7
         )
         update chunks c
            set index_id = $6, space_id = m.space_id, tsv = ts_delete(c.tsv, '@' || c.index_id) || array_to_tsvector(array['@' || $6::uuid])
           from moving m where c.id = m.id"
    );
    let [job, worker, attempt] = work.fence.clone();
    let params = [
        job,
        worker,
        attempt,
        work.document.into(),
        transfer.from.into(),
        transfer.to.into(),
        limit.into(),
    ];
    Ok(tx.execute(sql, &params).await?)
}

pub(crate) async fn finish(
    tx: &mut Transaction<'_>,
    document: DocumentId,
    transfer: &ChunkTransfer,
) -> Result<Option<DocumentState>> {
    let sql = concat!(
        "update documents d set status = 'ready', progress = 100
          where d.id = $1 and d.status in ('processing', 'indexing') and d.page_count is not null and d.chunk_count = $3::int8
            and exists (select from collections k where k.id = d.collection_id and k.index_id = $2)
            and $3 = (select count(*) from chunks c where c.document_id = d.id and c.index_id = $2)",
        document_state!()
    );
    let params = [document.into(), transfer.to.into(), transfer.count.into()];
    tx.query(sql, &params).await?.first().map(ingestion::read).transpose()
}
