//! Equations of Word documents, in one line.

use crate::script;
use crate::xml::Element;

/// Parts of an equation that hold other parts.
const STRUCTURES: &[&str] = &[
    "f", "sSup", "sSub", "sSubSup", "sPre", "rad", "nary", "d", "m", "mr", "func", "limLow",
    "limUpp", "eqArr",
];

/// What such a part holds.
const PARTS: &[&str] = &["num", "den", "e", "sup", "sub", "deg", "fName", "lim"];

/// An equation that is being read.
#[derive(Default)]
pub(super) struct Equation {
    stack: Vec<Frame>,
    out: String,
    in_text: bool,
}

#[derive(Default)]
struct Frame {
    name: String,
    text: String,
    parts: Vec<(String, String)>,
    sign: Option<String>,
    opening: Option<String>,
    closing: Option<String>,
}

impl Equation {
    pub(super) fn open(&mut self, element: &Element<'_>) {
        let name = element.name();
        if STRUCTURES.contains(&name) || PARTS.contains(&name) {
            self.stack.push(Frame { name: name.to_owned(), ..Frame::default() });
            return;
        }
        let Some(frame) = self.stack.last_mut() else {
            self.in_text |= name == "t";
            return;
        };
        match name {
            "t" => self.in_text = true,
            "chr" => frame.sign = element.attr("val"),
            "begChr" => frame.opening = element.attr("val"),
            "endChr" => frame.closing = element.attr("val"),
            _ => {}
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.in_text {
            self.target().push_str(text);
        }
    }

    pub(super) fn close(&mut self, name: &str) {
        if name == "t" {
            self.in_text = false;
        }
        if self.stack.last().is_none_or(|frame| frame.name != name) {
            return;
        }
        let Some(frame) = self.stack.pop() else { return };
        if PARTS.contains(&name)
            && let Some(above) = self.stack.last_mut()
        {
            above.parts.push((frame.name, frame.text));
            return;
        }
        frame.write(self.target());
    }

    /// The whole equation as text.
    pub(super) fn finish(mut self) -> String {
        while let Some(frame) = self.stack.pop() {
            frame.write(self.target());
        }
        self.out
    }

    fn target(&mut self) -> &mut String {
        match self.stack.last_mut() {
            Some(frame) => &mut frame.text,
            None => &mut self.out,
        }
    }
}

impl Frame {
    fn part(&self, name: &str) -> &str {
        self.parts.iter().find(|(part, _)| part == name).map_or("", |(_, text)| text)
    }

    fn write(&self, out: &mut String) {
        match self.name.as_str() {
            "f" => script::fraction(out, self.part("num"), self.part("den")),
            "sSup" | "sSub" | "sSubSup" | "sPre" => {
                out.push_str(self.part("e"));
                script::lower(out, self.part("sub"));
                script::raise(out, self.part("sup"));
            }
            "rad" => {
                script::raise(out, self.part("deg"));
                out.push_str(&format!("√({})", self.part("e")));
            }
            "nary" => {
                out.push_str(self.sign.as_deref().unwrap_or("∫"));
                script::lower(out, self.part("sub"));
                script::raise(out, self.part("sup"));
                out.push_str(&format!(" {}", self.part("e")));
            }
            "limLow" | "limUpp" => {
                out.push_str(self.part("e"));
                script::lower(out, self.part("lim"));
            }
            "func" => out.push_str(&format!("{} {}", self.part("fName"), self.part("e"))),
            "d" => {
                out.push_str(self.opening.as_deref().unwrap_or("("));
                out.push_str(&self.all("; "));
                out.push_str(self.closing.as_deref().unwrap_or(")"));
            }
            "m" | "eqArr" => {
                out.push_str(&self.text);
                out.push_str(&self.all("; "));
            }
            "mr" => out.push_str(&format!("[{}]", self.all(", "))),
            _ => {
                out.push_str(&self.text);
                out.push_str(&self.all(" "));
            }
        }
    }

    fn all(&self, between: &str) -> String {
        self.parts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(between)
    }
}
