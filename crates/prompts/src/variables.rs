//! Variables in the text of a prompt: `{{name}}`, `{{name:default}}`; `\{{` is a plain `{{`. Pure.
//!
//! `web/src/lib/text/prompt-variables.ts` parses the same language; `tests/variables.json` has the
//! cases of both.

use kernel::{Reason, ReasonCode};

/// The most different variables of one prompt.
pub const MAX_VARIABLES: usize = 20;
/// The most characters of a name.
const MAX_NAME: usize = 50;
/// The most characters of a default.
const MAX_DEFAULT: usize = 1000;
const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// A variable of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// 1 to 50 characters, without braces and control characters.
    pub name: String,
    /// Up to 1000 characters; None if a value has to be given.
    pub default: Option<String>,
}

/// What is wrong with the variables of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// `{{` without `}}`.
    Unclosed,
    /// A name that is empty, too long, or has a brace or a control character.
    Name,
    /// A default that is too long, or has a `{{`.
    Default,
    /// Too many different variables.
    Count,
}

impl Fault {
    /// The reason for clients.
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::Unclosed => ReasonCode::VariableUnclosed.into(),
            Self::Name => ReasonCode::VariableName.at_most(MAX_NAME),
            Self::Default => ReasonCode::VariableDefault.at_most(MAX_DEFAULT),
            Self::Count => ReasonCode::TooMany.at_most(MAX_VARIABLES),
        }
    }

    /// What was expected.
    #[must_use]
    pub fn detail(self) -> String {
        match self {
            Self::Unclosed => {
                "expected `}}` after each `{{`, as in {{name}}; write `\\{{` for braces that are no variable".to_owned()
            }
            Self::Name => {
                format!("expected names of variables of 1 to {MAX_NAME} characters, without braces and line breaks")
            }
            Self::Default => format!("expected defaults of at most {MAX_DEFAULT} characters, without `{{{{`"),
            Self::Count => format!("expected at most {MAX_VARIABLES} different variables"),
        }
    }
}

/// The different variables of a text in the order in which they first appear. The first default
/// that is given for a name counts.
///
/// # Errors
/// The first [`Fault`].
pub fn variables(text: &str) -> Result<Vec<Variable>, Fault> {
    let mut found: Vec<Variable> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        if before.ends_with('\\') {
            rest = after;
            continue;
        }
        let (inside, after) = after.split_once(CLOSE).ok_or(Fault::Unclosed)?;
        let variable = variable(inside)?;
        match found.iter_mut().find(|known| known.name == variable.name) {
            Some(known) => known.default = known.default.take().or(variable.default),
            None => found.push(variable),
        }
        rest = after;
    }
    if found.len() > MAX_VARIABLES { Err(Fault::Count) } else { Ok(found) }
}

fn variable(inside: &str) -> Result<Variable, Fault> {
    let (name, default) = match inside.split_once(':') {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    // Blanks only: the parser in `web/` must trim exactly the same.
    let name = name.trim_matches(' ');
    let is_name_character = |c: char| !c.is_control() && !matches!(c, '{' | '}');
    if name.is_empty() || name.chars().count() > MAX_NAME || !name.chars().all(is_name_character) {
        return Err(Fault::Name);
    }
    let default = default.map(|text| text.trim_matches(' '));
    if default.is_some_and(|text| text.chars().count() > MAX_DEFAULT || text.contains(OPEN)) {
        return Err(Fault::Default);
    }
    Ok(Variable { name: name.to_owned(), default: default.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Fault, Variable, variables};

    fn name(fault: Fault) -> &'static str {
        match fault {
            Fault::Unclosed => "unclosed",
            Fault::Name => "name",
            Fault::Default => "default",
            Fault::Count => "count",
        }
    }

    #[test]
    fn the_cases_that_both_parsers_share_hold() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../tests/variables.json")).unwrap();
        assert!(cases.len() > 20);
        for case in cases {
            let text = case["text"].as_str().unwrap();
            let read = |v: &Value| Variable {
                name: v["name"].as_str().unwrap().to_owned(),
                default: v["default"].as_str().map(str::to_owned),
            };
            let expected = match case["fault"].as_str() {
                Some(fault) => Err(fault),
                None => {
                    Ok(case["variables"].as_array().unwrap().iter().map(read).collect::<Vec<_>>())
                }
            };
            assert_eq!(variables(text).map_err(name), expected, "{text:?}");
        }
    }

    #[test]
    fn twenty_variables_fit_and_a_repeated_one_counts_once() {
        let text = |count: usize| {
            (0..count).map(|n| format!("{{{{v{n}}}}} {{{{v{n}:x}}}}")).collect::<String>()
        };
        assert_eq!(variables(&text(20)).map(|found| found.len()), Ok(20));
        assert_eq!(variables(&text(21)), Err(Fault::Count));
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(variables(&format!("{{{{{}}}}}", "å".repeat(50))).is_ok());
        assert_eq!(variables(&format!("{{{{{}}}}}", "å".repeat(51))), Err(Fault::Name));
        assert!(variables(&format!("{{{{a:{}}}}}", "ö".repeat(1000))).is_ok());
        assert_eq!(variables(&format!("{{{{a:{}}}}}", "ö".repeat(1001))), Err(Fault::Default));
    }

    #[test]
    fn a_long_text_of_braces_is_read_in_one_pass() {
        for text in
            ["{".repeat(20_000), "\\{{".repeat(6_666), "{{a}}".repeat(4_000), "}".repeat(20_000)]
        {
            let _ = variables(&text);
        }
    }
}
