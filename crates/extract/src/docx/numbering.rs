//! The numbers of headings and list items in Word documents, as Word shows them: "2.1", "§ 3",
//! "(iv)".

use std::collections::{HashMap, HashSet};

use crate::counting::{self, PastZ, Style};
use crate::failure::Failure;
use crate::xml::{Element, Event, Reader};

/// Levels a Word list has.
const LEVELS: usize = 9;

/// Characters of a number's text, which each item repeats.
const MAX_TEXT: usize = 1_000;

/// One level of a list's definition.
#[derive(Debug, Clone)]
struct Level {
    is_bullet: bool,
    /// Written without a number of its own.
    is_none: bool,
    style: Style,
    start: i64,
    /// What is shown, `%1` standing for the number of the first level.
    text: Option<String>,
    /// Shows the numbers of all levels in digits.
    is_legal: bool,
    /// The level whose items make this one begin again; 0 where it counts on.
    restart: Option<usize>,
}

impl Default for Level {
    fn default() -> Self {
        let style = Style::Decimal;
        Self {
            is_bullet: false,
            is_none: false,
            style,
            start: 1,
            text: None,
            is_legal: false,
            restart: None,
        }
    }
}

/// The levels of a definition, or of a list where it differs from its definition.
type Levels = HashMap<usize, Level>;

/// The lists of a document and how far each has counted.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    definitions: HashMap<String, Levels>,
    /// The definition that another one points to by the name of a style.
    by_style: HashMap<String, String>,
    points_to: HashMap<String, String>,
    /// By paragraph style: the level that numbers its paragraphs.
    levels_of_styles: HashMap<(String, String), u8>,
    lists: HashMap<String, List>,
    /// By definition: the last number of each level.
    counts: HashMap<String, [Option<i64>; LEVELS]>,
    begun: HashSet<(String, usize)>,
}

#[derive(Debug, Default)]
struct List {
    definition: String,
    own: Levels,
    starts: HashMap<usize, i64>,
}

impl Numbering {
    pub(super) fn read(content: &[u8]) -> Result<Self, Failure> {
        let mut numbering = Self::default();
        let mut reader = Reader::new(content);
        let (mut definition, mut list, mut level) = (String::new(), None, 0_usize);
        while let Some(event) = reader.next()? {
            let element = match event {
                Event::Open(element) => element,
                Event::Close(name) if name == "num" => {
                    list = None;
                    continue;
                }
                _ => continue,
            };
            let value = element.attr("val");
            let at =
                |name: &str| element.attr(name).and_then(|level| level.parse().ok()).unwrap_or(0);
            match element.name() {
                "abstractNum" => definition = element.attr("abstractNumId").unwrap_or_default(),
                "styleLink" => {
                    numbering.by_style.insert(value.unwrap_or_default(), definition.clone());
                }
                "numStyleLink" => {
                    numbering.points_to.insert(definition.clone(), value.unwrap_or_default());
                }
                "num" => list = element.attr("numId"),
                "abstractNumId" => {
                    let entry =
                        numbering.lists.entry(list.clone().unwrap_or_default()).or_default();
                    entry.definition = value.unwrap_or_default();
                }
                "lvlOverride" | "lvl" => level = at("ilvl"),
                "startOverride" => {
                    let start = value.and_then(|start| start.parse().ok()).unwrap_or(1);
                    numbering
                        .lists
                        .entry(list.clone().unwrap_or_default())
                        .or_default()
                        .starts
                        .insert(level, start);
                }
                "pStyle" => {
                    let style = (definition.clone(), value.unwrap_or_default());
                    numbering.levels_of_styles.insert(style, u8::try_from(level).unwrap_or(0));
                }
                "numFmt" | "start" | "lvlText" | "isLgl" | "lvlRestart" => {
                    numbering
                        .levels(list.as_deref(), &definition)
                        .entry(level)
                        .or_default()
                        .set(&element);
                }
                _ => {}
            }
        }
        Ok(numbering)
    }

    fn levels(&mut self, list: Option<&str>, definition: &str) -> &mut Levels {
        match list {
            Some(list) => &mut self.lists.entry(list.to_owned()).or_default().own,
            None => self.definitions.entry(definition.to_owned()).or_default(),
        }
    }

    /// The level on which a list numbers the paragraphs of a style, where it names one.
    pub(super) fn level_of_style(&self, list: &str, style: &str) -> Option<u8> {
        let definition = self.definition_of(list)?;
        self.levels_of_styles.get(&(definition, style.to_owned())).copied()
    }

    fn definition_of(&self, list: &str) -> Option<String> {
        let definition = &self.lists.get(list)?.definition;
        let style = self.points_to.get(definition);
        Some(style.and_then(|style| self.by_style.get(style)).unwrap_or(definition).clone())
    }

    fn level(&self, list: &str, definition: &str, level: usize) -> Option<&Level> {
        let own = self.lists.get(list).and_then(|list| list.own.get(&level));
        own.or_else(|| self.definitions.get(definition).and_then(|levels| levels.get(&level)))
    }

    /// The mark of the list's next item on this level, such as `-`, `3.`, `2.1` or `§ 4`, and
    /// counts it. Empty where the list shows none.
    pub(super) fn mark(&mut self, list: &str, level: u8) -> String {
        let at = usize::from(level).min(LEVELS - 1);
        let Some(definition) = self.definition_of(list) else { return "-".to_owned() };
        let Some(found) = self.level(list, &definition, at).cloned() else { return "-".to_owned() };
        if found.is_bullet {
            return "-".to_owned();
        }
        self.count(list, &definition, at, &found);
        self.text(list, &definition, at, &found)
    }

    fn count(&mut self, list: &str, definition: &str, at: usize, level: &Level) {
        // A list with a start of its own begins there when it is first used.
        let own_start = self.lists.get(list).and_then(|list| list.starts.get(&at)).copied();
        let own_start = own_start.filter(|_| self.begun.insert((list.to_owned(), at)));
        let restarts: Vec<bool> =
            (0..LEVELS).map(|deeper| self.restarts(list, definition, deeper, at)).collect();
        let counts = self.counts.entry(definition.to_owned()).or_default();
        for (depth, count) in counts.iter_mut().enumerate() {
            if depth == at {
                *count =
                    Some(own_start.unwrap_or_else(|| {
                        count.map_or(level.start, |count| count.saturating_add(1))
                    }));
            } else if depth > at && restarts.get(depth) == Some(&true) {
                *count = None;
            }
        }
    }

    /// True where an item on level `at` makes the level `deeper` begin again.
    fn restarts(&self, list: &str, definition: &str, deeper: usize, at: usize) -> bool {
        let restart = self.level(list, definition, deeper).and_then(|level| level.restart);
        restart.is_none_or(|restart| restart > 0 && at < restart)
    }

    fn text(&self, list: &str, definition: &str, at: usize, level: &Level) -> String {
        let counts = self.counts.get(definition).copied().unwrap_or_default();
        let number = |depth: usize| {
            let of = self.level(list, definition, depth);
            let start = of.map_or(1, |level| level.start);
            let style = of.map_or(Style::Decimal, |level| level.style);
            let style = if level.is_legal { Style::Decimal } else { style };
            let is_none = of.is_some_and(|level| level.is_none);
            let count = counts.get(depth).copied().flatten().unwrap_or(start);
            if is_none { String::new() } else { counting::number(count, style, PastZ::Repeat) }
        };
        let Some(text) = &level.text else {
            return match level.style {
                _ if level.is_none => String::new(),
                Style::LowerLetter | Style::UpperLetter => format!("{})", number(at)),
                _ => format!("{}.", number(at)),
            };
        };
        let mut out = String::new();
        let mut rest = text.chars().take(MAX_TEXT).peekable();
        while let Some(c) = rest.next() {
            match rest.peek().and_then(|digit| digit.to_digit(10)).filter(|_| c == '%') {
                Some(depth @ 1..=9) => {
                    rest.next();
                    out.push_str(&number(depth as usize - 1));
                }
                _ => out.push(c),
            }
        }
        out.trim().to_owned()
    }
}

impl Level {
    fn set(&mut self, element: &Element<'_>) {
        let value = element.attr("val");
        let number = || value.as_ref().and_then(|value| value.parse::<i64>().ok());
        match element.name() {
            "numFmt" => {
                let format = value.unwrap_or_default();
                self.is_bullet = format == "bullet";
                self.is_none = format == "none";
                self.style = match format.as_str() {
                    "lowerLetter" => Style::LowerLetter,
                    "upperLetter" => Style::UpperLetter,
                    "lowerRoman" => Style::LowerRoman,
                    "upperRoman" => Style::UpperRoman,
                    "decimalZero" => Style::Padded,
                    "ordinal" => Style::Ordinal,
                    _ => Style::Decimal,
                };
            }
            "start" => self.start = number().unwrap_or(1),
            "lvlText" => self.text = value,
            "isLgl" => self.is_legal = !matches!(value.as_deref(), Some("0" | "false")),
            "lvlRestart" => self.restart = number().and_then(|level| usize::try_from(level).ok()),
            _ => {}
        }
    }
}
