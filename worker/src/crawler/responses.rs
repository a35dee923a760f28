//! What a response means: content, another try, or a reason why not.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use crawl::{
    BlockReason, ContentKind, Outcome as Response_, PaceEvent, PageUrl, Validators, Verdict, sniff,
};
use extract::page::WebPage;
use queue::Failure;
use websites::{
    Outcome,
    crawling::{Doubt, Finding, WaitingUrl},
    wire::CrawlMode,
};

use super::{
    Crawl, Event, IN_FLIGHT, Item, Response, StageResult, UrlState, Work, failures,
    hosts::Turn,
    indexing, rendering,
    site::{Hops, Site},
    sitemaps,
    visits::{self, ReadPage},
};
use crate::run::Worker;

/// Looks at a URL that did not answer well.
const MOST_TRIES: i32 = 3;
/// Pages that name another as the original are looked at again after everything else.
const AFTER_ALL: i32 = 9;
/// The longest text that shapes are compared by.
const HASH_CHARS: usize = 16;

impl<'a> Crawl<'a> {
    /// Begins what may begin now; says how long to wait for more.
    pub(super) fn start(&mut self, work: &mut Work<'a>) -> Duration {
        let mut wait = Duration::from_secs(1);
        let mut place = 0;
        while work.len() < IN_FLIGHT {
            let Some(item) = self.ready.get_mut(place) else { break };
            match self.hosts.turn(item) {
                Turn::Wait(time) => {
                    wait = wait.min(time);
                    place += 1;
                }
                Turn::AskRules => {
                    let probes = self.website.settings.mode == CrawlMode::Links;
                    work.push(Box::pin(ask_rules(
                        self.worker,
                        self.site.clone(),
                        item.url.clone(),
                        probes,
                    )));
                    place += 1;
                }
                Turn::Go => {
                    let item = self.ready.remove(place);
                    work.push(Box::pin(fetch(self.site.clone(), Box::new(item))));
                }
                Turn::Forbidden(verdict) => {
                    let item = self.ready.remove(place);
                    let reason = match verdict {
                        Verdict::Unreachable => BlockReason::RobotsUnreachable,
                        Verdict::NotFetched => BlockReason::HostLimit,
                        _ => BlockReason::Robots,
                    };
                    self.block(&item.waiting, reason);
                }
                Turn::GivenUp(reason) => {
                    let item = self.ready.remove(place);
                    let detail = "its host refuses the crawler, or fails again and again";
                    let failure = failures::failure(reason.code(), detail);
                    self.troubles.host.get_or_insert_with(|| failure.clone());
                    self.fail(&item.waiting, failure);
                }
            }
        }
        wait
    }

    fn block(&mut self, waiting: &WaitingUrl, reason: BlockReason) {
        let failure = failures::blocked(reason);
        if reason == BlockReason::HostLimit {
            self.troubles.limit.get_or_insert_with(|| failure.clone());
        }
        if waiting.depth == 0 || waiting.priority < 0 || reason == BlockReason::RobotsUnreachable {
            self.troubles.start.get_or_insert_with(|| failure.clone());
        }
        self.note(visits::nothing(waiting, Outcome::Blocked, Some(failure)));
    }

    pub(super) async fn receive(&mut self, event: Event, work: &mut Work<'a>) -> StageResult<()> {
        match event {
            Event::Rules(origin, rules, missing) => {
                self.hosts.set_rules(&origin, rules, missing);
                Ok(())
            }
            Event::Fetched(item, outcome, latency) => {
                self.hosts.finished(&item.url.origin(), latency, PaceEvent::of(&outcome));
                self.fetched(item, *outcome, work);
                Ok(())
            }
            Event::Sitemap(item, sitemap) => self.sitemap(&item.waiting, sitemap).await,
            Event::Read(item, response, page) => self.read(*item, *response, page).await,
        }
    }

    fn fetched(&mut self, item: Box<Item>, outcome: Response_, work: &mut Work<'a>) {
        let waiting = &item.waiting;
        match outcome {
            Response_::Unchanged { .. } => {
                self.follow_known(waiting);
                self.note(visits::bare(waiting, Finding::NotModified));
            }
            Response_::Gone { status, .. } => {
                let failure = failures::failure(
                    "page_gone",
                    format!("its server answered with status {status}"),
                );
                if waiting.depth == 0 || waiting.priority < 0 {
                    self.troubles.start.get_or_insert_with(|| failure.clone());
                }
                self.note(visits::nothing(waiting, Outcome::Gone, Some(failure)));
            }
            Response_::Refused { status, retry_after } => {
                let usual = self.worker.crawler.retry_seconds;
                let wait = retry_after
                    .map_or(usual, |wait| i64::try_from(wait.as_secs()).unwrap_or(usual));
                let failure = failures::failure(
                    "host_refuses",
                    format!("its server wants fewer requests (status {status})"),
                );
                self.later(waiting, wait.clamp(1, 3600), failure);
            }
            Response_::Blocked(reason) => self.block(waiting, reason),
            Response_::Failed(reason) if reason.is_transient() => {
                let wait =
                    self.worker.crawler.retry_seconds * if waiting.attempts == 0 { 1 } else { 3 };
                self.later(waiting, wait, failures::failed(reason));
            }
            Response_::Failed(reason) => self.fail(waiting, failures::failed(reason)),
            Response_::Page(page) => self.page(item, *page, work),
        }
    }

    /// It is looked at again, unless it was often enough.
    fn later(&mut self, waiting: &WaitingUrl, seconds: i64, failure: Failure) {
        if waiting.attempts + 1 >= MOST_TRIES {
            return self.fail(waiting, failure);
        }
        self.note(visits::bare(waiting, Finding::Later { seconds, priority: waiting.priority }));
    }

    fn is_done(&self, url: &str) -> bool {
        matches!(self.seen.get(url), Some(UrlState::Done | UrlState::Taken))
    }

    fn page(&mut self, item: Box<Item>, page: crawl::Page, work: &mut Work<'a>) {
        if item.waiting.priority < 0 {
            let turns = self.worker.crawl_memory.sitemaps.clone();
            return work.push(Box::pin(sitemaps::read(turns, item, Box::new(page))));
        }
        let is_other = page.final_url != item.url;
        if is_other && self.sign_ins.contains(page.final_url.as_str()) {
            self.follow_known(&item.waiting);
            return self.note(visits::sign_in(&item.waiting));
        }
        if is_other && self.is_done(page.final_url.as_str()) {
            return self.note(visits::nothing(&item.waiting, Outcome::Redirect, None));
        }
        if self.is_done(&item.waiting.url) {
            // Another URL has led here meanwhile, and what came of it is stored.
            self.held.remove(&item.waiting.url);
            return;
        }
        match sniff(page.headers.content_type.as_deref(), &page.body) {
            ContentKind::Html => {
                work.push(Box::pin(read(self.worker, self.site.clone(), item, Box::new(page))));
            }
            ContentKind::Text | ContentKind::Document if self.website.settings.files => {
                self.file(&item.waiting, &page);
            }
            _ => {
                let kind = page.headers.content_type.as_deref().unwrap_or("an unknown type");
                let failure =
                    failures::failure("not_a_page", format!("it is no page, but {kind:.100}"));
                self.note(visits::nothing(&item.waiting, Outcome::Skipped, Some(failure)));
            }
        }
    }

    async fn read(
        &mut self,
        item: Item,
        response: Response,
        page: Result<Box<WebPage>, Failure>,
    ) -> StageResult<()> {
        let Item { waiting, .. } = item;
        if let Some(missing) = &response.missing {
            self.troubles.rendering.get_or_insert_with(|| missing.clone());
        }
        let mut page = match page {
            Ok(page) => *page,
            Err(failure) => {
                self.fail(&waiting, failure);
                return Ok(());
            }
        };
        if let Some(language) = &self.website.settings.language {
            page.language = Some(language.clone());
        }
        let links =
            page.links.iter().filter(|link| !link.nofollow).filter(|_| !page.robots.nofollow);
        let links: Vec<PageUrl> = links.filter_map(|link| PageUrl::parse(&link.url).ok()).collect();
        let outlinks = self.links(&response.final_url, waiting.depth, &links);
        let Response { final_url, status, headers, bytes, is_rendered, missing } = response;
        let doubt = match page.wants_sign_in {
            true => Some(Doubt::SignIn(failures::sign_in())),
            false => missing.map(Doubt::NotRendered),
        };
        let read = ReadPage {
            waiting,
            final_url,
            status,
            headers,
            bytes,
            is_rendered,
            outlinks,
            doubt,
            page,
        };
        self.judge_page(read).await
    }

    /// Takes a page that was read, or notes why not.
    async fn judge_page(&mut self, read: ReadPage) -> StageResult<()> {
        if read.doubt.is_some() || read.page.words(&HashSet::new()) == 0 {
            self.follow_known(&read.waiting);
        }
        if read.page.wants_sign_in {
            self.note_sign_in(&read);
            return Ok(());
        }
        if let Some((outcome, failure)) = self.not_content(&read) {
            self.note(visits::not_taken(&read, outcome, failure));
            return Ok(());
        }
        if let Some(other) = self.original(&read) {
            self.add(&other, read.waiting.depth, 0);
            self.originals.insert(read.final_url.to_string(), other.to_string());
            self.note(visits::bare(
                &read.waiting,
                Finding::Later { seconds: 0, priority: AFTER_ALL },
            ));
            return Ok(());
        }
        let whole = HashSet::new();
        let hash = read.page.text_hash(&whole);
        let content =
            u64::from_str_radix(hash.get(..HASH_CHARS).unwrap_or_default(), 16).unwrap_or_default();
        self.shapes.saw(&read.final_url, content, read.page.words(&whole));
        self.take(read).await
    }

    /// Notes a page that asks for a password under the URL that led there: its text is behind it.
    fn note_sign_in(&mut self, read: &ReadPage) {
        if read.waiting.depth == 0 {
            self.troubles.start.get_or_insert_with(failures::sign_in);
        }
        self.sign_ins.insert(read.final_url.as_str().to_owned());
        let mut visit = visits::page(read, &self.boilerplate.dropped());
        visit.page_url.clone_from(&visit.url);
        self.note(visit);
    }

    /// Why a page is none to take.
    fn not_content(&mut self, read: &ReadPage) -> Option<(Outcome, Option<Failure>)> {
        let page = &read.page;
        if let Some(refresh) = page.refresh.as_ref().filter(|refresh| refresh.seconds == 0)
            && let Ok(target) = PageUrl::parse(&refresh.url)
            && target != read.final_url
        {
            self.links(&read.final_url, read.waiting.depth, &[target]);
            return Some((Outcome::Redirect, None));
        }
        if let Some(failure) = indexing::refusal(&page.robots) {
            return Some((Outcome::Noindex, Some(failure)));
        }
        if let Err(out) = self.site.admit(&read.final_url, read.waiting.depth) {
            let detail = "it was read for its links only, as the settings leave it out";
            return Some((Outcome::Skipped, Some(failures::failure(out.code(), detail))));
        }
        if self.hosts.looks_missing(&read.final_url.origin(), &page.fingerprint) {
            let failure = failures::failure(
                "soft_404",
                "it looks as pages of its host do that are not there",
            );
            return Some((Outcome::Gone, Some(failure)));
        }
        let original = page.canonical.as_ref().and_then(|url| PageUrl::parse(url).ok())?;
        let is_taken = original != read.final_url
            && (self.seen.get(original.as_str()) == Some(&UrlState::Taken)
                || self.yields(&read.final_url, &original));
        let detail = format!("it names {original} as the original");
        is_taken.then(|| (Outcome::Duplicate, Some(failures::failure("duplicate", detail))))
    }

    /// The page that this one names as the original, if that has yet to be looked at. This page is
    /// then looked at once more, after it: if the original turns out to be none, this one is taken.
    fn original(&self, read: &ReadPage) -> Option<PageUrl> {
        let original = PageUrl::parse(read.page.canonical.as_ref()?).ok()?;
        let is_other = original != read.final_url && original.as_str() != read.waiting.url;
        let may = self.site.admit(&original, read.waiting.depth).is_ok();
        (is_other && may && read.waiting.priority != AFTER_ALL).then_some(original)
    }
}

/// The rules of a host; and how it answers for a page that is not there, as far as it says 200.
async fn ask_rules(worker: &Worker, site: Arc<Site>, url: PageUrl, probes: bool) -> Event {
    let robots = site.robots(&url).await;
    let missing = async {
        let random: u64 = u64::from_be_bytes(platform::random::bytes::<8>().ok()?);
        let nowhere = url.join(&format!("/tessera-{random:016x}")).ok()?;
        if !probes || !robots.verdict(&nowhere).is_allowed() {
            return None;
        }
        let hops = Hops { site: &site, from: &nowhere, depth: 1, is_sitemap: false };
        let Response_::Page(page) = site.fetcher.fetch(&site.request(&nowhere, &hops)).await else {
            return None;
        };
        // The start is there, though what is not may lead to it.
        if site.is_start(&page.final_url) {
            return None;
        }
        Some(rendering::read(worker, &site, *page).await.page.ok()?.fingerprint)
    };
    let missing = missing.await;
    Event::Rules(url.origin(), robots, missing)
}

async fn fetch(site: Arc<Site>, item: Box<Item>) -> Event {
    let validators = Validators {
        etag: item.waiting.etag.clone(),
        last_modified: item.waiting.last_modified.clone(),
    };
    let is_sitemap = item.waiting.priority < 0;
    let hops = Hops { site: &site, from: &item.url, depth: item.waiting.depth, is_sitemap };
    let mut request = site.request(&item.url, &hops);
    request.validators = (!validators.is_empty() && !is_sitemap).then_some(&validators);
    if is_sitemap {
        request.max_body = Some(sitemaps::LARGEST);
    }
    let began = Instant::now();
    let outcome = site.fetcher.fetch(&request).await;
    Event::Fetched(item, Box::new(outcome), began.elapsed())
}

async fn read(worker: &Worker, site: Arc<Site>, item: Box<Item>, page: Box<crawl::Page>) -> Event {
    let (final_url, status) = (page.final_url.clone(), page.status);
    let read = rendering::read(worker, &site, *page).await;
    let response = Response {
        final_url,
        status,
        headers: read.headers,
        bytes: read.bytes,
        is_rendered: read.is_rendered,
        missing: read.missing,
    };
    Event::Read(item, Box::new(response), read.page.map(Box::new))
}
