//! Values of labels, with a bound on how many there are.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{PoisonError, RwLock},
};

/// The value of a label.
pub type Label = Cow<'static, str>;

/// Lets a label have so many values; further ones become `other`, so that no client can grow the
/// registry.
#[derive(Debug)]
pub struct BoundedLabel {
    max: usize,
    known: RwLock<HashSet<String>>,
}

impl BoundedLabel {
    /// With at most `max` values beside `other`.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { max, known: RwLock::default() }
    }

    /// The value, if it is known or there is still room.
    #[must_use]
    pub fn of(&self, value: &str) -> Label {
        if self.known.read().unwrap_or_else(PoisonError::into_inner).contains(value) {
            return Label::Owned(value.to_owned());
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < self.max {
            known.insert(value.to_owned());
        }
        if known.contains(value) {
            Label::Owned(value.to_owned())
        } else {
            Label::Borrowed("other")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beyond_the_bound_become_other() {
        let label = BoundedLabel::new(2);
        assert_eq!(
            [label.of("a"), label.of("b"), label.of("c"), label.of("a")],
            ["a", "b", "other", "a"]
        );
    }
}
