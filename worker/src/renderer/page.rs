//! Renders one page: opens it, waits until it is quiet or its time is over, and reads its DOM.

use std::{sync::Arc, time::Duration};

use queue::Failure;
use serde_json::json;

use super::{
    Browser, RenderRequest, RenderedPage,
    loading::Loading,
    tab::{Tab, failed},
};

/// Renders a page within its time.
///
/// # Errors
/// Why not, in words.
pub(super) async fn render(
    browser: &Arc<Browser>,
    request: &RenderRequest<'_>,
    time: Duration,
) -> Result<RenderedPage, Failure> {
    let mut tab = Tab::open(browser, request, request.fetcher.user_agent()).await?;
    // Its answer comes when the document is there, which is one of the events.
    tab.send("Page.navigate", json!({ "url": request.url.as_str() })).await?;
    let mut loading = Loading::default();
    let deadline = tokio::time::sleep(time);
    tokio::pin!(deadline);
    while !loading.is_quiet {
        tokio::select! {
            () = &mut deadline => break,
            event = tab.events.recv() => match event {
                Some(event) => loading.receive(&tab, request, &event).await?,
                None => return Err(failed("the browser ended")),
            }
        }
    }
    if !loading.has_begun() {
        return Err(failed("the browser did not open it"));
    }
    let html = tab.html(request.longest).await?;
    Ok(RenderedPage { html, bytes: tab.proxy.bytes(), moved_to: loading.moved_to })
}
