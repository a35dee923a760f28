//! The SQL of indexing words again, after the rules of `words.rs` have changed.

use kernel::{
    Result,
    id::{ChunkId, DocumentId},
};
use platform::pg::{Row, Transaction, Value};

use crate::words;

/// A document whose words were indexed by older rules.
pub(crate) struct OutdatedDocument {
    pub(crate) id: DocumentId,
    pub(crate) title: String,
    pub(crate) filename: String,
    /// A configuration of text search.
    pub(crate) language: String,
}

/// Its next one, held until the transaction ends; those that others hold come later.
pub(crate) async fn next(tx: &mut Transaction<'_>) -> Result<Option<OutdatedDocument>> {
    let sql = "select id, title, filename, coalesce(language, 'simple') as language from documents
        where words_version < 2 and status = 'ready' order by id limit 1 for update skip locked";
    let read = |row: &Row| {
        Ok(OutdatedDocument {
            id: row.get("id")?,
            title: row.get("title")?,
            filename: row.get("filename")?,
            language: row.get("language")?,
        })
    };
    tx.query(sql, &[]).await?.first().map(read).transpose()
}

/// Indexes the chunks that follow `after` again, at most `limit` of them; gives the last, if there
/// was one.
pub(crate) async fn chunks(
    tx: &mut Transaction<'_>,
    document: &OutdatedDocument,
    after: Option<ChunkId>,
    limit: i64,
) -> Result<Option<ChunkId>> {
    let sql = "select id, language, heading_path, content from chunks where document_id = $1 and ($2::uuid is null or id > $2) order by id limit $3";
    let rows = tx.query(sql, &[document.id.into(), after.into(), limit.into()]).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let last = last.get("id")?;
    let (mut ids, mut headings, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        ids.push(row.get::<ChunkId>("id")?.to_string());
        let path: String = row.get("heading_path")?;
        let language: String = row.get("language")?;
        headings.push(words::indexed_in(&language, below_title(&path, &document.title)));
        texts.push(words::indexed_in(&language, &row.get::<String>("content")?));
    }
    let sql = "update chunks c
          set tsv = setweight(to_tsvector(c.language::regconfig, n.headings), 'B') || setweight(to_tsvector(c.language::regconfig, n.words), 'D')
                    || array_to_tsvector(array['@' || c.tenant_id, '@' || c.index_id])
         from unnest($2::text[]::uuid[], $3::text[], $4::text[]) as n (id, headings, words)
        where c.id = n.id and c.document_id = $1";
    let params = [
        document.id.into(),
        Value::TextArray(ids),
        Value::TextArray(headings),
        Value::TextArray(texts),
    ];
    tx.execute(sql, &params).await?;
    Ok(Some(last))
}

/// The path without the title that heads it: documents.names has that.
fn below_title<'p>(path: &'p str, title: &str) -> &'p str {
    path.strip_prefix(title).map_or(path, |rest| {
        if rest.is_empty() { rest } else { rest.strip_prefix('\n').unwrap_or(path) }
    })
}

/// Indexes title and file name, and notes the rules.
pub(crate) async fn done(tx: &mut Transaction<'_>, document: &OutdatedDocument) -> Result<()> {
    let sql = "update documents d
          set names = setweight(to_tsvector($2::text::regconfig, $3), 'A') || array_to_tsvector(array['@' || d.tenant_id, '@' || d.collection_id]),
              words_version = $4
        where d.id = $1";
    let names = words::of_names(&document.language, &document.title, &document.filename);
    let params = [
        document.id.into(),
        document.language.as_str().into(),
        names.into(),
        words::VERSION.into(),
    ];
    tx.execute(sql, &params).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::below_title;

    #[test]
    fn only_a_title_that_is_the_whole_first_heading_is_left_out() {
        assert_eq!(below_title("Rules\nFees", "Rules"), "Fees");
        assert_eq!(below_title("Rules", "Rules"), "");
        assert_eq!(below_title("Rules of the house\nFees", "Rules"), "Rules of the house\nFees");
    }
}
