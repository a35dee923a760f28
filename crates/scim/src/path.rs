//! The grammar of filters and paths (RFC 7644, 3.4.2.2 and 3.5.2), as far as directories use it.

use crate::{Kind, Refusal, scanner::Scanner};

/// The most characters of a filter or path.
const MAX_CHARS: usize = 2000;
/// The most comparisons of a filter.
const MAX_TERMS: usize = 10;
/// The prefix of core attributes, which we omit.
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:";

/// A value in a filter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Literal {
    /// `"text"`
    Text(String),
    /// `true`, `false`
    Truth(bool),
    /// A number, as written.
    Number(String),
    /// `null`
    Null,
}

/// An attribute, or some of its values, or a part of them: `emails[type eq "work"].value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// In lower case; with the URN of its schema if that is an extension.
    pub attribute: String,
    /// The filter of its values; empty: all.
    pub filter: Vec<Term>,
    /// In lower case.
    pub sub: Option<String>,
}

impl Path {
    /// `(attribute, part)`
    #[must_use]
    pub fn names(&self) -> (&str, Option<&str>) {
        (&self.attribute, self.sub.as_deref())
    }
}

/// One condition of a filter; all of them must hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Term {
    /// `userName eq "x"`
    Equals(Path, Literal),
    /// `members[value eq "x"]`: such a value exists.
    Has(Path),
}

/// Parses a filter.
///
/// # Errors
/// `invalidFilter`, with the position.
pub fn parse_filter(text: &str) -> Result<Vec<Term>, Refusal> {
    let mut scanner = bounded(text, Kind::Filter)?;
    let terms = terms(&mut scanner, true)?;
    if scanner.at_end() { Ok(terms) } else { Err(unexpected(&scanner, "`and` or the end")) }
}

/// Parses the path of a PATCH operation.
///
/// # Errors
/// `invalidPath`, with the position.
pub fn parse_path(text: &str) -> Result<Path, Refusal> {
    let mut scanner = bounded(text, Kind::Path)?;
    let path =
        path(&mut scanner, true).map_err(|refusal| Refusal { kind: Kind::Path, ..refusal })?;
    scanner.blanks();
    if scanner.at_end() {
        return Ok(path);
    }
    Err(Refusal { kind: Kind::Path, ..unexpected(&scanner, "the end of the path") })
}

fn bounded(text: &str, kind: Kind) -> Result<Scanner<'_>, Refusal> {
    let length = text.chars().count();
    if length > MAX_CHARS {
        return Err(Refusal::new(
            kind,
            format!("expected at most {MAX_CHARS} characters, got {length}"),
        ));
    }
    let mut scanner = Scanner::new(text);
    scanner.blanks();
    Ok(scanner)
}

fn unexpected(scanner: &Scanner<'_>, expected: &str) -> Refusal {
    let got =
        if scanner.at_end() { "the end".to_owned() } else { format!("`{}`", scanner.shown()) };
    Refusal::new(
        Kind::Filter,
        format!("expected {expected}, got {got}; understood are `eq` and `and`"),
    )
}

/// `outer`: not within brackets, which cannot be nested.
fn terms(scanner: &mut Scanner<'_>, outer: bool) -> Result<Vec<Term>, Refusal> {
    let mut out = Vec::new();
    loop {
        out.push(term(scanner, outer)?);
        if out.len() > MAX_TERMS {
            return Err(Refusal::new(
                Kind::Filter,
                format!("expected at most {MAX_TERMS} comparisons"),
            ));
        }
        scanner.blanks();
        if !scanner.word("and") {
            return Ok(out);
        }
        scanner.blanks();
    }
}

fn term(scanner: &mut Scanner<'_>, outer: bool) -> Result<Term, Refusal> {
    let path = path(scanner, outer)?;
    let apart = scanner.blanks();
    if apart && scanner.word("eq") {
        scanner.blanks();
        let value = scanner
            .literal()
            .ok_or_else(|| unexpected(scanner, "a text in double quotes, true or false"))?;
        return Ok(Term::Equals(path, value));
    }
    if path.filter.is_empty() || path.sub.is_some() {
        return Err(unexpected(scanner, "`eq`"));
    }
    Ok(Term::Has(path))
}

fn path(scanner: &mut Scanner<'_>, outer: bool) -> Result<Path, Refusal> {
    let urn = scanner.urn();
    let name = scanner.name().ok_or_else(|| unexpected(scanner, "the name of an attribute"))?;
    let attribute = match urn {
        Some(urn) if !format!("{urn}:").starts_with(CORE) => format!("{urn}:{name}"),
        _ => name,
    };
    let mut filter = Vec::new();
    if outer && scanner.sign('[') {
        scanner.blanks();
        filter = terms(scanner, false)?;
        scanner.blanks();
        if !scanner.sign(']') {
            return Err(unexpected(scanner, "`]`"));
        }
    }
    let sub = if scanner.sign('.') {
        Some(scanner.name().ok_or_else(|| unexpected(scanner, "the name of a part"))?)
    } else {
        None
    };
    Ok(Path { attribute, filter, sub })
}
