//! The title of a page's document.

use crate::crawling::Visit;

/// Characters of a title.
const LONGEST_TITLE: usize = 300;

impl Visit {
    /// The page's own title, else its address. Never the file name: a title that equals it would be
    /// taken for none.
    pub(crate) fn shown_title(&self) -> String {
        let own = self.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
        let address = self.page_url.split_once("://").map_or(self.page_url.as_str(), |(_, r)| r);
        kernel::text::normalized(own.unwrap_or(address))
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST_TITLE)
            .collect()
    }
}
