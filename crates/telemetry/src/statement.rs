//! The name of an SQL statement in a trace: its verb and its first table or function. Literals,
//! parameters and comments are never part of it.

/// Only the beginning of a statement is looked at.
const LOOKED_AT: usize = 4096;
/// The most characters of the name of a table or function.
const NAME: usize = 63;

/// The summary of a statement: `select documents`, `begin`.
#[must_use]
pub fn statement_summary(sql: &str) -> String {
    let mut words = WordScanner { rest: sql.as_bytes().get(..LOOKED_AT).unwrap_or(sql.as_bytes()) };
    let Some(verb) = words.next() else { return "statement".to_owned() };
    let verb = verb.text.to_ascii_lowercase();
    let mut before = WordRole::of(&verb);
    let mut called = None;
    for word in words {
        let text = word.text.to_ascii_lowercase();
        // After `from` may come `lateral` or `only`, and `select` of a subquery.
        if before == WordRole::Table && !is_keyword(&text) {
            return of(&verb, &text);
        }
        if called.is_none() && word.is_called && !is_keyword(&text) {
            called = Some(text.clone());
        }
        before = match WordRole::of(&text) {
            WordRole::Other
                if before == WordRole::Table && is_keyword(&text) && text != "select" =>
            {
                WordRole::Table
            }
            place => place,
        };
    }
    called.map_or_else(|| verb.clone(), |name| of(&verb, &name))
}

fn of(verb: &str, name: &str) -> String {
    format!("{verb} {}", name.get(..NAME).unwrap_or(name))
}

/// What a word leads to.
#[derive(PartialEq, Eq)]
enum WordRole {
    Table,
    Other,
}

impl WordRole {
    fn of(word: &str) -> Self {
        match word {
            "from" | "into" | "update" | "join" | "table" | "using" => Self::Table,
            _ => Self::Other,
        }
    }
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "select"
            | "lateral"
            | "only"
            | "values"
            | "set"
            | "as"
            | "in"
            | "and"
            | "exists"
            | "with"
            | "materialized"
            | "not"
            | "unnest"
            | "case"
            | "when"
            | "distinct"
            | "on"
            | "over"
            | "filter"
            | "any"
            | "all"
            | "recursive"
            | "by"
    )
}

struct Word<'a> {
    text: &'a str,
    /// A parenthesis follows at once.
    is_called: bool,
}

/// The words of a statement, without literals, quoted names and comments.
struct WordScanner<'a> {
    rest: &'a [u8],
}

impl WordScanner<'_> {
    fn skip_to(&mut self, end: &[u8], from: usize) {
        let inside = self.rest.get(from..).unwrap_or_default();
        let at = inside.windows(end.len()).position(|window| window == end);
        self.rest = at.and_then(|at| inside.get(at + end.len()..)).unwrap_or_default();
    }
}

impl<'a> Iterator for WordScanner<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        loop {
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
            match *self.rest {
                [] => return None,
                [b'\'', ..] => self.skip_to(b"'", 1),
                [b'"', ..] => self.skip_to(b"\"", 1),
                [b'-', b'-', ..] => self.skip_to(b"\n", 2),
                [b'/', b'*', ..] => self.skip_to(b"*/", 2),
                // A parameter, or the quote of a text.
                [b'$', ref rest @ ..] => {
                    let length = rest.iter().take_while(|byte| is_part(byte)).count();
                    match rest.get(length) {
                        Some(b'$') if !rest.first().is_some_and(u8::is_ascii_digit) => {
                            let (whole, from) = (self.rest, length + 2);
                            self.skip_to(whole.get(..from).unwrap_or_default(), from);
                        }
                        _ => self.rest = rest.get(length..).unwrap_or_default(),
                    }
                }
                [first, ref rest @ ..] if !is_part(&first) => self.rest = rest,
                [first, ..] => {
                    let length = self.rest.iter().take_while(|byte| is_part(byte)).count();
                    let (word, rest) = self.rest.split_at_checked(length)?;
                    self.rest = rest;
                    // A number is a literal, too.
                    if first.is_ascii_alphabetic() || first == b'_' {
                        let text = str::from_utf8(word).ok()?;
                        return Some(Word { text, is_called: rest.first() == Some(&b'(') });
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_named_by_its_verb_and_its_first_table_or_function() {
        for (sql, name) in [
            ("select a, lower(b) from documents d where c = $1", "select documents"),
            ("insert into jobs (a) values ($1)", "insert jobs"),
            ("update jobs set a = 1", "update jobs"),
            ("with found as (select 1 from chunks) select * from found", "with chunks"),
            ("select x from (select y from lateral inner_table) t", "select inner_table"),
            ("select ticket from tenancy.enter_worker($1, $2)", "select tenancy.enter_worker"),
            ("SELECT enqueue_job($1)", "select enqueue_job"),
            ("begin", "begin"),
            ("", "statement"),
        ] {
            assert_eq!(statement_summary(sql), name, "{sql}");
        }
    }

    #[test]
    fn no_literal_comes_into_the_name() {
        for sql in [
            "select 'from secret' as a, 4711, $tag$from secret$tag$ -- from secret\n from t",
            "/* from secret */ select \"from secret\", 'it''s from secret' from t",
            "select 'from secret",
            "select $$from secret$$",
        ] {
            let name = statement_summary(sql);
            assert!(!name.contains("secret") && !name.contains("4711"), "{sql}: {name}");
        }
    }
}
