//! What speaks for a chunk, and whether that is enough to say that it has to do with the query.

/// What speaks for a chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    /// Nearness in meaning, as the model's row calibrates it.
    pub(crate) relevance: f64,
    /// From where on that means that the chunk has to do with the query
    /// (`embedding_models.relevant_…`).
    pub(crate) relevant_from: f64,
    /// Share of the query's words.
    pub(crate) lexical_score: f64,
    /// Whether it or its document's name holds an identifier of the query.
    pub(crate) identifier_match: bool,
    /// Whether the model reads the chunk's language.
    pub(crate) chunk_read: bool,
    /// Whether it reads the query's.
    pub(crate) query_read: bool,
    /// How much of the lexical score counts beside the relevance
    /// (`embedding_models.lexical_evidence`).
    pub(crate) lexical_evidence: f64,
    /// Whether the query's words alone can show that a chunk has to do with it.
    pub(crate) lexical_suffices: bool,
    /// Nearness of its tokens to those of the query, 0 to 1; none: they were not compared.
    pub(crate) nearness: Option<f64>,
    /// How much nearness counts beside the relevance (`embedding_models.nearness_evidence`).
    pub(crate) nearness_evidence: f64,
    /// The nearness that says nothing (`embedding_models.nearness_base…`).
    pub(crate) nearness_base: f64,
}

impl Evidence {
    /// From which share of the query's words on a chunk has to do with it: less, the less the model
    /// can tell. Calibrated in docs/adr/0017-depth-of-the-vector-retriever.md.
    fn lexical_from(&self) -> f64 {
        match (self.query_read, self.chunk_read) {
            (true, true) => 0.8,
            (false, false) => 0.55,
            _ => 0.6,
        }
    }

    pub(crate) fn is_relevant(&self) -> bool {
        let nearness = self.nearness.map_or(0.0, |nearness| nearness - self.nearness_base);
        let together = self.relevance
            + self.lexical_evidence * self.lexical_score
            + self.nearness_evidence * nearness;
        self.identifier_match
            || together >= self.relevant_from
            || (self.lexical_suffices && self.lexical_score >= self.lexical_from())
    }
}

#[cfg(test)]
mod tests {
    use super::Evidence;

    #[test]
    fn nearness_counts_where_the_model_reads_the_language_and_words_everywhere() {
        let far = Evidence {
            relevance: 0.5,
            relevant_from: 0.75,
            lexical_score: 0.58,
            identifier_match: false,
            chunk_read: true,
            query_read: true,
            lexical_evidence: 0.0,
            lexical_suffices: true,
            nearness: None,
            nearness_evidence: 3.0,
            nearness_base: 0.68,
        };
        assert!(!far.is_relevant());
        assert!(Evidence { relevant_from: 0.33, ..far }.is_relevant());
        assert!(
            Evidence { chunk_read: false, query_read: false, ..far }.is_relevant(),
            "only words tell"
        );
        assert!(!Evidence { chunk_read: false, ..far }.is_relevant());
        assert!(Evidence { identifier_match: true, ..far }.is_relevant());
        let both = Evidence {
            relevant_from: 0.57,
            lexical_evidence: 0.25,
            lexical_suffices: false,
            ..far
        };
        assert!(both.is_relevant(), "nearness and words together");
        assert!(!Evidence { relevance: 0.1, lexical_score: 1.0, ..both }.is_relevant());
    }

    #[test]
    fn near_tokens_speak_for_a_chunk_and_far_ones_against_it() {
        let compared = |nearness| Evidence {
            relevance: 0.5,
            relevant_from: 0.56,
            lexical_score: 0.2,
            identifier_match: false,
            chunk_read: true,
            query_read: true,
            lexical_evidence: 0.25,
            lexical_suffices: false,
            nearness,
            nearness_evidence: 3.0,
            nearness_base: 0.68,
        };
        assert!(!compared(None).is_relevant());
        assert!(!compared(Some(0.68)).is_relevant(), "as if it had not been compared");
        assert!(compared(Some(0.69)).is_relevant());
        let by_words = |nearness| Evidence { lexical_score: 0.3, ..compared(nearness) };
        assert!(by_words(None).is_relevant() && !by_words(Some(0.67)).is_relevant());
        assert!(Evidence { identifier_match: true, ..compared(Some(0.1)) }.is_relevant());
    }
}
