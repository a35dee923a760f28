//! How a run of text looks, as far as that changes what it says.

use super::styles::{Styles, is_on, shift};
use crate::script;
use crate::xml::Element;

/// The properties of a run.
#[derive(Default, Clone)]
pub(super) struct Run {
    is_hidden: Option<bool>,
    pub(super) is_bold: bool,
    shift: Option<i8>,
    style: Option<String>,
}

impl Run {
    pub(super) fn property(&mut self, element: &Element<'_>) {
        let value = element.attr("val");
        match element.name() {
            "vanish" | "webHidden" => self.is_hidden = Some(is_on(value.as_deref())),
            "b" => self.is_bold = is_on(value.as_deref()),
            "vertAlign" => self.shift = Some(shift(value.as_deref())),
            "rStyle" => self.style = value,
            _ => {}
        }
    }

    /// True for text that is not shown; `paragraph` is the style of its paragraph.
    pub(super) fn is_hidden(&self, paragraph: Option<&str>, styles: &Styles) -> bool {
        let by_style = || {
            [self.style.as_deref(), paragraph]
                .into_iter()
                .flatten()
                .any(|style| styles.hides(style))
        };
        self.is_hidden.unwrap_or_else(by_style)
    }

    /// Appends text of the run.
    pub(super) fn write(&self, out: &mut String, text: &str, styles: &Styles) {
        let by_style = || self.style.as_deref().map_or(0, |style| styles.shift(style));
        match self.shift.unwrap_or_else(by_style) {
            0 => out.push_str(text),
            1.. => script::raise(out, text),
            _ => script::lower(out, text),
        }
    }
}
