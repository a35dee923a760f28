//! What parsing a JSON text costs in memory, before it is parsed.

/// Values and names of a body or of an event of a provider. As a tree they take at most some 220
/// bytes each, and their texts once more: 5 MiB, where 1 MiB of `{"":0},` would take 60.
pub const MOST_VALUES: usize = 20_000;

/// The most values and names of members that parsing a JSON text into a tree can make.
///
/// Counts the brackets, colons and commas outside of strings, so an empty list counts as two. For
/// text that is no JSON the number means nothing; the parser refuses it.
#[must_use]
pub fn count_values(json: &[u8]) -> usize {
    let (mut found, mut in_string, mut is_escaped) = (1_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' | b':' | b',' if !in_string => found = found.saturating_add(1),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::count_values;

    #[test]
    fn values_and_names_count_and_texts_do_not() {
        for (json, values) in [
            ("0", 1),
            ("[1,2]", 3),
            (r#"{"a":1,"b":[2]}"#, 6),
            (r#""[,:{""#, 1),
            (r#"["\"[,", "\\"]"#, 3),
            (r#"[[[["#, 5),
        ] {
            assert_eq!(count_values(json.as_bytes()), values, "{json}");
        }
    }
}
