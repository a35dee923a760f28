//! The sources in front of a question, as the chat component writes them; other clients may put the
//! block into the system message:
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

/// The sources and the question: of the last message if that begins with sources, else the sources
/// of the system message's last block.
pub(super) fn split<'a>(system: &'a str, message: &'a str) -> (Vec<Source<'a>>, &'a str) {
    // The first end: a text cannot hold one, a question may.
    let own = message.strip_prefix("<sources>\n").and_then(|rest| rest.split_once("</sources>"));
    match own {
        Some((block, question)) => (parse(block), question.trim()),
        None => {
            let block = system.rsplit_once("<sources>\n").map_or("", |(_, block)| block);
            (parse(block.rsplit_once("</sources>").map_or(block, |(inside, _)| inside)), message)
        }
    }
}

fn parse(block: &str) -> Vec<Source<'_>> {
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
