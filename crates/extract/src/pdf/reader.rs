//! Reads one page after the other, and turns its runs into blocks.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use hayro_syntax::Pdf;
use hayro_syntax::page::Page as PdfPage;

use super::blocks;
use super::content::Interpreter;
use super::fonts::Fonts;
use super::forms::Forms;
use super::glyphs::Collector;
use super::hyphens;
use super::layers::Layers;
use super::layout::{self, Laid, Run};
use super::lines::Line;
use super::profile::Profile;
use super::tags::{Cell, Role, Structure};
use crate::document::{Block, BlockKind};
use crate::limits;
use crate::table::Table;

/// Rows of a tagged table that a cell is repeated in at most.
const MAX_REPEATED: u32 = 1000;

/// The lines of a page: those of each run, and the furniture above and below them.
#[derive(Default)]
struct PageLines {
    kept: Vec<Vec<Line>>,
    above: Vec<Line>,
    below: Vec<Line>,
}

/// The blocks of a page, and what was left out of them.
#[derive(Default)]
pub(super) struct PageBlocks {
    pub(super) blocks: Vec<Block>,
    /// Columns of tables past the limit.
    pub(super) skipped_columns: u64,
    /// There was more text than a page may have.
    pub(super) is_cut: bool,
}

/// Reads the pages of one document.
pub(super) struct Reader<'a> {
    fonts: Fonts<'a>,
    layers: Layers,
    forms: Forms,
    structure: Structure,
    /// The names of the columns of tagged tables, which their later pages don't repeat.
    heads: RefCell<HashMap<u32, Vec<String>>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(pdf: &'a Pdf) -> Self {
        Self {
            fonts: Fonts::new(),
            layers: Layers::read(pdf),
            forms: Forms::read(pdf),
            structure: Structure::read(pdf),
            heads: RefCell::default(),
        }
    }

    /// Reads the letters of a page, and the values of its form fields, and puts them into order.
    pub(super) fn lay_out(&self, page: &'a PdfPage<'a>, number: i64) -> Laid {
        let (to_page, width, height) = layout::frame(page);
        let mut collector = Collector::new(width, height);
        let steps = limits::MAX_PAGE_STEPS;
        let mut interpreter =
            Interpreter::new(to_page, &self.fonts, &self.layers, &mut collector, steps);
        interpreter.run(page.typed_operations(), page.resources());
        let left = interpreter.steps_left();
        let (left, unread) =
            self.forms.draw(page, to_page, (&self.fonts, &self.layers), &mut collector, left);
        let runs = layout::runs(page, &self.structure, &collector.glyphs);
        let is_picture = collector.has_picture && runs.is_empty();
        let Collector { unmapped, hidden, is_cut, .. } = collector;
        let is_cut = is_cut || left == 0;
        Laid { number, runs, height, unmapped, hidden, unread, is_picture, is_cut }
    }

    /// The blocks of a page. Its furniture stands at the edges, apart from the text.
    pub(super) fn blocks(&self, laid: &Laid, profile: &Profile) -> PageBlocks {
        let PageLines { kept, above, below } = self.parted(laid, profile);
        // Never a heading: it would head all that follows.
        let paragraph = |line: Line| Block::new(BlockKind::Paragraph, &line.text());
        let mut out: Vec<Block> = above.into_iter().filter_map(paragraph).collect();
        let mut skipped_columns = 0;
        let mut runs = laid.runs.iter().zip(kept).peekable();
        while let Some((run, lines)) = runs.next() {
            match run.role {
                None => skipped_columns += blocks::blocks(&lines, profile, &mut out),
                Some(Role::Cell(Cell { table, .. })) => {
                    let mut cells = vec![run];
                    let same = |next: &Run| matches!(next.role, Some(Role::Cell(cell)) if cell.table == table);
                    while let Some((next, _)) = runs.next_if(|(next, _)| same(next)) {
                        cells.push(next);
                    }
                    let (table, skipped) = self.cell_table(table, &cells, profile);
                    skipped_columns += skipped;
                    out.extend(Block::new(BlockKind::Table, &table.text()));
                }
                Some(role) => {
                    let has_headings = self.structure.has_headings();
                    skipped_columns +=
                        blocks::tagged(&lines, role, has_headings, profile, &mut out);
                }
            }
        }
        out.extend(below.into_iter().filter_map(paragraph));
        let (all, mut bytes) = (out.len(), 0);
        out.retain(|block| {
            bytes += block.text.len();
            bytes <= limits::MAX_PAGE_BYTES
        });
        PageBlocks { is_cut: out.len() < all, blocks: out, skipped_columns }
    }

    /// Divides the lines of a page into its text and its furniture, of which the first of its kind
    /// counts as text.
    fn parted(&self, laid: &Laid, profile: &Profile) -> PageLines {
        let heads: Vec<*const Line> =
            laid.runs.iter().flat_map(|run| table_heads(&run.lines)).collect();
        let is_head = |line: &Line| heads.contains(&std::ptr::from_ref(line));
        let mut furniture = profile.furniture.borrow_mut();
        let repeated: Vec<*const Line> =
            furniture.repeated(laid, &is_head).into_iter().map(std::ptr::from_ref).collect();
        let mut parted = PageLines::default();
        for run in &laid.runs {
            let in_table = matches!(run.role, Some(Role::Cell(_)));
            let mut kept = Vec::with_capacity(run.lines.len());
            for line in &run.lines {
                let again = run.artifact && !furniture.is_new_artifact(line, laid.number);
                if !again && (in_table || !repeated.contains(&std::ptr::from_ref(line))) {
                    kept.push(line.clone());
                } else if run.upright && line.y < laid.height / 2.0 {
                    parted.above.push(line.clone());
                } else {
                    parted.below.push(line.clone());
                }
            }
            parted.kept.push(kept);
        }
        parted.above.sort_by(|a, b| a.y.total_cmp(&b.y));
        parted.below.sort_by(|a, b| a.y.total_cmp(&b.y));
        parted
    }

    /// The table of these cells, and how many columns past the limit are left out.
    fn cell_table(&self, number: u32, cells: &[&Run], profile: &Profile) -> (Table, u64) {
        let mut rows: BTreeMap<u32, (bool, BTreeMap<u32, String>)> = BTreeMap::new();
        let mut spans: Vec<(Cell, String)> = Vec::new();
        for run in cells {
            let Some(Role::Cell(cell)) = run.role else { continue };
            let text = hyphens::join(&run.lines, &profile.words);
            let (header, columns) = rows.entry(cell.row).or_insert((true, BTreeMap::new()));
            *header &= cell.header;
            if cell.rows > 1 {
                spans.push((cell, text.clone()));
            }
            columns.insert(cell.column, text);
        }
        // A cell that reaches over several rows is true of each.
        for (cell, text) in spans {
            let below =
                cell.row.saturating_add(1)..cell.row.saturating_add(cell.rows.min(MAX_REPEATED));
            for (_, (_, columns)) in rows.range_mut(below) {
                columns.entry(cell.column).or_insert_with(|| text.clone());
            }
        }
        let mut table = Table {
            headed: rows.values().next().is_some_and(|(header, _)| *header),
            rows: Vec::new(),
        };
        let mut skipped = 0;
        for (_, columns) in rows.into_values() {
            skipped = skipped.max(columns.range(limits::MAX_COLUMNS as u32..).count() as u64);
            let width = columns.keys().next_back().map_or(0, |last| *last as usize + 1);
            let width = width.min(limits::MAX_COLUMNS);
            let cell =
                |column: usize| u32::try_from(column).ok().and_then(|at| columns.get(&at)).cloned();
            table.rows.push((0..width).map(|column| cell(column).unwrap_or_default()).collect());
        }
        let mut heads = self.heads.borrow_mut();
        if table.headed {
            heads.extend(table.rows.first().map(|head| (number, head.clone())));
        } else if let Some(head) = heads.get(&number) {
            table.rows.insert(0, head.clone());
            table.headed = true;
        }
        (table, skipped)
    }
}

/// Lines that name the columns of the lines below them, which are no furniture though they come
/// again.
fn table_heads(lines: &[Line]) -> Vec<*const Line> {
    let fits = |line: &Line, below: &Line| {
        line.segments.len() > 1
            && below.segments.len() > 1
            && below.y - line.y < 3.0 * line.size.max(below.size)
            && line.segments.len().abs_diff(below.segments.len()) <= 1
    };
    let pairs = lines.windows(2).filter_map(|pair| match pair {
        [line, below] if fits(line, below) => Some(std::ptr::from_ref(line)),
        _ => None,
    });
    pairs.take(64).collect()
}
