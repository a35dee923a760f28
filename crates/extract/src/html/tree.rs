//! The tree that html5ever builds: elements with the few attributes that are read, and text.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ego_tree::{NodeId, Tree};
use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, ExpandedName, LocalName, ParseOpts, QualName, local_name, ns};

use crate::{Failure, limits};

/// The attributes that are read; all others are forgotten at once.
const KEPT: &[&str] = &[
    "alt",
    "aria-controls",
    "aria-hidden",
    "class",
    "colspan",
    "content",
    "data-bs-target",
    "data-target",
    "datetime",
    "hidden",
    "href",
    "http-equiv",
    "id",
    "itemprop",
    "lang",
    "name",
    "open",
    "property",
    "rel",
    "reversed",
    "role",
    "rowspan",
    "start",
    "style",
    "type",
    "value",
];

/// Bytes that are given to the parser at a time; between them the limits are looked at.
const STEP: usize = 8 * 1024;

/// A node of a page.
#[derive(Debug)]
pub(crate) enum Node {
    /// The document, a comment, a declaration.
    Other,
    /// An element.
    Element { name: LocalName, attrs: Vec<(LocalName, String)>, depth: u32 },
    /// Text between elements.
    Text(String),
}

impl Node {
    /// The local name, in lower case for HTML.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Element { name, .. } => Some(name),
            _ => None,
        }
    }

    pub(crate) fn attr(&self, name: &str) -> Option<&str> {
        let Self::Element { attrs, .. } = self else { return None };
        attrs.iter().find(|(key, _)| &**key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A parsed document, and how deep its elements are nested.
pub(crate) struct ParsedTree {
    pub(crate) tree: Tree<Node>,
    /// Elements that stand deeper than documents of any sense do.
    pub(crate) too_deep: u64,
}

/// Reads a whole page.
pub(crate) fn document(source: &str) -> Result<ParsedTree, Failure> {
    build(html5ever::parse_document(Builder::new(), ParseOpts::default()), source)
}

/// Reads what may stand in a page's body.
pub(crate) fn fragment(source: &str) -> Result<ParsedTree, Failure> {
    let body = QualName::new(None, ns!(html), local_name!("body"));
    build(
        html5ever::parse_fragment(Builder::new(), ParseOpts::default(), body, Vec::new(), false),
        source,
    )
}

/// The parser's work grows with the elements that are open, and some markup opens all of them again
/// with each paragraph: such pages are refused while they are read.
fn build(mut parser: html5ever::Parser<Builder>, source: &str) -> Result<ParsedTree, Failure> {
    let mut rest = source;
    while !rest.is_empty() {
        let (step, after) = rest.split_at(rest.ceil_char_boundary(STEP));
        parser.process(StrTendril::from(step));
        parser.tokenizer.sink.sink.refuse_excess()?;
        rest = after;
    }
    Ok(parser.finish())
}

/// A node as the parser knows it: with its name, which it asks for all the time.
#[derive(Clone)]
struct Handle {
    id: NodeId,
    name: Rc<QualName>,
}

struct Builder {
    tree: RefCell<Tree<Node>>,
    /// What nodes are called that have no name.
    nameless: Rc<QualName>,
    nodes: Cell<usize>,
    deepest: Cell<u32>,
    too_deep: Cell<u64>,
}

impl Builder {
    fn new() -> Self {
        let nameless = Rc::new(QualName::new(None, ns!(), local_name!("")));
        let tree = RefCell::new(Tree::new(Node::Other));
        Self { tree, nameless, nodes: Cell::new(0), deepest: Cell::new(0), too_deep: Cell::new(0) }
    }

    fn refuse_excess(&self) -> Result<(), Failure> {
        if self.deepest.get() as usize > limits::MAX_OPEN_ELEMENTS {
            let detail = format!(
                "The page nests its elements more than {} deep.",
                limits::MAX_OPEN_ELEMENTS
            );
            return Err(Failure::broken(detail));
        }
        if self.nodes.get() > limits::MAX_NODES {
            return Err(Failure::broken(format!(
                "The page has more than {} elements.",
                limits::MAX_NODES
            )));
        }
        Ok(())
    }

    /// Notes how deep a node stands that becomes a child of `parent`.
    fn place(&self, tree: &mut Tree<Node>, parent: NodeId, child: NodeId) {
        let above = match tree.get(parent).map(|node| node.value()) {
            Some(Node::Element { depth, .. }) => *depth,
            _ => 0,
        };
        let Some(mut child) = tree.get_mut(child) else { return };
        if let Node::Element { depth, .. } = child.value() {
            *depth = above + 1;
            self.deepest.set(self.deepest.get().max(above + 1));
            if above as usize == limits::MAX_DEPTH {
                self.too_deep.set(self.too_deep.get() + 1);
            }
        }
    }

    fn orphan(&self, node: Node) -> NodeId {
        self.nodes.set(self.nodes.get() + 1);
        self.tree.borrow_mut().orphan(node).id()
    }

    fn nameless(&self, id: NodeId) -> Handle {
        Handle { id, name: self.nameless.clone() }
    }

    /// Appends text to the node, if it is text.
    fn extend(&self, id: Option<NodeId>, more: &str) -> bool {
        let mut tree = self.tree.borrow_mut();
        let Some(mut node) = id.and_then(|id| tree.get_mut(id)) else { return false };
        let Node::Text(text) = node.value() else { return false };
        text.push_str(more);
        true
    }
}

impl TreeSink for Builder {
    type Handle = Handle;
    type Output = ParsedTree;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> ParsedTree {
        ParsedTree { tree: self.tree.into_inner(), too_deep: self.too_deep.get() }
    }

    fn get_document(&self) -> Handle {
        self.nameless(self.tree.borrow().root().id())
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.id == y.id
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, _: ElementFlags) -> Handle {
        let kept = attrs.into_iter().filter(|attr| KEPT.contains(&&*attr.name.local));
        let attrs = kept.map(|attr| (attr.name.local, attr.value.to_string())).collect();
        let id = self.orphan(Node::Element { name: name.local.clone(), attrs, depth: 0 });
        Handle { id, name: Rc::new(name) }
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.nameless(self.orphan(Node::Other))
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.nameless(self.orphan(Node::Other))
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        let child = match child {
            NodeOrText::AppendNode(node) => node.id,
            NodeOrText::AppendText(text) => {
                let last = self
                    .tree
                    .borrow()
                    .get(parent.id)
                    .and_then(|parent| parent.last_child())
                    .map(|last| last.id());
                if self.extend(last, &text) {
                    return;
                }
                self.orphan(Node::Text(text.to_string()))
            }
        };
        let mut tree = self.tree.borrow_mut();
        self.place(&mut tree, parent.id, child);
        if let Some(mut parent) = tree.get_mut(parent.id) {
            parent.append_id(child);
        }
    }

    fn append_before_sibling(&self, sibling: &Handle, new_node: NodeOrText<Handle>) {
        let new = match new_node {
            NodeOrText::AppendNode(node) => node.id,
            NodeOrText::AppendText(text) => {
                let before = self
                    .tree
                    .borrow()
                    .get(sibling.id)
                    .and_then(|node| node.prev_sibling())
                    .map(|node| node.id());
                if self.extend(before, &text) {
                    return;
                }
                self.orphan(Node::Text(text.to_string()))
            }
        };
        let mut tree = self.tree.borrow_mut();
        let parent =
            tree.get(sibling.id).and_then(|sibling| sibling.parent()).map(|parent| parent.id());
        let Some(parent) = parent else { return };
        self.place(&mut tree, parent, new);
        if let Some(mut sibling) = tree.get_mut(sibling.id) {
            sibling.insert_id_before(new);
        }
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        before: &Handle,
        child: NodeOrText<Handle>,
    ) {
        let has_parent =
            self.tree.borrow().get(element.id).is_some_and(|node| node.parent().is_some());
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(before, child);
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        if let Some(mut node) = self.tree.borrow_mut().get_mut(target.id) {
            node.detach();
        }
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        if let Some(mut parent) = self.tree.borrow_mut().get_mut(new_parent.id) {
            parent.reparent_from_id_append(node.id);
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attrs: Vec<Attribute>) {
        let mut tree = self.tree.borrow_mut();
        let Some(mut node) = tree.get_mut(target.id) else { return };
        let Node::Element { attrs: present, .. } = node.value() else { return };
        for attr in attrs.into_iter().filter(|attr| KEPT.contains(&&*attr.name.local)) {
            if !present.iter().any(|(name, _)| *name == attr.name.local) {
                present.push((attr.name.local, attr.value.to_string()));
            }
        }
    }

    /// A template's content stands in the template itself, which is passed over with all it holds.
    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}
    fn set_quirks_mode(&self, _: QuirksMode) {}
    fn parse_error(&self, _: Cow<'static, str>) {}
}
