//! The SQL of embedding models.

use kernel::Result;
use platform::{Cx, pg::Row};

use crate::embedding_model::EmbeddingModel;

fn read(row: &Row) -> Result<EmbeddingModel> {
    // One text, since the seam has no lists in rows.
    let languages: Option<String> = row.get("languages")?;
    Ok(EmbeddingModel {
        id: row.get("id")?,
        dimensions: row.get("dimensions")?,
        window_tokens: row.get("window_tokens")?,
        languages: languages.map(|list| list.split(' ').map(str::to_owned).collect()),
        licence: row.get("licence")?,
        is_default: row.get("is_default")?,
    })
}

pub(crate) async fn list(cx: &Cx, default: &str) -> Result<Vec<EmbeddingModel>> {
    let sql = "select id, dimensions, window_tokens, array_to_string(languages, ' ') as languages, licence, id = $1 as is_default
          from embedding_models order by id";
    cx.db.query(sql, &[default.into()]).await?.iter().map(read).collect()
}
