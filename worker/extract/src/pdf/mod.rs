//! PDF: letters with their places (read by hayro), laid out here to blocks in reading order.

mod blocks;
mod columns;
mod glyphs;
mod grid;
mod profile;
mod segments;
mod tags;

use std::collections::BTreeMap;

use hayro_interpret::hayro_syntax::page::Page as PdfPage;
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::kurbo::Rect;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, TransformExt, interpret_page};

use crate::document::{Block, BlockKind, Meta};
use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::table::Table;
use crate::{Format, clean, limits};

use glyphs::{Collector, Direction, Glyph};
use profile::Profile;
use segments::Line;
use tags::{Role, Structure};

pub(crate) fn read(bytes: Vec<u8>, out: &mut Output<'_>) -> Result<(), Failure> {
    let pdf = Pdf::new(bytes).map_err(|fault| refusal(&fault))?;
    let count = u32::try_from(pdf.pages().len()).unwrap_or(u32::MAX);
    if count == 0 {
        return Err(Failure::broken("The PDF has no pages that could be found."));
    }
    if count > limits::MAX_PAGES {
        let detail = format!("The PDF has {count} pages; at most {} are read.", limits::MAX_PAGES);
        return Err(Failure::new(Code::TooManyPages, detail));
    }
    let reader = Reader { pdf: &pdf, cache: InterpreterCache::new(), structure: Structure::read(&pdf) };
    let mut pages = (1_i64..).zip(pdf.pages().iter());
    let sample = pages.by_ref().take(profile::SAMPLE_PAGES);
    let sample: Vec<Laid> = sample.map(|(number, page)| reader.lay_out(page, number)).collect();
    let profile = Profile::measure(&sample);
    let first = sample.first().map(|laid| reader.blocks(laid, &profile)).unwrap_or_default();
    let heading = first.iter().find(|block| matches!(block.kind, BlockKind::Heading { level: 1 }));
    let title = title(&pdf).or_else(|| heading.and_then(|heading| clean::title(&heading.text)));
    out.meta(Meta { format: Format::Pdf, title, page_count: Some(count), paged: true });
    for laid in sample {
        out.page(reader.blocks(&laid, &profile))?;
    }
    for (number, page) in pages {
        out.page(reader.blocks(&reader.lay_out(page, number), &profile))?;
    }
    Ok(())
}

/// A page as lines.
struct Laid {
    /// Its place in the file, from 1.
    number: i64,
    runs: Vec<Run>,
    height: f32,
}

/// Lines to be read one after the other.
struct Run {
    lines: Vec<Line>,
    /// What they are, where the document says so itself.
    role: Option<Role>,
}

struct Reader<'a> {
    pdf: &'a Pdf,
    cache: InterpreterCache<'a>,
    structure: Structure,
}

impl<'a> Reader<'a> {
    fn lay_out(&self, page: &'a PdfPage<'a>, number: i64) -> Laid {
        let (width, height) = page.render_dimensions();
        let area = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let turned = page.initial_transform(true).to_kurbo();
        let settings = InterpreterSettings::default();
        let mut context = Context::new(turned, area, &self.cache, self.pdf.xref(), settings);
        let mut collector = Collector::new(width, height);
        interpret_page(page, &mut context, &mut collector);

        let glyphs = &collector.glyphs;
        let runs = self.tagged(page, glyphs).unwrap_or_else(|| {
            let directions = by_direction(glyphs).into_iter();
            let runs = directions.flat_map(|glyphs| columns::runs(segments::segments(glyphs)));
            runs.map(|run| Run { lines: segments::lines(run), role: None }).collect()
        });
        Laid { number, runs, height }
    }

    /// The page by its document's structure, where nearly all letters are part of one.
    fn tagged(&self, page: &PdfPage<'_>, glyphs: &[Glyph]) -> Option<Vec<Run>> {
        let id = page.raw().obj_id()?;
        let mut elements: BTreeMap<u32, Vec<&Glyph>> = BTreeMap::new();
        let mut outside = 0;
        for glyph in glyphs {
            match glyph.mark.and_then(|mark| self.structure.element(id, mark)) {
                Some(element) => elements.entry(element).or_default().push(glyph),
                None => outside += 1,
            }
        }
        if elements.is_empty() || outside * 50 > glyphs.len() {
            return None;
        }
        let run = |(element, glyphs): (u32, Vec<&Glyph>)| {
            let lines = by_direction(glyphs).into_iter().flat_map(|glyphs| segments::lines(segments::segments(glyphs)));
            Run { lines: lines.collect(), role: Some(self.structure.role(element)) }
        };
        Some(elements.into_iter().map(run).collect())
    }

    fn blocks(&self, laid: &Laid, profile: &Profile) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut runs = laid.runs.iter().peekable();
        let running = laid.running(profile);
        while let Some(run) = runs.next() {
            match run.role {
                None => {
                    let lines: Vec<Line> = run.lines.iter().filter(|line| !running(line)).cloned().collect();
                    self::blocks::blocks(&lines, profile, &mut blocks);
                }
                Some(Role::Cell { table, .. }) => {
                    let mut cells = vec![run];
                    while let Some(next) =
                        runs.next_if(|next| matches!(next.role, Some(Role::Cell { table: of, .. }) if of == table))
                    {
                        cells.push(next);
                    }
                    blocks.extend(Block::new(BlockKind::Table, &cell_table(&cells).text()));
                }
                Some(role) => {
                    self::blocks::tagged(&run.lines, role, self.structure.has_headings(), profile, &mut blocks);
                }
            }
        }
        let mut bytes = 0;
        blocks.retain(|block| {
            bytes += block.text.len();
            bytes <= limits::MAX_PAGE_BYTES
        });
        blocks
    }
}

impl Laid {
    /// Tells which lines are running heads: only the two uppermost and the two lowest of a page can be.
    fn running<'l>(&'l self, profile: &'l Profile) -> impl Fn(&Line) -> bool + 'l {
        let mut heights: Vec<f32> = self.runs.iter().flat_map(|run| &run.lines).map(|line| line.y).collect();
        heights.sort_by(f32::total_cmp);
        let upper = heights.get(1).copied().unwrap_or(f32::MAX);
        let lower = heights.len().checked_sub(2).and_then(|at| heights.get(at)).copied().unwrap_or(f32::MIN);
        move |line| (line.y <= upper || line.y >= lower) && profile.is_running(line, self)
    }
}

fn cell_table(cells: &[&Run]) -> Table {
    let mut table = Table::default();
    let mut last_row = None;
    for cell in cells {
        let Some(Role::Cell { row, header, .. }) = cell.role else { continue };
        if last_row.replace(row) != Some(row) {
            table.headed = if table.rows.is_empty() { header } else { table.headed };
            table.rows.push(Vec::new());
        }
        // A first row with a cell that names no column is no header.
        table.headed &= header || table.rows.len() > 1;
        if let Some(row) = table.rows.last_mut() {
            row.push(blocks::join(&cell.lines));
        }
    }
    table
}

/// The page's letters by the way they run, most common first: a table set sideways is read after the upright text.
fn by_direction<'g>(glyphs: impl IntoIterator<Item = &'g Glyph>) -> Vec<Vec<&'g Glyph>> {
    let mut directions: BTreeMap<Direction, Vec<&Glyph>> = BTreeMap::new();
    for glyph in glyphs {
        directions.entry(glyph.heading).or_default().push(glyph);
    }
    let mut groups: Vec<_> = directions.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

fn refusal(fault: &LoadPdfError) -> Failure {
    match fault {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            Failure::new(Code::Encrypted, "The PDF is protected with a password.")
        }
        LoadPdfError::Decryption(_) => {
            Failure::new(Code::Encrypted, "The PDF is encrypted in a way that can't be read.")
        }
        LoadPdfError::Invalid => Failure::broken("The PDF is cut off or damaged: its pages can't be found."),
    }
}

/// The title in the document's properties, unless it is only the name of the program's file.
fn title(pdf: &Pdf) -> Option<String> {
    let raw = pdf.metadata().title.as_deref()?;
    let title = clean::title(&text_string(raw))?;
    let lower = title.to_ascii_lowercase();
    let is_file = [".doc", ".docx", ".indd", ".tex", ".dvi", ".qxd", ".rtf", ".odt", ".xls", ".xlsx", ".ppt", ".pptx"]
        .iter()
        .any(|ending| lower.ends_with(ending));
    let is_nothing =
        matches!(lower.as_str(), "untitled" | "(anonymous)" | "about:blank") || lower.starts_with("microsoft word - ");
    (!is_file && !is_nothing).then_some(title)
}

/// A text string of a PDF: UTF-16 or UTF-8 with a mark, else PDFDocEncoding, which for letters is Windows-1252.
fn text_string(raw: &[u8]) -> String {
    crate::charset::decode(raw, Some("windows-1252"))
}
