//! Raised and lowered text, and fractions, in one line: so that 10⁶ does not read as 106, nor 3/8
//! as 38.

/// Endings that stand raised after a number and read as one word with it.
const ORDINALS: &[&str] = &[
    "st", "nd", "rd", "th", "e", "er", "re", "ème", "è", "a", "o", "as", "os", "ª", "º", "ᵉ", "de",
    "te", ":a", ":e",
];

/// Appends raised text.
pub(crate) fn raise(out: &mut String, text: &str) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    let after_digit = out.ends_with(|c: char| c.is_ascii_digit());
    let raised: Option<String> = text.chars().map(superscript).collect();
    match raised {
        Some(raised) => out.push_str(&raised),
        None if after_digit && ORDINALS.contains(&text.to_lowercase().as_str()) => {
            out.push_str(text)
        }
        // Trade marks and the like keep their sense beside the word.
        None if !text.chars().any(|c| c.is_ascii_alphanumeric()) => out.push_str(text),
        None if matches!(text.to_lowercase().as_str(), "tm" | "sm") => {
            out.push_str(&format!("({text})"))
        }
        None => {
            out.push('^');
            out.push_str(&grouped(text));
        }
    }
}

/// Appends lowered text.
pub(crate) fn lower(out: &mut String, text: &str) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    if out.ends_with(['\u{2044}', '/']) {
        return end_fraction(out, text);
    }
    // After a letter a number reads as it is written everywhere: CO2, x1.
    let glued = out.ends_with(char::is_alphabetic) && text.chars().all(|c| c.is_ascii_digit());
    if glued || out.is_empty() || out.ends_with(char::is_whitespace) {
        out.push_str(text);
    } else {
        out.push('_');
        out.push_str(&grouped(text));
    }
}

/// Appends a fraction on one line.
pub(crate) fn fraction(out: &mut String, numerator: &str, denominator: &str) {
    let (numerator, denominator) = (numerator.trim(), denominator.trim());
    if out.ends_with(|c: char| c.is_ascii_digit()) {
        out.push(' ');
    }
    out.push_str(&grouped(numerator));
    if !denominator.is_empty() {
        out.push('/');
        out.push_str(&grouped(denominator));
    }
}

/// Appends a formula; a number before it stays a number of its own.
pub(crate) fn join(out: &mut String, formula: &str) {
    let begins = |c: char| c.is_ascii_digit() || c == '(';
    if out.ends_with(|c: char| c.is_ascii_digit()) && formula.starts_with(begins) {
        out.push(' ');
    }
    out.push_str(formula);
}

/// A raised number, a stroke and a lowered number are a fraction.
fn end_fraction(out: &mut String, denominator: &str) {
    out.pop();
    let start = out.trim_end_matches(|c| digit_of(c).is_some()).len();
    let numerator: String =
        out.get(start..).unwrap_or_default().chars().filter_map(digit_of).collect();
    out.truncate(start);
    if numerator.is_empty() {
        out.push('/');
        out.push_str(denominator);
    } else {
        fraction(out, &numerator, denominator);
    }
}

fn grouped(text: &str) -> String {
    let simple =
        text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | ',' | '√' | '°' | '%'));
    let enclosed = text.starts_with('(') && text.ends_with(')') && text.matches('(').count() == 1;
    if simple || enclosed { text.to_owned() } else { format!("({text})") }
}

fn superscript(c: char) -> Option<char> {
    Some(match c {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4'..='9' => char::from_u32(u32::from(c) - u32::from('4') + u32::from('⁴'))?,
        '+' => '⁺',
        '-' | '−' | '–' => '⁻',
        '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '⁺' | '⁻' => c,
        _ => return None,
    })
}

fn digit_of(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴'..='⁹' => char::from_u32(u32::from(c) - u32::from('⁴') + u32::from('4'))?,
        _ => return None,
    })
}
