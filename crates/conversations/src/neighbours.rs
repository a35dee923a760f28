//! The text around the best hits, as far as it fits into the prompt.

use std::collections::HashSet;

use kernel::{Result, id::ChunkId};
use knowledge::{Hit, NeighbourChunk};
use models::Tokenizer;
use platform::Cx;

/// Of so many of the best hits the neighbours are read: each question pays for them.
const HITS: usize = 4;

/// Adds to the best hits what stands beside them on their page, the best first, while it fits into
/// `tokens`; the tokens that are left. Chunks that are hits themselves, or in `others`, are not
/// repeated.
///
/// # Errors
/// `unavailable` without the database; `internal` if it refuses the statement.
pub(crate) async fn add(
    cx: &Cx,
    hits: &mut [Hit],
    others: &[Hit],
    (tokens, tokenizer): (usize, Tokenizer),
) -> Result<usize> {
    let best: Vec<ChunkId> = hits.iter().take(HITS).map(|hit| hit.chunk_id).collect();
    let found = knowledge::neighbour_chunks(cx, &best).await?;
    let seen = hits.iter().chain(others).map(|hit| hit.chunk_id).collect();
    Ok(join(hits, found, seen, (tokens, tokenizer)))
}

fn join(
    hits: &mut [Hit],
    mut found: Vec<NeighbourChunk>,
    mut seen: HashSet<ChunkId>,
    (mut tokens, tokenizer): (usize, Tokenizer),
) -> usize {
    found.retain(|neighbour| !neighbour.content.trim().is_empty());
    for hit in hits.iter_mut().take(HITS) {
        for neighbour in found.iter().filter(|neighbour| neighbour.beside == hit.chunk_id) {
            // With the line break.
            let needed = tokenizer.count(&neighbour.content) + 1;
            let Some(left) = tokens.checked_sub(needed) else { continue };
            if seen.insert(neighbour.chunk_id) {
                tokens = left;
                hit.content = if neighbour.is_before {
                    joined(&neighbour.content, &hit.content)
                } else {
                    joined(&hit.content, &neighbour.content)
                };
            }
        }
    }
    tokens
}

/// Two stretches of a page; where there were only blanks between them, one is missing here.
fn joined(one: &str, other: &str) -> String {
    let has_gap = one.ends_with(char::is_whitespace) || other.starts_with(char::is_whitespace);
    format!("{one}{}{other}", if has_gap { "" } else { "\n" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::tests::hit;

    fn beside(hit: &Hit, is_before: bool, content: &str) -> NeighbourChunk {
        let chunk_id = platform::random::id().unwrap();
        NeighbourChunk { beside: hit.chunk_id, chunk_id, is_before, content: content.to_owned() }
    }

    fn contents(hits: &[Hit]) -> Vec<&str> {
        hits.iter().map(|hit| hit.content.as_str()).collect()
    }

    #[test]
    fn the_text_around_a_hit_is_in_the_order_of_the_page() {
        let mut hits = [hit("A", "Two. Three.")];
        let found = vec![beside(&hits[0], true, "One. "), beside(&hits[0], false, "Four.")];
        let left = join(&mut hits, found, HashSet::new(), (100, Tokenizer::Other));
        assert_eq!(contents(&hits), ["One. Two. Three.\nFour."]);
        assert!((80..100).contains(&left), "{left}");
    }

    #[test]
    fn the_best_hits_get_their_neighbours_while_they_fit() {
        let mut hits = [hit("A", "a"), hit("B", "b"), hit("C", "c"), hit("D", "d"), hit("E", "e")];
        let long = "word ".repeat(40);
        let found: Vec<NeighbourChunk> = hits.iter().map(|hit| beside(hit, false, &long)).collect();
        let one = Tokenizer::Other.count(&long) + 1;
        join(&mut hits, found.clone(), HashSet::new(), (one - 1, Tokenizer::Other));
        assert_eq!(contents(&hits), ["a", "b", "c", "d", "e"], "none fits");
        let left = join(&mut hits, found.clone(), HashSet::new(), (2 * one, Tokenizer::Other));
        assert_eq!((left, hits[1].content.len() > 100, hits[2].content.as_str()), (0, true, "c"));
        join(&mut hits, found, HashSet::new(), (9_000, Tokenizer::Other));
        assert_eq!(hits[4].content, "e", "the fifth is not among the best");
    }

    #[test]
    fn a_chunk_that_is_there_already_is_not_repeated() {
        let mut hits = [hit("A", "One."), hit("A", "Three.")];
        let between = platform::random::id().unwrap();
        let found = vec![
            NeighbourChunk { chunk_id: between, ..beside(&hits[0], false, " Two.") },
            NeighbourChunk { chunk_id: between, ..beside(&hits[1], true, "Two. ") },
            NeighbourChunk { chunk_id: hits[0].chunk_id, ..beside(&hits[1], true, "One. ") },
        ];
        let seen = hits.iter().map(|hit| hit.chunk_id).collect();
        join(&mut hits, found, seen, (1_000, Tokenizer::Other));
        assert_eq!(contents(&hits), ["One. Two.", "Three."]);
    }
}
