//! Collects the letters of a page with their places, and counts those that no Unicode character is
//! known for.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use hayro_font::kurbo::{Point, Vec2};
use hayro_syntax::object::{Dict, Name, String as PdfString};

use super::fonts::Typeface;
use crate::limits;

/// A letter on the page. Points, from the page's upper left corner; y grows downwards and is the
/// baseline's.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    pub(super) text: GlyphText,
    pub(super) x0: f32,
    pub(super) x1: f32,
    pub(super) y: f32,
    /// Height of the font, after all scaling.
    pub(super) size: f32,
    /// What gaps are measured by: the size, less where letters are set narrow.
    pub(super) em: f32,
    /// Letter spacing after the letter, which is part of no gap; less than 0 where letters are set
    /// close.
    pub(super) spacing: f32,
    pub(super) style: Style,
    /// The way the text runs, whole degrees clockwise.
    pub(super) heading: i16,
    /// Number of the marked content it belongs to, in tagged documents.
    pub(super) mark: Option<i32>,
    /// A running head, a page number, an ornament, as the document says.
    pub(super) artifact: bool,
}

/// Nearly every glyph is one character.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum GlyphText {
    One(char),
    Many(Box<str>),
}

impl From<String> for GlyphText {
    fn from(text: String) -> Self {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Self::One(c),
            _ => Self::Many(text.into_boxed_str()),
        }
    }
}

/// What the font tells of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) fixed_width: bool,
}

/// A letter as the content stream places it.
pub(super) struct PlacedGlyph<'p, 'a> {
    pub(super) font: &'p Rc<Typeface<'a>>,
    pub(super) code: u32,
    pub(super) origin: Point,
    /// One size of the font along the line and upwards, on the page.
    pub(super) along: Vec2,
    pub(super) up: Vec2,
    /// Sizes along the line.
    pub(super) advance: f64,
    pub(super) char_space: f64,
    /// Which operator showed it.
    pub(super) show: u32,
}

/// Receives what a page draws.
pub(super) struct Collector {
    pub(super) glyphs: Vec<Glyph>,
    /// Letters that no Unicode character is known for.
    pub(super) unmapped: u64,
    /// Letters outside the page, of no size to be read, or on a layer that is switched off.
    pub(super) hidden: u64,
    /// The page holds more than is read of it: letters, or forms inside forms.
    pub(super) is_cut: bool,
    /// A picture was drawn.
    pub(super) has_picture: bool,
    width: f32,
    height: f32,
    marks: Vec<Mark>,
    /// The exact angle of each heading, by the first letter that runs that way.
    angles: BTreeMap<i16, f64>,
    /// Where each character was drawn, to find letters that are drawn twice.
    drawn: HashMap<(GlyphText, i32, i32, i32), (usize, u32)>,
}

/// A marked content that is open.
struct Mark {
    /// Its number in the document's structure.
    number: Option<i32>,
    artifact: bool,
    /// What its letters stand for, where the font's characters don't tell.
    actual_text: Option<ActualText>,
}

enum ActualText {
    Waiting(String),
    /// The first letter has it; the baseline is kept.
    Given(f32),
}

impl Collector {
    pub(super) fn new(width: f32, height: f32) -> Self {
        Self {
            glyphs: Vec::new(),
            unmapped: 0,
            hidden: 0,
            is_cut: false,
            has_picture: false,
            width,
            height,
            marks: Vec::new(),
            angles: BTreeMap::new(),
            drawn: HashMap::new(),
        }
    }

    /// Notes that a picture is drawn.
    pub(super) fn draws(&mut self, visible: bool) {
        self.has_picture |= visible;
    }

    pub(super) fn begin_mark(&mut self, tag: &Name<'_>, properties: Option<&Dict<'_>>) {
        let number = properties.and_then(|properties| properties.get::<i32>(b"MCID".as_slice()));
        let actual_text = properties
            .and_then(|properties| properties.get::<PdfString<'_>>(b"ActualText".as_slice()))
            .map(|text| ActualText::Waiting(super::text_string(text.as_bytes())));
        self.marks.push(Mark { number, artifact: tag.as_ref() == b"Artifact", actual_text });
    }

    pub(super) fn end_mark(&mut self) {
        self.marks.pop();
    }

    /// Adds a letter, unless it is outside the page, unknown or drawn once more.
    pub(super) fn add(&mut self, placed: &PlacedGlyph<'_, '_>) {
        if self.glyphs.len() >= limits::MAX_PAGE_GLYPHS {
            self.is_cut = true;
            return;
        }
        let size = placed.up.hypot() as f32 * placed.font.em;
        let origin = placed.origin;
        // What is too small or too large to be a letter, or lies outside the page, no reader sees;
        // it is counted.
        if !origin.x.is_finite() || !origin.y.is_finite() || !(0.3..4000.0).contains(&size) {
            self.hide(placed.font, placed.code);
            return;
        }
        let (x, y) = (origin.x as f32, origin.y as f32);
        if !(-1.0..=self.width + 1.0).contains(&x) || !(-1.0..=self.height + 1.0).contains(&y) {
            self.hide(placed.font, placed.code);
            return;
        }
        let along = placed.along.hypot();
        let (along_line, advance) = if placed.font.horizontal {
            (placed.along, (placed.advance * along) as f32)
        } else {
            // The letters stand upright, but the line runs down the page.
            (-placed.up, size)
        };
        let heading = self.heading(along_line);
        let (x0, y) = self.turn(heading, origin);
        let x1 = x0 + advance.max(0.0);
        let spacing = ((placed.char_space * along) as f32).clamp(-0.1 * size, 1.2 * size);
        let Some(text) = self.text(placed, x1, y) else { return };
        let narrow = (along as f32 * placed.font.em / size).clamp(0.3, 1.0);
        let em = if placed.font.horizontal { size * narrow } else { size };
        let mark = self.marks.iter().rev().find_map(|mark| mark.number);
        let artifact = self.marks.iter().any(|mark| mark.artifact);
        let style = placed.font.style;
        let glyph = Glyph { text, x0, x1, y, size, em, spacing, style, heading, mark, artifact };
        if !self.is_drawn_again(&glyph, placed.show) {
            self.glyphs.push(glyph);
        }
    }

    /// Counts a letter that no reader of the page sees.
    pub(super) fn hide(&mut self, font: &Rc<Typeface<'_>>, code: u32) {
        self.hidden += u64::from(font.text(code).is_some_and(|text| !is_blank(&text)));
    }

    /// Adds a line of text that the document holds but draws nowhere, such as the value of a form
    /// field; false if some of it was left out.
    #[must_use]
    pub(super) fn add_text(&mut self, text: &str, x: f32, y: f32, size: f32) -> bool {
        let mut x = x;
        let mut letters = text.chars();
        for c in letters.by_ref().take(limits::MAX_BLOCK_BYTES) {
            if self.glyphs.len() >= limits::MAX_PAGE_GLYPHS {
                self.is_cut = true;
                return false;
            }
            let (x0, x1) = (x, x + 0.5 * size);
            self.glyphs.push(Glyph {
                text: GlyphText::One(c),
                x0,
                x1,
                y,
                size,
                em: size,
                spacing: 0.0,
                style: Style::default(),
                heading: 0,
                mark: None,
                artifact: false,
            });
            x = x1;
        }
        letters.next().is_none()
    }

    fn text(&mut self, placed: &PlacedGlyph<'_, '_>, x1: f32, y: f32) -> Option<GlyphText> {
        match self.marks.iter_mut().rev().find_map(|mark| mark.actual_text.as_mut()) {
            Some(given @ ActualText::Waiting(_)) => {
                let ActualText::Waiting(text) = std::mem::replace(given, ActualText::Given(y))
                else {
                    return None;
                };
                (!text.is_empty()).then(|| text.into())
            }
            Some(ActualText::Given(first)) => {
                let same_line = (*first - y).abs() < 1.0;
                if let Some(last) = self.glyphs.last_mut().filter(|_| same_line) {
                    last.x1 = last.x1.max(x1);
                }
                None
            }
            None => {
                let text = placed.font.text(placed.code);
                if text.is_none() && placed.font.shows_something(placed.code) {
                    self.unmapped += 1;
                }
                text
            }
        }
    }

    /// Some programs make bold letters by drawing them twice, a hair apart, shadows by drawing them
    /// beside.
    fn is_drawn_again(&mut self, glyph: &Glyph, show: u32) -> bool {
        if is_blank(&glyph.text) {
            return false;
        }
        // Letters of about one size share a grid, the finer the smaller they are.
        let level = glyph.size.max(1.0).log2().floor() as i32;
        let step = 0.25 * (level as f32).exp2();
        let cell = |value: f32| (value / step).floor() as i32;
        let (column, row) = (cell(glyph.x0), cell(glyph.y));
        let near = (0.2 * glyph.size).min(0.7 * (glyph.x1 - glyph.x0).max(0.1 * glyph.size));
        for (dx, dy) in NEIGHBOURS {
            let key =
                (glyph.text.clone(), level, column.saturating_add(dx), row.saturating_add(dy));
            let Some((index, by)) = self.drawn.get(&key).copied() else { continue };
            let Some(before) = self
                .glyphs
                .get_mut(index)
                .filter(|before| by != show && before.heading == glyph.heading)
            else {
                continue;
            };
            let again = (before.x0 - glyph.x0).abs() < near
                && (before.y - glyph.y).abs() < 0.2 * glyph.size;
            if again && (before.size - glyph.size).abs() < 0.2 * glyph.size {
                // The one that the structure names is the text, the other its shadow.
                before.mark = before.mark.or(glyph.mark);
                before.artifact &= glyph.artifact;
                before.style.bold = true;
                return true;
            }
        }
        self.drawn.insert((glyph.text.clone(), level, column, row), (self.glyphs.len(), show));
        false
    }

    /// Whole degrees, those of a scan's tilt made even with the page, and those of one line with
    /// each other.
    fn heading(&mut self, along: Vec2) -> i16 {
        let degrees = along.y.atan2(along.x).to_degrees();
        let near = |angle: f64| {
            ((degrees - angle.to_degrees() + 180.0).rem_euclid(360.0) - 180.0).abs() < 1.0
        };
        if let Some((heading, _)) = self.angles.iter().find(|(_, angle)| near(**angle)) {
            return *heading;
        }
        let quarter = (degrees / 90.0).round() * 90.0;
        let rounded =
            if (degrees - quarter).abs() < 1.5 { quarter } else { (degrees / 2.0).round() * 2.0 };
        let heading = (rounded as i16).rem_euclid(360);
        let exact = if rounded == quarter { rounded } else { degrees };
        self.angles.entry(heading).or_insert(exact.to_radians());
        heading
    }

    /// Turns the page so that the text runs to the right.
    fn turn(&self, heading: i16, origin: Point) -> (f32, f32) {
        let (x, y) = (origin.x as f32, origin.y as f32);
        match heading {
            0 => (x, y),
            180 => (self.width - x, self.height - y),
            270 => (self.height - y, x),
            90 => (y, self.width - x),
            _ => {
                let (sin, cos) = self.angles.get(&heading).copied().unwrap_or_default().sin_cos();
                ((origin.x * cos + origin.y * sin) as f32, (origin.y * cos - origin.x * sin) as f32)
            }
        }
    }
}

const NEIGHBOURS: [(i32, i32); 9] =
    [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)];

/// True for text that shows nothing.
pub(super) fn is_blank(text: &GlyphText) -> bool {
    match text {
        GlyphText::One(c) => c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}'),
        GlyphText::Many(text) => text.trim().is_empty(),
    }
}
