//! Late interaction (MaxSim, ADR 54): the best hits are compared with the query token by token, by
//! the bits that are kept of each. The average, over the tokens of the query, of the bits that each
//! has in common with the nearest token of the chunk.
//!
//! ```text
//! search ── best 20 by words and vectors ── nearness by token bits ── both together ── best 10
//! ```

use models::QueryEmbedding;

use crate::Hit;

/// The most hits that are compared.
pub(crate) const CANDIDATES: i64 = 20;
/// Words of 64 bits that are kept of a token.
const WORDS: usize = 6;
/// The most tokens of a query and of a chunk that are compared: a model reads no more.
const MOST_TOKENS: usize = 512;
/// The most that the nearness of tokens has of the order; the rest is what words and vectors say.
const SHARE: f64 = 0.8;
/// By how much chance brings the tokens of a text nearer when it is e times as long: each token of
/// the query finds its nearest among more.
const LONGER: f64 = 0.02;
/// The tokens of a text whose nearness is taken as it is.
const USUAL_TOKENS: f64 = 100.0;
/// Scores of the best hit. From the second on words and vectors agree, and the order stays; up to
/// the first the nearness of tokens has its whole share. Between English abstracts and long queries
/// it would else cost 2 points.
const UNSURE: f64 = 0.5;
const SURE: f64 = 0.6;

/// The bits of a chunk's tokens.
pub(crate) struct TokenBits {
    /// The model that made them.
    pub(crate) model: String,
    /// 48 bytes of each token.
    pub(crate) bits: Vec<u8>,
    /// Added to the nearness: a query has fewer bits in common with a text in another language
    /// (`embedding_models.nearness_across`).
    pub(crate) across: f64,
}

type Token = [u64; WORDS];

/// The tokens of the query as one model reads it.
pub(crate) struct QueryTokens<'a> {
    model: &'a str,
    tokens: Vec<Token>,
}

/// The tokens of the query by each model that has late interaction.
pub(crate) fn queries(embeddings: &[QueryEmbedding]) -> Vec<QueryTokens<'_>> {
    let of = |embedding: &'_ QueryEmbedding| tokens(&embedding.token_bits).collect::<Vec<_>>();
    let each = embeddings.iter().map(|e| QueryTokens { model: &e.model, tokens: of(e) });
    each.filter(|query| !query.tokens.is_empty()).collect()
}

fn tokens(bits: &[u8]) -> impl Iterator<Item = Token> {
    let words = bits.as_chunks::<8>().0.as_chunks::<WORDS>().0;
    words.iter().take(MOST_TOKENS).map(|token| token.map(u64::from_le_bytes))
}

/// How near the tokens of the best hits are to those of the query, 0 to 1; none where they cannot
/// be compared.
pub(crate) fn compare(queries: &[QueryTokens<'_>], bits: &[Option<TokenBits>]) -> Vec<Option<f64>> {
    let nearness_of = |bits: &Option<TokenBits>| {
        let bits = bits.as_ref()?;
        let query = queries.iter().find(|query| query.model == bits.model)?;
        nearness(&query.tokens, &bits.bits)
    };
    let most = usize::try_from(CANDIDATES).unwrap_or_default();
    bits.iter().take(most).map(nearness_of).collect()
}

/// Orders the best hits by what [`compare`] gave of them, best first. Hits that cannot be compared
/// keep their place, and the scores stay with the places, so that they still fall.
pub(crate) fn order(hits: &mut [Hit], nearness: &[Option<f64>], bits: &[Option<TokenBits>]) {
    let scores: Vec<f64> = hits.iter().map(|hit| hit.score).collect();
    let before = hits.to_vec();
    for (place, from) in moves(&scores, nearness, bits) {
        if let (Some(slot), Some(hit)) = (hits.get_mut(place), before.get(from)) {
            *slot = Hit { score: slot.score, ..hit.clone() };
        }
    }
}

/// Which place gets the hit of which other place. `scores` are of the hits, best first.
fn moves(
    scores: &[f64],
    nearness: &[Option<f64>],
    bits: &[Option<TokenBits>],
) -> Vec<(usize, usize)> {
    let best = scores.first().copied().unwrap_or_default();
    let share = SHARE * ((SURE - best) / (SURE - UNSURE)).clamp(0.0, 1.0);
    if share == 0.0 {
        return Vec::new();
    }
    let across = bits.iter().map(|bits| bits.as_ref().map_or(0.0, |bits| bits.across));
    let each = scores.iter().zip(nearness.iter().zip(across)).enumerate();
    let compared: Vec<(usize, f64, f64)> = each
        .filter_map(|(at, (score, (nearness, across)))| Some((at, *score, (*nearness)? + across)))
        .collect();
    let by_score = standardised(compared.iter().map(|(_, score, _)| *score));
    let by_nearness = standardised(compared.iter().map(|(_, _, nearness)| *nearness));
    let mut best: Vec<(f64, usize)> = compared
        .iter()
        .zip(by_score.zip(by_nearness))
        .map(|((at, ..), (score, nearness))| ((1.0 - share) * score + share * nearness, *at))
        .collect();
    // Stable: equal ones stay in their order.
    best.sort_by(|one, other| other.0.total_cmp(&one.0));
    compared.iter().map(|(at, ..)| *at).zip(best.into_iter().map(|(_, from)| from)).collect()
}

/// The share of bits in common, 0 to 1; none without tokens. At most 512 × 512 tokens are compared,
/// in a millisecond.
fn nearness(query: &[Token], bits: &[u8]) -> Option<f64> {
    let chunk: Vec<Token> = tokens(bits).collect();
    let mut different = 0;
    for token in query {
        different += chunk.iter().map(|other| distance(token, other)).min()?;
    }
    let bits = (query.len() * WORDS * 64) as f64;
    Some(1.0 - f64::from(different) / bits)
}

/// The nearness that a text of some hundred tokens would have: a short one has fewer tokens that may
/// be near by chance. For judging, not for the order.
pub(crate) fn for_usual_length(nearness: f64, bits: &TokenBits) -> f64 {
    let count = tokens(&bits.bits).count().max(1) as f64;
    (nearness - LONGER * (count / USUAL_TOKENS).ln()).clamp(0.0, 1.0)
}

fn distance(one: &Token, other: &Token) -> u32 {
    one.iter().zip(other).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// Distances from the average, in standard deviations.
fn standardised(values: impl Iterator<Item = f64> + Clone) -> impl Iterator<Item = f64> {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / count;
    let deviation = (values.clone().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt();
    values.map(move |value| if deviation > 0.0 { (value - mean) / deviation } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "e5";

    fn query(tokens: &[Token]) -> [QueryTokens<'static>; 1] {
        [QueryTokens { model: MODEL, tokens: tokens.to_vec() }]
    }

    fn chunk(tokens: &[Token]) -> Option<TokenBits> {
        let bits = tokens.iter().flatten().flat_map(|word| word.to_le_bytes()).collect();
        Some(TokenBits { model: MODEL.to_owned(), bits, across: 0.0 })
    }

    /// The hits in their new order.
    fn ordered(scores: &[f64], bits: &[Option<TokenBits>]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        let nearness = compare(&query(&[[1; 6], [2; 6]]), bits);
        for (place, from) in moves(scores, &nearness, bits) {
            order[place] = from;
        }
        order
    }

    #[test]
    fn the_chunk_whose_tokens_are_nearest_comes_first_wherever_they_stand_in_it() {
        let far = || chunk(&[[u64::MAX; 6], [0xff00; 6]]);
        let near = chunk(&[[u64::MAX; 6], [2; 6], [0xff00; 6], [1; 6]]);
        assert_eq!(ordered(&[0.4, 0.39, 0.38], &[far(), far(), near]), [2, 0, 1]);
    }

    #[test]
    fn hits_without_bits_or_of_another_model_keep_their_place() {
        let far = || chunk(&[[u64::MAX; 6]]);
        let near = || chunk(&[[1; 6], [2; 6]]);
        let other = Some(TokenBits { model: "other".to_owned(), bits: vec![0; 48], across: 0.0 });
        let scores = [0.4, 0.38, 0.37, 0.36];
        assert_eq!(ordered(&scores, &[far(), None, near(), other]), [2, 1, 0, 3]);
        assert_eq!(ordered(&scores, &[None, None, None, None]), [0, 1, 2, 3]);
        assert_eq!(ordered(&scores, &[chunk(&[]), None, near(), None]), [0, 1, 2, 3]);
    }

    #[test]
    fn the_order_stays_where_words_and_vectors_agree() {
        let bits = || [chunk(&[[u64::MAX; 6]]), chunk(&[[1; 6], [2; 6]])];
        assert_eq!(ordered(&[0.45, 0.44], &bits()), [1, 0]);
        assert_eq!(ordered(&[0.6, 0.59], &bits()), [0, 1]);
    }

    #[test]
    fn equally_near_hits_stay_as_words_and_vectors_have_them() {
        let same = || chunk(&[[1; 6]]);
        assert_eq!(ordered(&[0.4, 0.3, 0.1], &[same(), same(), same()]), [0, 1, 2]);
        assert_eq!(ordered(&[0.4, 0.4], &[same(), same()]), [0, 1]);
        assert!(moves(&[], &[], &[]).is_empty());
    }

    #[test]
    fn a_text_in_another_language_needs_less_in_common() {
        let near = || chunk(&[[1; 6], [2; 6]]);
        let other = |across| chunk(&[[3; 6]]).map(|bits| TokenBits { across, ..bits });
        assert_eq!(ordered(&[0.4, 0.4], &[near(), other(0.0)]), [0, 1]);
        assert_eq!(ordered(&[0.4, 0.4], &[near(), other(0.1)]), [1, 0]);
    }

    #[test]
    fn a_short_text_is_judged_as_nearer_than_a_long_one() {
        let of = |count: usize| {
            let bits =
                TokenBits { model: MODEL.to_owned(), bits: vec![0; 48 * count], across: 0.0 };
            for_usual_length(0.6, &bits)
        };
        assert_eq!(of(100), 0.6);
        assert!((of(20) - 0.632).abs() < 0.001 && (of(400) - 0.572).abs() < 0.001);
        assert!(of(0) < 0.7);
    }

    #[test]
    fn bits_that_are_no_tokens_and_more_of_them_than_a_model_reads_are_left_aside() {
        assert_eq!(tokens(&[7; 47]).count(), 0);
        assert_eq!(tokens(&vec![7; 48 * 600 + 5]).count(), MOST_TOKENS);
        assert_eq!(nearness(&[[0; 6]], &[0; 48]), Some(1.0));
        assert_eq!(nearness(&[[0; 6]], &[255; 48]), Some(0.0));
    }
}
