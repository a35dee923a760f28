//! HTML: what a reader of the page sees, with its headings, lists and tables; menus, scripts and
//! hidden text left out.

pub(crate) mod cells;
mod flow;
pub(crate) mod math;
mod reader;
pub(crate) mod scope;
mod style;
pub(crate) mod tree;

use ego_tree::Tree;

use crate::document::Meta;
use crate::output::{Draft, Output};
use crate::warning::WarningKind;
use crate::{Failure, Format, charset, clean};
use scope::Scope;
use tree::Node;

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let page = page(bytes, None)?;
    if let Some(tag) = &page.language {
        out.declare_language(tag);
    }
    out.meta(Meta { format: Format::Html, title: page.title, page_count: None, paged: false });
    page.draft.write(out)
}

/// A web page that has been read.
pub(crate) struct Page {
    pub(crate) title: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) draft: Draft,
}

/// Reads a whole page; `named` is the character set that what it came in names.
pub(crate) fn page(bytes: &[u8], named: Option<&str>) -> Result<Page, Failure> {
    let named = named.map(str::to_owned).or_else(|| charset::declared(bytes));
    let decoded = charset::read(bytes, named.as_deref());
    let built = tree::document(&decoded.text)?;
    drop(decoded.text);
    let page = &built.tree;
    let html = page.root().children().find(|node| scope::name(node) == Some("html"));
    let language = html.and_then(|html| scope::attr(&html, "lang")).map(str::to_owned);
    let mut draft = Draft::default();
    draft.warn(WarningKind::InvalidBytes, decoded.invalid);
    draft.warn(WarningKind::FlattenedNesting, built.too_deep);
    reader::read(page.root(), &Scope::of(page), &mut draft)?;
    Ok(Page { title: title(page), language, draft })
}

/// Reads HTML that stands inside another document.
pub(crate) fn fragment(source: &str, draft: &mut Draft) -> Result<(), Failure> {
    let built = tree::fragment(source)?;
    draft.warn(WarningKind::FlattenedNesting, built.too_deep);
    reader::read(built.tree.root(), &Scope::of(&built.tree), draft)
}

/// `<title>` of the page (not of a drawing in it), else the first heading of level 1.
fn title(page: &Tree<Node>) -> Option<String> {
    let in_head = |node: &NodeRef<'_>| {
        scope::name(node) == Some("title")
            && !node.ancestors().any(|above| scope::name(&above) == Some("svg"))
    };
    let heading = |node: &NodeRef<'_>| scope::name(node) == Some("h1");
    let first = |wanted: &dyn Fn(&NodeRef<'_>) -> bool| {
        let found = page.root().descendants().find(wanted)?;
        let text: String = found.descendants().filter_map(|node| node.value().as_text()).collect();
        clean::title(&text)
    };
    first(&in_head).or_else(|| first(&heading))
}

pub(crate) type NodeRef<'a> = ego_tree::NodeRef<'a, Node>;
