//! A rule of `robots.txt`, and whether it matches a path.

use memchr::memmem;

use crate::address::canonical_escapes;

/// An `Allow` or `Disallow` line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Rule {
    pub(super) allows: bool,
    is_anchored: bool,
    /// In the form that paths are compared in; its stars stand for anything.
    pattern: Box<str>,
}

impl Rule {
    /// A rule, or nothing if the pattern is empty: an empty `Disallow` forbids nothing.
    pub(super) fn new(allows: bool, pattern: &str) -> Option<Self> {
        if pattern.is_empty() {
            return None;
        }
        let (body, is_anchored) =
            pattern.strip_suffix('$').map_or((pattern, false), |body| (body, true));
        // A dollar sign elsewhere is a character like any other.
        let pattern = canonical(body).replace('$', "%24").into_boxed_str();
        Some(Self { allows, is_anchored, pattern })
    }

    /// Octets of the pattern: the longest rule that matches decides.
    pub(super) fn length(&self) -> usize {
        self.pattern.len() + usize::from(self.is_anchored)
    }

    /// Bytes that the rule takes, roughly.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.pattern.len()
    }

    /// Whether the rule matches a path from its beginning. Every part is looked for once, behind
    /// the one before, so the cost grows with the path and the pattern and never with their
    /// product.
    pub(super) fn matches(&self, path: &str) -> bool {
        let mut parts = self.pattern.split('*');
        let Some(rest) = parts.next().and_then(|first| path.strip_prefix(first)) else {
            return false;
        };
        let Some(last) = parts.next_back() else { return !self.is_anchored || rest.is_empty() };
        let mut rest = rest.as_bytes();
        for part in parts {
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
