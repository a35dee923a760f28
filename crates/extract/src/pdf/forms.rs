//! Annotations and form fields: their appearance, or their value where they have none.

use std::cell::RefCell;
use std::collections::HashSet;

use hayro_font::kurbo::{Affine, Point, Rect as Area, Shape};
use hayro_syntax::Pdf;
use hayro_syntax::object::{
    Array, Dict, Name, Object, ObjectIdentifier, Rect, Stream, String as PdfString,
};
use hayro_syntax::page::Page as PdfPage;

use super::content::Interpreter;
use super::fonts::Fonts;
use super::glyphs::Collector;
use super::layers::Layers;

/// Annotations of one page that are read; the others are counted.
const MAX_ANNOTATIONS: usize = 20_000;

/// Lines of a value, and chosen entries of a list, that are read.
const MAX_LINES: usize = 1000;

/// Fields above a field that lend it their value.
const MAX_PARENTS: usize = 16;

/// Annotations that are seen only as icons or in a pane; their text is a comment.
const COMMENTS: &[&[u8]] = &[
    b"Text",
    b"Highlight",
    b"Underline",
    b"Squiggly",
    b"StrikeOut",
    b"Caret",
    b"Ink",
    b"Square",
    b"Circle",
    b"Line",
];

/// Annotations that hold a file, a sound or a film.
const FILES: &[&[u8]] = &[b"FileAttachment", b"Sound", b"Movie", b"Screen", b"RichMedia", b"3D"];

/// What the annotations of a page hold that is not read.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Unread {
    /// Fields whose value is drawn nowhere and is no text, such as signatures, or is too long.
    pub(super) fields: u64,
    pub(super) comments: u64,
    pub(super) files: u64,
}

/// What is known about a document's form.
#[derive(Debug, Default)]
pub(super) struct Forms {
    /// The values were changed by a program that did not draw them.
    needs_appearances: bool,
    /// Fields whose value was added, since one field can have several places.
    added: RefCell<HashSet<ObjectIdentifier>>,
}

impl Forms {
    pub(super) fn read(pdf: &Pdf) -> Self {
        let root: Option<Dict<'_>> = pdf.xref().get(pdf.xref().root_id());
        let form = root.and_then(|root| root.get::<Dict<'_>>(b"AcroForm".as_slice()));
        let needs = form.and_then(|form| form.get::<bool>(b"NeedAppearances".as_slice()));
        Self { needs_appearances: needs.unwrap_or(false), ..Self::default() }
    }

    /// Draws the annotations of a page; gives back the work that is left, and what was not read.
    pub(super) fn draw<'a>(
        &self,
        page: &PdfPage<'a>,
        to_page: Affine,
        (fonts, layers): (&Fonts<'a>, &Layers),
        out: &mut Collector,
        mut steps: u64,
    ) -> (u64, Unread) {
        const HIDDEN: u32 = 1 << 1;
        const NO_VIEW: u32 = 1 << 5;
        let mut unread = Unread::default();
        let Some(annotations) = page.raw().get::<Array<'a>>(b"Annots".as_slice()) else {
            return (steps, unread);
        };
        let all = annotations.raw_iter().count();
        unread.fields += all.saturating_sub(MAX_ANNOTATIONS) as u64;
        for annotation in annotations.iter::<Dict<'a>>().take(MAX_ANNOTATIONS) {
            let flags = annotation.get::<u32>(b"F".as_slice()).unwrap_or(0);
            if flags & (HIDDEN | NO_VIEW) != 0
                || !layers.shows(&annotation)
                || kind(&annotation) == b"Popup"
            {
                continue;
            }
            let before = out.glyphs.len();
            if let Some((form, place)) = appearance(&annotation) {
                let mut interpreter = Interpreter::new(to_page, fonts, layers, out, steps);
                interpreter.form(&form, page.resources(), place);
                steps = interpreter.steps_left();
            }
            let drew = out.glyphs.len() > before;
            self.value(&annotation, drew, to_page, out, &mut unread);
            if steps == 0 {
                break;
            }
        }
        (steps, unread)
    }

    /// Adds the value of a field, or the text of a note on the page, that nothing drew.
    fn value(
        &self,
        annotation: &Dict<'_>,
        drew: bool,
        to_page: Affine,
        out: &mut Collector,
        unread: &mut Unread,
    ) {
        let kind = kind(annotation);
        if COMMENTS.contains(&kind.as_slice()) {
            let said = text(annotation, b"Contents").is_some_and(|text| !text.trim().is_empty());
            unread.comments += u64::from(said);
            return;
        }
        unread.files += u64::from(FILES.contains(&kind.as_slice()));
        let stale = self.needs_appearances && kind == b"Widget";
        if drew && !stale {
            return;
        }
        let value = match kind.as_slice() {
            b"FreeText" => text(annotation, b"Contents").map(Value::from),
            b"Widget" => self.field(annotation, drew, unread),
            _ => None,
        };
        let Some(value) = value.filter(|value| !value.text.trim().is_empty()) else { return };
        let Some(rect) = annotation.get::<Rect>(b"Rect".as_slice()) else {
            unread.fields += 1;
            return;
        };
        let area = to_page.transform_rect_bbox(Area::new(rect.x0, rect.y0, rect.x1, rect.y1));
        let size = (0.7 * area.height()).clamp(6.0, 11.0) as f32;
        let one_line = area.height() < 2.5 * f64::from(size);
        let first = if one_line {
            area.center().y as f32 + 0.35 * size
        } else {
            area.y0 as f32 + 1.2 * size
        };
        let mut lines = value.text.lines();
        let mut is_whole = value.is_whole;
        for (at, line) in lines.by_ref().take(MAX_LINES).enumerate() {
            let y = first + 1.2 * size * at as f32;
            is_whole &= out.add_text(line, area.x0 as f32 + 2.0, y, size);
        }
        unread.fields += u64::from(!is_whole || lines.next().is_some());
    }

    fn field(&self, widget: &Dict<'_>, drew: bool, unread: &mut Unread) -> Option<Value> {
        let kind = inherited(widget, b"FT")?.into_name()?;
        let value = inherited(widget, b"V");
        let id = widget.get_ref(b"Parent".as_slice()).map(ObjectIdentifier::from);
        match (kind.as_ref(), value) {
            // A list shows all its entries, also where none is chosen.
            (b"Ch", value)
                if !drew
                    && value.as_ref().is_none_or(|value| strings(value).text.trim().is_empty()) =>
            {
                const COMBO: i32 = 1 << 17;
                let flags = inherited(widget, b"Ff").and_then(Object::into_i32).unwrap_or(0);
                inherited(widget, b"Opt")
                    .filter(|_| flags & COMBO == 0)
                    .map(|entries| options(&entries))
            }
            (b"Tx" | b"Ch", Some(value)) => {
                // A password is no text of the document.
                let flags = inherited(widget, b"Ff").and_then(Object::into_i32).unwrap_or(0);
                if kind.as_ref() == b"Tx" && flags & (1 << 13) != 0 {
                    return None;
                }
                // What was drawn stands; only a value that was not drawn at all is added.
                if drew && !self.needs_appearances {
                    return None;
                }
                let first = id.is_none_or(|id| self.added.borrow_mut().insert(id));
                (first && !drew).then(|| strings(&value))
            }
            (b"Btn", value) => {
                const RADIO: i32 = 1 << 15;
                const PUSH: i32 = 1 << 16;
                let flags = inherited(widget, b"Ff").and_then(Object::into_i32).unwrap_or(0);
                if flags & PUSH != 0 {
                    let looks = widget.get::<Dict<'_>>(b"MK".as_slice()).filter(|_| !drew);
                    return looks.and_then(|looks| text(&looks, b"CA")).map(Value::from);
                }
                let state = widget.get::<Name<'_>>(b"AS".as_slice());
                let on = match (&state, value) {
                    (Some(state), _) => state.as_ref() != b"Off",
                    (None, Some(Object::Name(value))) => value.as_ref() != b"Off",
                    _ => false,
                };
                (on && !drew && flags & RADIO == 0 && !widget.contains_key(b"AP".as_slice()))
                    .then(|| "☒".to_owned().into())
            }
            (b"Sig", Some(_)) if !drew => {
                unread.fields += 1;
                None
            }
            _ => None,
        }
    }
}

fn kind(annotation: &Dict<'_>) -> Vec<u8> {
    annotation
        .get::<Name<'_>>(b"Subtype".as_slice())
        .map(|kind| kind.as_ref().to_vec())
        .unwrap_or_default()
}

fn text(dict: &Dict<'_>, key: &'static [u8]) -> Option<String> {
    dict.get::<PdfString<'_>>(key).map(|text| super::text_string(text.as_bytes()))
}

/// What a field holds.
struct Value {
    text: String,
    /// Nothing of it is left out.
    is_whole: bool,
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self { text, is_whole: true }
    }
}

/// The entries of an array as texts, with something between them.
fn joined(array: &Array<'_>, between: &str, text: impl Fn(&Object<'_>) -> String) -> Value {
    let texts: Vec<String> =
        array.iter::<Object<'_>>().take(MAX_LINES).map(|entry| text(&entry)).collect();
    let is_whole = array.raw_iter().nth(MAX_LINES).is_none();
    Value { text: texts.join(between), is_whole }
}

/// A text, or the chosen entries of a list.
fn strings(value: &Object<'_>) -> Value {
    match value {
        Object::Array(several) => joined(several, ", ", string),
        text => string(text).into(),
    }
}

fn string(value: &Object<'_>) -> String {
    match value {
        Object::String(text) => super::text_string(text.as_bytes()),
        Object::Name(name) => name.as_str().to_owned(),
        Object::Stream(stream) => {
            stream.decoded_data().map(|text| super::text_string(&text)).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// The entries of a list as they are shown, one to a line.
fn options(entries: &Object<'_>) -> Value {
    let Object::Array(entries) = entries else { return String::new().into() };
    joined(entries, "\n", |entry| match entry {
        // What is sent, and what is shown.
        Object::Array(both) => {
            both.iter::<Object<'_>>().nth(1).map_or(String::new(), |shown| string(&shown))
        }
        text => string(text),
    })
}

/// An entry of a field, its own or that of a field above it.
fn inherited<'a>(field: &Dict<'a>, key: &'static [u8]) -> Option<Object<'a>> {
    let mut field = field.clone();
    for _ in 0..MAX_PARENTS {
        if let Some(value) = field.get::<Object<'a>>(key) {
            return Some(value);
        }
        field = field.get::<Dict<'a>>(b"Parent".as_slice())?;
    }
    None
}

/// The stream that an annotation is drawn with, and how it is placed (ISO 32000-1, 12.5.5).
fn appearance<'a>(annotation: &Dict<'a>) -> Option<(Stream<'a>, Affine)> {
    let form =
        match annotation.get::<Dict<'a>>(b"AP".as_slice())?.get::<Object<'a>>(b"N".as_slice())? {
            Object::Stream(form) => form,
            Object::Dict(states) => {
                let state = annotation.get::<Name<'_>>(b"AS".as_slice());
                let named = state.and_then(|state| states.get::<Stream<'a>>(state.as_ref()));
                named.or_else(|| states.get::<Stream<'a>>(b"Off".as_slice()))?
            }
            _ => return None,
        };
    let rect = annotation.get::<Rect>(b"Rect".as_slice())?;
    let area = Area::new(rect.x0, rect.y0, rect.x1, rect.y1).abs();
    let dict = form.dict();
    let matrix = dict.get::<[f64; 6]>(b"Matrix".as_slice()).map_or(Affine::IDENTITY, Affine::new);
    let [x0, y0, x1, y1] = dict.get::<[f64; 4]>(b"BBox".as_slice())?;
    let drawn = (matrix * Area::new(x0, y0, x1, y1).to_path(0.1)).bounding_box();
    let scale = |to: f64, from: f64| if from.abs() < 1e-6 { 1.0 } else { to / from };
    let (sx, sy) = (scale(area.width(), drawn.width()), scale(area.height(), drawn.height()));
    let origin = Point::new(area.x0 - sx * drawn.x0, area.y0 - sy * drawn.y0);
    Some((form, Affine::new([sx, 0.0, 0.0, sy, origin.x, origin.y])))
}
