//! Spin's `{{ name }}` templates, as used in component variables, allowed hosts and schedule
//! headers.

use anyhow::{Result, bail};

/// A string with `{{ name }}` holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(String),
}

impl Template {
    /// Parses `source`; an opening `{{` without its `}}` is an error.
    pub(crate) fn parse(source: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let mut rest = source;
        while !rest.is_empty() {
            let (literal, tail) = rest.split_once("{{").map_or((rest, None), |(l, t)| (l, Some(t)));
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            let Some(tail) = tail else { break };
            let Some((name, after)) = tail.split_once("}}") else {
                bail!("template {source:?} opens \"{{{{\" without closing it: add \"}}}}\"");
            };
            parts.push(Part::Variable(name.trim().to_owned()));
            rest = after;
        }
        Ok(Self { parts })
    }

    /// The names of the variables in the template, in order, with repeats.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// Fills the holes with `values`, one for each of [`Template::variables`].
    pub(crate) fn join(&self, values: &[String]) -> String {
        let mut values = values.iter();
        let part = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Variable(_) => values.next().cloned().unwrap_or_default(),
        };
        self.parts.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(source: &str) -> String {
        let template = Template::parse(source).unwrap();
        let values: Vec<String> = template.variables().map(|name| format!("<{name}>")).collect();
        template.join(&values)
    }

    #[test]
    fn holes_are_filled_and_literals_kept() {
        assert_eq!(fill(""), "");
        assert_eq!(fill("plain"), "plain");
        assert_eq!(fill("postgres://{{ host }}:{{port}}/x"), "postgres://<host>:<port>/x");
        assert_eq!(fill("a }} b"), "a }} b");
    }

    #[test]
    fn an_unclosed_hole_is_refused() {
        let error = Template::parse("a {{ b").unwrap_err().to_string();
        assert!(error.contains("}}"), "{error}");
    }
}
