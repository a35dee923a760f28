//! Which elements a page's styles hide: enough of CSS for that, and no more.

use std::collections::HashMap;

use super::NodeRef;
use super::scope::{attr, name};

/// Rules that are kept; a page with more is read with the first of them.
const MAX_RULES: usize = 20_000;

/// Rules for one id, class or tag.
const MAX_RULES_OF_KEY: usize = 100;

/// Parts of one selector, and elements above one that it is compared with.
const MAX_PARTS: usize = 8;
const MAX_ANCESTORS: usize = 64;

/// The ways in which a style hides an element. Each is decided by itself, by the strongest rule
/// that speaks of it.
#[derive(Debug, Default, Clone, Copy)]
struct Look {
    display: Option<bool>,
    visibility: Option<bool>,
    /// Off the screen, without a size, or fully transparent.
    elsewhere: Option<bool>,
}

/// The rules of a page's style sheets that hide or show something.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    rules: Vec<Rule>,
    /// By the id, class or tag that the last part of the selector names.
    by_key: HashMap<String, Vec<usize>>,
}

#[derive(Debug)]
struct Rule {
    /// The last part first, each with whether it has to be the parent of the one before.
    parts: Vec<(Part, bool)>,
    strength: u32,
    look: Look,
}

#[derive(Debug, Default)]
struct Part {
    tag: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
}

impl Sheet {
    /// Adds the text of a `<style>` element.
    pub(super) fn add(&mut self, source: &str) {
        let source = without_comments(source);
        let mut rest = source.as_str();
        while let Some((prelude, after)) = rest.split_once('{') {
            let prelude = prelude.rsplit(['}', ';']).next().unwrap_or_default().trim();
            if let Some(at_rule) = prelude.strip_prefix('@') {
                rest = if is_for_screens(at_rule) { after } else { after_block(after) };
                continue;
            }
            let (declarations, next) = after.split_once('}').unwrap_or((after, ""));
            self.add_rule(prelude, declarations);
            rest = next;
        }
    }

    fn add_rule(&mut self, selectors: &str, declarations: &str) {
        let look = Look::of(declarations);
        if look.is_silent() {
            return;
        }
        for selector in selectors.split(',') {
            let Some(parts) = parts(selector).filter(|_| self.rules.len() < MAX_RULES) else {
                continue;
            };
            let Some(key) = parts.first().and_then(|(part, _)| part.key()) else { continue };
            let strength = parts.iter().map(|(part, _)| part.strength()).sum();
            let of_key = self.by_key.entry(key).or_default();
            if of_key.len() >= MAX_RULES_OF_KEY {
                continue;
            }
            of_key.push(self.rules.len());
            self.rules.push(Rule { parts, strength, look });
        }
    }

    /// True where the sheets or the element's own `style` hide it.
    pub(super) fn hides(&self, node: &NodeRef<'_>) -> bool {
        let mut looks: Vec<(u32, usize, Look)> = Vec::new();
        if !self.rules.is_empty() {
            let classes = attr(node, "class")
                .unwrap_or_default()
                .split_whitespace()
                .map(|class| format!(".{class}"));
            let id = attr(node, "id").map(|id| format!("#{id}"));
            let keys = classes.chain(id).chain(name(node).map(str::to_owned));
            for &at in keys.filter_map(|key| self.by_key.get(&key)).flatten() {
                if let Some(rule) = self.rules.get(at).filter(|rule| rule.matches(node)) {
                    looks.push((rule.strength, at, rule.look));
                }
            }
        }
        looks.sort_by_key(|(strength, at, _)| (*strength, *at));
        let own = attr(node, "style").map(|style| (u32::MAX, usize::MAX, Look::of(style)));
        let mut look = Look::default();
        for (_, _, next) in looks.into_iter().chain(own) {
            look.display = next.display.or(look.display);
            look.visibility = next.visibility.or(look.visibility);
            look.elsewhere = next.elsewhere.or(look.elsewhere);
        }
        [look.display, look.visibility, look.elsewhere].contains(&Some(true))
    }
}

impl Rule {
    fn matches(&self, node: &NodeRef<'_>) -> bool {
        let Some(((last, _), above)) = self.parts.split_first() else { return false };
        if !last.matches(node) {
            return false;
        }
        let mut ancestors = node.ancestors().take(MAX_ANCESTORS);
        above.iter().all(|(part, is_parent)| match is_parent {
            true => ancestors.next().is_some_and(|parent| part.matches(&parent)),
            false => ancestors.any(|ancestor| part.matches(&ancestor)),
        })
    }
}

impl Part {
    fn matches(&self, node: &NodeRef<'_>) -> bool {
        let classes = attr(node, "class").unwrap_or_default();
        self.tag.as_deref().is_none_or(|tag| name(node) == Some(tag))
            && self.id.as_deref().is_none_or(|id| attr(node, "id") == Some(id))
            && self.classes.iter().all(|class| classes.split_whitespace().any(|has| has == class))
    }

    fn key(&self) -> Option<String> {
        let id = self.id.as_ref().map(|id| format!("#{id}"));
        id.or_else(|| self.classes.first().map(|class| format!(".{class}")))
            .or_else(|| self.tag.clone())
    }

    fn strength(&self) -> u32 {
        let classes = u32::try_from(self.classes.len()).unwrap_or(0).min(99);
        u32::from(self.id.is_some()) * 10_000 + classes * 100 + u32::from(self.tag.is_some())
    }
}

impl Look {
    fn of(declarations: &str) -> Self {
        let mut look = Self::default();
        let (mut leaves_flow, mut clips, mut is_flat) = (false, false, false);
        for declaration in declarations.split(';') {
            let Some((property, value)) = declaration.split_once(':') else { continue };
            let value = value.to_ascii_lowercase().replace("!important", "");
            let value = value.trim();
            let is_zero =
                value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%').parse()
                    == Ok(0.0_f32);
            let is_far = value.strip_prefix('-').is_some_and(|length| {
                length
                    .trim_end_matches(char::is_alphabetic)
                    .parse::<f32>()
                    .is_ok_and(|length| length >= 500.0)
            });
            match property.trim().to_ascii_lowercase().as_str() {
                "display" => look.display = Some(value == "none"),
                "visibility" => look.visibility = Some(matches!(value, "hidden" | "collapse")),
                "opacity" | "font-size" if is_zero => look.elsewhere = Some(true),
                "opacity" | "font-size" => look.elsewhere = look.elsewhere.or(Some(false)),
                "color" if value == "transparent" => look.elsewhere = Some(true),
                "text-indent" if is_far => look.elsewhere = Some(true),
                "position" => leaves_flow = matches!(value, "absolute" | "fixed"),
                "left" | "top" | "right" | "margin-left" if is_far => is_flat = true,
                "overflow" => clips = value == "hidden",
                "height" | "width" | "max-height" if is_zero => {
                    is_flat |= clips || declarations.contains("overflow")
                }
                _ => {}
            }
        }
        if is_flat && (leaves_flow || clips || declarations.contains("position")) {
            look.elsewhere = Some(true);
        }
        look
    }

    fn is_silent(&self) -> bool {
        self.display.is_none() && self.visibility.is_none() && self.elsewhere.is_none()
    }
}

/// A selector as its parts, or nothing where it holds what is not understood: such rules are left
/// out.
fn parts(selector: &str) -> Option<Vec<(Part, bool)>> {
    let spaced = selector.replace('>', " > ");
    let (mut found, mut is_parent) = (Vec::new(), false);
    for word in spaced.split_whitespace().rev() {
        if word == ">" {
            is_parent = true;
            continue;
        }
        found.push((part(word)?, std::mem::take(&mut is_parent)));
    }
    (1..=MAX_PARTS).contains(&found.len()).then_some(found)
}

fn part(word: &str) -> Option<Part> {
    let mut part = Part::default();
    let mut rest = word;
    loop {
        let end =
            rest.get(1..).and_then(|tail| tail.find(['.', '#'])).map_or(rest.len(), |at| at + 1);
        let (step, after) = rest.split_at_checked(end)?;
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        };
        match (step.strip_prefix('.'), step.strip_prefix('#')) {
            (Some(class), _) if is_name(class) => part.classes.push(class.to_owned()),
            (_, Some(id)) if is_name(id) => part.id = Some(id.to_owned()),
            (None, None) if step == "*" => {}
            (None, None) if is_name(step) => part.tag = Some(step.to_ascii_lowercase()),
            _ => return None,
        }
        if after.is_empty() {
            return Some(part);
        }
        rest = after;
    }
}

fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// True for groups of rules that hold on every screen; those for paper and for narrow screens do
/// not.
fn is_for_screens(at_rule: &str) -> bool {
    let at_rule = at_rule.to_ascii_lowercase();
    let media = at_rule.strip_prefix("media").map(str::trim);
    media.is_some_and(|media| {
        matches!(media, "screen" | "all" | "only screen" | "screen, print" | "all, print")
    }) || at_rule.starts_with("layer")
        || at_rule.starts_with("supports")
}

/// What follows a block whose opening brace has been read.
fn after_block(source: &str) -> &str {
    let mut depth = 1_usize;
    for (at, c) in source.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return source.get(at + 1..).unwrap_or_default();
        }
    }
    ""
}
