//! Predicts from the first word of a statement what it may leave behind on its connection.

/// The effect of a statement on a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// Only settings, which `RESET ALL` resets.
    pub(super) plain: bool,
    /// A plain `SELECT` or `VALUES`: the executor is set up when the statement is bound.
    pub(super) select: bool,
}

/// Words that begin statements which open no transaction and leave no session object.
const PLAIN: [&str; 7] = ["select", "insert", "update", "delete", "with", "values", "merge"];

/// Parts of plain statements that leave something which `RESET ALL` does not reset.
const STICKY: [&str; 6] =
    ["advisory", "into temp", "'role'", "session_authorization", "set_config($", "set_config ("];

/// Classifies `sql`. An unknown statement counts as not plain.
pub(super) fn kind(sql: &str) -> Kind {
    let rest = skip_comments(sql);
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or_default().to_ascii_lowercase();
    let mut plain = PLAIN.contains(&word.as_str());
    if plain {
        let text = sql.to_ascii_lowercase();
        plain = !STICKY.iter().any(|part| text.contains(part));
    }
    Kind { plain, select: word == "select" || word == "values" }
}

fn skip_comments(sql: &str) -> &str {
    let mut rest = sql.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    loop {
        let after = if let Some(line) = rest.strip_prefix("--") {
            line.split_once('\n').map(|(_, after)| after)
        } else if let Some(block) = rest.strip_prefix("/*") {
            // A nested comment leaves a remainder that is not plain, which is safe.
            block.split_once("*/").map(|(_, after)| after)
        } else {
            return rest;
        };
        rest =
            after.unwrap_or_default().trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_statements_are_plain() {
        for sql in [
            "select 1",
            "  SELECT 1",
            "-- note\nselect 1",
            "/* note */ Insert into t values (1)",
            "with a as (select 1) select * from a",
            "(select 1) union (select 2)",
            "select set_config('app.tenant_id', $1, false)",
        ] {
            assert!(kind(sql).plain, "{sql}");
        }
    }

    #[test]
    fn a_statement_that_may_leave_state_is_not_plain() {
        for sql in [
            "begin",
            "START TRANSACTION",
            "set x = 1",
            "listen a",
            "create temp table t()",
            "select pg_advisory_lock(1)",
            "do $$ $$",
            "select 1 into temp t",
            "select set_config('role', 'x', false)",
            "select set_config($1, $2, false)",
            "",
            "/* /* */ */ select 1",
            "declare c cursor with hold for select 1",
            "savepoint a",
            "call p()",
            "explain analyze select 1",
        ] {
            assert!(!kind(sql).plain, "{sql}");
        }
    }
}
