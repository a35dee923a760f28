//! What has changed between two texts of a page, line by line: a line is a paragraph, a heading or a
//! row of a table.

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Characters of a text that are compared.
pub(crate) const MOST_CHARS: usize = 100_000;
/// Pages of a file that are compared.
pub(crate) const MOST_PAGES: i32 = 200;
/// Lines of each text that are compared, beside those that both begin and end with. The work is at
/// most their product: some milliseconds.
const MOST_LINES: usize = 1_000;
/// Lines that are shown before and after each change.
const CONTEXT: usize = 2;

/// What has become of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineChange {
    /// It stands in both texts.
    Same,
    /// It stood in the text before.
    Removed,
    /// It stands in the text of now.
    Added,
}

impl LineChange {
    /// Every change.
    pub const ALL: &'static [Self] = &[Self::Same, Self::Removed, Self::Added];

    /// The spelling on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Removed => "removed",
            Self::Added => "added",
        }
    }
}

/// A paragraph, a heading or a row of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiffLine {
    /// What has become of it.
    pub change: LineChange,
    /// Without white space around it.
    pub text: String,
}

/// Lines that changed, with those around them.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct DiffHunk {
    /// Lines of both texts that are left out before it.
    pub skipped: usize,
    /// In their order; of a changed line first how it was.
    pub lines: Vec<DiffLine>,
}

/// What has changed between two texts.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct TextDiff {
    /// In the order of the texts; none if they say the same.
    pub hunks: Vec<DiffHunk>,
    /// Whether there is more than what was compared.
    pub is_cut: bool,
}

impl TextDiff {
    /// Compares two texts, as far as the bounds allow.
    #[must_use]
    pub fn of(before: &str, after: &str) -> Self {
        let (before, is_before_cut) = lines(before);
        let (after, is_after_cut) = lines(after);
        let start = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let shorter = before.len().min(after.len()).saturating_sub(start);
        let backwards = before.iter().rev().zip(after.iter().rev()).take(shorter);
        let end = backwards.take_while(|(a, b)| a == b).count();
        let (old, is_old_cut) = middle(&before, start, end);
        let (new, is_new_cut) = middle(&after, start, end);
        let mut out = Collector::default();
        out.same(before.iter().take(start));
        let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
        let last_same = ops.iter().rposition(|op| op.tag() == DiffTag::Equal);
        let is_middle_cut = is_old_cut || is_new_cut;
        // What stands last may stand in what is left out of the other text.
        let is_open = is_middle_cut || end == 0;
        for (at, op) in ops.iter().enumerate() {
            let is_last = is_open && last_same.is_none_or(|same| at > same);
            let (tag, from, to) = op.as_tag_tuple();
            if tag == DiffTag::Equal {
                out.same(old.iter().skip(from.start).take(from.len()));
                continue;
            }
            if !(is_last && (is_after_cut || is_new_cut)) {
                out.changed(LineChange::Removed, old.iter().skip(from.start).take(from.len()));
            }
            if !(is_last && (is_before_cut || is_old_cut)) {
                out.changed(LineChange::Added, new.iter().skip(to.start).take(to.len()));
            }
        }
        if !is_middle_cut {
            out.same(before.iter().skip(before.len().saturating_sub(end)));
        }
        Self { hunks: out.end(), is_cut: is_before_cut || is_after_cut || is_middle_cut }
    }
}

/// The lines of a text that are no white space, and whether it has more than that.
fn lines(text: &str) -> (Vec<&str>, bool) {
    let end = text.char_indices().nth(MOST_CHARS).map(|(at, _)| at);
    let kept = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    let mut lines: Vec<&str> =
        kept.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if end.is_some() {
        // It breaks off somewhere.
        lines.pop();
    }
    (lines, end.is_some())
}

/// What is left of a text without what both begin and end with, and whether there is more of it.
fn middle<'a>(lines: &[&'a str], start: usize, end: usize) -> (Vec<&'a str>, bool) {
    let count = lines.len().saturating_sub(start).saturating_sub(end);
    let kept = lines.iter().skip(start).take(count.min(MOST_LINES)).copied().collect();
    (kept, count > MOST_LINES)
}

/// Takes lines in their order, and leaves out those that are far from every change.
#[derive(Default)]
struct Collector {
    hunks: Vec<DiffHunk>,
    /// Lines of both texts since the last change.
    since: Vec<String>,
}

impl Collector {
    fn same<'a>(&mut self, lines: impl Iterator<Item = &'a &'a str>) {
        self.since.extend(lines.map(|line| (*line).to_owned()));
    }

    fn changed<'a>(&mut self, change: LineChange, lines: impl Iterator<Item = &'a &'a str>) {
        for line in lines {
            self.open();
            self.push(change, (*line).to_owned());
        }
    }

    /// A change follows: what stands before it is added, in a new hunk if much is left out.
    fn open(&mut self) {
        let mut since = std::mem::take(&mut self.since);
        let is_near = !self.hunks.is_empty() && since.len() <= 2 * CONTEXT;
        if !is_near {
            let before = since.split_off(since.len().saturating_sub(CONTEXT));
            let mut skipped = since.len();
            if !self.hunks.is_empty() {
                skipped = skipped.saturating_sub(CONTEXT);
                since.truncate(CONTEXT);
                for line in since {
                    self.push(LineChange::Same, line);
                }
            }
            self.hunks.push(DiffHunk { skipped, lines: Vec::new() });
            since = before;
        }
        for line in since {
            self.push(LineChange::Same, line);
        }
    }

    fn push(&mut self, change: LineChange, text: String) {
        if let Some(hunk) = self.hunks.last_mut() {
            hunk.lines.push(DiffLine { change, text });
        }
    }

    fn end(mut self) -> Vec<DiffHunk> {
        for line in std::mem::take(&mut self.since).into_iter().take(CONTEXT) {
            self.push(LineChange::Same, line);
        }
        self.hunks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hunks as people write them: `=`, `-` and `+` before each line, and what is left out.
    fn shown(before: &str, after: &str) -> String {
        let line = |line: &DiffLine| {
            let sign = match line.change {
                LineChange::Same => '=',
                LineChange::Removed => '-',
                LineChange::Added => '+',
            };
            format!("{sign}{} ", line.text)
        };
        let hunk = |hunk: &DiffHunk| {
            format!("[{}] {}", hunk.skipped, hunk.lines.iter().map(line).collect::<String>())
        };
        TextDiff::of(before, after).hunks.iter().map(hunk).collect::<String>().trim().to_owned()
    }

    fn numbers(range: std::ops::Range<usize>) -> String {
        range.map(|n| format!("{n}\n")).collect()
    }

    #[test]
    fn texts_that_say_the_same_have_no_diff() {
        assert_eq!(TextDiff::of("", ""), TextDiff::default());
        assert_eq!(TextDiff::of("a\n\n  b ", "a\nb\n"), TextDiff::default(), "but for white space");
    }

    #[test]
    fn changes_stand_between_the_lines_around_them() {
        assert_eq!(shown("a\nb\nc", "a\nx\nc"), "[0] =a -b +x =c");
        assert_eq!(shown("a", ""), "[0] -a");
        assert_eq!(shown("", "å\nä"), "[0] +å +ä");
        assert_eq!(shown("a\na\nb", "a\nb"), "[0] =a -a =b");
    }

    #[test]
    fn lines_far_from_every_change_are_left_out() {
        let before = numbers(0..20);
        let after = before.replace("\n5\n", "\nfive\n").replace("15\n", "fifteen\n");
        assert_eq!(
            shown(&before, &after),
            "[3] =3 =4 -5 +five =6 =7 [5] =13 =14 -15 +fifteen =16 =17"
        );
        let near = numbers(0..9).replace("2\n", "two\n").replace("7\n", "seven\n");
        assert_eq!(shown(&numbers(0..9), &near), "[0] =0 =1 -2 +two =3 =4 =5 =6 -7 +seven =8");
    }

    #[test]
    fn one_change_in_a_long_text_is_found_whole() {
        let before = numbers(0..15_000);
        let after = before.replace("\n7500\n", "\nchanged\n");
        let diff = TextDiff::of(&before, &after);
        assert_eq!((diff.hunks.len(), diff.is_cut), (1, false));
        assert_eq!(diff.hunks[0].lines.len(), 6);
    }

    #[test]
    fn what_an_insertion_moves_out_of_what_is_compared_is_not_removed() {
        let inserted = "[0] +new +lines =0 =1";
        // More lines than are compared, and more characters.
        for count in [3_000, 30_000] {
            let before = numbers(0..count);
            let after = format!("new\nlines\n{before}");
            let last = format!("{}\n", count - 1);
            assert_eq!(shown(&before, &after.replace(&last, "last\n")), inserted, "{count}");
            let removed = inserted.replace('+', "-");
            assert_eq!(shown(&after, &before.replace(&last, "last\n")), removed, "{count}");
        }
        let long = "å".repeat(1_000);
        let before: String = (0..150).map(|n| format!("{n}{long}\n")).collect();
        let diff = TextDiff::of(&before, &format!("new{long}\n{before}"));
        let lines = diff.hunks.iter().flat_map(|hunk| &hunk.lines);
        let changed = lines.filter(|line| line.change != LineChange::Same).count();
        assert_eq!((changed, diff.is_cut), (1, true));
    }

    #[test]
    fn no_more_than_so_much_is_compared() {
        let long = TextDiff::of(&numbers(0..3_000), &numbers(10_000..14_000));
        assert_eq!(long, TextDiff { hunks: Vec::new(), is_cut: true }, "the rest may say the same");
        let short = TextDiff::of("a", &numbers(0..3_000));
        let lines: usize = short.hunks.iter().map(|hunk| hunk.lines.len()).sum();
        assert_eq!((lines, short.is_cut), (MOST_LINES, true), "`a` may come later");
        let line = "å".repeat(MOST_CHARS + 1);
        assert!(TextDiff::of(&line, "").is_cut);
        assert!(!TextDiff::of(&line[..line.len() - 2], "").is_cut);
    }
}
