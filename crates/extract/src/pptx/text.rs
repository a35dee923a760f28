//! Text of a shape: paragraphs, points and their numbers.

use crate::counting::{self, PastZ, Style};
use crate::script;
use crate::xml::Element;

/// Levels of points.
const LEVELS: usize = 9;

/// How a paragraph is marked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Bullet {
    /// As its place says.
    #[default]
    Inherited,
    None,
    Sign,
    /// The type of numbers, and the first one.
    Number(String, i64),
}

/// A paragraph that is being read.
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    pub(super) text: String,
    pub(super) level: usize,
    pub(super) bullet: Bullet,
    /// Raised or lowered, in thousandths of the size.
    pub(super) baseline: i64,
    /// The target of the run's link, and where its text began.
    pub(super) link: Option<(String, usize)>,
    /// Inside the number of the slide, or the date, which change by themselves.
    pub(super) in_field: bool,
}

impl Paragraph {
    pub(super) fn properties(&mut self, element: &Element<'_>) {
        match element.name() {
            "pPr" => {
                self.level = element.attr("lvl").and_then(|level| level.parse().ok()).unwrap_or(0)
            }
            "buNone" => self.bullet = Bullet::None,
            "buChar" | "buBlip" => self.bullet = Bullet::Sign,
            "buAutoNum" => {
                let first =
                    element.attr("startAt").and_then(|first| first.parse().ok()).unwrap_or(1);
                self.bullet = Bullet::Number(element.attr("type").unwrap_or_default(), first);
            }
            _ => {}
        }
    }

    pub(super) fn write(&mut self, text: &str) {
        match self.baseline {
            0 => self.text.push_str(text),
            1.. => script::raise(&mut self.text, text),
            _ => script::lower(&mut self.text, text),
        }
    }
}

/// How far the numbers of a shape's points have counted.
#[derive(Debug, Default)]
pub(super) struct Counts([Option<(String, i64)>; LEVELS]);

impl Counts {
    /// The mark of the next paragraph; nothing where it has none.
    pub(super) fn mark(&mut self, level: usize, bullet: &Bullet, is_point: bool) -> Option<String> {
        let level = level.min(LEVELS - 1);
        // What stands between ends the counting on its own level and below.
        self.0.iter_mut().skip(level + 1).for_each(|count| *count = None);
        let count = self.0.get_mut(level)?;
        let Bullet::Number(kind, first) = bullet else {
            *count = None;
            let is_point = *bullet == Bullet::Sign || (*bullet == Bullet::Inherited && is_point);
            return is_point.then(|| "-".to_owned());
        };
        let number = match count {
            Some((before, number)) if before == kind => number.saturating_add(1),
            _ => *first,
        };
        *count = Some((kind.clone(), number));
        Some(numbered(kind, number))
    }
}

/// A number in one of PowerPoint's types: `arabicPeriod`, `alphaLcParenBoth`, `romanUcPeriod`.
fn numbered(kind: &str, number: i64) -> String {
    let style = if kind.starts_with("alphaLc") {
        Style::LowerLetter
    } else if kind.starts_with("alphaUc") {
        Style::UpperLetter
    } else if kind.starts_with("romanLc") {
        Style::LowerRoman
    } else if kind.starts_with("romanUc") {
        Style::UpperRoman
    } else {
        Style::Decimal
    };
    let number = counting::number(number, style, PastZ::CountOn);
    if kind.ends_with("ParenBoth") {
        format!("({number})")
    } else if kind.ends_with("ParenR") {
        format!("{number})")
    } else if kind.ends_with("Plain") {
        number
    } else {
        format!("{number}.")
    }
}
