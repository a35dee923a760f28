//! nDCG@10 (linear gain, as in trec_eval), recall@10, and latency.

use super::LIMIT;
use super::collection::LabelledCollection;

/// What a query found, best first, and how long it took.
pub(super) struct Ranking {
    pub(super) query: String,
    pub(super) documents: Vec<String>,
    pub(super) millis: f64,
    /// Whether the search said that it found something.
    pub(super) relevant: bool,
}

/// All queries in one mode.
pub(super) struct RunResult {
    pub(super) mode: &'static str,
    pub(super) rankings: Vec<Ranking>,
}

/// Means over all queries.
pub(super) struct Figures {
    pub(super) ndcg: f64,
    pub(super) recall: f64,
    pub(super) p50: f64,
    pub(super) p95: f64,
    /// Share of the queries of which the search said that nothing relevant was found.
    pub(super) nothing: f64,
}

fn discounted(grades: impl Iterator<Item = f64>) -> f64 {
    grades.take(LIMIT).zip(2_u32..).map(|(grade, rank)| grade / f64::from(rank).log2()).sum()
}

/// nDCG@10 of the grades in the order of a ranking; `known`: of all documents that there are.
pub(in crate::commands) fn ndcg(ranked: impl Iterator<Item = f64>, known: &[f64]) -> f64 {
    let mut best = known.to_vec();
    best.sort_by(|a, b| b.total_cmp(a));
    let ideal = discounted(best.into_iter());
    if ideal > 0.0 { discounted(ranked) / ideal } else { 0.0 }
}

/// nDCG@10 and recall@10 of one ranking.
fn of_one(ranking: &[String], grades: &[(&str, f64)]) -> (f64, f64) {
    let grade =
        |id: &String| grades.iter().find(|(known, _)| known == id).map_or(0.0, |(_, grade)| *grade);
    let known: Vec<f64> = grades.iter().map(|(_, grade)| *grade).collect();
    let found = ranking.iter().take(LIMIT).filter(|id| grade(id) > 0.0).count();
    #[expect(clippy::cast_precision_loss, reason = "counts of documents")]
    let recall = found as f64 / grades.len().max(1) as f64;
    (ndcg(ranking.iter().map(grade), &known), recall)
}

impl RunResult {
    pub(super) fn figures(&self, labelled: &LabelledCollection) -> Figures {
        let (mut ndcg, mut recall) = (0.0, 0.0);
        for ranking in &self.rankings {
            let grades: Vec<(&str, f64)> = labelled.grades(&ranking.query).collect();
            let one = of_one(&ranking.documents, &grades);
            ndcg += one.0;
            recall += one.1;
        }
        let mut millis: Vec<f64> = self.rankings.iter().map(|r| r.millis).collect();
        millis.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            millis.get(millis.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
        };
        #[expect(clippy::cast_precision_loss, reason = "a count of queries")]
        let n = self.rankings.len().max(1) as f64;
        #[expect(clippy::cast_precision_loss, reason = "a count of queries")]
        let nothing = self.rankings.iter().filter(|r| !r.relevant).count() as f64 / n;
        Figures { ndcg: ndcg / n, recall: recall / n, p50: at(50), p95: at(95), nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::of_one;

    fn ids(text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }

    #[test]
    fn a_perfect_ranking_is_1_and_a_useless_one_is_0() {
        let grades = [("a", 3.0), ("b", 1.0)];
        assert_eq!(of_one(&ids("ab"), &grades), (1.0, 1.0));
        assert_eq!(of_one(&ids("xyz"), &grades), (0.0, 0.0));
    }

    #[test]
    fn a_swapped_ranking_loses_what_the_discount_says() {
        // (1/log2(2) + 3/log2(3)) / (3/log2(2) + 1/log2(3))
        let (ndcg, recall) = of_one(&ids("ba"), &[("a", 3.0), ("b", 1.0)]);
        assert!((ndcg - 0.796_707).abs() < 1e-5 && recall > 0.99, "{ndcg}");
    }
}
