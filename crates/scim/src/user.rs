//! Changes of a user in a request body.

use serde_json::{Map, Value};

use crate::{
    Kind, Literal, Path, Refusal, Term,
    patch::{self, Verb, member, syntax},
};

/// The changed attributes; `None`: unchanged. Attributes that we do not store are ignored.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct UserChange {
    /// `userName`
    pub user_name: Option<String>,
    /// `externalId`; `Some(None)` removes it.
    pub external_id: Option<Option<String>>,
    /// `displayName`
    pub display_name: Option<String>,
    /// `name.givenName`; `Some(None)` removes it.
    pub given_name: Option<Option<String>>,
    /// `name.familyName`; `Some(None)` removes it.
    pub family_name: Option<Option<String>>,
    /// `name.formatted`; used if there is no `displayName`.
    pub formatted: Option<String>,
    /// The address: the primary one, else that of work, else the first.
    pub email: Option<String>,
    /// `active`
    pub active: Option<bool>,
}

impl UserChange {
    /// The body of POST and PUT.
    ///
    /// # Errors
    /// `invalidSyntax`, `invalidPath`; `invalidValue`, also if there is no `userName`.
    pub fn resource(body: &Value) -> Result<Self, Refusal> {
        let object = body.as_object().ok_or_else(|| syntax("expected a JSON object"))?;
        let mut change = Self::default();
        patch::attributes(object, |path, value| change.set(path, value))?;
        if change.user_name.is_none() {
            return Err(Refusal::new(Kind::Value, "userName: expected a text, it is missing"));
        }
        Ok(change)
    }

    /// The body of PUT: absent attributes are removed, except required ones.
    ///
    /// # Errors
    /// As [`UserChange::resource`].
    pub fn replacement(body: &Value) -> Result<Self, Refusal> {
        let change = Self::resource(body)?;
        Ok(Self {
            external_id: change.external_id.or(Some(None)),
            given_name: change.given_name.or(Some(None)),
            family_name: change.family_name.or(Some(None)),
            ..change
        })
    }

    /// The body of PATCH.
    ///
    /// # Errors
    /// `invalidSyntax`, `invalidPath`, `invalidValue`, `noTarget`, `tooMany`.
    pub fn patch(body: &Value) -> Result<Self, Refusal> {
        let mut change = Self::default();
        patch::each(body, |verb, path, value| match verb {
            Verb::Add | Verb::Replace => change.set(path, value),
            Verb::Remove => change.remove(path),
        })?;
        Ok(change)
    }

    fn set(&mut self, path: &Path, value: &Value) -> Result<(), Refusal> {
        match path.names() {
            ("username", None) => self.user_name = Some(required("userName", value)?),
            ("externalid", None) => self.external_id = Some(optional("externalId", value)?),
            ("displayname", None) => self.display_name = optional("displayName", value)?,
            ("active", None) => self.active = Some(truth(value)?),
            ("name", Some("givenname")) => {
                self.given_name = Some(optional("name.givenName", value)?)
            }
            ("name", Some("familyname")) => {
                self.family_name = Some(optional("name.familyName", value)?)
            }
            ("name", Some("formatted")) => self.formatted = optional("name.formatted", value)?,
            ("name", None) => self.set_name(value)?,
            ("emails", None | Some("value")) if of_work(path) => {
                self.email = address(value)?.or(self.email.take());
            }
            _ => {}
        }
        Ok(())
    }

    fn set_name(&mut self, value: &Value) -> Result<(), Refusal> {
        let Some(object) = value.as_object() else {
            return if value.is_null() { Ok(()) } else { Err(wrong("name", "an object", value)) };
        };
        let part = |name: &str| member(object, name).map(|value| optional(name, value)).transpose();
        self.given_name = part("givenName")?.or(self.given_name.take());
        self.family_name = part("familyName")?.or(self.family_name.take());
        self.formatted = part("formatted")?.flatten().or(self.formatted.take());
        Ok(())
    }

    /// The display name and the address are required, so they stay.
    fn remove(&mut self, path: &Path) -> Result<(), Refusal> {
        match path.names() {
            ("username", None) => {
                return Err(Refusal::new(
                    Kind::Value,
                    "userName: it is required and cannot be removed",
                ));
            }
            ("externalid", None) => self.external_id = Some(None),
            ("name", None) => (self.given_name, self.family_name) = (Some(None), Some(None)),
            ("name", Some("givenname")) => self.given_name = Some(None),
            ("name", Some("familyname")) => self.family_name = Some(None),
            _ => {}
        }
        Ok(())
    }
}

/// Whether a path means the one address that we store.
fn of_work(path: &Path) -> bool {
    path.filter.iter().all(|term| match term {
        Term::Equals(part, Literal::Text(text)) if part.names() == ("type", None) => {
            text.eq_ignore_ascii_case("work")
        }
        Term::Equals(part, Literal::Truth(truth)) if part.names() == ("primary", None) => *truth,
        _ => false,
    })
}

/// A text, an object with a value, or a list of those.
fn address(value: &Value) -> Result<Option<String>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::String(_) => optional("emails", value),
        Value::Object(object) => entry(object),
        Value::Array(entries) => {
            let objects: Vec<&Map<String, Value>> =
                entries.iter().filter_map(Value::as_object).collect();
            if objects.len() < entries.len() {
                return Err(wrong("emails", "a list of objects", value));
            }
            let primary =
                objects.iter().find(|o| member(o, "primary").is_some_and(|p| truth(p) == Ok(true)));
            let is_work = |text: &str| text.eq_ignore_ascii_case("work");
            let work = objects
                .iter()
                .find(|o| member(o, "type").and_then(Value::as_str).is_some_and(is_work));
            primary.or(work).or(objects.first()).map_or(Ok(None), |object| entry(object))
        }
        Value::Bool(_) | Value::Number(_) => Err(wrong("emails", "a list of objects", value)),
    }
}

fn entry(object: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    member(object, "value").map_or(Ok(None), |value| optional("emails.value", value))
}

/// A text, possibly wrapped; None for null or an empty one.
pub(crate) fn optional(name: &str, value: &Value) -> Result<Option<String>, Refusal> {
    match value {
        // Entra wraps single values: [{"value": "x"}].
        Value::Array(entries) => match entries.as_slice() {
            [Value::Object(object)] => {
                member(object, "value").map_or(Ok(None), |value| plain(name, value))
            }
            _ => Err(wrong(name, "a text", value)),
        },
        _ => plain(name, value),
    }
}

/// A text; None for null or an empty one.
fn plain(name: &str, value: &Value) -> Result<Option<String>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => {
            Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned))
        }
        _ => Err(wrong(name, "a text", value)),
    }
}

pub(crate) fn required(name: &str, value: &Value) -> Result<String, Refusal> {
    optional(name, value)?.ok_or_else(|| wrong(name, "a text", value))
}

/// Entra sends `"False"`, Okta `false`.
fn truth(value: &Value) -> Result<bool, Refusal> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(wrong("active", "true or false", value)),
    }
}

pub(crate) fn wrong(name: &str, expected: &str, got: &Value) -> Refusal {
    let got = match got {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Refusal::new(Kind::Value, format!("{name}: expected {expected}, got {got}"))
}
