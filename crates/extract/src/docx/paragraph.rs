//! Paragraphs of Word documents: headings, items with their numbers, and running text.

use super::numbering::Numbering;
use super::styles::Styles;
use crate::document::BlockKind;

/// A paragraph that is being read.
#[derive(Default)]
pub(super) struct Paragraph {
    pub(super) text: String,
    pub(super) style: Option<String>,
    pub(super) outline: Option<u8>,
    pub(super) list: Option<String>,
    pub(super) level: Option<u8>,
    /// Counts from 1 through the part.
    pub(super) number: usize,
    /// Characters of its text, and those that are bold.
    pub(super) letters: usize,
    pub(super) bold: usize,
    /// It held the number of a page, or of all pages.
    pub(super) has_page_number: bool,
    /// Its end was deleted with changes tracked: the next paragraph goes on in it.
    pub(super) goes_on: bool,
}

impl Paragraph {
    pub(super) fn is_bold(&self) -> bool {
        self.letters == self.bold
    }

    /// "Page 3 of 7" says nothing without its numbers.
    pub(super) fn is_page_number(&self) -> bool {
        let words =
            self.text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).count();
        self.has_page_number && words <= 3 && !self.text.chars().any(|c| c.is_ascii_digit())
    }

    /// The block that the paragraph is, with its number; the text without it is the second part.
    pub(super) fn block(
        &self,
        styles: &Styles,
        numbering: &mut Numbering,
    ) -> Option<(BlockKind, String)> {
        let text = self.text.trim();
        if text.is_empty() {
            return None;
        }
        let style = self.style.as_deref().unwrap_or_default();
        let outline = self.outline.filter(|level| *level < 9).map(|level| level + 1);
        let heading = outline
            .or_else(|| styles.heading(style))
            .map(|level| BlockKind::Heading { level: level.clamp(1, 6) });
        let numbered = self.numbered(style, styles, numbering);
        let Some((mark, level)) = numbered else {
            return Some(match heading {
                Some(heading) => (heading, text.to_owned()),
                None if styles.is_list(style) => (BlockKind::ListItem, format!("- {text}")),
                None => (BlockKind::Paragraph, text.to_owned()),
            });
        };
        Some(match heading {
            Some(heading) if mark == "-" || mark.is_empty() => (heading, text.to_owned()),
            Some(heading) => (heading, format!("{mark} {text}")),
            None if mark.is_empty() => (BlockKind::Paragraph, text.to_owned()),
            None => (
                BlockKind::ListItem,
                format!("{}{mark} {text}", "  ".repeat(usize::from(level.min(8)))),
            ),
        })
    }

    /// The mark and level in the list that the paragraph or its style names. The list numbered 0
    /// takes a paragraph out of the list that its style names.
    fn numbered(
        &self,
        style: &str,
        styles: &Styles,
        numbering: &mut Numbering,
    ) -> Option<(String, u8)> {
        let of_style = styles.list(style);
        let list = self.list.clone().or_else(|| of_style.as_ref().map(|(list, _)| list.clone()))?;
        if list == "0" {
            return None;
        }
        let level = self.level.or_else(|| numbering.level_of_style(&list, style));
        let level = level.or_else(|| of_style.and_then(|(_, level)| level)).unwrap_or(0);
        Some((numbering.mark(&list, level), level))
    }
}
