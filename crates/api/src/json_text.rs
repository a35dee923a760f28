//! JSON bodies: their media type, and what JSON can say and Postgres cannot keep.

/// Whether a `Content-Type` names this media type, with whatever parameters.
#[must_use]
pub fn is_media_type(content_type: &str, media_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(media_type)
}

/// Whether a JSON document holds the character U+0000, which can stand in it only as the escape `\u0000`.
pub(crate) fn has_zero(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let after = rest.get(at + 1..).unwrap_or_default();
        if after.starts_with(b"u0000") {
            return true;
        }
        // Whatever is escaped, a second backslash among it, begins no escape itself.
        rest = after.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{has_zero, is_media_type};
    use proptest::prelude::*;

    fn holds_zero(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => text.contains('\0'),
            serde_json::Value::Array(items) => items.iter().any(holds_zero),
            serde_json::Value::Object(members) => members.iter().any(|(n, v)| n.contains('\0') || holds_zero(v)),
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_zero_is_found_exactly_where_the_parser_finds_one(text in r#"(\\|u0000|\\u0000|"|\[|,|\]|\\n|a){0,20}"#) {
            let json = format!("[\"{text}\"]");
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(&json) {
                prop_assert_eq!(has_zero(json.as_bytes()), holds_zero(&value), "{}", json);
            }
        }
    }

    #[test]
    fn a_media_type_is_the_whole_word_before_the_parameters() {
        for good in ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;x"] {
            assert!(is_media_type(good, "application/json"), "{good}");
        }
        for bad in
            ["", "text/plain", "application/jsonp", "application/json-seq", "text/plain; application/json", "*/*"]
        {
            assert!(!is_media_type(bad, "application/json"), "{bad}");
        }
    }

    #[test]
    fn only_an_escape_that_is_one_counts() {
        for with in [r#"{"a":"\u0000"}"#, r#"["\\\u0000"]"#, r#""x\"\u0000""#] {
            assert!(has_zero(with.as_bytes()), "{with}");
        }
        for without in [r#"{"a":"\\u0000"}"#, r#""u0000""#, r#""\u0001\\""#, "", "\\", r#""\\\\u0000""#] {
            assert!(!has_zero(without.as_bytes()), "{without}");
        }
    }
}
