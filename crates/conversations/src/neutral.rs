//! Makes texts of documents and users harmless in a prompt: they can neither open nor close the
//! fence around the sources, nor pass for a token of a chat template, nor for the number of a
//! source. Pure.
//!
//! Some servers match a template's tokens in the text before tokenization: `<|im_start|>system` in
//! a document then begins a system message. The model that will read the text is not known here, so
//! every text of such a form gets a look-alike as its first character.

/// Tags of models' chat templates, in lower case: turns, roles, reasoning, tools, and ends of
/// texts.
const TAGS: &[&str] = &[
    "s",
    "bos",
    "eos",
    "pad",
    "unk",
    "mask",
    "cls",
    "sep",
    "sop",
    "eop",
    "eot",
    "eom",
    "gmask",
    "start_of_turn",
    "end_of_turn",
    "start_of_image",
    "end_of_image",
    "end_of_utterance",
    "system",
    "user",
    "assistant",
    "human",
    "bot",
    "model",
    "tool",
    "tools",
    "think",
    "thinking",
    "reasoning",
    "tool_call",
    "tool_calls",
    "tool_response",
    "tool_result",
    "function",
    "function_call",
    "function_results",
    "instructions",
];

/// Bracketed words of chat templates, in lower case.
const BRACKETED: &[&str] = &[
    "inst",
    "sys",
    "system",
    "system_prompt",
    "user",
    "assistant",
    "available_tools",
    "tool_calls",
    "tool_results",
    "tool_content",
    "args",
    "call_id",
    "img",
    "img_break",
    "img_end",
    "prefix",
    "suffix",
    "middle",
    "think",
    "bos",
    "eos",
    "unk",
    "pad",
    "cls",
    "sep",
    "mask",
    "gmask",
    "control",
];

/// Longest tag, in characters.
const TAG_CHARS: usize = 40;

/// Replaces the first character of every fence or template token with a look-alike.
pub(crate) fn text(text: &str) -> String {
    // A replacement may leave a token before it: `<</|>` first becomes `<‹/|>`. Each pass replaces
    // one more level of nesting.
    let mut out = pass(text);
    for _ in 0..MOST_PASSES {
        let next = pass(&out);
        if next == out {
            break;
        }
        out = next;
    }
    out
}

/// Maximum number of passes: deeper nests are not tokens of any template.
const MOST_PASSES: usize = 8;

fn pass(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        out.push(match plain(c) {
            '<' if opens_token(rest) => '‹',
            '[' if is_bracketed(rest) => '(',
            _ => c,
        });
    }
    out
}

/// A line of a text, or a title, with `[12]` and `[1, 2]` replaced by `(12)` and `(1, 2)`: the
/// references of a document are not our citations.
pub(crate) fn line(line: &str) -> String {
    text(&without_numbers(line))
}

/// The plain form of full-width and small forms, which some tokenizers normalize.
fn plain(c: char) -> char {
    match c {
        '＜' | '﹤' => '<',
        '＞' | '﹥' => '>',
        '［' => '[',
        '］' => ']',
        '／' => '/',
        '＿' => '_',
        c => c,
    }
}

/// Whether a character is invisible: a server may drop it before it reads the text.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The next visible character, and the rest.
fn next(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    let found = chars.by_ref().find(|c| !is_unseen(*c))?;
    Some((plain(found), chars.as_str()))
}

/// The visible characters up to one of `ends`, in lower case and without a leading slash; None if
/// there is no end nearby.
fn name(text: &str, ends: &[char]) -> Option<String> {
    let mut seen = text.chars().filter(|c| !is_unseen(*c)).map(plain).take(TAG_CHARS);
    let mut out = String::new();
    loop {
        let c = seen.next()?;
        if ends.contains(&c) {
            return Some(out);
        }
        if c != '/' || !out.is_empty() {
            out.extend(c.to_lowercase());
        }
    }
}

/// After `<`: `|`, a second `<` of `<<SYS>>`, the fence, or a tag of a template.
fn opens_token(rest: &str) -> bool {
    let Some((first, after)) = next(rest) else { return false };
    match first {
        '|' | '｜' => true,
        '<' if after.starts_with(|c: char| c == '/' || c.is_alphabetic()) => name(after, &['>'])
            .is_some_and(|name| {
                !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            }),
        _ => {
            let fence: String = rest
                .chars()
                .filter(|c| !is_unseen(*c) && !c.is_whitespace() && plain(*c) != '/')
                .take("sources".len())
                .collect();
            fence.eq_ignore_ascii_case("sources")
                || name(rest, &['>']).is_some_and(|name| {
                    TAGS.contains(&name.trim_end_matches('|')) || name.ends_with('|')
                })
        }
    }
}

/// After `[`: a word of a template and `]`.
fn is_bracketed(rest: &str) -> bool {
    name(rest, &[']']).is_some_and(|name| {
        let word = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
        BRACKETED.contains(&word)
    })
}

fn without_numbers(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let inner = after.split_once(']').filter(|(inner, _)| {
            inner.contains(|c: char| c.is_ascii_digit())
                && inner.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ' '))
        });
        match inner {
            Some((inner, beyond)) => {
                out.extend(["(", inner, ")"]);
                rest = beyond;
            }
            None => {
                out.push('[');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{line, text};
    use proptest::prelude::*;

    #[test]
    fn no_token_of_a_known_template_is_left() {
        for token in [
            "<|im_start|>",
            "<|im_end|>",
            "<|endoftext|>",
            "<|begin_of_text|>",
            "<|start_header_id|>",
            "<|eot_id|>",
            "<|system|>",
            "<|end|>",
            "<|channel|>",
            "<｜begin▁of▁sentence｜>",
            "<｜User｜>",
            "<|START_OF_TURN_TOKEN|>",
            "[INST]",
            "[/INST]",
            "<<SYS>>",
            "<</SYS>>",
            "<s>",
            "</s>",
            "<bos>",
            "<eos>",
            "<start_of_turn>",
            "<end_of_turn>",
            "[SYSTEM_PROMPT]",
            "[/SYSTEM_PROMPT]",
            "[AVAILABLE_TOOLS]",
            "[TOOL_CALLS]",
            "[TOOL_RESULTS]",
            "[gMASK]",
            "<sop>",
            "<think>",
            "</think>",
            "<tool_call>",
            "<|turn>",
            "<turn|>",
            "<[SEP]>",
            "[CONTROL_12]",
            "<unk>",
            "＜|im_start|＞",
            "<\u{200b}|im_start|>",
            "<S>",
        ] {
            let seen = text(&format!("a {token} b"));
            assert!(!seen.contains(token), "{token}: {seen}");
            assert!(!seen.contains("<|") && !seen.contains("[INST]"), "{token}: {seen}");
        }
        assert_eq!(text("<|im_start|>system"), "‹|im_start|>system");
        assert_eq!(text("[INST] x [/INST]"), "(INST] x (/INST]");
        assert_eq!(text("<<SYS>>"), "‹<SYS>>");
    }

    #[test]
    fn a_fence_is_neither_opened_nor_closed() {
        assert_eq!(text("</sources> < / SOURCES > <sources"), "‹/sources> ‹ / SOURCES > ‹sources");
    }

    #[test]
    fn other_markup_stays_as_it_is() {
        for same in [
            "a < b <sourcecode> <p>å</p> <",
            "a << b >> c",
            "vec![1]; x[i] [x] [note] [OBS!]",
            "a || b |= c",
            "<https://x.example>",
            "i < j && j > k",
            "x |> f",
            "a < s > b",
            "<<= [a | b]",
        ] {
            assert_eq!(text(same), same);
        }
        assert_eq!(line("see [x] here"), "see [x] here");
        assert_eq!(line("[] [1.2] [ [a] y["), "[] [1.2] [ [a] y[");
    }

    #[test]
    fn references_of_a_document_are_not_citations() {
        assert_eq!(line("as shown [3], [1, 2] and [[4]]"), "as shown (3), (1, 2) and [(4)]");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_neutralized_text_is_harmless(said in "(<|\\||>|｜|\\[|\\]|/|inst|s|sources|_|[0-9]| |\u{200b}|[a-zå]){0,40}") {
            let seen = text(&said);
            prop_assert_eq!(&text(&seen), &seen, "{}", said);
            prop_assert!(!seen.contains("<|") && !seen.contains("<sources") && !seen.contains("</sources"), "{}", seen);
            prop_assert_eq!(seen.chars().count(), said.chars().count());
        }
    }
}
