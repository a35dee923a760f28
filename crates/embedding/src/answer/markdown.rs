//! Quoted text in a Markdown answer: what a document writes stays text, so that no link, picture,
//! heading or code of a document becomes one of the answer.

/// The text with a backslash before every mark that means something in Markdown (CommonMark and
/// GitHub's), where it would. Plain sentences, lists of values and dates stay as they are.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = None;
    for (at, c) in text.char_indices() {
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        if is_mark(before, c, rest) {
            out.push('\\');
        }
        // A quotation is one paragraph: a line break in it would begin something else.
        out.push(if matches!(c, '\n' | '\r') { ' ' } else { c });
        before = Some(c);
    }
    out
}

fn is_mark(before: Option<char>, c: char, rest: &str) -> bool {
    let next = rest.chars().next();
    match c {
        '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '$' => true,
        // Within a word it emphasises nothing; `snake_case` reads better without.
        '_' => {
            !(before.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric))
        }
        // `&lt;` and `&#60;`
        '&' => next.is_some_and(|c| c == '#' || c.is_ascii_alphabetic()),
        '!' => next == Some('['),
        // What begins a block stands at the beginning only.
        '#' | '+' | '-' | '=' => before.is_none(),
        '.' | ')' if next.is_none_or(char::is_whitespace) => false,
        // Addresses become links by themselves: `https://`, `mailto:`, `www.`, `a@b`.
        ':' => {
            next.is_some_and(|c| !c.is_whitespace()) && !next.is_some_and(|c| c.is_ascii_digit())
        }
        '/' => next == Some('/') || before == Some('/'),
        '@' => before.is_some_and(|c| !c.is_whitespace()),
        '.' => {
            before.is_some_and(|c| c.eq_ignore_ascii_case(&'w'))
                && next.is_some_and(char::is_alphanumeric)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn marks_of_markdown_are_escaped() {
        for (text, expected) in [
            ("[portal](https://evil.example)", r"\[portal\](https\:\/\/evil.example)"),
            ("![x](http://a.b/c.png)", r"\!\[x\](http\:\/\/a.b/c.png)"),
            ("see https://evil.example/x", r"see https\:\/\/evil.example/x"),
            ("write to mailto:eve@evil.example", r"write to mailto\:eve\@evil.example"),
            ("or www.evil.example", r"or www\.evil.example"),
            ("<a href=x> <https://e.x>", r"\<a href=x\> \<https\:\/\/e.x\>"),
            ("**bold** __b__ `code` ~~gone~~", r"\*\*bold\*\* \_\_b\_\_ \`code\` \~\~gone\~\~"),
            ("# heading", r"\# heading"),
            ("- item", r"\- item"),
            (r"\[x]", r"\\\[x\]"),
            ("&lt;b&gt; &#60;", r"\&lt;b\&gt; \&#60;"),
            ("a | b", r"a \| b"),
            ("one\n\n# two", "one  # two"),
        ] {
            assert_eq!(escape(text), expected, "{text}");
        }
    }

    #[test]
    fn plain_sentences_stay_as_they_are() {
        for same in [
            "Season: May to August; Price per night: 400 kronor; Longest stay: 5 nights",
            "Dr. Lind measured approx. 3.5 metres, i.e. less than in No. 7 of 2019 (page 3).",
            "Öppet 09:30–16:00, dvs. mån–fre; se 4 § - och 50 % rabatt! snake_case R&D AT&T 1+1=2 #3",
        ] {
            let seen = escape(same);
            assert_eq!(seen.replace("AT\\&T", "AT&T").replace("R\\&D", "R&D"), same);
        }
    }
}
