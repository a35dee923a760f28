//! JSON bodies: their media type, and valid JSON that Postgres cannot store.

/// Whether a `Content-Type` names this media type, with any parameters.
#[must_use]
pub fn is_media_type(content_type: &str, media_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(media_type)
}

/// Whether a JSON document contains the character U+0000, which JSON can only express as the escape
/// `\u0000`.
pub(crate) fn has_zero(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let after = rest.get(at + 1..).unwrap_or_default();
        if after.starts_with(b"u0000") {
            return true;
        }
        // An escaped character, also a second backslash, begins no escape itself.
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
            serde_json::Value::Object(members) => {
                members.iter().any(|(n, v)| n.contains('\0') || holds_zero(v))
            }
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_scan_finds_a_zero_exactly_if_the_parser_does(text in r#"(\\|u0000|\\u0000|"|\[|,|\]|\\n|a){0,20}"#) {
            let json = format!("[\"{text}\"]");
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(&json) {
                prop_assert_eq!(has_zero(json.as_bytes()), holds_zero(&value), "{}", json);
            }
        }
    }

    #[test]
    fn a_media_type_is_everything_before_the_parameters() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json ;x",
        ] {
            assert!(is_media_type(good, "application/json"), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/jsonp",
            "application/json-seq",
            "text/plain; application/json",
            "*/*",
        ] {
            assert!(!is_media_type(bad, "application/json"), "{bad}");
        }
    }

    #[test]
    fn only_a_real_escape_counts() {
        for with in [r#"{"a":"\u0000"}"#, r#"["\\\u0000"]"#, r#""x\"\u0000""#] {
            assert!(has_zero(with.as_bytes()), "{with}");
        }
        for without in
            [r#"{"a":"\\u0000"}"#, r#""u0000""#, r#""\u0001\\""#, "", "\\", r#""\\\\u0000""#]
        {
            assert!(!has_zero(without.as_bytes()), "{without}");
        }
    }
}
