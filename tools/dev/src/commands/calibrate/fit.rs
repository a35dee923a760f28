//! The fits: how much words weigh in the order, and from where on something relevant was found.

use crate::commands::eval::ndcg;

/// The most false refusals that are accepted.
const REFUSED: f64 = 0.05;
/// Weights and scales that are tried. Between neighbours no set moves by more than a few
/// thousandths.
const WEIGHTS: [f64; 8] = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4];
const SCALES: [f64; 7] = [0.5, 0.625, 0.75, 1.0, 1.25, 1.5, 2.0];
/// Weights of nearness that are tried: it spreads a tenth as far as relevance.
const NEARNESS_WEIGHTS: [f64; 7] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// Steps of the monotone map.
const BINS: usize = 20;

/// A document that a query found.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Candidate {
    /// Of its best chunk, 0 to 1.
    pub(super) relevance: f64,
    pub(super) lexical: f64,
    /// Of its tokens to those of the query; none: not compared.
    pub(super) nearness: Option<f64>,
    /// 0: not judged to belong to the query.
    pub(super) grade: f64,
}

/// A query asked of one collection.
#[derive(Clone, Default, Debug)]
pub(super) struct JudgedQuery {
    pub(super) candidates: Vec<Candidate>,
    /// Of the documents in this collection; empty: it lacks the answer.
    pub(super) grades: Vec<f64>,
}

/// Relevance times `scale`, and the lexical score times `weight`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) scale: f64,
    pub(super) weight: f64,
}

impl Default for Order {
    /// What the rows begin with.
    fn default() -> Self {
        Self { scale: 1.0, weight: 0.25 }
    }
}

/// Something relevant was found if relevance, `weight` times lexical score and `nearness_weight`
/// times nearness reach the threshold in one document.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Decision {
    pub(super) weight: f64,
    pub(super) nearness_weight: f64,
    pub(super) threshold: f64,
}

/// How often "nothing relevant" was said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    /// Of collections that lack the answer.
    pub(super) nothing: f64,
    /// Of those that have it.
    pub(super) refused: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of queries")]
fn share(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64
}

impl JudgedQuery {
    fn ndcg(&self, order: Order) -> f64 {
        let score = |c: &Candidate| order.scale * c.relevance + order.weight * c.lexical;
        let mut ranked: Vec<&Candidate> = self.candidates.iter().collect();
        ranked.sort_by(|a, b| score(b).total_cmp(&score(a)));
        ndcg(ranked.into_iter().map(|c| c.grade), &self.grades)
    }

    /// The most that speaks for one document. Those that were not compared count where nearness
    /// does not.
    fn evidence(&self, weight: f64, nearness_weight: f64) -> f64 {
        let of = |c: &Candidate| {
            let nearness = if nearness_weight > 0.0 { nearness_weight * c.nearness? } else { 0.0 };
            Some(c.relevance + weight * c.lexical + nearness)
        };
        self.candidates.iter().filter_map(of).fold(0.0, f64::max)
    }

    fn has_answer(&self) -> bool {
        !self.grades.is_empty()
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0), |(sum, n), value| (sum + value, n + 1));
    sum * share(1, n)
}

/// Of the queries that the collection can answer.
pub(super) fn mean_ndcg<'a>(asked: impl IntoIterator<Item = &'a JudgedQuery>, order: Order) -> f64 {
    mean(asked.into_iter().filter(|one| one.has_answer()).map(|one| one.ndcg(order)))
}

/// The order with the highest mean.
pub(super) fn best_order(asked: &[&JudgedQuery]) -> Order {
    let all = SCALES
        .into_iter()
        .flat_map(|scale| WEIGHTS.into_iter().map(move |weight| Order { scale, weight }));
    let of = |order: &Order| mean_ndcg(asked.iter().copied(), *order);
    // Only the ratio of the two orders one model's documents; the present scale is kept where it is
    // as good.
    all.map(|order| (of(&order) - 1e-4 * (order.scale - 1.0).abs(), order))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(Order::default, |(_, order)| order)
}

/// The decision of these weights with at most [`REFUSED`] false refusals.
pub(super) fn decision(asked: &[&JudgedQuery], weight: f64, nearness_weight: f64) -> Decision {
    let answered = asked.iter().filter(|one| one.has_answer());
    let mut answered: Vec<f64> =
        answered.map(|one| one.evidence(weight, nearness_weight)).collect();
    answered.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a count of queries"
    )]
    let refused = (answered.len() as f64 * REFUSED) as usize;
    let threshold = answered.get(refused).copied().unwrap_or_default();
    Decision { weight, nearness_weight, threshold }
}

/// The decision that says "nothing" rightly most often, with at most [`REFUSED`] false refusals.
pub(super) fn best_decision(asked: &[&JudgedQuery]) -> Decision {
    let weights = WEIGHTS.into_iter();
    let tried = weights.flat_map(|weight| NEARNESS_WEIGHTS.map(|nearness| (weight, nearness)));
    tried
        .map(|(weight, nearness)| decision(asked, weight, nearness))
        .map(|decision| (rates(asked.iter().copied(), decision).nothing, decision))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(|| decision(asked, 0.0, 0.0), |(_, decision)| decision)
}

fn rates<'a>(asked: impl Iterator<Item = &'a JudgedQuery>, decision: Decision) -> Rates {
    let (mut with, mut without, mut refused, mut nothing) = (0, 0, 0, 0);
    for one in asked {
        let says_nothing =
            one.evidence(decision.weight, decision.nearness_weight) < decision.threshold;
        if one.has_answer() {
            with += 1;
            refused += usize::from(says_nothing);
        } else {
            without += 1;
            nothing += usize::from(says_nothing);
        }
    }
    Rates { nothing: share(nothing, without), refused: share(refused, with) }
}

/// Every second one, and the others.
fn halves(asked: &[JudgedQuery]) -> [(Vec<&JudgedQuery>, Vec<&JudgedQuery>); 2] {
    let of = |rest: usize| {
        asked
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 2 == rest)
            .map(|(_, one)| one)
            .collect::<Vec<_>>()
    };
    [(of(0), of(1)), (of(1), of(0))]
}

/// Mean nDCG@10 of each half by the order that was fitted on the other.
pub(super) fn held_out_order(asked: &[JudgedQuery]) -> f64 {
    mean(halves(asked).into_iter().map(|(fitted, tried)| mean_ndcg(tried, best_order(&fitted))))
}

/// Mean rates of each half by the decision that was fitted on the other.
pub(super) fn held_out_decision(asked: &[JudgedQuery]) -> Rates {
    let tried =
        halves(asked).map(|(fitted, tried)| rates(tried.into_iter(), best_decision(&fitted)));
    Rates {
        nothing: mean(tried.iter().map(|r| r.nothing)),
        refused: mean(tried.iter().map(|r| r.refused)),
    }
}

/// From which relevance on which share of the candidates is judged to belong to the query, never
/// falling (pool adjacent violators).
pub(super) fn monotone_map(asked: &[JudgedQuery]) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, bool)> = asked
        .iter()
        .flat_map(|one| &one.candidates)
        .map(|c| (c.relevance, c.grade > 0.0))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut pools: Vec<(f64, usize, usize)> = Vec::new();
    for bin in all.chunks(all.len().div_ceil(BINS).max(1)) {
        let from = bin.first().map_or(0.0, |one| one.0);
        pools.push((from, bin.iter().filter(|one| one.1).count(), bin.len()));
        while let [.., before, last] = pools.as_slice() {
            if share(before.1, before.2) <= share(last.1, last.2) {
                break;
            }
            let pooled = (before.0, before.1 + last.1, before.2 + last.2);
            pools.truncate(pools.len() - 2);
            pools.push(pooled);
        }
    }
    pools.into_iter().map(|(from, judged, of)| (from, share(judged, of))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(best: f64, lexical: f64, has_answer: bool) -> JudgedQuery {
        let grade = if has_answer { 1.0 } else { 0.0 };
        let other = Candidate { relevance: 0.2, lexical: 0.9, nearness: None, grade: 0.0 };
        let grades = if has_answer { vec![1.0] } else { Vec::new() };
        JudgedQuery {
            candidates: vec![other, Candidate { relevance: best, lexical, nearness: None, grade }],
            grades,
        }
    }

    #[test]
    fn the_decision_keeps_false_refusals_within_the_bound() {
        let mut all: Vec<JudgedQuery> =
            (0..100).map(|n| asked(0.5 + f64::from(n) / 250.0, 0.5, true)).collect();
        all.extend((0..100).map(|n| asked(0.1 + f64::from(n) / 250.0, 0.5, false)));
        let found = held_out_decision(&all);
        assert!(found.nothing > 0.95 && found.refused < 0.08, "{found:?}");
    }

    #[test]
    fn nearness_decides_where_relevance_says_nothing() {
        let near = |n: i32, has_answer| {
            let mut one = asked(0.5, 0.0, has_answer);
            let nearness = if has_answer { 0.70 } else { 0.65 } + f64::from(n) / 10_000.0;
            one.candidates.iter_mut().for_each(|c| c.nearness = Some(nearness));
            one
        };
        let all: Vec<JudgedQuery> =
            (0..100).flat_map(|n| [near(n, true), near(n, false)]).collect();
        let all: Vec<&JudgedQuery> = all.iter().collect();
        let found = rates(all.iter().copied(), best_decision(&all));
        assert!(found.nothing > 0.95 && found.refused <= 0.05, "{found:?}");
        assert!(rates(all.iter().copied(), decision(&all, 0.0, 0.0)).nothing < 0.05);
    }

    #[test]
    fn words_that_mislead_get_no_weight() {
        let all: Vec<JudgedQuery> = (0..10).map(|_| asked(0.4, 0.0, true)).collect();
        let order = best_order(&all.iter().collect::<Vec<_>>());
        assert!(order.weight / order.scale < 0.23, "{order:?}");
        assert!(mean_ndcg(&all, order) > mean_ndcg(&all, Order { scale: 1.0, weight: 0.4 }));
    }

    #[test]
    fn the_map_never_falls() {
        let all: Vec<JudgedQuery> =
            (0..200).map(|n| asked(f64::from(n) / 200.0, 0.0, n % 3 > 0)).collect();
        let map = monotone_map(&all);
        assert!(
            map.windows(2).all(|pair| pair[0].1 <= pair[1].1 && pair[0].0 <= pair[1].0),
            "{map:?}"
        );
    }
}
