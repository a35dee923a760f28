//! Collects the letters of a page with their places; everything else that is drawn is ignored.

use std::collections::HashMap;

use hayro_interpret::font::{Glyph as FontGlyph, GlyphRun, OutlineFontData, PositionedGlyph};
use hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro_interpret::hayro_syntax::object::{Dict, String as PdfString};
use hayro_interpret::kurbo::{Affine, BezPath, Point, Vec2};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};

use crate::limits;

/// A letter on the page. Points, from the page's upper left corner; y grows downwards and is the baseline's.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    pub(super) text: GlyphText,
    pub(super) x0: f32,
    pub(super) x1: f32,
    pub(super) y: f32,
    /// Height of the font, after all scaling.
    pub(super) size: f32,
    pub(super) style: Style,
    /// The way the text runs.
    pub(super) heading: Direction,
    /// Number of the marked content it belongs to, in tagged documents.
    pub(super) mark: Option<i32>,
}

/// Nearly every glyph is one character.
#[derive(Debug, Clone)]
pub(super) enum GlyphText {
    One(char),
    Many(Box<str>),
}

/// What the font tells of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) fixed_width: bool,
}

/// To the right, up the page, to the left, down the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Direction {
    Right,
    Up,
    Left,
    Down,
}

/// Receives what a page draws.
pub(super) struct Collector {
    pub(super) glyphs: Vec<Glyph>,
    width: f32,
    height: f32,
    marks: Vec<Mark>,
    /// The fonts met, by the key of their program: some files show each word by itself.
    styles: HashMap<u128, Style>,
}

/// A marked content that is open.
struct Mark {
    /// Its number in the document's structure.
    number: Option<i32>,
    /// A running head, a page number, an ornament.
    artifact: bool,
    /// What its letters stand for, where the font's characters don't tell.
    actual_text: Option<ActualText>,
}

enum ActualText {
    Waiting(String),
    /// The first letter has it.
    Given,
}

impl Collector {
    pub(super) fn new(width: f32, height: f32) -> Self {
        Self { glyphs: Vec::new(), width, height, marks: Vec::new(), styles: HashMap::new() }
    }

    /// The style of the font that a run of glyphs is set in.
    fn style(&mut self, glyph: &PositionedGlyph<'_>) -> Style {
        let FontGlyph::Outline(outline) = &**glyph else { return Style::default() };
        let Some(font) = outline.font_data() else { return Style::default() };
        *self.styles.entry(font.cache_key).or_insert_with(|| style(font))
    }

    fn add(&mut self, glyph: &PositionedGlyph<'_>, to_page: Affine, style: Style, mode: WritingMode) {
        let transform = to_page * glyph.transform();
        let Some(mut place) = place(glyph, transform) else { return };
        if mode == WritingMode::Vertical {
            // The letters stand upright, but the line runs down the page.
            (place.direction, place.advance) = (Direction::Down, place.size);
        }
        // What lies outside the page is not seen by a reader either.
        let (x, y) = (place.origin.x as f32, place.origin.y as f32);
        if !(-1.0..=self.width + 1.0).contains(&x) || !(-1.0..=self.height + 1.0).contains(&y) {
            return;
        }
        let (x0, x1, y) = turn(place.direction, place.origin, place.advance, self.width, self.height);
        let actual_text = self.marks.iter_mut().rev().find_map(|mark| mark.actual_text.as_mut());
        let text = match (actual_text.map(|text| std::mem::replace(text, ActualText::Given)), glyph.as_unicode()) {
            (Some(ActualText::Waiting(text)), _) => GlyphText::Many(text.into_boxed_str()),
            (Some(ActualText::Given), _) => {
                if let Some(last) = self.glyphs.last_mut() {
                    last.x1 = last.x1.max(x1);
                }
                return;
            }
            (None, read) => match read {
                Some(BfString::Char('\u{fffd}' | '\0')) | None => return,
                Some(BfString::Char(c)) => GlyphText::One(c),
                Some(BfString::String(s)) => GlyphText::Many(s.into_boxed_str()),
            },
        };
        let mark = self.marks.iter().rev().find_map(|mark| mark.number);
        self.glyphs.push(Glyph { text, x0, x1, y, size: place.size, style, heading: place.direction, mark });
    }
}

struct Place {
    origin: Point,
    /// Length the glyph takes along its line.
    advance: f32,
    size: f32,
    direction: Direction,
}

fn place(glyph: &PositionedGlyph<'_>, transform: Affine) -> Option<Place> {
    let origin = transform * Point::ZERO;
    let along = transform * Point::new(1000.0, 0.0) - origin;
    let up = transform * Point::new(0.0, 1000.0) - origin;
    let size = up.hypot() as f32;
    if !origin.x.is_finite() || !origin.y.is_finite() || !(0.5..2000.0).contains(&size) {
        return None;
    }
    let advance = match &**glyph {
        FontGlyph::Outline(outline) => outline.advance_width(),
        FontGlyph::Type3(drawn) => drawn.advance_width(),
    };
    let advance = advance.filter(|width| width.is_finite()).unwrap_or(500.0) / 1000.0 * along.hypot() as f32;
    Some(Place { origin, advance, size, direction: direction(along) })
}

fn direction(along: Vec2) -> Direction {
    if along.x.abs() >= along.y.abs() {
        if along.x >= 0.0 { Direction::Right } else { Direction::Left }
    } else if along.y < 0.0 {
        Direction::Up
    } else {
        Direction::Down
    }
}

/// Turns the page so that the text runs to the right.
fn turn(direction: Direction, origin: Point, advance: f32, width: f32, height: f32) -> (f32, f32, f32) {
    let (x, y) = (origin.x as f32, origin.y as f32);
    let (x0, y) = match direction {
        Direction::Right => (x, y),
        Direction::Left => (width - x, height - y),
        Direction::Up => (height - y, x),
        Direction::Down => (y, width - x),
    };
    (x0, x0 + advance.max(0.0), y)
}

/// What a font says of itself, or what its name does.
fn style(font: OutlineFontData) -> Style {
    let name = font.postscript_name.unwrap_or_default().to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    Style {
        bold: font.weight.is_some_and(|weight| weight >= 600) || says(&["bold", "black", "heavy"]),
        fixed_width: font.is_monospace || says(&["mono", "courier", "consolas", "menlo"]),
    }
}

impl Device<'_> for Collector {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        let artifact = self.marks.iter().any(|mark| mark.artifact);
        if artifact || self.glyphs.len() >= limits::MAX_PAGE_GLYPHS {
            return;
        }
        let style = run.glyphs().first().map(|glyph| self.style(glyph)).unwrap_or_default();
        for glyph in run.glyphs() {
            self.add(glyph, props.transform, style, run.writing_mode());
        }
    }

    fn begin_marked_content(&mut self, tag: &[u8], properties: Option<&Dict<'_>>) {
        let number = properties.and_then(|properties| properties.get::<i32>(b"MCID".as_slice()));
        let actual_text = properties
            .and_then(|properties| properties.get::<PdfString<'_>>(b"ActualText".as_slice()))
            .map(|text| ActualText::Waiting(super::text_string(text.as_bytes())));
        self.marks.push(Mark { number, artifact: tag == b"Artifact", actual_text });
    }

    fn end_marked_content(&mut self) {
        self.marks.pop();
    }

    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {}
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
