//! PDF: letters with their places (read by hayro), laid out here to blocks in reading order.

mod blocks;
mod columns;
mod glyphs;
mod grid;
mod profile;
mod segments;

use std::collections::BTreeMap;

use hayro_interpret::hayro_syntax::page::Page as PdfPage;
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::kurbo::Rect;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, TransformExt, interpret_page};

use crate::document::{Block, Meta};
use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::{Format, clean, limits};

use glyphs::{Collector, Direction, Glyph};
use profile::Profile;
use segments::Line;

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
    out.meta(Meta { format: Format::Pdf, title: title(&pdf), page_count: Some(count), paged: true });

    let cache = InterpreterCache::new();
    let mut pages = pdf.pages().iter();
    let sample: Vec<Laid> =
        pages.by_ref().take(profile::SAMPLE_PAGES).map(|page| lay_out(page, &pdf, &cache)).collect();
    let profile = Profile::measure(sample.iter().flat_map(Laid::measured));
    for laid in sample {
        out.page(blocks_of(&laid, &profile))?;
    }
    for page in pages {
        out.page(blocks_of(&lay_out(page, &pdf, &cache), &profile))?;
    }
    Ok(())
}

/// A page's lines, run by run in reading order.
struct Laid {
    runs: Vec<Vec<Line>>,
    height: f32,
}

impl Laid {
    fn measured(&self) -> impl Iterator<Item = (&[Line], f32)> + Clone {
        self.runs.iter().map(|run| (run.as_slice(), self.height))
    }
}

fn lay_out<'a>(page: &'a PdfPage<'a>, pdf: &'a Pdf, cache: &InterpreterCache<'a>) -> Laid {
    let (width, height) = page.render_dimensions();
    let area = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let settings = InterpreterSettings::default();
    let mut context = Context::new(page.initial_transform(true).to_kurbo(), area, cache, pdf.xref(), settings);
    let mut collector = Collector::new(width, height);
    interpret_page(page, &mut context, &mut collector);

    let mut runs = Vec::new();
    for glyphs in by_direction(&collector.glyphs) {
        for run in columns::runs(segments::segments(glyphs)) {
            runs.push(segments::lines(run));
        }
    }
    Laid { runs, height }
}

/// The page's letters by the way they run, most common first: a table set sideways is read after the upright text.
fn by_direction(glyphs: &[Glyph]) -> Vec<Vec<&Glyph>> {
    let mut directions: BTreeMap<Direction, Vec<&Glyph>> = BTreeMap::new();
    for glyph in glyphs {
        directions.entry(glyph.heading).or_default().push(glyph);
    }
    let mut groups: Vec<_> = directions.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

fn blocks_of(laid: &Laid, profile: &Profile) -> Vec<Block> {
    let mut blocks = Vec::new();
    for run in &laid.runs {
        let lines: Vec<Line> = run.iter().filter(|line| !profile.is_running(line, laid.height)).cloned().collect();
        self::blocks::blocks(&lines, profile, &mut blocks);
    }
    let mut bytes = 0;
    blocks.retain(|block| {
        bytes += block.text.len();
        bytes <= limits::MAX_PAGE_BYTES
    });
    blocks
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
    let text = match raw {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] => crate::charset::decode(raw, None),
        raw => crate::charset::decode(raw, Some("windows-1252")),
    };
    let title = clean::title(&text)?;
    let lower = title.to_ascii_lowercase();
    let is_file = [".doc", ".docx", ".indd", ".tex", ".dvi", ".qxd", ".rtf", ".odt", ".xls", ".xlsx", ".ppt", ".pptx"]
        .iter()
        .any(|ending| lower.ends_with(ending));
    let is_nothing =
        matches!(lower.as_str(), "untitled" | "(anonymous)" | "about:blank") || lower.starts_with("microsoft word - ");
    (!is_file && !is_nothing).then_some(title)
}
