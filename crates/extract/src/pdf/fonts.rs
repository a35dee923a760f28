//! The fonts of a document: how codes are read, how wide letters are, how large and how bold, and
//! what they stand for.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use hayro_cmap::{BfString, load_embedded};
use hayro_font::kurbo::Vec2;
use hayro_font::{
    CMapResolverFn, Font, FontCache, FontGlyph, FontQuery, FontResolverFn, GlyphId, StandardFont,
};
use hayro_syntax::object::{Array, Dict, Name, Rect};

use super::glyphs::{GlyphText, Style};
use super::unicode::Fallback;

/// Codes of one font whose text is kept; fonts of Chinese have tens of thousands.
const MAX_KEPT: usize = 20_000;

/// By the place of the font in the file; None if it cannot be loaded.
type Typefaces<'a> = HashMap<(usize, usize), Option<Rc<Typeface<'a>>>>;

/// Loads each font of a document once.
pub(super) struct Fonts<'a> {
    cache: FontCache<'a>,
    programs: FontResolverFn,
    cmaps: CMapResolverFn,
    loaded: RefCell<Typefaces<'a>>,
}

/// A font as the reader needs it.
pub(super) struct Typeface<'a> {
    font: Font<'a>,
    pub(super) style: Style,
    pub(super) horizontal: bool,
    /// What its letters are high, in sizes: 1, except for Type 3 fonts, which count as they like.
    pub(super) em: f32,
    fallback: Fallback,
    known: RefCell<HashMap<u32, Option<GlyphText>>>,
}

impl<'a> Fonts<'a> {
    pub(super) fn new() -> Self {
        Self {
            cache: FontCache::new(),
            programs: Arc::new(|query| match query {
                FontQuery::Standard(font) => Some(font.get_font_data()),
                FontQuery::Fallback(query) => Some(query.pick_standard_font().get_font_data()),
            }),
            cmaps: Arc::new(load_embedded),
            loaded: RefCell::default(),
        }
    }

    pub(super) fn get(&self, dict: &Dict<'a>) -> Option<Rc<Typeface<'a>>> {
        let key = (dict.data().as_ptr() as usize, dict.data().len());
        if let Some(known) = self.loaded.borrow().get(&key) {
            return known.clone();
        }
        let font = self.cache.font(dict, &self.programs, &self.cmaps);
        let font = font.map(|font| Rc::new(Typeface::new(font, dict)));
        self.loaded.borrow_mut().insert(key, font.clone());
        font
    }

    /// Helvetica, which viewers take where a font is missing.
    pub(super) fn standard(&self) -> Option<Rc<Typeface<'a>>> {
        let key = (0, 0);
        if let Some(known) = self.loaded.borrow().get(&key) {
            return known.clone();
        }
        let font = self.cache.standard_font(StandardFont::Helvetica, &self.programs);
        let font = font.map(|font| Rc::new(Typeface::new(font, &Dict::empty())));
        self.loaded.borrow_mut().insert(key, font.clone());
        font
    }
}

impl<'a> Typeface<'a> {
    fn new(font: Font<'a>, dict: &Dict<'a>) -> Self {
        let horizontal = font.is_horizontal();
        Self {
            style: style(dict),
            em: if is_type3(dict) { type3_em(dict) } else { 1.0 },
            horizontal,
            fallback: Fallback::new(dict, &font),
            font,
            known: RefCell::default(),
        }
    }

    /// The code at a place of a string, and how many bytes it takes.
    pub(super) fn code(&self, text: &[u8], at: usize) -> (u32, usize) {
        self.font.read_code(text, at)
    }

    /// How far the pen moves along the line, in sizes, without letter spacing.
    pub(super) fn advance(&self, code: u32) -> f64 {
        let advance = self.font.code_advance(code);
        let along = if self.horizontal { advance.x } else { advance.y };
        if along.is_finite() { along / 1000.0 } else { 0.0 }
    }

    pub(super) fn displacement(&self, code: u32) -> Vec2 {
        self.font.origin_displacement(code) / 1000.0
    }

    /// What a code stands for, or nothing where that is unknown.
    pub(super) fn text(&self, code: u32) -> Option<GlyphText> {
        if let Some(known) = self.known.borrow().get(&code) {
            return known.clone();
        }
        let glyph = self.font.map_code(code);
        let named = match self.font.glyph(glyph, code) {
            FontGlyph::Outline(glyph) => glyph.as_unicode(),
            FontGlyph::Type3(glyph) => glyph.as_unicode(),
        };
        let text = self.fallback.text(code, glyph, named.map(string));
        let text = text.map(|text| super::bidi::fold(&text).into());
        let mut known = self.known.borrow_mut();
        if known.len() < MAX_KEPT {
            known.insert(code, text.clone());
        }
        text
    }

    /// False for codes that draw nothing, which are no loss where no one knows what they stand for.
    pub(super) fn shows_something(&self, code: u32) -> bool {
        let glyph = self.font.map_code(code);
        match self.font.glyph(glyph, code) {
            FontGlyph::Outline(drawn) => {
                glyph != GlyphId::NOTDEF && drawn.outline().segments().next().is_some()
            }
            FontGlyph::Type3(drawn) => drawn.program().is_some(),
        }
    }
}

fn string(text: BfString) -> String {
    match text {
        BfString::Char(c) => c.to_string(),
        BfString::String(text) => text,
    }
}

pub(super) fn is_type3(dict: &Dict<'_>) -> bool {
    dict.get::<Name<'_>>(b"Subtype".as_slice()).is_some_and(|kind| kind.as_ref() == b"Type3")
}

/// The descriptor, also that of a composite font's only descendant.
pub(super) fn descriptor<'a>(dict: &Dict<'a>) -> Dict<'a> {
    let own = dict.get::<Dict<'a>>(b"FontDescriptor".as_slice());
    let descendant = || {
        descendant(dict)
            .and_then(|descendant| descendant.get::<Dict<'a>>(b"FontDescriptor".as_slice()))
    };
    own.or_else(descendant).unwrap_or_default()
}

pub(super) fn descendant<'a>(dict: &Dict<'a>) -> Option<Dict<'a>> {
    dict.get::<Array<'a>>(b"DescendantFonts".as_slice())?.iter::<Dict<'a>>().next()
}

/// The font's name in lower case, without the mark of a subset.
pub(super) fn name(dict: &Dict<'_>) -> String {
    let name = dict.get::<Name<'_>>(b"BaseFont".as_slice());
    let name = name.as_ref().map_or("", |name| name.as_str());
    name.split_once('+')
        .filter(|(mark, _)| mark.len() == 6)
        .map_or(name, |(_, name)| name)
        .to_ascii_lowercase()
}

/// What a font says of itself, or what its name does.
fn style(dict: &Dict<'_>) -> Style {
    const FIXED_PITCH: u32 = 1;
    const FORCE_BOLD: u32 = 1 << 18;
    let descriptor = descriptor(dict);
    let flags = descriptor.get::<u32>(b"Flags".as_slice()).unwrap_or_default();
    let weight = descriptor.get::<f32>(b"FontWeight".as_slice()).unwrap_or_default();
    let name = name(dict);
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let tex = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let bold = says(&["bold", "black", "heavy", "demi"]) || tex(&["cmbx", "sfbx", "cmb1", "ecbx"]);
    let fixed = says(&["mono", "courier", "consolas", "menlo", "typewriter"])
        || tex(&["cmtt", "sftt", "ectt"]);
    Style {
        bold: bold || weight >= 600.0 || flags & FORCE_BOLD != 0,
        fixed_width: fixed || flags & FIXED_PITCH != 0,
    }
}

/// The height of a Type 3 font's letters, in its size: from its box, or its widths where the box is
/// empty or absurd.
fn type3_em(dict: &Dict<'_>) -> f32 {
    let matrix = dict
        .get::<[f32; 6]>(b"FontMatrix".as_slice())
        .unwrap_or([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]);
    let [a, b, c, d, ..] = matrix;
    let (along, up) = (a.hypot(b), c.hypot(d));
    let high =
        dict.get::<Rect>(b"FontBBox".as_slice()).map_or(0.0, |area| area.height().abs() as f32)
            * up;
    let widths = dict.get::<Array<'_>>(b"Widths".as_slice());
    let widths: Vec<f32> = widths
        .into_iter()
        .flat_map(|widths| widths.iter::<f32>().take(256).collect::<Vec<_>>())
        .collect();
    let used: Vec<f32> = widths
        .into_iter()
        .map(f32::abs)
        .filter(|width| *width > 0.0 && width.is_finite())
        .collect();
    // Letters are about half as wide as their font is high.
    let wide = 2.0 * along * used.iter().sum::<f32>() / used.len().max(1) as f32;
    if (along - 0.001).abs() < 1e-6 && (0.5..1.6).contains(&wide) {
        // Counted in thousandths, as other fonts are.
        return 1.0;
    }
    let em = match (high > 0.0 && high.is_finite(), wide > 0.0 && wide.is_finite()) {
        (true, true) => (0.9 * high).clamp(0.6 * wide, 2.0 * wide),
        (true, false) => high,
        (false, true) => wide,
        (false, false) => 1.0,
    };
    if em > 0.0 && em.is_finite() { em } else { 1.0 }
}
