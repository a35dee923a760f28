//! The marks of list items in Word documents: bullets, and numbers that count on.

use std::collections::HashMap;

use crate::failure::Failure;
use crate::xml::{Event, Reader};

/// Levels a Word list has.
const LEVELS: usize = 9;

/// One level of a list's definition.
#[derive(Debug, Clone, Default)]
struct Level {
    bullet: bool,
    format: String,
    start: u64,
}

/// The lists of a document and how far each has counted.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    definitions: HashMap<String, HashMap<u8, Level>>,
    /// Which definition a list follows.
    lists: HashMap<String, String>,
    counts: HashMap<String, [u64; LEVELS]>,
}

impl Numbering {
    pub(super) fn read(content: &[u8]) -> Result<Self, Failure> {
        let mut numbering = Self::default();
        let mut reader = Reader::new(content);
        let (mut definition, mut list, mut level) = (String::new(), String::new(), 0_u8);
        while let Some(event) = reader.next()? {
            let Event::Open(element) = event else { continue };
            let value = element.attr("val");
            match element.name() {
                "abstractNum" => definition = element.attr("abstractNumId").unwrap_or_default(),
                "num" => list = element.attr("numId").unwrap_or_default(),
                "abstractNumId" => {
                    numbering.lists.insert(list.clone(), value.unwrap_or_default());
                }
                "lvl" => level = element.attr("ilvl").and_then(|level| level.parse().ok()).unwrap_or(0),
                "numFmt" => {
                    let format = value.unwrap_or_default();
                    let entry = numbering.level(&definition, level);
                    entry.bullet = matches!(format.as_str(), "bullet" | "none");
                    entry.format = format;
                }
                "start" => {
                    let start = value.and_then(|start| start.parse().ok()).unwrap_or(1);
                    numbering.level(&definition, level).start = start;
                }
                _ => {}
            }
        }
        Ok(numbering)
    }

    fn level(&mut self, definition: &str, level: u8) -> &mut Level {
        let levels = self.definitions.entry(definition.to_owned()).or_default();
        levels.entry(level).or_insert_with(|| Level { start: 1, ..Level::default() })
    }

    /// The mark of the list's next item on this level, such as `-`, `3.` or `b)`, and counts it.
    pub(super) fn mark(&mut self, list: &str, level: u8) -> String {
        let found = self.lists.get(list).and_then(|definition| self.definitions.get(definition));
        let Some(found) = found.and_then(|levels| levels.get(&level)).filter(|level| !level.bullet) else {
            return "-".to_owned();
        };
        let counts = self.counts.entry(list.to_owned()).or_default();
        let at = usize::from(level).min(LEVELS - 1);
        let mut number = found.start;
        for (depth, count) in counts.iter_mut().enumerate().skip(at) {
            if depth == at {
                number = found.start.saturating_add(*count);
                *count = count.saturating_add(1);
            } else {
                *count = 0;
            }
        }
        let letter = |first: u8| u8::try_from((number.saturating_sub(1)) % 26).map_or('a', |n| char::from(first + n));
        match found.format.as_str() {
            "lowerLetter" => format!("{})", letter(b'a')),
            "upperLetter" => format!("{})", letter(b'A')),
            _ => format!("{number}."),
        }
    }
}
