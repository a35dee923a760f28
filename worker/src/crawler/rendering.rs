//! Reads a page that came: as it is, or as its scripts write it where the website asks for that.

use std::collections::HashSet;

use bytes::Bytes;
use crawl::{PageHeaders, Validators};
use extract::page::WebPage;
use queue::Failure;

use super::{failures, indexing, reader, site::Site, visits};
use crate::{
    renderer::{NotRendered, RenderRequest, RenderedPage},
    run::Worker,
};

/// The largest web page that is read or rendered, whatever its server calls it.
const LARGEST: usize = 16 << 20;

/// What was read of a page.
pub(super) struct FetchedPage {
    pub(super) page: Result<WebPage, Failure>,
    pub(super) headers: PageHeaders,
    /// Decoded bytes of the page, and those that its scripts moved.
    pub(super) bytes: u64,
    /// Whether its scripts ran.
    pub(super) is_rendered: bool,
    /// Why they did not although the website asks for it: it would be so for every page.
    pub(super) missing: Option<Failure>,
}

/// Reads a page. Where the website asks for rendering, a page that wants to be in no index is left
/// as it came.
pub(super) async fn read(worker: &Worker, site: &Site, page: crawl::Page) -> FetchedPage {
    let body = page.body.clone();
    let read = match body.len() {
        ..=LARGEST => read_body(worker, site, &page, &page.headers, body.clone()).await,
        _ => Err(failures::failed(crawl::FailReason::TooLarge)),
    };
    let reading = FetchedPage {
        page: read,
        bytes: page.body.len() as u64,
        headers: page.headers.clone(),
        is_rendered: false,
        missing: None,
    };
    let is_left = match &reading.page {
        Ok(read) => indexing::refusal(&read.robots).is_some(),
        Err(_) => body.len() > LARGEST,
    };
    if !site.settings.render || is_left {
        return reading;
    }
    // A run has only a few pages open, so that runs take turns.
    let _turn = site.open_pages.acquire().await;
    let request = RenderRequest {
        url: &page.final_url,
        body: &body,
        content_type: page.headers.content_type.as_deref(),
        address: page.address,
        fetcher: &site.fetcher,
        longest: usize::try_from(site.settings.max_file_bytes).unwrap_or(usize::MAX).min(LARGEST),
    };
    // On the heap: few pages of few websites need so much room.
    match Box::pin(worker.renderer.render(&request)).await {
        Ok(rendered) => take(worker, site, &page, reading, rendered).await,
        Err(NotRendered::Failed(failure)) => FetchedPage { page: Err(failure), ..reading },
        Err(NotRendered::Missing(failure)) => FetchedPage { missing: Some(failure), ..reading },
    }
}

/// The page after its scripts. Where they change its text, the server's word that the page is as it
/// was says nothing of that, so it is asked for whole the next time.
async fn take(
    worker: &Worker,
    site: &Site,
    page: &crawl::Page,
    before: FetchedPage,
    rendered: RenderedPage,
) -> FetchedPage {
    let mut headers = page.headers.clone();
    headers.content_type = Some("text/html; charset=utf-8".to_owned());
    if let Some(url) = &rendered.moved_to {
        headers.refresh = Some(format!("0; url={url}"));
    }
    let mut after = read_body(worker, site, page, &headers, rendered.html).await;
    let hash = |read: &Result<WebPage, Failure>| {
        read.as_ref().ok().map(|read| read.text_hash(&HashSet::new()))
    };
    if hash(&after) != hash(&before.page) {
        headers.validators = Validators::default();
    }
    if let Ok(after) = &mut after {
        // They ran.
        after.needs_javascript = false;
    }
    headers.content_type.clone_from(&page.headers.content_type);
    FetchedPage {
        page: after,
        headers,
        bytes: before.bytes.saturating_add(rendered.bytes),
        is_rendered: true,
        missing: None,
    }
}

async fn read_body(
    worker: &Worker,
    site: &Site,
    page: &crawl::Page,
    headers: &PageHeaders,
    body: Bytes,
) -> Result<WebPage, Failure> {
    let request = visits::request(&page.final_url, headers, &site.agent);
    reader::read(&worker.extractor, &request, body).await
}
