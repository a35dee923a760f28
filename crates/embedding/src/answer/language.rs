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

/// Frequent Swedish words that are none in English.
const SWEDISH_WORDS: &str = " och är att det som på av för med till om kan ska skall har hade inte jag vi ni du han hon dem denna dessa detta \
    vad hur när vem vilka vilken vilket varför vart varifrån vems ett den finns fanns gäller får fick måste kostar går hos från eller min mitt mina \
    vår vårt våra ert era din ditt dina sin sitt sina blir blev var vara varit där här då under över efter innan mellan utan mot mycket många \
    hade göra gör gjorde heter ligger kommer kallas länge ofta också bara något någon några alla samt skulle vill ";
/// Frequent words of English and of languages that share words or letters with Swedish: Danish, Norwegian, German, Dutch, Finnish.
const OTHER_WORDS: &str = " the is are was were what when where which who whom whose why how does do did can could of to and in for with from on at by \
    have has had it its this that there their be been an og er jeg ikke hvad hvor hvordan hvem hvilken hvilke hvorfor hva når af fra eller noget noe \
    der das ist und wie wer wo wann warum nicht ein eine einen für auf mit von zu dem den des het een niet wat hoe waar wanneer wie welke zijn \
    mitä missä milloin kuka miksi miten mikä kuinka ja ei ";

/// The language of a question.
pub(super) fn of(question: &str) -> Language {
    let (mut swedish, mut other) = (0, 0);
    for word in question.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word = format!(" {} ", word.to_lowercase());
        swedish += usize::from(SWEDISH_WORDS.contains(&word));
        other += usize::from(OTHER_WORDS.contains(&word));
    }
    let has = |letters: &[char]| question.to_lowercase().contains(letters);
    // Letters decide where words do not: `å`, `ä`, `ö`, without those of the neighbours.
    let letters = has(&['å', 'ä', 'ö']) && !has(&['ü', 'ß', 'ø', 'æ']);
    match swedish.cmp(&other) {
        std::cmp::Ordering::Greater => Language::Swedish,
        std::cmp::Ordering::Equal if letters => Language::Swedish,
        _ => Language::English,
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, of};

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
