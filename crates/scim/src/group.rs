//! Changes of a group in a request body.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    Kind, Literal, Path, Refusal, Term,
    patch::{self, Verb, member, syntax},
    user::{optional, required, wrong},
};

/// The most members of one request.
const MAX_MEMBERS: usize = 10_000;

/// The changed attributes; `None`: unchanged. The operations on members are combined.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct GroupChange {
    /// `displayName`
    pub display_name: Option<String>,
    /// `externalId`; `Some(None)` removes it.
    pub external_id: Option<Option<String>>,
    /// Whether all members that are not in `add` are removed.
    pub clear: bool,
    /// Ids of new members.
    pub add: BTreeSet<String>,
    /// Ids of removed members.
    pub remove: BTreeSet<String>,
}

impl GroupChange {
    /// The body of POST.
    ///
    /// # Errors
    /// `invalidSyntax`, `invalidPath`, `tooMany`; `invalidValue`, also if there is no
    /// `displayName`.
    pub fn resource(body: &Value) -> Result<Self, Refusal> {
        let object = body.as_object().ok_or_else(|| syntax("expected a JSON object"))?;
        let mut change = Self::default();
        patch::attributes(object, |path, value| change.apply(Verb::Replace, path, value))?;
        if change.display_name.is_none() {
            return Err(Refusal::new(Kind::Value, "displayName: expected a text, it is missing"));
        }
        Ok(change)
    }

    /// The body of PUT: absent attributes are removed.
    ///
    /// # Errors
    /// As [`GroupChange::resource`].
    pub fn replacement(body: &Value) -> Result<Self, Refusal> {
        let change = Self::resource(body)?;
        Ok(Self { external_id: change.external_id.or(Some(None)), clear: true, ..change })
    }

    /// The body of PATCH.
    ///
    /// # Errors
    /// `invalidSyntax`, `invalidPath`, `invalidValue`, `noTarget`, `tooMany`.
    pub fn patch(body: &Value) -> Result<Self, Refusal> {
        let mut change = Self::default();
        patch::each(body, |verb, path, value| change.apply(verb, path, value))?;
        Ok(change)
    }

    fn apply(&mut self, verb: Verb, path: &Path, value: &Value) -> Result<(), Refusal> {
        match (path.names(), verb) {
            (("displayname", None), Verb::Remove) => {
                return Err(Refusal::new(Kind::Value, "displayName: no group can be without one"));
            }
            (("displayname", None), _) => self.display_name = Some(required("displayName", value)?),
            (("externalid", None), Verb::Remove) => self.external_id = Some(None),
            (("externalid", None), _) => self.external_id = Some(optional("externalId", value)?),
            (("members", None | Some("value")), _) => self.apply_members(verb, path, value)?,
            _ => {}
        }
        Ok(())
    }

    fn apply_members(&mut self, verb: Verb, path: &Path, value: &Value) -> Result<(), Refusal> {
        let mut ids = BTreeSet::new();
        for term in &path.filter {
            match term {
                Term::Equals(part, Literal::Text(id)) if part.names() == ("value", None) => {
                    ids.insert(id.to_lowercase())
                }
                _ => {
                    return Err(Refusal::new(
                        Kind::Path,
                        "members: expected members[value eq \"<id>\"]",
                    ));
                }
            };
        }
        collect(value, &mut ids)?;
        match verb {
            Verb::Add => self.come(ids),
            Verb::Replace => {
                (self.clear, self.add, self.remove) = (true, ids, BTreeSet::new());
            }
            // Without a filter and a value all members are removed; an empty list names none.
            Verb::Remove if path.filter.is_empty() && value.is_null() => {
                (self.clear, self.add, self.remove) = (true, ids, BTreeSet::new());
            }
            Verb::Remove => {
                self.add.retain(|id| !ids.contains(id));
                self.remove.extend(ids);
            }
        }
        if self.add.len() + self.remove.len() > MAX_MEMBERS {
            return Err(Refusal::new(
                Kind::TooMany,
                format!("expected at most {MAX_MEMBERS} members in one request"),
            ));
        }
        Ok(())
    }

    fn come(&mut self, ids: BTreeSet<String>) {
        self.remove.retain(|id| !ids.contains(id));
        self.add.extend(ids);
    }
}

/// The ids in a text, an object with a value, or a list of those.
fn collect(value: &Value, ids: &mut BTreeSet<String>) -> Result<(), Refusal> {
    let entries = match value {
        Value::Null => return Ok(()),
        Value::Array(entries) => entries.as_slice(),
        one => std::slice::from_ref(one),
    };
    for entry in entries {
        let id = match entry {
            Value::Object(object) => member(object, "value").and_then(Value::as_str),
            Value::String(text) => Some(text.as_str()),
            _ => None,
        };
        ids.insert(
            id.ok_or_else(|| wrong("members", "objects with an id as `value`", entry))?
                .to_lowercase(),
        );
    }
    Ok(())
}
