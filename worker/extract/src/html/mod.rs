//! HTML: the main text with its headings, lists and tables; menus, scripts and forms dropped.

mod reader;
mod scope;
mod tree;

use ego_tree::Tree;

use crate::document::Meta;
use crate::output::Output;
use crate::{Failure, Format, charset, clean};
use tree::Node;

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let text = charset::decode(bytes, named_charset(bytes).as_deref());
    let page = tree::document(&text);
    scope::refuse_depth(&page)?;
    let html = page.root().children().find(|node| scope::name(node) == Some("html"));
    if let Some(tag) = html.and_then(|html| scope::attr(&html, "lang")) {
        out.declare_language(tag);
    }
    out.meta(Meta { format: Format::Html, title: title(&page), page_count: None, paged: false });
    reader::read(scope::main_content(&page), out)
}

/// Reads HTML that stands inside another document.
pub(crate) fn read_fragment(source: &str, out: &mut Output<'_>) -> Result<(), Failure> {
    let fragment = tree::fragment(source);
    scope::refuse_depth(&fragment)?;
    reader::read(fragment.root(), out)
}

/// `<title>`, else the first heading of level 1.
fn title(page: &Tree<Node>) -> Option<String> {
    let first = |name: &str| {
        let found = page.root().descendants().find(|node| scope::name(node) == Some(name))?;
        let text: String = found.descendants().filter_map(|node| node.value().as_text()).collect();
        clean::title(&text)
    };
    first("title").or_else(|| first("h1"))
}

/// The label in `<meta charset=…>` or `<meta http-equiv=content-type content="…; charset=…">` near the beginning.
fn named_charset(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..2048).unwrap_or(bytes)).to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let label = after.trim_start_matches(['"', '\'', ' ']);
    let end = label.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c)).unwrap_or(label.len());
    label.get(..end).map(str::to_owned)
}

type NodeRef<'a> = ego_tree::NodeRef<'a, Node>;
