//! How the warnings of a document are stored: one JSON array in its row.

use kernel::{Problem, Result};
use platform::pg::Row;
use serde_json::{Value, json};

use crate::Warning;

/// Reads the column `warnings`, selected as text.
pub(crate) fn read(row: &Row) -> Result<Vec<Warning>> {
    let text: String = row.get("warnings")?;
    let list: Vec<Value> = serde_json::from_str(&text)
        .map_err(|error| Problem::internal(format!("documents.warnings: {error}")))?;
    Ok(list.iter().filter_map(warning).collect())
}

fn warning(value: &Value) -> Option<Warning> {
    let pages = value.get("pages")?.as_array()?;
    Some(Warning {
        kind: value.get("kind")?.as_str()?.to_owned(),
        count: value.get("count")?.as_i64()?,
        pages: pages
            .iter()
            .filter_map(Value::as_u64)
            .filter_map(|page| u32::try_from(page).ok())
            .collect(),
        page_counts: value
            .get("page_counts")
            .and_then(Value::as_array)
            .map(|counts| counts.iter().filter_map(Value::as_i64).collect())
            .unwrap_or_default(),
    })
}

/// What [`read`] reads.
pub(crate) fn written(warnings: &[Warning]) -> String {
    let entry = |w: &Warning| json!({ "kind": w.kind, "count": w.count, "pages": w.pages, "page_counts": w.page_counts });
    Value::Array(warnings.iter().map(entry).collect()).to_string()
}
