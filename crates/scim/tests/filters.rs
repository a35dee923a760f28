//! Filters and paths, as Entra ID and Okta write them.

use scim::{GroupQuery, Kind, UserQuery, parse_filter, parse_path};

fn users(filter: &str) -> UserQuery {
    UserQuery::parse(Some(filter)).unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn the_filters_of_entra_and_okta_are_parsed() {
    let by_name = UserQuery { user_names: texts(&["ada@example.org"]), ..UserQuery::default() };
    for filter in [
        r#"userName eq "Ada@example.org""#,
        r#"USERNAME EQ "ada@example.org""#,
        r#"  userName  eq  "ada@example.org"  "#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@example.org""#,
    ] {
        assert_eq!(users(filter), by_name, "{filter}");
    }
    assert_eq!(
        users(r#"externalId eq "Ab/1""#).external_ids,
        ["Ab/1"],
        "the directory's ids keep their case"
    );
    assert_eq!(users(r#"id eq "01A" and active eq true"#).ids, ["01a"]);
    assert_eq!(users(r#"id eq "01A" and active eq "False""#).active, [false]);
    assert_eq!(
        users(r#"displayName eq "Ada \"the\" L\u00f6v""#).display_names,
        [r#"ada "the" löv"#]
    );
    for filter in [
        r#"emails[type eq "work"].value eq "a@b.c""#,
        r#"emails[type eq "work" and value eq "a@b.c"]"#,
        r#"emails.value eq "A@b.c""#,
        r#"emails eq "a@b.c""#,
        r#"emails[primary eq true].value eq "a@b.c""#,
    ] {
        assert_eq!(
            users(filter),
            UserQuery { emails: texts(&["a@b.c"]), ..UserQuery::default() },
            "{filter}"
        );
    }
    assert!(users(r#"emails[type eq "home"].value eq "a@b.c""#).no_one);
    let groups = |filter: &str| GroupQuery::parse(Some(filter)).unwrap();
    assert_eq!(groups(r#"displayName eq "Readers""#).names, ["readers"]);
    let both = groups(r#"id eq "1" and members eq "2""#);
    assert_eq!((both.ids, both.members), (texts(&["1"]), texts(&["2"])));
    assert_eq!(groups(r#"members[value eq "2"]"#).members, ["2"]);
    assert_eq!(UserQuery::parse(None).unwrap(), UserQuery::default());
}

#[test]
fn malformed_and_unsupported_filters_are_refused() {
    for filter in [
        "",
        "userName",
        "userName eq",
        "userName eq x",
        r#"userName eq "x"#,
        r#"userName eq "a" or userName eq "b""#,
        r#"not (userName eq "a")"#,
        r#"(userName eq "a")"#,
        r#"userName co "a""#,
        r#"userName eq "a" and"#,
        r#"userName eq "a"; drop table users"#,
        r#"userName eq "a" "b""#,
        r#"userName eq ["a"]"#,
        r#"userName eq 5"#,
        r#"userName eq null"#,
        r#"userName eq "a\u0000b""#,
        r#"active eq "perhaps""#,
        r#"password eq "x""#,
        r#"members[value eq "2"]"#,
        r#"emails[type eq "work""#,
        r#"emails[type[x eq "y"] eq "work"].value eq "x""#,
        r#"emails[type eq "work"] eq "x"]"#,
        r#"userName.x eq "a""#,
        r#".userName eq "a""#,
        "\u{0}",
    ] {
        let refused = UserQuery::parse(Some(filter)).unwrap_err();
        assert_eq!(refused.kind, Kind::Filter, "{filter}");
    }
    assert_eq!(GroupQuery::parse(Some(r#"userName eq "a""#)).unwrap_err().kind, Kind::Filter);
    let many = [r#"id eq "1""#; 11].join(" and ");
    assert_eq!(parse_filter(&many).unwrap_err().kind, Kind::Filter);
    assert!(parse_filter(&[r#"id eq "1""#; 10].join(" and ")).is_ok());
    let long = format!(r#"userName eq "{}""#, "a".repeat(2000));
    assert_eq!(parse_filter(&long).unwrap_err().kind, Kind::Filter);
}

#[test]
fn paths_name_attributes_parts_and_values() {
    let path = |text: &str| parse_path(text).unwrap();
    assert_eq!(path("Active").names(), ("active", None));
    assert_eq!(path("name.givenName").names(), ("name", Some("givenname")));
    let email = path(r#"emails[type eq "work"].value"#);
    assert_eq!((email.names(), email.filter.len()), (("emails", Some("value")), 1));
    assert_eq!(
        path("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName").names(),
        ("name", Some("familyname"))
    );
    let extension = path("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department");
    assert_eq!(
        extension.attribute,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department"
    );
    for wrong in [
        "",
        "a b",
        "a.",
        "a..b",
        "a[",
        "a[]",
        "members[value eq]",
        "1a",
        "a]",
        "ä",
        "a.b.c",
        "\"a\"",
    ] {
        assert_eq!(parse_path(wrong).unwrap_err().kind, Kind::Path, "{wrong}");
    }
}
