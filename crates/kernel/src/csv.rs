//! Fields of CSV files.

/// A field that no spreadsheet reads as a formula: a user agent may begin with `=`, or have `=`
/// after a character that separates cells in some locales (`;`, a tab). Every field is quoted, so
/// that no other character separates cells. An apostrophe goes before every possible beginning of a
/// formula: at the start, after a separator or a line break, and after a quotation mark for
/// programs that ignore quoting.
#[must_use]
pub fn quoted(field: &str) -> String {
    let mut out = String::with_capacity(field.len() + 2);
    out.push('"');
    let mut cell_begins = true;
    for character in field.chars() {
        if cell_begins
            && matches!(character, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠')
        {
            out.push('\'');
        }
        // Some programs skip blanks before a formula.
        cell_begins = matches!(character, ',' | ';' | '|' | '\t' | '\n' | '\r' | '"')
            || cell_begins && character == ' ';
        if character == '"' {
            out.push('"');
        }
        out.push(character);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_field_is_always_quoted_and_never_a_formula() {
        assert_eq!(quoted("plain"), "\"plain\"");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("two\nlines"), "\"two\nlines\"");
        assert_eq!(quoted("2026-11-28 a+b"), "\"2026-11-28 a+b\"");
    }

    /// The cells that a spreadsheet sees, for any separator, with and without support for quotes.
    fn cells(line: &str) -> Vec<String> {
        let mut all = Vec::new();
        for separator in [',', ';', '\t', '|'] {
            all.extend(
                line.split([separator, '\n', '\r'])
                    .map(|cell| cell.trim_matches([' ', '"']).to_owned()),
            );
        }
        all
    }

    #[test]
    fn no_cell_begins_like_a_formula_for_any_separator() {
        for field in [
            "=1+1",
            "x;=cmd|' /C calc'!A0",
            "x\t=1",
            "a,=1",
            "a\n@SUM(1)",
            "\"=1",
            "a\";\"=1",
            "; =1",
            "  +1",
            "x;-2+3",
            "\r=1",
            "\t=1",
            "{\"name\":\"=1\"}",
        ] {
            let quoted = quoted(field);
            for cell in cells(&quoted) {
                assert!(
                    !cell.starts_with(['=', '+', '-', '@']),
                    "{field:?} becomes {quoted}: {cell:?}"
                );
            }
            let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap();
            assert!(
                !inner.replace("\"\"", "").contains('"'),
                "a quotation mark within is doubled: {quoted}"
            );
        }
    }
}
