//! The sources in a system message, as the chat component writes them:
//!
//! ```text
//! <sources>
//! [1] Title (page 3)
//! text of the passage,
//! without empty lines
//!
//! [2] Title
//! text
//! </sources>
//! ```

/// A numbered passage.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source<'a> {
    pub(super) number: usize,
    /// Title of the document, with the page.
    pub(super) title: &'a str,
    pub(super) text: &'a str,
}

/// The sources of the last block in the message; none where there is no block.
pub(super) fn parse(system: &str) -> Vec<Source<'_>> {
    let Some((_, block)) = system.rsplit_once("<sources>\n") else { return Vec::new() };
    let block = block.rsplit_once("</sources>").map_or(block, |(inside, _)| inside);
    let mut sources: Vec<Source> = Vec::new();
    let mut starts = Vec::new();
    let mut at = 0;
    for line in block.split_inclusive('\n') {
        if let Some(title) = heading(line, starts.len() + 1) {
            starts.push((at, at + line.len(), title));
        }
        at += line.len();
    }
    for (index, (_, text, title)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(block.len(), |next| next.0);
        let text = block.get(*text..end).unwrap_or_default().trim();
        sources.push(Source { number: index + 1, title, text });
    }
    sources
}

/// The title, if the line opens source `number`.
fn heading(line: &str, number: usize) -> Option<&str> {
    line.strip_prefix(&format!("[{number}] ")).map(str::trim)
}
