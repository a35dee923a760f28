//! What documents said before a batch replaced it, and the dates of those that it left alone.

use kernel::Result;
use platform::pg::Transaction;
use queue::Failure;
use serde_json::{Value, json};

use super::Batch;
use crate::{
    Outcome,
    crawling::{Finding, Visit},
    diff::{MOST_CHARS, MOST_PAGES},
    store::pages::text_of,
};

impl Batch<'_> {
    /// Keeps the texts that changed pages had until now: of each page one, and its beginning. While
    /// one waits to be read, or is, people read the one before it: then what was kept stays.
    pub(super) async fn keep_replaced_texts(&self, tx: &mut Transaction<'_>) -> Result<()> {
        let changed = self.documents.iter().filter(|new| !new.is_new);
        let ids: Vec<String> = changed.map(|new| new.id.to_string()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let sql = concat!(
            "update website_pages p set previous_text = t.text, previous_fetched_at = d.source_fetched_at
               from documents d cross join lateral ",
            text_of!("d.id", "$3", "$4"),
            " t
              where d.id = any ($1::text[]::uuid[]) and d.status = 'ready' and t.text is not null
                and p.website_id = $2 and p.document_id = d.id
                and not exists (select from jobs j where j.document_id = d.id and j.status in ('queued', 'running'))"
        );
        // One character more shows that there is more.
        let chars = i32::try_from(MOST_CHARS).unwrap_or(i32::MAX).saturating_add(1);
        let params = [ids.into(), self.website.id.into(), chars.into(), MOST_PAGES.into()];
        tx.execute(sql, &params).await?;
        Ok(())
    }

    /// Documents of pages that say what they said, and another date.
    pub(super) async fn store_dates(&self, tx: &mut Transaction<'_>) -> Result<()> {
        let row = |(visit, outcome, _): &(&Visit, Option<Outcome>, Option<Failure>)| {
            let known = self.known.get(&visit.page_url)?;
            let is_read =
                *outcome == Some(Outcome::Unchanged) && matches!(visit.found, Finding::Content(_));
            let is_other = known.published != visit.published || known.modified != visit.modified;
            let document = known.document.filter(|_| is_read && is_other)?;
            Some(
                json!({ "id": document.to_string(), "published": visit.published, "modified": visit.modified }),
            )
        };
        let rows: Vec<Value> = self.outcomes.iter().filter_map(row).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let sql = "update documents d set source_published = x.published, source_modified = x.modified
              from jsonb_to_recordset($1) as x (id uuid, published text, modified text) where d.id = x.id";
        tx.execute(sql, &[Value::Array(rows).into()]).await?;
        Ok(())
    }
}
