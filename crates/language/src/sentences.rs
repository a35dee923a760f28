//! Where sentences end.

/// Words after which a full stop ends no sentence, lower case, without the stop.
const ABBREVIATIONS: &str = " e.g i.e etc cf vs dr mr mrs ms prof st no nos fig figs eq sec ch pp vol ed al approx inc ltd dept \
    bl.a t.ex d.v.s dvs m.m s.k kl nr ca resp o.s.v \
    bl ex m.fl f.d t.o.m fr.o.m t.v o.d ev inkl exkl enl ang jfr kap mom tel jan feb apr aug sep sept okt oct nov dec ";

/// What may follow the mark that ends a sentence, Markdown's emphasis included.
const CLOSERS: [char; 9] = ['"', '\'', ')', ']', '”', '’', '»', '*', '_'];

/// Whether a sentence ends between two words that white space separates. `is_first`: the word is
/// all of the sentence so far.
#[must_use]
pub fn ends_sentence(word: &str, is_first: bool, next: &str) -> bool {
    let bare = word.trim_end_matches(CLOSERS);
    let opens = next.chars().find(|c| c.is_alphanumeric()).is_some_and(|c| !c.is_lowercase());
    if bare.ends_with(['!', '?', '…']) {
        return opens;
    }
    let Some(stem) = bare.strip_suffix('.') else { return false };
    let stem = stem.trim_start_matches(['(', '"', '“', '«', '*', '_']).to_lowercase();
    let initial = stem.chars().count() == 1 && stem.chars().all(char::is_alphabetic);
    let numbering = is_first && stem.chars().all(|c| c.is_ascii_digit());
    opens
        && !initial
        && !numbering
        && !ABBREVIATIONS.split_ascii_whitespace().any(|known| known == stem)
}

#[cfg(test)]
mod tests {
    use super::ends_sentence;

    /// The sentences of a line.
    fn sentences(line: &str) -> Vec<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (mut out, mut sentence) = (Vec::new(), Vec::new());
        for (at, word) in words.iter().enumerate() {
            sentence.push(*word);
            let next = words.get(at + 1);
            if next.is_none_or(|next| ends_sentence(word, sentence.len() == 1, next)) {
                out.push(std::mem::take(&mut sentence).join(" "));
            }
        }
        out
    }

    #[test]
    fn an_abbreviation_ends_no_sentence() {
        for line in [
            "Det gäller t.ex. Uppsala och bl.a. Enköping, m.fl. Orter i länet.",
            "Det gäller t. ex. Uppsala, bl. a. Enköping.",
            "Öppet fr.o.m. 1 maj t.o.m. 3 juni kl. 9 enl. § 3 i lagen.",
            "Dr. Berg, e.g. Anna Berg, answers approx. 20 of them.",
        ] {
            assert_eq!(sentences(line), [line]);
        }
    }

    #[test]
    fn a_sentence_ends_before_the_next_one() {
        let line = "Enligt 2 kap. 3 § gäller det. **Avgiften är 500 kr.** Vem? “Alla.” Ja!";
        assert_eq!(
            sentences(line),
            ["Enligt 2 kap. 3 § gäller det.", "**Avgiften är 500 kr.**", "Vem?", "“Alla.”", "Ja!"]
        );
        assert_eq!(
            sentences("1. Öppna sidan. 2. Stäng den."),
            ["1. Öppna sidan.", "2. Stäng den."]
        );
        assert_eq!(sentences("Version 1.2 av A. Berg är här."), ["Version 1.2 av A. Berg är här."]);
    }
}
