//! Reads the statements of function bodies: which tables they read, and whether each is bound to a
//! tenant.

use std::collections::{BTreeMap, BTreeSet};

/// What follows a table and is no alias.
const NO_ALIAS: [&str; 27] = [
    "where",
    "on",
    "set",
    "join",
    "left",
    "right",
    "inner",
    "cross",
    "full",
    "using",
    "order",
    "group",
    "limit",
    "union",
    "returning",
    "for",
    "loop",
    "then",
    "and",
    "or",
    "end",
    "when",
    "from",
    "having",
    "do",
    "values",
    "select",
];

/// The statements of a body, as tokens in lower case, without comments, texts and casts.
pub(crate) fn statements(body: &str) -> Vec<Vec<String>> {
    let tokens = tokens(body);
    tokens
        .split(|token| token == ";")
        .map(without_subqueries_of_the_ticket)
        .filter(|statement| !statement.is_empty())
        .collect()
}

fn tokens(body: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '-' if chars.peek() == Some(&'-') => while chars.next_if(|c| *c != '\n').is_some() {},
            '\'' => {
                while chars.next().is_some_and(|c| c != '\'') {}
                out.push("''".to_owned());
            }
            ':' if chars.next_if_eq(&':').is_some() => {
                while chars.next_if(|c| c.is_alphanumeric() || "_.[]".contains(*c)).is_some() {}
            }
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = c.to_lowercase().to_string();
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || "_.".contains(*c)) {
                    word.extend(c.to_lowercase());
                }
                out.push(word.strip_prefix("public.").unwrap_or(&word).to_owned());
            }
            c if c.is_whitespace() => {}
            c => out.push(c.to_string()),
        }
    }
    out
}

/// `(select app_tenant())` is `app_tenant`.
fn without_subqueries_of_the_ticket(tokens: &[String]) -> Vec<String> {
    let ticket = ["(", "select", "app_tenant", "(", ")", ")"];
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(token) = tokens.get(at) {
        if tokens.get(at..at + ticket.len()).is_some_and(|next| next == ticket) {
            out.push("app_tenant".to_owned());
            at += ticket.len();
        } else {
            out.push(token.clone());
            at += 1;
        }
    }
    out
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The names after `from`, `join`, `update` and `using`, each with its alias, or itself.
fn sources(statement: &[String]) -> Vec<(&str, &str)> {
    let word = |at: usize| statement.get(at).map(String::as_str).filter(|token| is_word(token));
    let alias = |at: usize| match word(at) {
        Some("as") => word(at + 1),
        found => found.filter(|token| !NO_ALIAS.contains(token)),
    };
    let begins = |token: &str| matches!(token, "from" | "join" | "update" | "using");
    let mut out = Vec::new();
    for (at, token) in statement.iter().enumerate() {
        let Some(name) = word(at + 1) else { continue };
        let alias = alias(at + 2);
        // After a comma only with an alias: else it is a column.
        if begins(token) || (token == "," && alias.is_some()) {
            out.push((name, alias.unwrap_or(name)));
        }
    }
    out
}

/// The tables of `shared` that a statement reads or changes without a tenant: no chain of
/// comparisons leads from their `tenant_id` to something outside the statement's tables.
pub(crate) fn unbound<'a>(
    statement: &[String],
    shared: &'a BTreeSet<String>,
) -> BTreeSet<&'a String> {
    let sources = sources(statement);
    let aliases: BTreeSet<&str> = sources.iter().map(|(_, alias)| *alias).collect();
    let equal = equalities(statement);
    let is_outside = |node: &str| match node.split_once('.') {
        Some((alias, _)) => !aliases.contains(alias),
        None => node != "tenant_id",
    };
    let is_bound = |alias: &str, table: &str| {
        let mut reached = BTreeSet::from([format!("{alias}.tenant_id")]);
        if alias == table {
            reached.insert("tenant_id".to_owned());
        }
        let mut next: Vec<String> = reached.iter().cloned().collect();
        while let Some(node) = next.pop() {
            for other in equal.get(&node).into_iter().flatten() {
                if is_outside(other) {
                    return true;
                }
                if reached.insert(other.clone()) {
                    next.push(other.clone());
                }
            }
        }
        false
    };
    let mut out = BTreeSet::new();
    for (name, alias) in &sources {
        if let Some(table) = shared.get(*name)
            && !is_bound(alias, name)
        {
            out.insert(table);
        }
    }
    out
}

/// What is compared with what, in both directions.
fn equalities(statement: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for three in statement.windows(3) {
        let [left, sign, right] = three else { continue };
        if sign == "=" && is_word(left) && is_word(right) {
            out.entry(left.clone()).or_default().push(right.clone());
            out.entry(right.clone()).or_default().push(left.clone());
        }
    }
    out
}

#[test]
fn a_statement_is_bound_by_the_ticket_a_parameter_or_a_row_of_a_trigger() {
    let shared = BTreeSet::from(["users".to_owned(), "api_keys".to_owned()]);
    let found = |sql: &str| -> Vec<String> {
        let statements = statements(sql);
        statements.iter().flat_map(|one| unbound(one, &shared)).cloned().collect()
    };
    for bound in [
        "select from users u where u.tenant_id = (select app_tenant()) and u.id = p",
        "select from users where tenant_id = p_tenant",
        "update users u set state = 'x; from users' where new.tenant_id = u.tenant_id",
        "select from api_keys k join users u on u.tenant_id = k.tenant_id where k.tenant_id = v_parts[1]::uuid",
        "-- from users\n select from spaces",
        "insert into users (id) values (p)",
    ] {
        assert_eq!(found(bound), [""; 0], "{bound}");
    }
    for unbound in [
        "select from users u where u.id = p",
        "select tenant_id from users where id = p",
        "select from users u join tenants t on t.id = u.tenant_id",
        "delete from x using users u where u.tenant_id = x.tenant_id",
        "select 1; update users set state = p where id = (select app_tenant())",
        "select from spaces s, users u where s.tenant_id = app_tenant()",
    ] {
        assert_eq!(found(unbound), ["users"], "{unbound}");
    }
    let one = "select from api_keys k join users u on u.id = k.user_id where k.tenant_id = p";
    assert_eq!(found(one), ["users"], "one of two");
}
