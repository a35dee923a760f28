//! SegmentLetter spacing, which is part of no gap between words, and the least gap that stands for a
//! blank.

use super::segments::{BLANK, SegmentLetter, single};

/// SegmentLetter spacing that divides nothing is shared by at least so many letters.
const LEAST_SPACED: usize = 3;

/// Takes letter spacing from the gaps. It is what neighbours share; spacing after a single letter
/// is how some programs write a blank.
pub(super) fn leave_out(letters: &mut [SegmentLetter]) {
    let spacings: Vec<f32> = letters.iter().map(|letter| letter.spacing).collect();
    // Some programs take the spacing back between the letters of a word, and leave it between
    // words.
    let pairs = letters.iter().skip(1).zip(&spacings);
    let mut gaps: Vec<f32> = pairs
        .filter(|(letter, before)| **before > 0.0 && letter.blank.is_none())
        .map(|(letter, _)| letter.gap)
        .collect();
    gaps.sort_by(f32::total_cmp);
    let usual = gaps.get(gaps.len() / 5).copied().unwrap_or(0.0).max(0.0);
    let (runs, count) = (runs(&spacings), letters.len());
    for (at, letter) in letters.iter_mut().enumerate().skip(1) {
        let spacing =
            |at: Option<usize>| at.and_then(|at| spacings.get(at)).copied().unwrap_or(0.0);
        let own = spacing(Some(at - 1));
        // A wide spacing of two letters only is how other programs write the blanks beside a word
        // of one letter.
        let run = runs.get(at - 1).copied().unwrap_or(0);
        if own > BLANK * letter.em && run < LEAST_SPACED && run < count {
            continue;
        }
        let shared = spacing(at.checked_sub(2)).max(spacing(Some(at)));
        letter.gap -= own.min(shared.max(0.0)).min(usual);
    }
}

/// The least gap that stands for a blank, in sizes. Letters that are all set apart hold no blanks
/// between them.
pub(super) fn least_blank(letters: &[SegmentLetter]) -> f32 {
    let mut gaps: Vec<f32> = letters
        .iter()
        .skip(1)
        .filter(|letter| letter.blank.is_none())
        .map(|letter| letter.gap / letter.em.max(0.1))
        .collect();
    let alphabetic = letters
        .iter()
        .filter(|letter| single(&letter.text).is_some_and(char::is_alphabetic))
        .count();
    if gaps.len() < 4 || alphabetic * 4 < letters.len() * 3 {
        return BLANK;
    }
    gaps.sort_by(f32::total_cmp);
    let at = |part: usize| gaps.get(gaps.len() * part / 8).copied().unwrap_or(0.0);
    let (low, middle) = (at(1), at(4));
    if low > BLANK && low > 0.7 * middle { (1.6 * middle).max(BLANK) } else { BLANK }
}

/// For each letter how many in a row share its spacing.
fn runs(spacings: &[f32]) -> Vec<usize> {
    let alike = |a: &f32, b: &f32| (a - b).abs() <= 0.05 * a.abs().max(b.abs());
    spacings.chunk_by(alike).flat_map(|run| std::iter::repeat_n(run.len(), run.len())).collect()
}
