//! Reads the operators of content streams that set, place and mark text, and hands each letter to
//! the collector.

use std::rc::Rc;

use hayro_font::kurbo::{Affine, Point};
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction as Op;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream, dict_or_stream};
use hayro_syntax::page::Resources;

use super::fonts::{Fonts, Typeface};
use super::glyphs::{Collector, PlacedGlyph};
use super::layers::Layers;

/// Forms inside forms; a form that draws itself would never end.
const MAX_DEPTH: usize = 24;

/// States that `q` may keep.
const MAX_STATES: usize = 4096;

/// What the operators change and `q` keeps.
#[derive(Clone)]
struct State<'a> {
    ctm: Affine,
    char_space: f64,
    word_space: f64,
    /// Horizontal scaling; 1 is the font's own width.
    scaling: f64,
    leading: f64,
    rise: f64,
    size: f64,
    font: Option<Rc<Typeface<'a>>>,
    text: Affine,
    line: Affine,
}

impl State<'_> {
    fn new(ctm: Affine) -> Self {
        Self {
            ctm,
            char_space: 0.0,
            word_space: 0.0,
            scaling: 1.0,
            leading: 0.0,
            rise: 0.0,
            size: 1.0,
            font: None,
            text: Affine::IDENTITY,
            line: Affine::IDENTITY,
        }
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line *= Affine::translate((x, y));
        self.text = self.line;
    }

    fn set_line(&mut self, matrix: Affine) {
        self.line = matrix;
        self.text = matrix;
    }

    /// Moves the pen along the line by a distance of unscaled text space.
    fn advance(&mut self, distance: f64, horizontal: bool) {
        let step = if horizontal { (distance * self.scaling, 0.0) } else { (0.0, distance) };
        self.text *= Affine::translate(step);
    }
}

/// Interprets the content of one page.
pub(super) struct Interpreter<'a, 'd> {
    fonts: &'d Fonts<'a>,
    layers: &'d Layers,
    out: &'d mut Collector,
    state: State<'a>,
    states: Vec<State<'a>>,
    /// Whether the open marked contents are shown, each with those around it.
    visible: Vec<bool>,
    depth: usize,
    /// Operators that may still be read on this page: forms that draw forms multiply.
    steps: u64,
    /// Counts the operators that show text.
    shows: u32,
}

impl<'a, 'd> Interpreter<'a, 'd> {
    pub(super) fn new(
        to_page: Affine,
        fonts: &'d Fonts<'a>,
        layers: &'d Layers,
        out: &'d mut Collector,
        steps: u64,
    ) -> Self {
        let state = State::new(to_page);
        Self {
            fonts,
            layers,
            out,
            state,
            states: Vec::new(),
            visible: Vec::new(),
            depth: 0,
            steps,
            shows: 0,
        }
    }

    /// Operators that are left; 0 if the page was not read to its end.
    pub(super) fn steps_left(&self) -> u64 {
        self.steps
    }

    fn is_visible(&self) -> bool {
        self.visible.last().copied().unwrap_or(true)
    }

    /// Reads operators until they end or the page's work is used up.
    pub(super) fn run(&mut self, mut operators: TypedIter<'_>, resources: &Resources<'a>) {
        let (states, marks) = (self.states.len(), self.visible.len());
        self.states.push(self.state.clone());
        while let Some(operator) = operators.next() {
            self.steps = self.steps.saturating_sub(1);
            if self.steps == 0 {
                break;
            }
            self.operator(&operator, resources, states + 1);
        }
        while self.visible.len() > marks {
            self.end_mark();
        }
        self.states.truncate(states + 1);
        if let Some(state) = self.states.pop() {
            self.state = state;
        }
    }

    fn operator(&mut self, operator: &Op<'_, '_>, resources: &Resources<'a>, floor: usize) {
        match operator {
            Op::SaveState(_) if self.states.len() < MAX_STATES => {
                self.states.push(self.state.clone())
            }
            Op::RestoreState(_) if self.states.len() > floor => {
                if let Some(state) = self.states.pop() {
                    self.state = state;
                }
            }
            Op::Transform(m) => self.state.ctm *= matrix([m.0, m.1, m.2, m.3, m.4, m.5]),
            Op::SetGraphicsState(name) => self.graphics_state(name.0, resources),
            Op::XObject(name) => self.x_object(name.0, resources),
            Op::InlineImage(_) | Op::Shading(_) => {
                self.out.draws(self.visible.last().copied().unwrap_or(true))
            }
            Op::BeginMarkedContentWithProperties(mark) => {
                self.begin_mark(mark.0, Some(mark.1), resources)
            }
            Op::BeginMarkedContent(mark) => self.begin_mark(mark.0, None, resources),
            Op::EndMarkedContent(_) => self.end_mark(),
            _ => self.text(operator, resources),
        }
    }

    fn text(&mut self, operator: &Op<'_, '_>, resources: &Resources<'a>) {
        let state = &mut self.state;
        match operator {
            Op::BeginText(_) => state.set_line(Affine::IDENTITY),
            Op::SetTextMatrix(m) => state.set_line(matrix([m.0, m.1, m.2, m.3, m.4, m.5])),
            Op::CharacterSpacing(space) => state.char_space = space.0.as_f64(),
            Op::WordSpacing(space) => state.word_space = space.0.as_f64(),
            Op::HorizontalScaling(scaling) => state.scaling = scaling.0.as_f64() / 100.0,
            Op::TextLeading(leading) => state.leading = leading.0.as_f64(),
            Op::TextRise(rise) => state.rise = rise.0.as_f64(),
            Op::NextLine(to) => state.next_line(to.0.as_f64(), to.1.as_f64()),
            Op::NextLineAndSetLeading(to) => {
                state.leading = -to.1.as_f64();
                state.next_line(to.0.as_f64(), to.1.as_f64());
            }
            Op::NextLineUsingLeading(_) => state.next_line(0.0, -state.leading),
            Op::TextFont(font) => {
                state.size = font.1.as_f64();
                let dict: Option<Dict<'a>> = resources.get_font(font.0);
                state.font =
                    dict.map_or_else(|| self.fonts.standard(), |dict| self.fonts.get(&dict));
            }
            Op::ShowText(text) => self.show([TextOperand::Text(text.0)].into_iter()),
            Op::NextLineAndShowText(text) => {
                state.next_line(0.0, -state.leading);
                self.show([TextOperand::Text(text.0)].into_iter());
            }
            Op::ShowTextWithParameters(text) => {
                state.word_space = text.0.as_f64();
                state.char_space = text.1.as_f64();
                state.next_line(0.0, -state.leading);
                self.show([TextOperand::Text(text.2)].into_iter());
            }
            Op::ShowTexts(texts) => {
                self.show(texts.0.iter::<Object<'_>>().filter_map(|object| match object {
                    Object::String(text) => Some(TextOperand::Owned(text.as_bytes().to_vec())),
                    Object::Number(number) => Some(TextOperand::Move(number.as_f64())),
                    _ => None,
                }))
            }
            _ => {}
        }
    }

    fn show<'t>(&mut self, pieces: impl Iterator<Item = TextOperand<'t>>) {
        if self.state.font.is_none() {
            self.state.font = self.fonts.standard();
        }
        let Some(font) = self.state.font.clone() else { return };
        self.shows = self.shows.wrapping_add(1);
        for piece in pieces {
            match piece {
                TextOperand::Text(text) => self.letters(&font, text),
                TextOperand::Owned(text) => self.letters(&font, &text),
                TextOperand::Move(by) => {
                    self.state.advance(-by / 1000.0 * self.state.size, font.horizontal)
                }
            }
        }
    }

    fn letters(&mut self, font: &Rc<Typeface<'a>>, text: &[u8]) {
        let visible = self.is_visible();
        let mut at = 0;
        while at < text.len() {
            self.steps = self.steps.saturating_sub(1);
            let (code, length) = font.code(text, at);
            at += length.max(1);
            let state = &self.state;
            let advance = font.advance(code);
            if visible {
                let scale = Affine::new([
                    state.size * state.scaling,
                    0.0,
                    0.0,
                    state.size,
                    0.0,
                    state.rise,
                ]);
                let letter = state.ctm * state.text * scale;
                let origin = letter * (Point::ZERO + font.displacement(code));
                let base = letter * Point::ZERO;
                self.out.add(&PlacedGlyph {
                    font,
                    code,
                    origin,
                    along: letter * Point::new(1.0, 0.0) - base,
                    up: letter * Point::new(0.0, 1.0) - base,
                    advance,
                    char_space: if state.size == 0.0 { 0.0 } else { state.char_space / state.size },
                    show: self.shows,
                });
            } else {
                self.out.hide(font, code);
            }
            let state = &mut self.state;
            let word_space = if code == 32 && length == 1 { state.word_space } else { 0.0 };
            state.advance(advance * state.size + state.char_space + word_space, font.horizontal);
        }
    }

    fn graphics_state(&mut self, name: &Name<'_>, resources: &Resources<'a>) {
        let Some(font) = resources
            .get_ext_g_state(name)
            .and_then(|state| state.get::<Array<'a>>(b"Font".as_slice()))
        else {
            return;
        };
        let mut entries = font.iter::<Object<'a>>();
        if let (Some(Object::Dict(dict)), Some(Object::Number(size))) =
            (entries.next(), entries.next())
        {
            self.state.font = self.fonts.get(&dict);
            self.state.size = size.as_f64();
        }
    }

    fn x_object(&mut self, name: &Name<'_>, resources: &Resources<'a>) {
        let Some(stream) = resources.get_x_object(name) else { return };
        let kind = stream.dict().get::<Name<'_>>(b"Subtype".as_slice());
        match kind.as_ref().map(std::convert::AsRef::as_ref) {
            Some(b"Image") => {
                let shown = self.is_visible() && self.layers.shows(stream.dict());
                self.out.draws(shown);
            }
            Some(b"Form") => self.form(&stream, resources, Affine::IDENTITY),
            _ => {}
        }
    }

    /// Draws a form: a content stream of its own, also the appearance of an annotation.
    pub(super) fn form(&mut self, form: &Stream<'a>, resources: &Resources<'a>, placed: Affine) {
        let dict = form.dict();
        let content = if self.depth < MAX_DEPTH { form.decoded_data().ok() } else { None };
        let Some(content) = content else {
            self.out.is_cut = true;
            return;
        };
        let own = dict.get::<Dict<'a>>(b"Resources".as_slice()).map(Resources::new);
        let kept = self.state.clone();
        let matrix =
            dict.get::<[f64; 6]>(b"Matrix".as_slice()).map_or(Affine::IDENTITY, Affine::new);
        self.state.ctm = self.state.ctm * placed * matrix;
        self.depth += 1;
        self.steps = self.steps.saturating_sub(content.len() as u64 / 64);
        // A form that is not shown is read as well: its letters are counted.
        self.visible.push(self.is_visible() && self.layers.shows(dict));
        self.run(TypedIter::new(&content), own.as_ref().unwrap_or(resources));
        self.visible.pop();
        self.depth -= 1;
        self.state = kept;
    }

    fn begin_mark(
        &mut self,
        tag: &Name<'_>,
        properties: Option<&Object<'_>>,
        resources: &Resources<'a>,
    ) {
        let named = properties.and_then(|properties| match properties {
            Object::Name(name) => Some((
                resources.properties.get::<Dict<'a>>(name),
                resources.properties.get_ref(name),
            )),
            _ => None,
        });
        let mut visible = self.is_visible();
        if let Some((group, id)) = &named
            && tag.as_ref() == b"OC"
        {
            visible &= self.layers.is_on(group.as_ref(), id.map(Into::into));
        }
        self.visible.push(visible);
        let direct = properties.and_then(dict_or_stream).map(|(dict, _)| dict);
        match named.and_then(|(dict, _)| dict) {
            Some(dict) => self.out.begin_mark(tag, Some(&dict)),
            None => self.out.begin_mark(tag, direct),
        }
    }

    fn end_mark(&mut self) {
        if self.visible.pop().is_some() {
            self.out.end_mark();
        }
    }
}

enum TextOperand<'t> {
    Text(&'t [u8]),
    Owned(Vec<u8>),
    /// A move back along the line, in thousandths of the font's size.
    Move(f64),
}

fn matrix(entries: [Number; 6]) -> Affine {
    Affine::new(entries.map(|entry| entry.as_f64()))
}
