//! Chunks: within their size, along the structure, and exactly where they say they are.

use extract::{Block, BlockKind, Chunk, ChunkOptions, Chunker, Page, page_text, slice_chars};
use proptest::prelude::*;

use crate::fixtures::{CODE, H1, H2, LI, P, TABLE, block, page_of};

/// One token per word, and one per character of what stands in no word: like a model's tokenizer,
/// but readable.
fn words(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut within = false;
    for (at, c) in text.char_indices() {
        if c.is_ascii_alphanumeric() {
            if within {
                ends.pop();
            }
            within = true;
            ends.push(at + 1);
        } else {
            within = false;
            if !c.is_whitespace() {
                ends.push(at + c.len_utf8());
            }
        }
    }
    ends
}

fn chunks(page: &Page, options: ChunkOptions) -> Vec<Chunk> {
    Chunker::new(&words, options, Some("Handbook")).page(page)
}

fn sentences(count: usize) -> String {
    (0..count).map(|n| format!("Sentence number {n} has eight words in all. ")).collect()
}

#[test]
fn a_short_page_is_one_chunk_under_its_title() {
    let page = page_of(vec![block(H1, "Fees"), block(P, "The fee is ten.")]);
    let [chunk] = &chunks(&page, ChunkOptions::default())[..] else { panic!("expected one chunk") };
    assert_eq!(chunk.text, "Fees\n\nThe fee is ten.");
    assert_eq!(chunk.headings, ["Handbook"]);
    assert_eq!(chunk.embedding_text(), "Handbook\nFees\n\nThe fee is ten.");
}

#[test]
fn long_text_is_divided_between_sentences_and_overlaps() {
    let page = page_of(vec![block(P, &sentences(60))]);
    let chunks = chunks(&page, ChunkOptions::of_size(128, 20));
    assert!(chunks.len() > 3);
    for pair in chunks.windows(2) {
        assert!(pair[0].text.ends_with("in all."), "{:?}", pair[0].text);
        assert!(pair[1].text.starts_with("Sentence"), "{:?}", pair[1].text);
        assert!(pair[1].char_start < pair[0].char_end, "no overlap");
        assert!(
            words(slice_chars(&page_text(&page.blocks).text, pair[1].char_start, pair[0].char_end))
                .len()
                <= 20
        );
    }
    assert!(chunks.iter().all(|chunk| chunk.tokens <= 128));
}

#[test]
fn a_heading_begins_a_chunk_and_never_ends_one() {
    let page = page_of(vec![
        block(H1, "One"),
        block(P, &sentences(20)),
        block(H2, "Two"),
        block(P, &sentences(20)),
    ]);
    let chunks = chunks(&page, ChunkOptions::of_size(200, 50));
    assert!(chunks.iter().any(|chunk| chunk.text.starts_with("Two\n\n") && chunk.headings == ["Handbook", "One"]));
    assert!(
        chunks.iter().all(|chunk| !chunk.text.ends_with("Two") && !chunk.text.ends_with("One"))
    );
}

#[test]
fn small_sections_stay_together() {
    let page = page_of(vec![
        block(H2, "A"),
        block(P, "Few words."),
        block(H2, "B"),
        block(P, "Few words."),
    ]);
    assert_eq!(chunks(&page, ChunkOptions::default()).len(), 1);
}

#[test]
fn a_table_that_fits_is_kept_whole() {
    let rows = (0..12).map(|n| format!("Item: {n}; Fee: {n}")).collect::<Vec<_>>().join("\n");
    let page =
        page_of(vec![block(P, &sentences(12)), block(TABLE, &rows), block(P, &sentences(3))]);
    let chunks = chunks(&page, ChunkOptions::of_size(160, 20));
    assert!(chunks.iter().any(|chunk| chunk.text.contains(&rows)), "{chunks:#?}");
}

#[test]
fn a_table_that_does_not_fit_is_divided_between_rows() {
    let rows = (0..100).map(|n| format!("Item: {n}; Fee: {n}")).collect::<Vec<_>>().join("\n");
    let page = page_of(vec![block(TABLE, &rows)]);
    for chunk in chunks(&page, ChunkOptions::of_size(100, 20)) {
        assert!(
            chunk.text.lines().all(|line| rows.lines().any(|row| row == line)),
            "{:?}",
            chunk.text
        );
    }
}

#[test]
fn headings_hold_for_the_pages_after_them_until_the_next_of_their_level() {
    let mut chunker = Chunker::new(&words, ChunkOptions::default(), None);
    let first =
        Page { number: 1, blocks: vec![block(H1, "Rules"), block(H2, "Quiet"), block(P, "Text.")] };
    let second = Page { number: 2, blocks: vec![block(P, "More text."), block(H2, "Waste")] };
    let third = Page { number: 3, blocks: vec![block(P, "Bins.")] };
    assert_eq!(chunker.page(&first)[0].headings, Vec::<String>::new());
    let more = chunker.page(&second);
    assert_eq!(
        (more[0].headings.clone(), more[0].page),
        (vec!["Rules".to_owned(), "Quiet".to_owned()], 2)
    );
    let last = chunker.page(&third);
    assert_eq!(
        (last[0].headings.clone(), last[0].index),
        (vec!["Rules".to_owned(), "Waste".to_owned()], 2)
    );
}

#[test]
fn a_new_section_is_not_filed_under_the_one_before_it() {
    let page = page_of(vec![
        block(H2, "Quiet"),
        block(P, &sentences(30)),
        block(H2, "Waste"),
        block(P, &sentences(30)),
    ]);
    let chunks = chunks(&page, ChunkOptions::of_size(300, 50));
    let waste =
        chunks.iter().find(|chunk| chunk.text.starts_with("Waste")).expect("a chunk on waste");
    assert_eq!(waste.headings, ["Handbook"]);
}

#[test]
fn a_word_without_end_is_divided_all_the_same() {
    let page = page_of(vec![block(P, &"語".repeat(3000)), block(CODE, &"x".repeat(5000))]);
    let chunks = chunks(&page, ChunkOptions::of_size(128, 20));
    assert!(chunks.len() > 20);
    assert!(chunks.iter().all(|chunk| chunk.tokens <= 128));
}

fn any_block() -> impl Strategy<Value = Option<Block>> {
    let kind = prop_oneof![
        (1_u8..=6).prop_map(|level| BlockKind::Heading { level }),
        Just(P),
        Just(LI),
        Just(TABLE),
        Just(CODE)
    ];
    let text = prop_oneof![
        "[a-zåäö .\n]{0,400}",
        "\\PC{0,200}",
        "(Word word\\. ){0,80}",
        "[語。 ]{0,300}"
    ];
    (kind, text).prop_map(|(kind, text)| Block::new(kind, &text))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_cover_the_page_in_order_and_stand_exactly_where_they_say(
        blocks in prop::collection::vec(any_block(), 0..12), size in 0_usize..300, overlap in 0_usize..100,
    ) {
        let page = page_of(blocks.into_iter().flatten().collect());
        let text = page_text(&page.blocks).text;
        let options = ChunkOptions::of_size(size, overlap);
        let mut covered = 0;
        for (at, chunk) in chunks(&page, options).iter().enumerate() {
            prop_assert_eq!(chunk.index as usize, at);
            prop_assert_eq!(slice_chars(&text, chunk.char_start, chunk.char_end), &chunk.text);
            prop_assert!(!chunk.text.trim().is_empty());
            prop_assert!(chunk.tokens <= options.max_tokens, "{} of {}", chunk.tokens, options.max_tokens);
            prop_assert!(words(&chunk.embedding_text()).len() + options.special_tokens <= options.max_tokens);
            // Nothing but blanks lies between one chunk and the next.
            prop_assert!(slice_chars(&text, covered, chunk.char_start).trim().is_empty());
            prop_assert!(chunk.char_end > covered);
            covered = chunk.char_end;
        }
        prop_assert!(slice_chars(&text, covered, usize::MAX).trim().is_empty());
    }
}
