//! The SQL of pages, as people see them.

use kernel::{
    PageRequest, Problem, Result,
    id::{CrawlRunId, WebsiteId, WebsitePageId},
};
use platform::{
    Cx,
    pg::{Row, page_params},
};
use queue::Failure;

use crate::{
    Outcome, PageFilter, PageState, RunPage, UNCERTAIN_QUALITY, WebsitePage,
    diff::{MOST_CHARS, MOST_PAGES},
    page::DatedText,
};

/// The columns of `website_pages p` that [`read`] takes, without its links.
macro_rules! page_columns {
    () => {
        "p.id, p.website_id, p.url, p.state, p.document_id, p.depth, p.status_code, p.media_type, p.title, p.language, p.published, p.modified,
         round(p.quality::numeric, 2)::float8 as quality, p.failure_code as code,
         p.failure_detail as detail, p.run_id, micros(p.fetched_at) as fetched_at, micros(p.changed_at) as changed_at,
         micros(p.unavailable_after) as unavailable_after,
         case when p.previous_text is not null and p.document_id is not null then micros(p.previous_fetched_at) end as previous_fetched_at,
         micros(p.created_at) as created_at, micros(p.updated_at) as updated_at"
    };
}

/// A table `(text)` of one row: the text of a document, at most so many characters of so many pages.
macro_rules! text_of {
    ($document:literal, $chars:literal, $pages:literal) => {
        concat!(
            "(select left(string_agg(o.text, E'\\n' order by o.page), ",
            $chars,
            "::int) as text from document_pages o where o.document_id = ",
            $document,
            " and o.page <= ",
            $pages,
            "::int)"
        )
    };
}
#[cfg(not(target_family = "wasm"))]
pub(crate) use text_of;

/// From the columns `code` and `detail`.
fn failure(row: &Row) -> Result<Option<Failure>> {
    let detail: Option<String> = row.get("detail")?;
    let code: Option<String> = row.get("code")?;
    Ok(code.map(|code| Failure { code, detail: detail.unwrap_or_default(), hint: None }))
}

fn read(row: &Row, outlinks: Vec<String>) -> Result<WebsitePage> {
    let state: String = row.get("state")?;
    Ok(WebsitePage {
        id: row.get("id")?,
        website_id: row.get("website_id")?,
        url: row.get("url")?,
        state: PageState::parse(&state)
            .ok_or_else(|| Problem::internal(format!("website_pages.state: `{state}`")))?,
        document_id: row.get("document_id")?,
        depth: row.get("depth")?,
        status_code: row.get("status_code")?,
        media_type: row.get("media_type")?,
        title: row.get("title")?,
        language: row.get("language")?,
        published: row.get("published")?,
        modified: row.get("modified")?,
        quality: row.get("quality")?,
        unavailable_after: row.get("unavailable_after")?,
        failure: failure(row)?,
        run_id: row.get("run_id")?,
        fetched_at: row.get("fetched_at")?,
        changed_at: row.get("changed_at")?,
        previous_fetched_at: row.get("previous_fetched_at")?,
        outlinks,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

pub(crate) async fn list(
    cx: &Cx,
    website: WebsiteId,
    filter: &PageFilter,
    request: PageRequest,
) -> Result<(Vec<WebsitePage>, i64)> {
    let sql = concat!(
        "with mine as (
           select p.* from website_pages p
            where p.website_id = $4 and ($5::text is null or p.state = $5)
              and ($6::text is null or position(lower($6) in lower(p.url || ' ' || coalesce(p.title, ''))) > 0)
              and (not $7 or (p.quality < $8::float8 and p.document_id is not null))
         )
         select ",
        page_columns!(),
        ", (select count(*) from mine) as total
          from mine p where before_cursor(p.created_at, p.id, $2, $3) order by p.created_at desc, p.id desc limit $1"
    );
    let [limit, at, id] = page_params(request);
    let state = filter.state.map(PageState::as_str);
    let params = [
        limit,
        at,
        id,
        website.into(),
        state.into(),
        filter.query.as_deref().into(),
        filter.is_uncertain.into(),
        UNCERTAIN_QUALITY.into(),
    ];
    let rows = cx.db.query(sql, &params).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    Ok((rows.iter().map(|row| read(row, Vec::new())).collect::<Result<_>>()?, total))
}

pub(crate) async fn get(
    cx: &Cx,
    website: WebsiteId,
    page: WebsitePageId,
) -> Result<Option<WebsitePage>> {
    let sql = concat!(
        "select ",
        page_columns!(),
        ", p.outlinks from website_pages p where p.id = $1 and p.website_id = $2"
    );
    let row = cx.db.optional(sql, &[page.into(), website.into()]).await?;
    row.as_ref().map(|row| read(row, row.get("outlinks")?)).transpose()
}

/// The text before the last change of a page, and the one of now; None if either is not there, also
/// while the new one is being read.
pub(crate) async fn texts(cx: &Cx, page: &WebsitePage) -> Result<Option<[DatedText; 2]>> {
    let sql = concat!(
        "select p.previous_text as old, micros(p.previous_fetched_at) as before, t.text as new, micros(d.source_fetched_at) as after
           from website_pages p join documents d on d.id = p.document_id cross join lateral ",
        text_of!("d.id", "$2", "$3"),
        " t
          where p.id = $1 and p.previous_text is not null and d.status = 'ready' and t.text is not null
            and not exists (select from jobs j where j.document_id = d.id and j.kind = 'ingest_document' and j.status in ('queued', 'running'))"
    );
    // One character more shows that there is more.
    let chars = i32::try_from(MOST_CHARS).unwrap_or(i32::MAX).saturating_add(1);
    let params = [page.id.into(), chars.into(), MOST_PAGES.into()];
    let row = cx.db.optional(sql, &params).await?;
    let read = |row: Row| {
        let before = DatedText { fetched_at: row.get("before")?, text: row.get("old")? };
        Ok([before, DatedText { fetched_at: row.get("after")?, text: row.get("new")? }])
    };
    row.map(read).transpose()
}

pub(crate) async fn of_run(
    cx: &Cx,
    run: CrawlRunId,
    outcome: Option<Outcome>,
    request: PageRequest,
) -> Result<(Vec<RunPage>, i64)> {
    let sql = "select f.id, f.url, f.outcome, f.page_id, f.depth, f.code, f.detail, micros(f.done_at) as done_at,
               (select count(*) from crawl_frontier a
                 where a.run_id = $4 and a.outcome is not null and ($5::text is null or a.outcome = $5)) as total
          from crawl_frontier f
         where f.run_id = $4 and f.outcome is not null and ($5::text is null or f.outcome = $5) and before_cursor(f.done_at, f.id, $2, $3)
         order by f.done_at desc, f.id desc limit $1";
    let [limit, at, id] = page_params(request);
    let rows =
        cx.db.query(sql, &[limit, at, id, run.into(), outcome.map(Outcome::as_str).into()]).await?;
    let total = rows.first().map_or(Ok(0), |row| row.get("total"))?;
    let read = |row: &Row| {
        let outcome: String = row.get("outcome")?;
        Ok(RunPage {
            url: row.get("url")?,
            outcome: Outcome::parse(&outcome)
                .ok_or_else(|| Problem::internal(format!("crawl_frontier.outcome: `{outcome}`")))?,
            page_id: row.get("page_id")?,
            depth: row.get("depth")?,
            failure: failure(row)?,
            done_at: row.get("done_at")?,
            key: row.get("id")?,
        })
    };
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}
