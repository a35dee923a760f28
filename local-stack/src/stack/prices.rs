//! The prices of the model of `TESSERA_CHAT_URL`, checked before they reach a component.

use anyhow::{Result, bail};

/// The variables of `spin.toml`, and where the environment has them.
const PRICES: [(&str, &str); 2] = [
    ("chat_price_input", "TESSERA_CHAT_PRICE_INPUT"),
    ("chat_price_output", "TESSERA_CHAT_PRICE_OUTPUT"),
];
/// A price is for a million tokens; costs have 12 digits after the point.
const DIGITS: usize = 6;

/// The prices as variables of `spin.toml`: both or none. `setting` gives a setting by its name.
///
/// # Errors
/// If only one is set, or one is no price.
pub(crate) fn chat_prices(
    setting: impl Fn(&str) -> Option<String>,
) -> Result<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    for (variable, name) in PRICES {
        let Some(text) = setting(name) else { continue };
        if !is_price(&text) {
            bail!(
                "{name}: expected US dollars for a million tokens, as 2.5, with at most {DIGITS} digits after the point, got {text}"
            );
        }
        found.push((variable, text));
    }
    if found.len() == 1 {
        bail!(
            "TESSERA_CHAT_PRICE_INPUT and TESSERA_CHAT_PRICE_OUTPUT: expected both or none, got one"
        );
    }
    Ok(found)
}

fn is_price(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number(whole) && is_number(fraction) && whole.len() <= 9 && fraction.len() <= DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(input: Option<&str>, output: Option<&str>) -> Result<Vec<(&'static str, String)>> {
        chat_prices(|name| {
            let text = if name.ends_with("INPUT") { input } else { output };
            text.map(str::to_owned)
        })
    }

    #[test]
    fn both_prices_or_none() {
        let both = prices(Some("2.5"), Some("0.000001")).unwrap();
        assert_eq!(both[0], ("chat_price_input", "2.5".to_owned()));
        assert_eq!(both[1], ("chat_price_output", "0.000001".to_owned()));
        assert!(prices(None, None).unwrap().is_empty());
        assert!(prices(Some("1"), None).is_err() && prices(None, Some("1")).is_err());
    }

    #[test]
    fn what_is_no_price_is_named() {
        for text in ["", "-1", "2,5", "1e3", ".5", "1.", "0.0000001", "1234567890", "free"] {
            let error = prices(Some(text), Some("1")).unwrap_err().to_string();
            assert!(error.starts_with("TESSERA_CHAT_PRICE_INPUT: expected"), "{text}: {error}");
        }
    }
}
