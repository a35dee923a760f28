//! The language of a question, as far as fixed sentences need it: Swedish, or else English.

/// A language that the answerer speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Language {
    English,
    Swedish,
}

/// What the answerer says itself.
pub(super) struct Sentences {
    /// How an answer begins that quotes something.
    pub(super) introduction: &'static str,
    /// The answer if the sources hold none.
    pub(super) nothing: &'static str,
}

const ENGLISH: Sentences = Sentences {
    introduction: "No language model is configured, so here are the passages that answer best:",
    nothing: "No language model is configured, and the sources do not answer this question.",
};
const SWEDISH: Sentences = Sentences {
    introduction: "Ingen språkmodell är konfigurerad. De här avsnitten svarar bäst på frågan:",
    nothing: "Ingen språkmodell är konfigurerad, och källorna ger inget svar på frågan.",
};

impl Language {
    pub(super) fn sentences(self) -> &'static Sentences {
        match self {
            Self::English => &ENGLISH,
            Self::Swedish => &SWEDISH,
        }
    }
}

/// The language of a question.
pub(super) fn of(question: &str) -> Language {
    let languages = language::of_query(question);
    let has = |letters: &[char]| question.to_lowercase().contains(letters);
    // Letters decide where words do not: `å`, `ä`, `ö`, without those of the neighbours.
    let letters = has(&['å', 'ä', 'ö']) && !has(&['ü', 'ß', 'ø', 'æ']);
    match languages.as_slice() {
        ["swedish"] => Language::Swedish,
        [] if letters => Language::Swedish,
        several if letters && several.contains(&"swedish") => Language::Swedish,
        _ => Language::English,
    }
}

/// Whether a text is in a language that a question, which is in one of `likely`, is not in. Where
/// either is not known, it is not.
pub(super) fn is_another(likely: &[&str], text: &str) -> bool {
    let language = language::of_chunk(text, "simple");
    !likely.is_empty() && language != "simple" && !likely.contains(&language)
}

#[cfg(test)]
mod tests {
    use super::{Language, is_another, of};

    #[test]
    fn a_text_is_in_another_language_only_if_both_are_known() {
        let english = "A member who will live elsewhere for a time may sublet the flat.";
        let swedish = "Reglerna gäller alla som bor i föreningen och deras gäster.";
        assert!(is_another(&["swedish"], english) && is_another(&["english"], swedish));
        assert!(
            !is_another(&["swedish"], swedish) && !is_another(&["norwegian", "swedish"], swedish)
        );
        assert!(!is_another(&[], english) && !is_another(&["swedish"], "4 200; 17; 33"));
    }

    #[test]
    fn swedish_questions_are_told_from_others() {
        for question in [
            "När går bussen till Stockholm?",
            "Vad kostar gästlägenheten?",
            "Hur länge?",
            "Öppettider?",
            "Får man ha hund",
            "Vem är ordförande",
            "vilka regler finns",
            "Kan jag hyra ut i andra hand?",
            "Semester 2026 för nyanställda",
        ] {
            assert_eq!(of(question), Language::Swedish, "{question}");
        }
        for question in [
            "When does the bus to Malmö leave?",
            "What is the fee?",
            "Are dogs allowed in Åre?",
            "opening hours",
            "",
            "42?",
            "Wie hoch ist die Gebühr für die Gästewohnung?",
            "Wann öffnet das Büro?",
            "Hvad koster det at leje gæsteværelset?",
            "Hva er åpningstidene?",
            "Mitä vierashuone maksaa yöltä?",
            "Quand ouvre la bibliothèque ?",
            "Who is the chair of Föreningen?",
        ] {
            assert_eq!(of(question), Language::English, "{question}");
        }
    }
}
