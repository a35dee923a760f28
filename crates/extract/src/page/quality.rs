//! How likely the main content is right, and what pages that do not exist look like.

use sha2::{Digest, Sha256};

use super::Method;
use super::outline::Count;

/// From 0 to 1: much text, little of it links, found the same way that the page marks it.
pub(super) fn score(
    kept: u32,
    chosen: Count,
    shown: Count,
    method: Method,
    has_heading: bool,
) -> f32 {
    if kept == 0 {
        return 0.0;
    }
    let share = |part: u32, whole: u32| part as f32 / whole.max(1) as f32;
    let length = (kept as f32 / 120.0).min(1.0);
    let plain = 1.0 - share(chosen.link_words, chosen.words).min(1.0);
    let prose = share(chosen.prose, chosen.words).min(1.0);
    let coverage = (2.0 * share(kept, shown.words)).min(1.0);
    let found: f32 = match method {
        Method::Marked => 1.0,
        Method::Scored => 0.8,
        Method::Body => 0.5,
        Method::Data => 0.3,
    };
    let heading = if has_heading { 1.0 } else { 0.0 };
    let score =
        0.25 * length + 0.15 * plain + 0.2 * prose + 0.1 * coverage + 0.2 * found + 0.1 * heading;
    (score * 100.0).round() / 100.0
}

/// A hash of the words, without numbers and without the words of the address itself: a page that
/// says "not found" often repeats what was asked for.
pub(super) fn fingerprint(title: &str, sample: &str, url: &str) -> String {
    let asked: Vec<String> = tokens(url).collect();
    let mut hash = Sha256::new();
    for word in tokens(title).chain(tokens(sample)) {
        if !word.chars().any(|c| c.is_ascii_digit()) && !asked.contains(&word) {
            hash.update(&word);
            hash.update([0]);
        }
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn tokens(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}
