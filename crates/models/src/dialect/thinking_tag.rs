//! `<think>…</think>` at the start of an answer: thoughts of servers that do not tell them apart.
//! However the text is cut.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// What a piece of text is.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Fragment {
    Text(String),
    Thinking(String),
}

/// Reads the text of one answer.
#[derive(Default)]
pub(super) struct ThinkingTag {
    state: State,
    /// What may be the beginning of a tag.
    held: String,
}

#[derive(Default, Clone, Copy)]
enum State {
    #[default]
    Start,
    Thinking,
    /// After the thoughts, before the first word.
    Gap,
    Text,
}

impl ThinkingTag {
    pub(super) fn push(&mut self, text: &str) -> Vec<Fragment> {
        let mut out = Vec::new();
        if matches!(self.state, State::Text) {
            return vec![Fragment::Text(text.to_owned())];
        }
        self.held.push_str(text);
        loop {
            let held = std::mem::take(&mut self.held);
            match self.state {
                State::Start => {
                    let word = held.trim_start();
                    if let Some(rest) = word.strip_prefix(OPEN) {
                        self.held = rest.to_owned();
                        self.state = State::Thinking;
                        continue;
                    }
                    if OPEN.starts_with(word) {
                        self.held = held;
                    } else {
                        self.state = State::Text;
                        out.push(Fragment::Text(held));
                    }
                }
                State::Thinking => {
                    if let Some((thoughts, rest)) = held.split_once(CLOSE) {
                        out.extend(thinking(thoughts));
                        self.held = rest.to_owned();
                        self.state = State::Gap;
                        continue;
                    }
                    let (sure, maybe) = held.split_at(held.len() - beginning(&held));
                    out.extend(thinking(sure));
                    self.held = maybe.to_owned();
                }
                State::Gap => {
                    let rest = held.trim_start();
                    if !rest.is_empty() {
                        self.state = State::Text;
                        out.push(Fragment::Text(rest.to_owned()));
                    }
                }
                State::Text => out.push(Fragment::Text(held)),
            }
            return out;
        }
    }

    /// What was held back, at the end.
    pub(super) fn finish(&mut self) -> Option<Fragment> {
        let held = std::mem::take(&mut self.held);
        let is_thinking = matches!(self.state, State::Thinking);
        (!held.is_empty()).then_some(if is_thinking {
            Fragment::Thinking(held)
        } else {
            Fragment::Text(held)
        })
    }
}

fn thinking(text: &str) -> Option<Fragment> {
    (!text.is_empty()).then(|| Fragment::Thinking(text.to_owned()))
}

/// Bytes at the end that may be the beginning of the closing tag.
fn beginning(text: &str) -> usize {
    (1..CLOSE.len())
        .rev()
        .find(|length| CLOSE.get(..*length).is_some_and(|start| text.ends_with(start)))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text and thoughts, each put together.
    fn read(pieces: &[&str]) -> (String, String) {
        let (mut tag, mut said) = (ThinkingTag::default(), Vec::new());
        for piece in pieces {
            said.extend(tag.push(piece));
        }
        said.extend(tag.finish());
        let mut out = (String::new(), String::new());
        for one in said {
            match one {
                Fragment::Text(text) => out.0.push_str(&text),
                Fragment::Thinking(text) => out.1.push_str(&text),
            }
        }
        out
    }

    #[test]
    fn thoughts_at_the_start_are_told_apart_at_every_cut() {
        let whole = " <think>hm </thin å</think>\n\nYes <think>.";
        for cut in (0..=whole.len()).filter(|at| whole.is_char_boundary(*at)) {
            let (a, b) = whole.split_at(cut);
            assert_eq!(
                read(&[a, b]),
                ("Yes <think>.".to_owned(), "hm </thin å".to_owned()),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_text_without_thoughts_stays_as_it_is() {
        for text in ["plain", "  <b>bold</b>", "<", "<thin", "", "a <think>b</think>"] {
            assert_eq!(read(&[text]), (text.to_owned(), String::new()), "{text}");
        }
        assert_eq!(
            read(&["<think>never closed </th"]),
            (String::new(), "never closed </th".to_owned())
        );
    }
}
