//! Filters as value lists that one fixed statement compares.

use crate::{Kind, Literal, Path, Refusal, Term, parse_filter};

/// A filter of users: all values of each list must equal the attribute, so an empty list matches
/// every user.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct UserQuery {
    /// `id`, in lower case.
    pub ids: Vec<String>,
    /// `userName`, in lower case.
    pub user_names: Vec<String>,
    /// `externalId`
    pub external_ids: Vec<String>,
    /// `displayName`, in lower case.
    pub display_names: Vec<String>,
    /// `emails`, in lower case.
    pub emails: Vec<String>,
    /// `active`
    pub active: Vec<bool>,
    /// Whether the filter matches no user.
    pub no_one: bool,
}

/// A filter of groups, as [`UserQuery`].
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct GroupQuery {
    /// `id`, in lower case.
    pub ids: Vec<String>,
    /// `displayName`, in lower case.
    pub names: Vec<String>,
    /// `externalId`
    pub external_ids: Vec<String>,
    /// Required members: ids, in lower case.
    pub members: Vec<String>,
}

impl UserQuery {
    /// Parses the parameter `filter`; without one, every user matches.
    ///
    /// # Errors
    /// `invalidFilter`.
    pub fn parse(filter: Option<&str>) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for term in filter.map(parse_filter).transpose()?.unwrap_or_default() {
            query.add(&term)?;
        }
        Ok(query)
    }

    fn add(&mut self, term: &Term) -> Result<(), Refusal> {
        let (path, value) = match term {
            Term::Equals(path, value) => (path, Some(value)),
            Term::Has(path) => (path, None),
        };
        match (path.names(), value) {
            (("emails", None | Some("value")), _) => self.add_email(path, value),
            _ if !path.filter.is_empty() => Err(unknown(path)),
            (("id", None), Some(value)) => push_lower(&mut self.ids, value),
            (("username", None), Some(value)) => push_lower(&mut self.user_names, value),
            (("displayname", None), Some(value)) => push_lower(&mut self.display_names, value),
            (("externalid", None), Some(value)) => push(&mut self.external_ids, value),
            (("active", None), Some(value)) => {
                self.active.push(truth(value)?);
                Ok(())
            }
            _ => Err(unknown(path)),
        }
    }

    /// We store one address, which is of type `work` and primary.
    fn add_email(&mut self, path: &Path, value: Option<&Literal>) -> Result<(), Refusal> {
        for term in &path.filter {
            match term {
                Term::Equals(part, Literal::Text(text)) if part.names() == ("type", None) => {
                    self.no_one |= !text.eq_ignore_ascii_case("work");
                }
                Term::Equals(part, value) if part.names() == ("primary", None) => {
                    self.no_one |= !truth(value)?
                }
                Term::Equals(part, value) if part.names() == ("value", None) => {
                    push_lower(&mut self.emails, value)?
                }
                _ => return Err(unknown(path)),
            }
        }
        value.map_or(Ok(()), |value| push_lower(&mut self.emails, value))
    }
}

impl GroupQuery {
    /// Parses the parameter `filter`; without one, every group matches.
    ///
    /// # Errors
    /// `invalidFilter`.
    pub fn parse(filter: Option<&str>) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for term in filter.map(parse_filter).transpose()?.unwrap_or_default() {
            query.add(&term)?;
        }
        Ok(query)
    }

    fn add(&mut self, term: &Term) -> Result<(), Refusal> {
        match term {
            Term::Has(path) if path.names() == ("members", None) => {
                path.filter.iter().try_for_each(|part| match part {
                    Term::Equals(part, value) if part.names() == ("value", None) => {
                        push_lower(&mut self.members, value)
                    }
                    _ => Err(unknown(path)),
                })
            }
            Term::Equals(path, value) if path.filter.is_empty() => match path.names() {
                ("id", None) => push_lower(&mut self.ids, value),
                ("displayname", None) => push_lower(&mut self.names, value),
                ("externalid", None) => push(&mut self.external_ids, value),
                ("members", None | Some("value")) => push_lower(&mut self.members, value),
                _ => Err(unknown(path)),
            },
            Term::Has(path) | Term::Equals(path, _) => Err(unknown(path)),
        }
    }
}

fn push(list: &mut Vec<String>, value: &Literal) -> Result<(), Refusal> {
    let Literal::Text(text) = value else {
        return Err(Refusal::new(
            Kind::Filter,
            format!("expected a text in double quotes, got {value:?}"),
        ));
    };
    list.push(text.clone());
    Ok(())
}

fn push_lower(list: &mut Vec<String>, value: &Literal) -> Result<(), Refusal> {
    push(list, value)?;
    if let Some(last) = list.last_mut() {
        *last = last.to_lowercase();
    }
    Ok(())
}

/// Directories also send booleans as text.
fn truth(value: &Literal) -> Result<bool, Refusal> {
    match value {
        Literal::Truth(truth) => Ok(*truth),
        Literal::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Literal::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Refusal::new(Kind::Filter, format!("expected true or false, got {value:?}"))),
    }
}

fn unknown(path: &Path) -> Refusal {
    let sub = path.sub.as_ref().map(|sub| format!(".{sub}")).unwrap_or_default();
    let detail = format!(
        "`{}{sub}` cannot be searched for; users can by id, userName, externalId, displayName, emails and active, \
         groups by id, displayName, externalId and members",
        path.attribute
    );
    Refusal::new(Kind::Filter, detail)
}
