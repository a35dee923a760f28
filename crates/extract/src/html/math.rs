//! Formulas in MathML, in one line.

use super::NodeRef;
use super::scope::name;
use crate::script;

/// Parts inside parts of a formula that are told apart; deeper ones are read as plain text.
const MAX_DEPTH: usize = 40;

/// The formula as text.
pub(crate) fn text(math: &NodeRef<'_>) -> String {
    let mut out = String::new();
    write(math, &mut out, 0);
    out
}

fn write(node: &NodeRef<'_>, out: &mut String, depth: usize) {
    if let Some(text) = node.value().as_text() {
        out.push_str(text.trim());
        return;
    }
    if depth > MAX_DEPTH {
        node.descendants()
            .filter_map(|inner| inner.value().as_text())
            .for_each(|text| out.push_str(text.trim()));
        return;
    }
    let parts: Vec<NodeRef<'_>> = node.children().filter(|child| name(child).is_some()).collect();
    let part = |at: usize| {
        let mut text = String::new();
        if let Some(part) = parts.get(at) {
            write(part, &mut text, depth + 1);
        }
        text
    };
    match name(node).unwrap_or_default() {
        "annotation" | "annotation-xml" | "mphantom" => {}
        "mfrac" => script::fraction(out, &part(0), &part(1)),
        "msup" | "mover" => {
            out.push_str(&part(0));
            script::raise(out, &part(1));
        }
        "msub" | "munder" => {
            out.push_str(&part(0));
            script::lower(out, &part(1));
        }
        "msubsup" | "munderover" => {
            out.push_str(&part(0));
            script::lower(out, &part(1));
            script::raise(out, &part(2));
        }
        "msqrt" => {
            let inner: String = (0..parts.len()).map(part).collect();
            out.push_str(&format!("√({inner})"));
        }
        "mroot" => {
            script::raise(out, &part(1));
            out.push_str(&format!("√({})", part(0)));
        }
        "mtext" => {
            out.push(' ');
            node.children().for_each(|child| write(&child, out, depth + 1));
            out.push(' ');
        }
        _ => node.children().for_each(|child| write(&child, out, depth + 1)),
    }
}
