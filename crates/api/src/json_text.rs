//! What JSON can say and Postgres cannot keep.

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
    use super::has_zero;

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
