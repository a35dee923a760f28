//! What stands on most pages of a website and is no content: found out from the first pages, and
//! kept for later runs.

use std::collections::HashSet;

use extract::page::{Boilerplate, BoilerplateOptions};
use websites::crawling;

use super::{Crawl, StageResult, UrlState, visits, visits::ReadPage};

/// Pages that are looked at before any is stored.
const PAGES: usize = 20;

/// The blocks that are left out.
pub(super) enum BoilerplateState {
    /// Not known yet: pages wait.
    Open(Vec<ReadPage>),
    /// These.
    Known(HashSet<String>),
}

impl BoilerplateState {
    /// The blocks that are left out so far.
    pub(super) fn dropped(&self) -> HashSet<String> {
        match self {
            Self::Known(dropped) => dropped.clone(),
            Self::Open(_) => HashSet::new(),
        }
    }

    pub(super) fn of(kept: Option<&[String]>) -> Self {
        match kept {
            Some(hashes) => Self::Known(hashes.iter().cloned().collect()),
            None => Self::Open(Vec::new()),
        }
    }
}

impl Crawl<'_> {
    /// Takes a page, once it is known what of it is no content.
    pub(super) async fn take(&mut self, page: ReadPage) -> StageResult<()> {
        match &mut self.boilerplate {
            BoilerplateState::Known(dropped) => {
                let visit = visits::page(&page, dropped);
                self.note(visit);
                Ok(())
            }
            BoilerplateState::Open(waiting) => {
                self.seen.insert(page.final_url.as_str().to_owned(), UrlState::Taken);
                waiting.push(page);
                self.settle_boilerplate(false).await
            }
        }
    }

    /// Decides what is no content: from enough pages, or from all if there are no more (`is_last`).
    /// A small website keeps everything, and is looked at again when it has grown.
    pub(super) async fn settle_boilerplate(&mut self, is_last: bool) -> StageResult<()> {
        let BoilerplateState::Open(waiting) = &mut self.boilerplate else { return Ok(()) };
        if waiting.len() < PAGES && !is_last {
            return Ok(());
        }
        let pages = std::mem::take(waiting);
        let mut dropped = HashSet::new();
        if pages.len() >= PAGES {
            let mut boilerplate = Boilerplate::default();
            for read in &pages {
                boilerplate.add(read.page.blocks.iter().map(|block| block.hash.as_str()));
            }
            dropped = boilerplate.dropped(&BoilerplateOptions::default());
            crawling::keep_boilerplate(
                &self.cx,
                self.website.id,
                dropped.iter().cloned().collect(),
            )
            .await?;
            self.boilerplate = BoilerplateState::Known(dropped.clone());
        }
        for page in &pages {
            let visit = visits::page(page, &dropped);
            self.note(visit);
        }
        Ok(())
    }
}
