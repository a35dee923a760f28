//! From the letters of a page to runs of lines in reading order: by the document's tags where it
//! has them, else by place.

use std::collections::BTreeMap;

use hayro_font::kurbo::Affine;
use hayro_syntax::object::Rect;
use hayro_syntax::page::{Page as PdfPage, Rotation};

use super::columns;
use super::forms::Unread;
use super::glyphs::Glyph;
use super::lines::{Line, lines};
use super::segments::segments;
use super::tags::{Role, Structure};

/// A page as lines.
pub(super) struct Laid {
    /// Its place in the file, from 1.
    pub(super) number: i64,
    pub(super) runs: Vec<Run>,
    pub(super) height: f32,
    pub(super) unmapped: u64,
    /// Letters that no reader of the page sees.
    pub(super) hidden: u64,
    /// What its form fields and annotations hold that is not read.
    pub(super) unread: Unread,
    /// It shows something, but no letter.
    pub(super) is_picture: bool,
    /// It was not read to its end: it draws more than one page may, or a part of it is damaged.
    pub(super) is_cut: bool,
}

/// Lines to be read one after the other.
pub(super) struct Run {
    pub(super) lines: Vec<Line>,
    /// What they are, where the document says so itself.
    pub(super) role: Option<Role>,
    /// The text runs to the right, as on most pages.
    pub(super) upright: bool,
    /// The document calls it a running head or an ornament.
    pub(super) artifact: bool,
}

/// How a page's own coordinates become those of a reader, points from its upper left corner, and
/// its width and height. A box without area is no box: viewers then show the media box, or a
/// letter's page.
pub(super) fn frame(page: &PdfPage<'_>) -> (Affine, f32, f32) {
    let (media, crop) = (page.media_box(), page.intersected_crop_box());
    let letter = (0.0, 0.0, 612.0, 792.0);
    let corners = |area: Rect| (area.x0, area.y0, area.x1, area.y1);
    let has_area = |(x0, y0, x1, y1): &(f64, f64, f64, f64)| x1 - x0 >= 1.0 && y1 - y0 >= 1.0;
    let (x0, y0, x1, y1) =
        [corners(crop), corners(media)].into_iter().find(has_area).unwrap_or(letter);
    let (width, height) = (x1 - x0, y1 - y0);
    let upright = Affine::new([1.0, 0.0, 0.0, -1.0, -x0, y1]);
    let (turn, width, height) = match page.rotation() {
        Rotation::None => (Affine::IDENTITY, width, height),
        Rotation::Horizontal => (Affine::new([0.0, 1.0, -1.0, 0.0, height, 0.0]), height, width),
        Rotation::Flipped => (Affine::new([-1.0, 0.0, 0.0, -1.0, width, height]), width, height),
        Rotation::FlippedHorizontal => {
            (Affine::new([0.0, -1.0, 1.0, 0.0, 0.0, width]), height, width)
        }
    };
    (turn * upright, width as f32, height as f32)
}

/// The runs of a page in reading order.
pub(super) fn runs(page: &PdfPage<'_>, structure: &Structure, glyphs: &[Glyph]) -> Vec<Run> {
    let (artifacts, text): (Vec<&Glyph>, Vec<&Glyph>) =
        glyphs.iter().partition(|glyph| glyph.artifact);
    let mut runs = tagged(page, structure, &text).unwrap_or_else(|| by_place(&text, false));
    for run in by_place(&artifacts, true) {
        insert_by_height(&mut runs, run);
    }
    runs
}

/// The runs of letters of which only the place is known.
fn by_place(glyphs: &[&Glyph], artifact: bool) -> Vec<Run> {
    let mut runs = Vec::new();
    for (heading, glyphs) in by_heading(glyphs) {
        let upright = heading == 0;
        let found = columns::runs(segments(glyphs)).into_iter();
        runs.extend(found.map(|segments| Run {
            lines: lines(segments),
            role: None,
            upright,
            artifact,
        }));
    }
    runs
}

/// The page by its document's structure, where most letters are part of one. Letters without a tag,
/// such as stamps and filled fields, are read where they stand.
fn tagged(page: &PdfPage<'_>, structure: &Structure, glyphs: &[&Glyph]) -> Option<Vec<Run>> {
    let id = page.raw().obj_id()?;
    let mut elements: BTreeMap<u32, Vec<&Glyph>> = BTreeMap::new();
    let mut outside = Vec::new();
    for glyph in glyphs {
        match glyph.mark.and_then(|mark| structure.element(id, mark)) {
            Some(element) => elements.entry(element).or_default().push(glyph),
            None => outside.push(*glyph),
        }
    }
    if elements.is_empty() || outside.len() * 2 > glyphs.len() {
        return None;
    }
    let run = |(element, glyphs): (u32, Vec<&Glyph>)| {
        let groups = by_heading(&glyphs);
        let upright = groups.first().is_none_or(|(heading, _)| *heading == 0);
        // An element may reach over columns: a text that goes on in the next one, or a page whose
        // program knew no better.
        let lines = groups
            .into_iter()
            .flat_map(|(_, glyphs)| columns::runs(segments(glyphs)))
            .flat_map(lines)
            .collect();
        Run { lines, role: Some(structure.role(element)), upright, artifact: false }
    };
    let mut runs: Vec<Run> = elements.into_iter().map(run).collect();
    for run in by_place(&outside, false) {
        insert_by_height(&mut runs, run);
    }
    Some(runs)
}

/// Puts a run before the first that begins below it.
fn insert_by_height(runs: &mut Vec<Run>, run: Run) {
    let top = |run: &Run| run.lines.first().map_or(f32::MAX, |line| line.y);
    let height = top(&run);
    let at =
        runs.iter().position(|other| other.upright && top(other) > height).filter(|_| run.upright);
    runs.insert(at.unwrap_or(runs.len()), run);
}

/// The page's letters by the way they run, most common first: a table set sideways is read after
/// the upright text.
fn by_heading<'g>(glyphs: &[&'g Glyph]) -> Vec<(i16, Vec<&'g Glyph>)> {
    let mut headings: BTreeMap<i16, Vec<&Glyph>> = BTreeMap::new();
    for glyph in glyphs {
        headings.entry(glyph.heading).or_default().push(glyph);
    }
    let mut groups: Vec<_> = headings.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
    groups
}
