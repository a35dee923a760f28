//! The logical structure of tagged PDFs (Word, browsers and LibreOffice write it): which letters
//! are a heading, a cell, an item of a list, and in what order they are to be read.

use std::collections::{HashMap, HashSet};

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, ObjectIdentifier};

use crate::limits;

/// Elements of a structure that are read; one with more is not a text's.
const MAX_ELEMENTS: usize = 2_000_000;

/// How deep elements are followed.
const MAX_DEPTH: usize = 200;

/// What a piece of text is, as its author's program says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Heading(u8),
    /// An item of a list on this level, 0 outermost.
    Item(u8),
    /// A cell of the numbered table.
    Cell(Cell),
    /// Running text, or anything that only the layout can tell.
    Text,
}

/// Where a cell stands. Cells without text have a place, too, so that those after them keep theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) table: u32,
    /// Rows and columns count from 0.
    pub(super) row: u32,
    pub(super) column: u32,
    /// Rows that it reaches over.
    pub(super) rows: u32,
    pub(super) header: bool,
}

/// The structure of a document.
#[derive(Debug, Default)]
pub(super) struct Structure {
    /// What each leaf block is, in reading order.
    roles: Vec<Role>,
    /// Which element a marked content of a page belongs to.
    places: HashMap<(ObjectIdentifier, i32), u32>,
}

impl Structure {
    /// Reads the structure; empty where the document has none.
    pub(super) fn read(pdf: &Pdf) -> Self {
        let root: Option<Dict<'_>> = pdf.xref().get(pdf.xref().root_id());
        let Some(tree) = root.and_then(|root| root.get::<Dict<'_>>(b"StructTreeRoot".as_slice()))
        else {
            return Self::default();
        };
        let names = tree.get::<Dict<'_>>(b"RoleMap".as_slice());
        let mut reader = TagReader {
            pdf,
            names,
            found: Self::default(),
            visited: HashSet::new(),
            seen: 0,
            tables: Vec::new(),
        };
        reader.kids(&tree, &TagContext::default(), 0);
        reader.found
    }

    /// The leaf block that a marked content of a page belongs to; a greater number is read later.
    pub(super) fn element(&self, page: ObjectIdentifier, mark: i32) -> Option<u32> {
        self.places.get(&(page, mark)).copied()
    }

    pub(super) fn role(&self, element: u32) -> Role {
        self.roles.get(element as usize).copied().unwrap_or(Role::Text)
    }

    /// True where the author's program told headings from text.
    pub(super) fn has_headings(&self) -> bool {
        self.roles.iter().any(|role| matches!(role, Role::Heading(_)))
    }
}

/// Where in the structure a walk stands.
#[derive(Debug, Clone, Default)]
struct TagContext {
    page: Option<ObjectIdentifier>,
    /// The leaf block that contents here belong to.
    element: Option<u32>,
    lists: u8,
    table: u32,
}

/// How far a table is filled.
#[derive(Debug, Default)]
struct TableProgress {
    rows: u32,
    column: u32,
    /// For each column how many more rows a cell from above takes.
    busy: Vec<u32>,
}

struct TagReader<'a> {
    pdf: &'a Pdf,
    /// What the document's own names of elements stand for.
    names: Option<Dict<'a>>,
    found: Structure,
    visited: HashSet<ObjectIdentifier>,
    seen: usize,
    /// The tables met, by their number.
    tables: Vec<TableProgress>,
}

impl<'a> TagReader<'a> {
    fn kids(&mut self, element: &Dict<'a>, place: &TagContext, depth: usize) {
        // Contents that stand in a container directly, without a block of their own, make one
        // together.
        let mut loose: Option<u32> = None;
        let kids: Vec<MaybeRef<Object<'a>>> = match element.get::<Array<'a>>(b"K".as_slice()) {
            Some(kids) => kids.raw_iter().collect(),
            None => element.get_raw::<Object<'a>>(b"K".as_slice()).into_iter().collect(),
        };
        for kid in kids {
            self.seen += 1;
            if depth > MAX_DEPTH || self.seen > MAX_ELEMENTS {
                return;
            }
            let kid = match kid {
                MaybeRef::NotRef(kid) => Some(kid),
                // A structure that contains itself would never end.
                MaybeRef::Ref(id) if self.visited.insert(id.into()) => {
                    self.pdf.xref().get::<Dict<'a>>(id.into()).map(Object::Dict)
                }
                MaybeRef::Ref(_) => None,
            };
            match kid {
                Some(Object::Number(mark)) => self.content(place, mark.as_i64(), &mut loose),
                Some(Object::Dict(kid)) => self.element(&kid, place, depth, &mut loose),
                _ => {}
            }
        }
    }

    fn element(
        &mut self,
        element: &Dict<'a>,
        place: &TagContext,
        depth: usize,
        loose: &mut Option<u32>,
    ) {
        let mut place = place.clone();
        if let Some(page) = element.get_ref(b"Pg".as_slice()) {
            place.page = Some(page.into());
        }
        if let Some(mark) = element.get::<i32>(b"MCID".as_slice()) {
            self.content(&place, i64::from(mark), loose);
        } else if let Some(name) = element.get::<Name<'a>>(b"S".as_slice()) {
            let known = self.names.as_ref().and_then(|names| names.get::<Name<'a>>(name.as_str()));
            let name = known.as_ref().map_or(name.as_str(), |known| known.as_str()).to_owned();
            if name == "Span" || name == "Link" {
                place.element = place.element.or(*loose);
            }
            self.enter(&name, element, &mut place);
            self.kids(element, &place, depth + 1);
        }
    }

    fn content(&mut self, place: &TagContext, mark: i64, loose: &mut Option<u32>) {
        let (Some(page), Ok(mark)) = (place.page, i32::try_from(mark)) else { return };
        let last =
            u32::try_from(self.found.roles.len()).ok().and_then(|count| count.checked_sub(1));
        let element = match (place.element, *loose) {
            (Some(element), _) => element,
            (None, Some(element)) if Some(element) == last => element,
            _ => *loose.insert(self.add(Role::Text)),
        };
        self.found.places.insert((page, mark), element);
    }

    fn add(&mut self, role: Role) -> u32 {
        self.found.roles.push(role);
        u32::try_from(self.found.roles.len() - 1).unwrap_or(u32::MAX)
    }

    /// Places the next cell of a table's row.
    fn cell(&mut self, element: &Dict<'a>, table: u32, header: bool) -> Role {
        let span = |key: &'static [u8]| {
            attribute(element, key).unwrap_or(1).clamp(1, limits::MAX_COLUMNS as u32)
        };
        let (columns, rows) = (span(b"ColSpan"), span(b"RowSpan"));
        let Some(filled) = self.tables.get_mut(table as usize) else { return Role::Text };
        while filled.busy.get(filled.column as usize).is_some_and(|rows| *rows > 0) {
            if let Some(rows) = filled.busy.get_mut(filled.column as usize) {
                *rows -= 1;
            }
            filled.column += 1;
        }
        let column = filled.column;
        let end = (column as usize + columns as usize).min(limits::MAX_COLUMNS);
        if filled.busy.len() < end {
            filled.busy.resize(end, 0);
        }
        for busy in filled.busy.iter_mut().take(end).skip(column as usize) {
            *busy = rows - 1;
        }
        filled.column = column.saturating_add(columns);
        Role::Cell(Cell { table, row: filled.rows.saturating_sub(1), column, rows, header })
    }

    fn row(&mut self, table: u32) {
        let Some(filled) = self.tables.get_mut(table as usize) else { return };
        // Cells from above that the last row ended before.
        for rows in filled.busy.iter_mut().skip(filled.column as usize) {
            *rows = rows.saturating_sub(1);
        }
        filled.rows += 1;
        filled.column = 0;
    }

    fn enter(&mut self, name: &str, element: &Dict<'a>, place: &mut TagContext) {
        let inside = place.element.map(|element| self.found.role(element));
        let in_block = matches!(inside, Some(Role::Item(_) | Role::Cell(_)));
        let role = match name {
            "L" => {
                place.lists = place.lists.saturating_add(1);
                return;
            }
            "Table" => {
                place.table = u32::try_from(self.tables.len()).unwrap_or(u32::MAX);
                self.tables.push(TableProgress::default());
                return;
            }
            "TR" => {
                self.row(place.table);
                return;
            }
            "LI" => Role::Item(place.lists.saturating_sub(1)),
            "TD" | "TH" => self.cell(element, place.table, name == "TH"),
            "Title" => Role::Heading(1),
            "H" => Role::Heading(2),
            "H1" | "H2" | "H3" | "H4" | "H5" | "H6" if !in_block => {
                Role::Heading(name.bytes().last().map_or(1, |digit| digit.saturating_sub(b'0')))
            }
            "P" | "Caption" | "BlockQuote" | "Note" | "FENote" | "TOCI" | "Code" if !in_block => {
                Role::Text
            }
            // Containers begin no block, and what is inside a line stays in its block.
            _ => return,
        };
        place.element = Some(self.add(role));
    }
}

/// A number among the attributes of an element, which are one dictionary or several.
fn attribute(element: &Dict<'_>, key: &[u8]) -> Option<u32> {
    match element.get::<Object<'_>>(b"A".as_slice())? {
        Object::Dict(attributes) => attributes.get::<u32>(key),
        Object::Array(several) => several
            .iter::<Object<'_>>()
            .take(32)
            .find_map(|entry| entry.into_dict()?.get::<u32>(key)),
        _ => None,
    }
}
