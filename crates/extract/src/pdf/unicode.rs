//! What a letter stands for where the font's ToUnicode map and glyph names don't say.

use std::collections::HashMap;

use hayro_cmap::{BfString, CMap, CMapName, CidFamily, load_embedded};
use hayro_font::{Font, FontGlyph, GlyphId};
use hayro_syntax::object::{Dict, Name, Object, Stream, String as PdfString};
use skrifa::{FontRef, MetadataProvider};

use super::{fonts, numbered};

/// Entries of a font's own table of characters that are read.
const MAX_CHARACTERS: usize = 70_000;

/// The further ways to learn a font's characters, each empty where it does not apply.
#[derive(Default)]
pub(super) struct Fallback {
    /// The font has a ToUnicode map, or its encoding is known: names go before all else.
    trusts_names: bool,
    /// A font for signs, whose codes are no letters.
    is_pictorial: bool,
    simple: bool,
    type3: bool,
    /// The font's map is the identity: its codes are characters.
    is_identity: bool,
    /// Characters of glyphs, by the program's own table.
    glyphs: HashMap<u32, char>,
    /// From glyph names that are numbers.
    numbered: HashMap<u32, char>,
    /// Codes to character identifiers, and these to Unicode, of Chinese, Japanese and Korean fonts.
    collection: Option<(CMap, CMap)>,
}

impl Fallback {
    pub(super) fn new(dict: &Dict<'_>, font: &Font<'_>) -> Self {
        let key = |key: &'static [u8]| dict.contains_key(key);
        let kind = dict.get::<Name<'_>>(b"Subtype".as_slice());
        let kind = kind.as_ref().map_or(b"".as_slice(), |kind| kind.as_ref());
        let mapped = key(b"ToUnicode");
        let true_type =
            kind == b"TrueType" && fonts::descriptor(dict).contains_key(b"FontFile2".as_slice());
        let name = fonts::name(dict);
        let is_pictorial = ["wingdings", "webdings", "symbol", "dingbats", "zapf", "marlett"];
        let mut fallback = Self {
            trusts_names: mapped || !true_type || has_base_encoding(dict),
            is_pictorial: is_pictorial.iter().any(|word| name.contains(word)),
            simple: kind != b"Type0",
            type3: kind == b"Type3",
            is_identity: dict
                .get::<Name<'_>>(b"ToUnicode".as_slice())
                .is_some_and(|map| matches!(map.as_ref(), b"Identity-H" | b"Identity-V")),
            ..Self::default()
        };
        if kind == b"Type0" {
            fallback.collection = collection(dict);
        }
        if (kind == b"Type0" && fallback.collection.is_none()) || true_type {
            fallback.glyphs = characters_of_glyphs(font);
        }
        if (!mapped || fallback.type3) && kind != b"Type0" {
            fallback.numbered = numbered::characters(dict, fallback.type3);
        }
        fallback
    }

    /// The text of a code, whose names and maps say `named`.
    pub(super) fn text(&self, code: u32, glyph: GlyphId, named: Option<String>) -> Option<String> {
        let named = named.map(|text| self.without_private(&text)).filter(|text| is_text(text));
        // Standard names above ASCII are a guess where a TrueType font names no encoding.
        let trusted = self.trusts_names || (code < 128 && self.glyphs.is_empty());
        if let Some(named) = named.clone().filter(|_| trusted) {
            return Some(named);
        }
        if let Some(c) = char::from_u32(code).filter(|c| self.is_identity && !c.is_control()) {
            return Some(c.to_string());
        }
        if let Some(c) = self.glyphs.get(&glyph.to_u32()).filter(|_| glyph != GlyphId::NOTDEF) {
            return Some(c.to_string());
        }
        if let Some(c) = self.numbered.get(&code) {
            return Some(c.to_string());
        }
        if let Some((codes, unicode)) = &self.collection {
            let cid = (1..=4).find_map(|length| codes.lookup_cid_code(code, length))?;
            return match unicode.lookup_bf_string(cid)? {
                BfString::Char(c) => Some(c.to_string()),
                BfString::String(text) => Some(text),
            };
        }
        if self.simple && !self.trusts_names && glyph != GlyphId::NOTDEF {
            return windows_1252(code).map(String::from);
        }
        named.or_else(|| (self.simple && !self.type3 && code == 32).then(|| " ".to_owned()))
    }

    /// Symbolic fonts put their codes into the private area, from U+F000 on.
    fn without_private(&self, text: &str) -> String {
        let known = |c: char| match c {
            '\u{f0b7}' | '\u{f0a7}' | '\u{f09f}' if self.is_pictorial => Some('•'),
            '\u{f0d8}' if self.is_pictorial => Some('➢'),
            '\u{f0fc}' if self.is_pictorial => Some('✓'),
            '\u{f0b7}' => Some('•'),
            '\u{f020}'..='\u{f0ff}' if !self.is_pictorial => windows_1252(u32::from(c) - 0xf000),
            c => Some(c),
        };
        text.chars().filter_map(known).collect()
    }
}

fn is_text(text: &str) -> bool {
    !text.is_empty()
        && !text.chars().any(|c| matches!(c, '\u{fffd}' | '\0' | '\u{e000}'..='\u{f8ff}'))
}

fn has_base_encoding(dict: &Dict<'_>) -> bool {
    const ENCODING: &[u8] = b"Encoding";
    let is_known = |name: &Name<'_>| {
        matches!(
            name.as_ref(),
            b"WinAnsiEncoding" | b"MacRomanEncoding" | b"MacExpertEncoding" | b"StandardEncoding"
        )
    };
    match dict.get::<Object<'_>>(ENCODING) {
        Some(Object::Name(name)) => is_known(&name),
        Some(Object::Dict(encoding)) => {
            encoding.get::<Name<'_>>(b"BaseEncoding".as_slice()).is_some_and(|name| is_known(&name))
                || encoding.contains_key(b"Differences".as_slice())
        }
        _ => false,
    }
}

/// Windows-1252, which viewers read the codes of symbolic text fonts by.
pub(super) fn windows_1252(code: u32) -> Option<char> {
    let byte = u8::try_from(code).ok().filter(|byte| *byte >= 0x20)?;
    let bytes = [byte];
    let (text, _, _) = encoding_rs::WINDOWS_1252.decode(&bytes);
    text.chars().next().filter(|c| !c.is_control())
}

/// The program's own table of characters, read backwards.
fn characters_of_glyphs(font: &Font<'_>) -> HashMap<u32, char> {
    let FontGlyph::Outline(glyph) = font.glyph(GlyphId::NOTDEF, 0) else { return HashMap::new() };
    let Some(data) = glyph.font_data() else { return HashMap::new() };
    let Ok(program) = FontRef::from_index(data.data.as_ref().as_ref(), 0) else {
        return HashMap::new();
    };
    let mut characters = HashMap::new();
    for (code, glyph) in program.charmap().mappings().take(MAX_CHARACTERS) {
        let Some(c) = char::from_u32(code).filter(|c| !c.is_control()) else { continue };
        if matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{ad}' | '\u{a0}') {
            continue;
        }
        // Of several characters that look alike the first is the plain one.
        characters.entry(glyph.to_u32()).or_insert(c);
    }
    characters
}

/// The maps of a character collection, of which a font need not say what its characters are.
fn collection(dict: &Dict<'_>) -> Option<(CMap, CMap)> {
    let info = fonts::descendant(dict)?.get::<Dict<'_>>(b"CIDSystemInfo".as_slice());
    let text = |key: &'static [u8]| {
        let text = info.as_ref().and_then(|info| info.get::<PdfString<'_>>(key));
        text.map(|text| text.as_bytes().to_vec()).unwrap_or_default()
    };
    let codes = match dict.get::<Object<'_>>(b"Encoding".as_slice())? {
        Object::Name(name) => match name.as_ref() {
            b"Identity-H" | b"Identity-V" => CMap::identity_h(),
            name => CMap::parse(load_embedded(CMapName::from_bytes(name))?, load_embedded)?,
        },
        Object::Stream(stream) => {
            let stream: Stream<'_> = stream;
            CMap::parse(&stream.decoded_data().ok()?, load_embedded)?
        }
        _ => return None,
    };
    let declared = CidFamily::from_registry_ordering(&text(b"Registry"), &text(b"Ordering"));
    let family =
        codes.metadata().character_collection.as_ref().map(|collection| collection.family.clone());
    let family = family.filter(|family| family.ucs2_cmap().is_some()).unwrap_or(declared);
    let unicode = CMap::parse(load_embedded(family.ucs2_cmap()?)?, load_embedded)?;
    Some((codes, unicode))
}
