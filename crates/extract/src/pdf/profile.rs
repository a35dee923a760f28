//! What the first pages tell of a whole document: its body text's size, its headings' sizes, its
//! words.

use std::cell::RefCell;
use std::collections::HashMap;

use super::Laid;
use super::furniture::Furniture;
use super::hyphens::Words;
use super::lines::Line;

/// Pages the profile is made from.
pub(super) const SAMPLE_PAGES: usize = 24;

/// Letters larger than the body's by this much make a heading.
const LARGER: f32 = 1.12;

/// What is known about a document's setting.
#[derive(Debug, Default)]
pub(super) struct Profile {
    /// Size of the body text, points.
    pub(super) body: f32,
    /// Sizes of headings, largest first, no two within half a point.
    headings: Vec<f32>,
    pub(super) words: Words,
    pub(super) furniture: RefCell<Furniture>,
}

impl Profile {
    /// Measures the sampled pages.
    pub(super) fn measure(pages: &[Laid]) -> Self {
        let mut letters: HashMap<i32, usize> = HashMap::new();
        let mut words = Words::default();
        let mut furniture = Furniture::default();
        for page in pages {
            for line in page.runs.iter().flat_map(|run| &run.lines) {
                let text = line.text();
                *letters.entry(half_points(line.size)).or_default() += text.len();
                words.note(&text);
            }
            furniture.note(page);
        }
        let body = letters
            .iter()
            .max_by_key(|(size, letters)| (**letters, **size))
            .map_or(20, |(size, _)| *size);
        let body = body as f32 / 2.0;
        let mut profile =
            Self { body, headings: Vec::new(), words, furniture: RefCell::new(furniture) };
        profile.headings = profile.heading_sizes(pages);
        profile
    }

    /// True where this line stands at the same place of several pages.
    pub(super) fn comes_again(&self, line: &Line) -> bool {
        self.furniture.borrow().comes_again(line)
    }

    fn heading_sizes(&self, pages: &[Laid]) -> Vec<f32> {
        let mut sizes: Vec<i32> = pages
            .iter()
            .flat_map(|page| page.runs.iter().flat_map(|run| &run.lines))
            .filter(|line| {
                self.is_larger(line.size)
                    && line.text().chars().filter(|c| c.is_alphabetic()).count() > 1
            })
            .map(|line| half_points(line.size))
            .collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes.dedup_by(|a, b| (*a - *b).abs() <= 1);
        sizes.into_iter().map(|size| size as f32 / 2.0).collect()
    }

    /// True where text of this size stands out from the body.
    pub(super) fn is_larger(&self, size: f32) -> bool {
        size >= self.body * LARGER
    }

    /// The level of a heading of this size: the largest is 1. Bold headings of the body's size come
    /// below all others.
    pub(super) fn level(&self, size: f32) -> u8 {
        let above = self.headings.iter().filter(|heading| **heading > size + 0.6).count();
        (above + 1).clamp(1, 6) as u8
    }
}

fn half_points(size: f32) -> i32 {
    (size * 2.0).round() as i32
}
