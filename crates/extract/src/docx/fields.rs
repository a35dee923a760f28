//! Fields of Word documents: links, page numbers, and others whose result is text.

use crate::links;

/// A field or a link that is open.
pub(super) struct Field {
    instruction: String,
    /// The paragraph in which its result began, and where in its text.
    begun: Option<(usize, usize)>,
}

/// What the end of a field does to the text of its paragraph.
pub(super) enum Ending {
    Nothing,
    /// The result, from this byte of the text on, was a page number.
    PageNumber(usize),
}

impl Field {
    pub(super) fn new() -> Self {
        Self { instruction: String::new(), begun: None }
    }

    /// A field whose instruction is known, and whose result begins at once.
    pub(super) fn begun(instruction: String, paragraph: usize, at: usize) -> Self {
        Self { instruction, begun: Some((paragraph, at)) }
    }

    /// A link to this target.
    pub(super) fn link(target: &str, paragraph: usize, at: usize) -> Self {
        Self::begun(format!("HYPERLINK \"{target}\""), paragraph, at)
    }

    pub(super) fn instruct(&mut self, text: &str) {
        if self.begun.is_none() {
            self.instruction.push_str(text);
        }
    }

    pub(super) fn begin(&mut self, paragraph: usize, at: usize) {
        self.begun = Some((paragraph, at));
    }

    /// Ends the field in this paragraph, whose text so far is `text`.
    pub(super) fn end(self, paragraph: usize, text: &mut String) -> Ending {
        let Some((begun, at)) = self.begun else { return Ending::Nothing };
        let start = if begun == paragraph { text.floor_char_boundary(at) } else { 0 };
        let mut words = self.instruction.split_whitespace();
        match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "HYPERLINK" => {
                // What follows the switch \l is a place in the document.
                let target = self.instruction.split('"').nth(1).unwrap_or_default();
                let is_place =
                    self.instruction.split('"').next().is_some_and(|before| before.contains("\\l"));
                if !is_place {
                    links::append(text, start, target);
                }
                Ending::Nothing
            }
            "PAGE" | "NUMPAGES" | "SECTIONPAGES" if begun == paragraph => Ending::PageNumber(start),
            _ => Ending::Nothing,
        }
    }
}
