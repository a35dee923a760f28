//! The title of a conversation, from its first question. Pure.

/// The most characters of a title.
const TITLE_CHARS: usize = 60;

/// The first line of the question that has words, without Markdown characters, cut between words.
#[must_use]
pub fn from_question(question: &str) -> String {
    let words = |line: &&str| line.chars().any(char::is_alphanumeric);
    let line = question.lines().find(words).unwrap_or(question);
    let plain: String = line
        .chars()
        .filter(|c| !matches!(c, '*' | '`' | '#' | '>' | '|' | '_') && !c.is_control())
        .collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = plain.trim_matches(|c: char| matches!(c, '"' | '\'' | '-' | ':' | ' '));
    if plain.is_empty() {
        return "…".to_owned();
    }
    if plain.chars().count() <= TITLE_CHARS {
        return plain.to_owned();
    }
    let head: String = plain.chars().take(TITLE_CHARS - 1).collect();
    // Not in the middle of a word, unless the word is most of the title.
    let head = head
        .rsplit_once(' ')
        .map(|(before, _)| before)
        .filter(|b| b.chars().count() > TITLE_CHARS / 2)
        .unwrap_or(&head);
    format!("{}…", head.trim_end_matches([',', ';', ':', ' ', '.', '–', '-']))
}

#[cfg(test)]
mod tests {
    use super::from_question;

    #[test]
    fn a_short_question_is_its_own_title() {
        assert_eq!(from_question("When does the library open?"), "When does the library open?");
        assert_eq!(from_question("\n\n## **Hej**,  `du`\nrest"), "Hej, du");
    }

    #[test]
    fn a_long_question_is_cut_between_words() {
        let title = from_question(
            "Which of the many regulations on fire safety apply to buildings from before 1950?",
        );
        assert_eq!(title, "Which of the many regulations on fire safety apply to…");
        assert_eq!(from_question(&"å".repeat(100)).chars().count(), 60);
    }

    #[test]
    fn there_is_always_a_title() {
        for text in ["***", " \u{0} ", "?", "```\n```"] {
            let title = from_question(text);
            assert!(
                (1..=200).contains(&title.chars().count()) && !title.chars().any(char::is_control),
                "{text:?}: {title:?}"
            );
        }
    }
}
