//! A secret in memory: wiped when dropped, never printed.

use std::fmt;

use zeroize::Zeroizing;

/// Shorter secrets show nothing: four characters would reveal too much of them.
const MASKABLE: usize = 12;
const SHOWN: usize = 4;

/// An opened secret.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for the code that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The form for display: `…` and the last four characters of a secret of twelve or more, `…`
    /// for a shorter one.
    #[must_use]
    pub fn masked(&self) -> String {
        let length = self.0.chars().count();
        let shown = if length < MASKABLE { 0 } else { SHOWN };
        std::iter::once('…').chain(self.0.chars().skip(length - shown)).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed_and_masked_to_its_last_four_characters() {
        let secret = Secret::new("sk-åbcdefgh-1234".to_owned());
        assert_eq!(format!("{secret} {secret:?}"), "[secret] [secret]");
        assert_eq!(secret.masked(), "…1234");
        assert_eq!(Secret::new("twelve chars".to_owned()).masked(), "…hars");
        assert_eq!(Secret::new("eleven char".to_owned()).masked(), "…");
        assert_eq!(Secret::new(String::new()).masked(), "…");
    }
}
