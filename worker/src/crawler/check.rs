//! A look at one page beforehand: what a crawl would take of it.

use crawl::{ContentKind, Outcome, PageUrl, Verdict, sniff};
use kernel::id::WebsiteId;
use queue::Lease;
use websites::{crawling, wire::CheckResult};

use super::{
    StageResult, failures, indexing, rendering,
    site::{Hops, Site},
};
use crate::{run::Worker, task::Stop};

/// Characters of the text that are shown.
const SHOWN_CHARS: usize = 5_000;
/// Links that are shown.
const SHOWN_LINKS: usize = 100;

/// Does a job of the kind `check_website`.
pub(crate) async fn check(worker: &Worker, lease: &Lease, website: WebsiteId) -> StageResult<()> {
    let cx = worker.cx(lease.tenant, lease.job.to_string());
    let url = crawling::check(&cx, lease, website).await?;
    let (Some(url), Some(website)) = (url, crawling::website(&cx, website).await?) else {
        return super::leave(worker, &cx, lease).await;
    };
    cx.db.release().await;
    let mut result = CheckResult::default();
    let budget = worker.crawl_memory.of(lease.tenant);
    match (PageUrl::parse(&url), Site::new(&website, &worker.crawler, budget)) {
        (Ok(url), Ok(site)) => look(worker, &site, &url, &mut result).await,
        (Err(error), _) => fail(&mut result, failures::failure("invalid_url", error.to_string())),
        (_, Err(failure)) => fail(&mut result, failure),
    }
    let job = crawling::finish_check(&cx, lease, website.id, &result).await?.ok_or(Stop::Lost)?;
    worker.events.job(lease.tenant, &job).await;
    Ok(())
}

fn fail(result: &mut CheckResult, failure: queue::Failure) {
    (result.failure_code, result.failure_detail) = (Some(failure.code), Some(failure.detail));
}

async fn look(worker: &Worker, site: &Site, url: &PageUrl, result: &mut CheckResult) {
    let robots = site.robots(url).await;
    let verdict = robots.verdict(url);
    result.robots_allowed = verdict.is_allowed();
    let sitemaps = url.join("/robots.txt").map(|at| robots.sitemaps(&at)).unwrap_or_default();
    result.sitemaps = sitemaps.iter().take(SHOWN_LINKS).map(ToString::to_string).collect();
    match verdict {
        Verdict::Allowed => {}
        Verdict::Disallowed { line } => {
            let detail = format!("line {line} of robots.txt keeps crawlers off it");
            return fail(result, failures::failure("robots_disallowed", detail));
        }
        Verdict::Unreachable => {
            return fail(result, failures::blocked(crawl::BlockReason::RobotsUnreachable));
        }
        Verdict::NotFetched => {
            return fail(result, failures::blocked(crawl::BlockReason::HostLimit));
        }
    }
    let hops = Hops { site, from: url, depth: 0, is_sitemap: false };
    match site.fetcher.fetch(&site.request(url, &hops)).await {
        Outcome::Page(page) => show(worker, site, *page, result).await,
        Outcome::Gone { status, .. } => {
            result.status_code = Some(status.into());
            fail(
                result,
                failures::failure("page_gone", format!("its server answered with status {status}")),
            );
        }
        Outcome::Refused { status, .. } => {
            result.status_code = Some(status.into());
            fail(
                result,
                failures::failure(
                    "host_refuses",
                    format!("its server wants fewer requests (status {status})"),
                ),
            );
        }
        Outcome::Blocked(reason) => fail(result, failures::blocked(reason)),
        Outcome::Failed(reason) => {
            result.status_code = reason.status().map(i32::from);
            fail(result, failures::failed(reason));
        }
        Outcome::Unchanged { .. } => {
            fail(result, failures::failed(crawl::FailReason::UnexpectedStatus(304)))
        }
    }
}

async fn show(worker: &Worker, site: &Site, page: crawl::Page, result: &mut CheckResult) {
    result.final_url = Some(page.final_url.to_string());
    result.status_code = Some(page.status.into());
    result.media_type = page.headers.content_type.clone();
    match sniff(page.headers.content_type.as_deref(), &page.body) {
        ContentKind::Html => {}
        ContentKind::Text | ContentKind::Document if site.settings.files => return,
        ContentKind::Xml => {
            return fail(
                result,
                failures::failure("not_a_page", "it is a sitemap or a feed, not a page"),
            );
        }
        _ => {
            return fail(
                result,
                failures::failure("not_a_page", "it is no page, and files are not taken"),
            );
        }
    }
    let read = rendering::read(worker, site, page).await;
    result.rendered = read.is_rendered;
    result.rendering_failure_code = read.missing.map(|missing| missing.code);
    let read = match read.page {
        Ok(read) => read,
        Err(failure) => return fail(result, failure),
    };
    let links = read.links.iter().filter_map(|link| PageUrl::parse(&link.url).ok());
    let (within, elsewhere): (Vec<PageUrl>, Vec<PageUrl>) =
        links.partition(|link| site.admit_for_links(link, 1).is_ok());
    result.links_within = i32::try_from(within.len()).unwrap_or(i32::MAX);
    result.links_elsewhere = i32::try_from(elsewhere.len()).unwrap_or(i32::MAX);
    result.links = within.iter().take(SHOWN_LINKS).map(ToString::to_string).collect();
    let text = plain(&read.blocks);
    result.characters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    result.text = text.chars().take(SHOWN_CHARS).collect();
    result.quality = Some(f64::from(read.quality));
    result.needs_javascript = read.needs_javascript;
    let refusal = indexing::refusal(&read.robots);
    result.noindex = refusal.is_some();
    result.unavailable_after =
        indexing::unavailable_after(&read.robots).map(|until| until.to_string());
    (result.title, result.language, result.canonical) = (read.title, read.language, read.canonical);
    if read.wants_sign_in {
        fail(result, failures::sign_in());
    } else if let Some(failure) = refusal {
        fail(result, failure);
    } else if text.trim().is_empty() {
        let code = if result.needs_javascript { "needs_javascript" } else { "no_text" };
        let detail = match result.needs_javascript {
            true => "it has no text without its scripts",
            false => "it has no text",
        };
        fail(result, failures::failure(code, detail));
    }
}

/// The text of clean HTML: a line for each block. Only for people to look at.
fn plain(blocks: &[extract::page::ContentBlock]) -> String {
    let mut out = String::new();
    for block in blocks {
        let mut inside = false;
        for c in block.html.chars() {
            match c {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    if !out.ends_with([' ', '\n']) {
                        out.push(' ');
                    }
                }
                c if !inside => out.push(c),
                _ => {}
            }
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
        .trim()
        .to_owned()
}
