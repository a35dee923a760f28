//! Numbers that are written in groups of digits, and the other ways to write them.

/// Groups of digits of one number: more of them are a row of a table, in which only thousands are
/// joined.
const MOST_GROUPS: usize = 8;
/// Digits of the longest number: an IBAN has 34 characters.
const MOST_DIGITS: usize = 34;

/// Groups of digits that stand beside each other with one sign between: `4 200`, `070-123 45 67`,
/// `1.250.000`.
#[derive(Debug)]
pub(crate) struct Number {
    /// First character.
    pub(crate) start: usize,
    /// One past the last.
    pub(crate) end: usize,
    groups: Vec<String>,
    /// What stands between the groups.
    signs: Vec<char>,
}

impl Number {
    /// Whether this can only be one number, written in thousands with blanks.
    pub(crate) fn is_one_number(&self) -> bool {
        self.is_thousands(0, self.groups.len())
            && self.signs.iter().all(|sign| matches!(sign, ' ' | '\''))
    }

    fn is_thousands(&self, first: usize, end: usize) -> bool {
        let Some((head, rest)) = self.groups.get(first..end).and_then(<[String]>::split_first)
        else {
            return false;
        };
        head.len() <= 3 && !rest.is_empty() && rest.iter().all(|group| group.len() == 3)
    }

    /// Neighbouring groups written as one number: where a number begins and ends in a row of groups
    /// is not known.
    pub(crate) fn spellings(&self) -> Vec<String> {
        let is_row = self.groups.len() > MOST_GROUPS;
        let mut out = Vec::new();
        for first in 0..self.groups.len() {
            let most = if is_row { 4 } else { MOST_GROUPS };
            for end in first + 2..=(first + most).min(self.groups.len()) {
                let joined = self.groups.get(first..end).unwrap_or_default().concat();
                if joined.len() > MOST_DIGITS {
                    break;
                }
                if joined.len() >= 4 && (!is_row || self.is_thousands(first, end)) {
                    out.push(joined);
                }
            }
        }
        out
    }
}

/// The numbers of a text that have more than one group.
pub(crate) fn numbers(text: &[char]) -> Vec<Number> {
    let mut out = Vec::new();
    let mut open: Option<Number> = None;
    let mut at = 0;
    while at < text.len() {
        let end = at + text.iter().skip(at).take_while(|c| c.is_ascii_digit()).count();
        if end == at {
            // To the end of what is no digit; a word with digits in it is no number.
            at += 1;
            continue;
        }
        let is_letter = |c: Option<&char>| c.is_some_and(|c| c.is_alphabetic() || *c == '_');
        let is_bare = !is_letter(at.checked_sub(1).and_then(|before| text.get(before)))
            && !is_letter(text.get(end));
        let group: String = text.get(at..end).unwrap_or_default().iter().collect();
        // One sign between this group and the one before.
        let sign = at.checked_sub(1).and_then(|before| text.get(before)).copied();
        let follows = open.as_ref().is_some_and(|number| number.end + 1 == at)
            && sign.is_some_and(|sign| matches!(sign, ' ' | ',' | '.' | '\'' | '-'));
        match (&mut open, sign) {
            (Some(number), Some(sign)) if follows && is_bare => {
                number.groups.push(group);
                number.signs.push(sign);
                number.end = end;
            }
            _ => {
                out.extend(open.take());
                open = is_bare.then(|| Number {
                    start: at,
                    end,
                    groups: vec![group],
                    signs: Vec::new(),
                });
            }
        }
        at = end;
    }
    out.extend(open);
    out.retain(|number| number.groups.len() > 1);
    out
}
