//! What the first pages tell of a whole document: its body text's size, its headings' sizes, its running heads.

use std::collections::{HashMap, HashSet};

use super::Laid;
use super::segments::Line;

/// Pages the profile is made from.
pub(super) const SAMPLE_PAGES: usize = 24;

/// A line this part of the page's height from its upper or lower edge may be a running head.
const MARGIN: f32 = 0.15;

/// Letters larger than the body's by this much make a heading.
const LARGER: f32 = 1.12;

/// What is known about a document's setting.
#[derive(Debug, Default)]
pub(super) struct Profile {
    /// Size of the body text, points.
    pub(super) body: f32,
    /// Sizes of headings, largest first, no two within half a point.
    headings: Vec<f32>,
    /// Lines near the edges that come again from page to page, digits made alike.
    running: HashSet<String>,
    /// Printed page number less the page's place in the file.
    offset: Option<i64>,
}

impl Profile {
    /// Measures the sampled pages.
    pub(super) fn measure(pages: &[Laid]) -> Self {
        let mut letters: HashMap<i32, usize> = HashMap::new();
        let mut edges: HashMap<String, usize> = HashMap::new();
        let mut offsets: HashMap<i64, usize> = HashMap::new();
        for page in pages {
            let mut seen = HashSet::new();
            for line in page.runs.iter().flat_map(|run| &run.lines) {
                *letters.entry(half_points(line.size)).or_default() += line.text().len();
                if is_near_edge(line.y, page.height) && seen.insert(alike(line)) {
                    *edges.entry(alike(line)).or_default() += 1;
                    for number in end_numbers(&line.text()) {
                        *offsets.entry(number - page.number).or_default() += 1;
                    }
                }
            }
        }
        let body = letters.iter().max_by_key(|(size, letters)| (**letters, **size)).map_or(20, |(size, _)| *size);
        let body = body as f32 / 2.0;
        let least = if pages.len() >= 9 { pages.len() / 3 } else { 3 };
        let running = edges.into_iter().filter(|(_, pages)| *pages >= least).map(|(line, _)| line).collect();
        let offset = offsets.into_iter().max_by_key(|(_, pages)| *pages).filter(|(_, pages)| *pages >= least);
        let mut profile = Self { body, headings: Vec::new(), running, offset: offset.map(|(offset, _)| offset) };
        profile.headings = profile.heading_sizes(pages);
        profile
    }

    fn heading_sizes(&self, pages: &[Laid]) -> Vec<f32> {
        let mut sizes: Vec<i32> = pages
            .iter()
            .flat_map(|page| page.runs.iter().flat_map(|run| &run.lines))
            .filter(|line| self.is_larger(line.size) && line.text().chars().filter(|c| c.is_alphabetic()).count() > 1)
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

    /// The level of a heading of this size: the largest is 1. Bold headings of the body's size come below all others.
    pub(super) fn level(&self, size: f32) -> u8 {
        let above = self.headings.iter().filter(|heading| **heading > size + 0.6).count();
        (above + 1).clamp(1, 6) as u8
    }

    /// True for page numbers and for lines that stand on every page, never for large letters.
    pub(super) fn is_running(&self, line: &Line, page: &Laid) -> bool {
        if !is_near_edge(line.y, page.height) || self.is_larger(line.size) {
            return false;
        }
        let text = line.text();
        let alike = alike(line);
        let bare = alike.trim_matches(|c: char| !c.is_alphanumeric());
        let roman = (1..=6).contains(&bare.len()) && bare.chars().all(|c| "ivxlc".contains(c));
        let numbered = end_numbers(&text).any(|number| Some(number - page.number) == self.offset);
        bare == "#" || roman || self.running.contains(&alike) || (numbered && text.len() < 120)
    }
}

/// The numbers that a line begins and ends with.
fn end_numbers(text: &str) -> impl Iterator<Item = i64> {
    let ends = [text.split_whitespace().next(), text.split_whitespace().next_back()];
    let short = ends.into_iter().flatten().filter(|word| word.len() <= 5);
    short.filter_map(|word| word.parse().ok()).collect::<Vec<i64>>().into_iter()
}

fn is_near_edge(y: f32, height: f32) -> bool {
    y < MARGIN * height || y > (1.0 - MARGIN) * height
}

fn half_points(size: f32) -> i32 {
    (size * 2.0).round() as i32
}

/// The line's text with each number made `#`, so that "Page 3 of 9" is alike on all pages.
fn alike(line: &Line) -> String {
    let mut out = String::new();
    for c in line.text().chars() {
        if !c.is_ascii_digit() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}
