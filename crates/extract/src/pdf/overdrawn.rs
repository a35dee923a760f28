//! Letters that a page draws into the gaps of a text drawn before: a point that lay outside the
//! strip drawn first, a value in the blank of its form.

use super::segments::Open;

/// Texts whose gaps one more text is tried in.
const MOST_HOSTS: usize = 4;

/// Baselines closer than this, in points, are one row.
const ROW: f32 = 0.25;

/// Puts texts that fill each other's gaps together; the others stay as they are, in the order of
/// their drawing.
pub(super) fn fill_gaps(texts: Vec<Open>) -> Vec<Open> {
    let row = |text: &Open| (text.y() / ROW).round();
    let mut order: Vec<(usize, Open)> = texts.into_iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| row(a).total_cmp(&row(b)).then(a.x0.total_cmp(&b.x0)));
    let mut placed: Vec<(usize, Open)> = Vec::with_capacity(order.len());
    for (at, text) in order {
        let host =
            placed.iter_mut().rev().take(MOST_HOSTS).find(|(_, host)| host.has_gaps_for(&text));
        match host {
            Some((first, host)) => {
                *first = at.min(*first);
                host.take_in(text);
            }
            None => placed.push((at, text)),
        }
    }
    placed.sort_by_key(|(at, _)| *at);
    placed.into_iter().map(|(_, text)| text).collect()
}
