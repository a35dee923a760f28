//! Marks inside the text of foreign answers that mean nothing here.

use crate::LeftOut;

/// What ChatGPT puts around a reference to a source, in characters for private use.
const MARK: (char, char) = ('\u{e200}', '\u{e201}');
/// The brackets of its older references.
const BRACKETS: (char, char) = ('【', '】');
/// The longest reference, in bytes; text between brackets that are further apart is text.
const REFERENCE_BYTES: usize = 400;

/// The text without references to sources that are not here, and how many there were.
pub(super) fn without_references(text: &str) -> (String, usize) {
    let (text, marks) = cut(text, MARK, |_| true);
    let (text, brackets) = cut(&text, BRACKETS, |inside| inside.contains('†'));
    (text, marks + brackets)
}

fn cut(text: &str, (open, close): (char, char), is_one: impl Fn(&str) -> bool) -> (String, usize) {
    let (mut out, mut rest, mut cuts) = (String::with_capacity(text.len()), text, 0);
    while let Some((before, after)) = rest.split_once(open) {
        out.push_str(before);
        // Only what is near is looked at: the text may have millions of opening marks.
        let near = after.floor_char_boundary(REFERENCE_BYTES + close.len_utf8());
        match after.get(..near).and_then(|near| near.split_once(close)) {
            Some((inside, _)) if is_one(inside) => {
                rest = after.get(inside.len() + close.len_utf8()..).unwrap_or_default();
                cuts += 1;
            }
            _ => {
                out.push(open);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    (out, cuts)
}

/// The text without the folds in which Open WebUI keeps thoughts and calls of tools, and what they
/// were.
pub(super) fn without_details(text: &str) -> (String, Vec<LeftOut>) {
    const OPEN: &str = "<details type=\"";
    const CLOSE: &str = "</details>";
    let (mut out, mut rest, mut found) = (String::new(), text, Vec::new());
    while let Some((before, after)) = rest.split_once(OPEN) {
        // Without an end, the answer was cut in the middle of its thoughts.
        let (inside, behind) = after.split_once(CLOSE).unwrap_or((after, ""));
        out.push_str(before);
        found.push(if inside.starts_with("reasoning") { LeftOut::Thinking } else { LeftOut::Tool });
        rest = behind;
    }
    out.push_str(rest);
    (out, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_go_and_other_brackets_stay() {
        let text = "Open\u{e200}cite\u{e202}turn0search1\u{e201} at nine【4†source】. 【注意】";
        assert_eq!(without_references(text), ("Open at nine. 【注意】".to_owned(), 2));
        assert_eq!(without_references("a 【 b † c"), ("a 【 b † c".to_owned(), 0));
    }

    #[test]
    fn a_reference_ends_within_its_bound() {
        let reference = |bytes| format!("a\u{e200}{}\u{e201}å", "b".repeat(bytes));
        assert_eq!(without_references(&reference(REFERENCE_BYTES)), ("aå".to_owned(), 1));
        let long = reference(REFERENCE_BYTES + 1);
        assert_eq!(without_references(&long), (long.clone(), 0));
    }

    /// To look for the end of each mark in all of the text would take hours.
    #[test]
    fn millions_of_marks_without_an_end_are_read_in_linear_time() {
        for mark in ["\u{e200}", "【"] {
            let text = mark.repeat((5 << 20) / mark.len());
            assert_eq!(without_references(&text), (text.clone(), 0));
        }
        let folds = "<details type=\"x\">".repeat(300_000);
        assert_eq!(without_details(&folds), (String::new(), vec![LeftOut::Tool]));
    }

    #[test]
    fn folds_of_thoughts_and_tools_go_and_those_of_readers_stay() {
        let text = "<details type=\"reasoning\" done=\"true\">\nHm\n</details>\nAt nine.\
                    <details type=\"tool_calls\">x</details><details><summary>More</summary></details>";
        let (kept, found) = without_details(text);
        assert_eq!(kept.trim(), "At nine.<details><summary>More</summary></details>");
        assert_eq!(found, [LeftOut::Thinking, LeftOut::Tool]);
        assert_eq!(without_details("<details type=\"reasoning\">Hm").0, "");
    }
}
