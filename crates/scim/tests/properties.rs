//! Any input is parsed with its meaning, or refused: never a panic, never another meaning.

use proptest::prelude::*;
use scim::{GroupChange, Literal, Path, Term, UserChange, UserQuery, parse_filter, parse_path};
use serde_json::Value;

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_-]{0,20}".prop_filter("a word of the grammar", |name| !name.starts_with("urn"))
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>()
            .prop_filter("no such character is kept", |text| !text.contains('\0'))
            .prop_map(Literal::Text),
        any::<bool>().prop_map(Literal::Truth),
        any::<i32>().prop_map(|number| Literal::Number(number.to_string())),
        Just(Literal::Null),
    ]
}

fn equals(path: impl Strategy<Value = Path>) -> impl Strategy<Value = Term> {
    (path, literal()).prop_map(|(path, value)| Term::Equals(path, value))
}

fn inner_path() -> impl Strategy<Value = Path> {
    (name(), proptest::option::of(name())).prop_map(|(attribute, sub)| Path {
        attribute,
        filter: Vec::new(),
        sub,
    })
}

fn path() -> impl Strategy<Value = Path> {
    let filter = proptest::collection::vec(equals(inner_path()), 0..3);
    (name(), filter, proptest::option::of(name())).prop_map(|(attribute, filter, sub)| Path {
        attribute,
        filter,
        sub,
    })
}

/// The text of a path as a directory would write it; case and blanks do not matter.
fn write_path(path: &Path) -> String {
    let filter = if path.filter.is_empty() {
        String::new()
    } else {
        format!("[{}]", write_filter(&path.filter))
    };
    let sub = path.sub.as_ref().map(|sub| format!(".{}", sub.to_uppercase())).unwrap_or_default();
    format!("{}{filter}{sub}", path.attribute.to_uppercase())
}

fn write_filter(terms: &[Term]) -> String {
    let write = |term: &Term| match term {
        Term::Equals(path, Literal::Text(text)) => {
            format!("{} eq {}", write_path(path), Value::from(text.as_str()))
        }
        Term::Equals(path, Literal::Truth(truth)) => format!("{} EQ {truth}", write_path(path)),
        Term::Equals(path, Literal::Number(number)) => format!("{}  eq {number}", write_path(path)),
        Term::Equals(path, Literal::Null) => format!("{} Eq  null", write_path(path)),
        Term::Has(path) => write_path(path),
    };
    terms.iter().map(write).collect::<Vec<_>>().join(" And ")
}

/// JSON of any shape, in which known names are more frequent than by chance.
fn json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        Just("Operations".to_owned()),
        Just("op".to_owned()),
        Just("path".to_owned()),
        Just("value".to_owned()),
        Just("members".to_owned()),
        Just("emails".to_owned()),
        Just("name".to_owned()),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("add")),
        Just(Value::from("members[value eq \"1\"]")),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((names.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        let _ = (parse_filter(&text), parse_path(&text), UserQuery::parse(Some(&text)));
    }

    #[test]
    fn texts_of_the_grammars_tokens_are_parsed_or_refused(text in r#"([a-z.\[\]" :\\]|eq|and|urn:|"\\u00e5"|true|null|-?[0-9]e){0,40}"#) {
        let _ = (parse_filter(&text), parse_path(&text));
    }

    #[test]
    fn a_filter_survives_the_round_trip(terms in proptest::collection::vec(equals(path()), 1..6)) {
        let text = write_filter(&terms);
        prop_assume!(text.chars().count() <= 2000);
        prop_assert_eq!(parse_filter(&text), Ok(terms));
    }

    #[test]
    fn a_path_survives_the_round_trip(path in path()) {
        let text = write_path(&path);
        prop_assume!(text.chars().count() <= 2000);
        prop_assert_eq!(parse_path(&text), Ok(path));
    }

    #[test]
    fn a_searched_name_is_exactly_the_name(name in any::<String>()) {
        prop_assume!(!name.contains('\0') && name.chars().count() <= 900);
        let query = UserQuery::parse(Some(&format!("userName eq {}", Value::from(name.as_str()))));
        let expected = UserQuery { user_names: vec![name.to_lowercase()], ..UserQuery::default() };
        prop_assert_eq!(query, Ok(expected));
    }

    #[test]
    fn any_document_is_parsed_or_refused(body in json()) {
        let _ = (UserChange::patch(&body), UserChange::replacement(&body));
        let _ = (GroupChange::patch(&body), GroupChange::replacement(&body));
    }

    #[test]
    fn no_member_is_both_added_and_removed_in_one_change(operations in proptest::collection::vec((0..3_usize, 0..5_u8), 0..12)) {
        let verbs = ["add", "remove", "replace"];
        let operation = |(verb, id): &(usize, u8)| serde_json::json!({ "op": verbs[*verb], "path": "members", "value": [{ "value": id.to_string() }] });
        let body = serde_json::json!({ "Operations": operations.iter().map(operation).collect::<Vec<_>>() });
        let change = GroupChange::patch(&body).unwrap();
        prop_assert!(change.add.is_disjoint(&change.remove));
        // The same operations one after the other, on a group with all users.
        let mut members: std::collections::BTreeSet<String> = (0..5).map(|id| id.to_string()).collect();
        let mut folded = members.clone();
        for (verb, id) in &operations {
            match verb {
                0 => { members.insert(id.to_string()); }
                1 => { members.remove(&id.to_string()); }
                _ => members = [id.to_string()].into(),
            }
        }
        folded.retain(|id| !change.remove.contains(id) && (!change.clear || change.add.contains(id)));
        folded.extend(change.add);
        prop_assert_eq!(folded, members);
    }
}
