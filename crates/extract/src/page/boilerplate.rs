//! Blocks that stand on most pages of a site are its frame, not its content.

use std::collections::{HashMap, HashSet};

/// When a block counts as the frame of a site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoilerplateOptions {
    /// Pages that a site must have before anything is dropped.
    pub pages: u32,
    /// The share of pages on which a block stands, from 0 to 1: more is boilerplate.
    pub share: f32,
    /// Pages on which a block stands, at least.
    pub times: u32,
}

impl Default for BoilerplateOptions {
    /// 5 pages, more than half of them, at least 4 times.
    fn default() -> Self {
        Self { pages: 5, share: 0.5, times: 4 }
    }
}

/// Counts on how many pages each block stands. Hashes come from [`super::ContentBlock::hash`].
#[derive(Debug, Clone, Default)]
pub struct Boilerplate {
    pages: u32,
    counts: HashMap<String, u32>,
}

impl Boilerplate {
    /// Counts a page; a block that stands on it twice counts once.
    pub fn add<'a>(&mut self, hashes: impl IntoIterator<Item = &'a str>) {
        self.pages = self.pages.saturating_add(1);
        for hash in hashes.into_iter().collect::<HashSet<_>>() {
            let count = self.counts.entry(hash.to_owned()).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// The blocks to drop.
    #[must_use]
    pub fn dropped(&self, options: &BoilerplateOptions) -> HashSet<String> {
        if self.pages < options.pages {
            return HashSet::new();
        }
        let least = (f64::from(self.pages) * f64::from(options.share)).floor();
        let is_frame = |count: u32| f64::from(count) > least && count >= options.times;
        self.counts
            .iter()
            .filter(|(_, count)| is_frame(**count))
            .map(|(hash, _)| hash.clone())
            .collect()
    }
}
