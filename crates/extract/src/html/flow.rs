//! Text that flows inside a block: links with their addresses, raised and lowered text,
//! descriptions of pictures.

use ego_tree::NodeId;
use ego_tree::iter::Edge;

use super::scope::{Scope, attr, name};
use super::{NodeRef, math};
use crate::warning::{WarningKind, Warnings};
use crate::{links, script};

/// Elements that begin and end a block of text.
pub(super) const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "button",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "hr",
    "legend",
    "main",
    "menu",
    "nav",
    "option",
    "p",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
];

/// An element whose text is changed when it ends.
enum Mark {
    Link(String),
    Raised,
    Lowered,
}

/// The text of a block as it grows.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) text: String,
    open: Vec<(NodeId, Mark, usize)>,
    /// Addresses of links in a heading, which stand after it.
    pub(super) aside: Vec<String>,
    /// Keeps the addresses of links out of the text.
    pub(super) is_heading: bool,
}

impl Flow {
    /// Takes the text so far; what is open goes on in the next block.
    pub(super) fn take(&mut self) -> String {
        self.open.iter_mut().for_each(|(_, _, start)| *start = 0);
        std::mem::take(&mut self.text)
    }

    /// Opens an inline element or adds text; true where the element has been read whole.
    pub(super) fn open(&mut self, node: &NodeRef<'_>, lost: &mut Warnings) -> bool {
        if let Some(text) = node.value().as_text() {
            self.text.push_str(text);
            return false;
        }
        match name(node).unwrap_or_default() {
            "br" => self.text.push('\n'),
            "img" | "area" => self.picture(node, lost),
            "a" => {
                if let Some(target) = attr(node, "href") {
                    self.open.push((node.id(), Mark::Link(target.to_owned()), self.text.len()));
                }
            }
            "sup" => self.open.push((node.id(), Mark::Raised, self.text.len())),
            "sub" => self.open.push((node.id(), Mark::Lowered, self.text.len())),
            "math" => {
                script::join(&mut self.text, &math::text(node));
                return true;
            }
            _ => {}
        }
        false
    }

    pub(super) fn close(&mut self, node: &NodeRef<'_>) {
        let Some(at) = self.open.iter().rposition(|(id, _, _)| *id == node.id()) else { return };
        let (_, mark, start) = self.open.remove(at);
        match mark {
            Mark::Link(target) if self.is_heading => {
                self.aside.extend(links::address(&target).map(str::to_owned));
            }
            Mark::Link(target) => links::append(&mut self.text, start, &target),
            Mark::Raised | Mark::Lowered => {
                let text = self.text.split_off(self.text.floor_char_boundary(start));
                if matches!(mark, Mark::Raised) {
                    script::raise(&mut self.text, &text);
                } else {
                    script::lower(&mut self.text, &text);
                }
            }
        }
    }

    fn picture(&mut self, node: &NodeRef<'_>, lost: &mut Warnings) {
        match attr(node, "alt") {
            Some(description) => {
                self.text.push(' ');
                self.text.push_str(description);
                self.text.push(' ');
            }
            None if name(node) == Some("img") => {
                lost.add(WarningKind::PicturesWithoutText, None, 1)
            }
            None => {}
        }
    }
}

/// All text inside an element, blocks on lines of their own; what its readers do not see is left
/// out.
pub(super) fn inner_text(root: &NodeRef<'_>, scope: &Scope, lost: &mut Warnings) -> String {
    let mut flow = Flow::default();
    let mut passing: Option<NodeId> = None;
    for edge in root.traverse() {
        match edge {
            Edge::Open(_) if passing.is_some() => {}
            Edge::Open(node) if node.id() != root.id() && scope.passes_over(&node, lost) => {
                passing = Some(node.id())
            }
            Edge::Open(node) => {
                if breaks(&node) {
                    flow.text.push('\n');
                }
                if flow.open(&node, lost) {
                    passing = Some(node.id());
                }
            }
            Edge::Close(node) if passing.is_some() => {
                if passing == Some(node.id()) {
                    passing = None;
                }
            }
            Edge::Close(node) => {
                flow.close(&node);
                if breaks(&node) {
                    flow.text.push('\n');
                }
            }
        }
    }
    flow.text
}

fn breaks(node: &NodeRef<'_>) -> bool {
    matches!(
        name(node),
        Some("li" | "ul" | "ol" | "pre" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "text")
    ) || name(node).is_some_and(|name| BLOCKS.contains(&name))
}
