//! The search statement.

use kernel::{
    Result,
    id::{CollectionId, SpaceId},
};
use models::QueryEmbedding;
use platform::{
    Cx,
    pg::{Row, Value},
};

use crate::{
    GroupBy, Hit, Hits, SearchRequest, WebSource, evidence::Evidence, late::TokenBits,
    store::pages::read_heading_path, words,
};

/// Chunks that one document may take of a list of chunks, so that a long one does not crowd out the
/// rest.
const CHUNKS_OF_ONE_DOCUMENT: i64 = 3;

fn read_evidence(row: &Row) -> Result<Evidence> {
    Ok(Evidence {
        relevance: row.get("dense_score")?,
        relevant_from: row.get("relevant_from")?,
        lexical_score: row.get("text_score")?,
        identifier_match: row.get("identifier_match")?,
        chunk_read: row.get("chunk_read")?,
        query_read: row.get("query_read")?,
        lexical_evidence: row.get("lexical_evidence")?,
        lexical_suffices: row.get("lexical_suffices")?,
        nearness: None,
        nearness_evidence: row.get("nearness_evidence")?,
        nearness_base: row.get("nearness_base")?,
    })
}

fn read(row: &Row, evidence: &Evidence) -> Result<Hit> {
    let title: String = row.get("title")?;
    let heading_path = read_heading_path(row, &title)?;
    Ok(Hit {
        document_id: row.get::<String>("document_id")?.parse()?,
        chunk_id: row.get::<String>("chunk_id")?.parse()?,
        title,
        filename: row.get("filename")?,
        web_source: WebSource::read(row)?,
        collection_id: row.get::<String>("collection_id")?.parse()?,
        collection_name: row.get("collection_name")?,
        space_id: row.get::<String>("space_id")?.parse()?,
        space_name: row.get("space_name")?,
        page: row.get("page")?,
        heading_path,
        content: row.get("content")?,
        snippet: String::new(),
        score: row.get("score")?,
        cosine: evidence.relevance,
        lexical_score: evidence.lexical_score,
        nearness: None,
        relevant: evidence.is_relevant(),
    })
}

/// The statement; docs/adr/0005-hybrid-retrieval.md has the measurements behind it.
const STATEMENT: &str = include_str!("../../search.sql");

/// The models of the collections in scope that hold chunks, in the order of their names.
pub(crate) async fn models(
    cx: &Cx,
    collections: &[CollectionId],
    space: Option<SpaceId>,
) -> Result<Vec<String>> {
    let sql = "select distinct c.embedding_model as model from collections c
        where c.space_id in (select m.space_id from space_roles m where m.user_id = $1)
          and case when cardinality($2::text[]) = 0 then not c.for_attachments else c.id = any ($2::text[]::uuid[]) end and ($3::uuid is null or c.space_id = $3)
          and exists (select from collection_lexemes l where l.index_id = c.index_id and l.lexeme = '' and l.chunks > 0)
        order by 1";
    let ids: Vec<String> = collections.iter().map(ToString::to_string).collect();
    let rows = cx.db.query(sql, &[cx.user()?.into(), ids.into(), space.into()]).await?;
    rows.iter().map(|row| row.get("model")).collect()
}

/// What was found, with what speaks for each hit, and the bits of its tokens if they are asked for.
pub(crate) struct HitsWithEvidence {
    pub(crate) hits: Hits,
    /// One for each hit.
    pub(crate) evidence: Vec<Evidence>,
    /// One for each hit.
    pub(crate) token_bits: Vec<Option<TokenBits>>,
}

fn read_token_bits(row: &Row) -> Result<Option<TokenBits>> {
    let (model, bits) = (row.get("model")?, row.get("token_bits")?);
    let across = row.get("nearness_across")?;
    Ok(Option::zip(model, bits).map(|(model, bits)| TokenBits { model, bits, across }))
}

/// `embeddings`: of the query by each model in scope; none where full text alone ranks.
/// `with_bits`: the bits of tokens come with the hits.
pub(crate) async fn search(
    cx: &Cx,
    request: &SearchRequest,
    embeddings: &[QueryEmbedding],
    with_bits: bool,
) -> Result<HitsWithEvidence> {
    let vector = |embedding: &QueryEmbedding| {
        format!(
            "[{}]",
            embedding.vector.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        )
    };
    let vectors: Vec<String> = embeddings.iter().map(vector).collect();
    let models: Vec<String> = embeddings.iter().map(|embedding| embedding.model.clone()).collect();
    let collections: Vec<String> = request.collection_ids.iter().map(ToString::to_string).collect();
    let of_one_document = match request.group_by {
        GroupBy::Document => 1,
        GroupBy::Chunk => CHUNKS_OF_ONE_DOCUMENT,
        GroupBy::AnyChunk => request.limit,
    };
    let asked = words::asked(request.query.as_str());
    let params = [
        asked.words.into(),
        vectors.into(),
        cx.user()?.to_string().into(),
        collections.into(),
        request.space_id.map(|space| space.to_string()).into(),
        request.limit.into(),
        request.mode.as_str().into(),
        Value::I64(of_one_document),
        asked.alternatives.into(),
        asked.identifiers.into(),
        models.into(),
        asked.languages.iter().map(|language| (*language).to_owned()).collect::<Vec<_>>().into(),
        asked.joined.into(),
        asked.parted.into(),
        asked.swedish.into(),
        with_bits.into(),
    ];
    let rows = cx.db.query(STATEMENT, &params).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    let evidence: Vec<Evidence> = rows.iter().map(read_evidence).collect::<Result<_>>()?;
    let each = rows.iter().zip(&evidence);
    let hits = each.map(|(row, evidence)| read(row, evidence)).collect::<Result<_>>()?;
    let token_bits = rows.iter().map(read_token_bits).collect::<Result<_>>()?;
    Ok(HitsWithEvidence { hits: Hits { hits, total }, evidence, token_bits })
}
