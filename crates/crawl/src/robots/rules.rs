//! A rule of `robots.txt`, and whether it matches a path.

use memchr::memmem;

use crate::address::canonical_escapes;

/// An `Allow` or `Disallow` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) allows: bool,
    pub(super) line: u32,
    /// The pattern's literal parts, between its stars.
    parts: Vec<String>,
    is_anchored: bool,
    length: usize,
}

impl Rule {
    /// A rule, or nothing if the pattern is empty: an empty `Disallow` forbids nothing.
    pub(super) fn new(allows: bool, pattern: &str, line: u32) -> Option<Self> {
        if pattern.is_empty() {
            return None;
        }
        let (body, is_anchored) =
            pattern.strip_suffix('$').map_or((pattern, false), |body| (body, true));
        // A dollar sign elsewhere is a character like any other.
        let body = canonical(body).replace('$', "%24");
        let parts = body.split('*').map(str::to_owned).collect();
        Some(Self {
            allows,
            line,
            parts,
            is_anchored,
            length: body.len() + usize::from(is_anchored),
        })
    }

    /// Octets of the pattern: the longest rule that matches decides.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Whether the rule matches a path from its beginning. Every part is looked for once, behind
    /// the one before, so the cost grows with the path and the pattern and never with their
    /// product.
    pub(super) fn matches(&self, path: &str) -> bool {
        let Some((first, others)) = self.parts.split_first() else { return false };
        let Some(rest) = path.strip_prefix(first.as_str()) else { return false };
        let Some((last, between)) = others.split_last() else {
            return !self.is_anchored || rest.is_empty();
        };
        let mut rest = rest.as_bytes();
        for part in between {
            let Some(at) = memmem::find(rest, part.as_bytes()) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        if self.is_anchored {
            rest.ends_with(last.as_bytes())
        } else {
            memmem::find(rest, last.as_bytes()).is_some()
        }
    }
}

/// A path as rules see it: its stars and dollar signs are characters, which patterns name by their
/// escapes.
pub(super) fn path(text: &str) -> String {
    canonical(text).replace('*', "%2A").replace('$', "%24")
}

/// A path or pattern as they are compared: letters beyond ASCII percent-encoded, escapes in their
/// one form.
fn canonical(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            encoded.push(c);
        } else {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    canonical_escapes(&encoded)
}
