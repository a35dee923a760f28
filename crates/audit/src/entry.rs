//! The nouns: an entry of the log, a filter on it, and a stated reason to read it.

use kernel::{
    Code, Problem, Result, Timestamp,
    id::{AuditReadingId, UserId},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Who did it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// `user`, `api_key`, `operator`, `scim`, `worker`, `anonymous`, `system`.
    pub kind: String,
    /// The id of the user, key or operator.
    pub id: Option<Uuid>,
    /// The name at that time.
    pub name: Option<String>,
}

/// An entry.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Counts from 1 in each tenant, without gaps.
    pub seq: i64,
    /// Time of the event.
    pub at: Timestamp,
    /// The actor.
    pub actor: Actor,
    /// For example `user.update`.
    pub action: String,
    /// For example `user`.
    pub resource_kind: String,
    /// The id of the resource.
    pub resource_id: Option<String>,
    /// The changed members before the change.
    pub before: Option<Value>,
    /// The changed members after the change.
    pub after: Option<Value>,
    /// Client address.
    pub address: Option<String>,
    /// The `User-Agent` of the request.
    pub user_agent: Option<String>,
    /// Correlates with log lines and problems.
    pub request_id: Option<String>,
    /// SHA-256 over this entry and the hash of the one before.
    pub hash: Vec<u8>,
}

/// Filter of a list or an export.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Filter {
    /// Prefix of the action: `user` or `user.update`.
    pub action: Option<String>,
    /// The actor.
    pub actor: Option<UserId>,
    /// The id of the resource.
    pub resource: Option<String>,
    /// Inclusive lower bound.
    pub from: Option<Timestamp>,
    /// Exclusive upper bound.
    pub to: Option<Timestamp>,
}

impl Filter {
    /// Parses query parameters.
    ///
    /// # Errors
    /// `invalid_query`, naming the member.
    pub fn read<'a>(
        get: impl Fn(&'static str) -> Option<std::borrow::Cow<'a, str>>,
    ) -> Result<Self> {
        let wrong = |name: &str, expected: &str| {
            Problem::new(Code::InvalidQuery, format!("{name}: expected {expected}"))
        };
        let time = |name: &'static str| {
            let expected = "a day (2026-11-20) or a time in UTC (2026-11-20T09:30:00Z)";
            get(name)
                .map(|text| Timestamp::parse(&text).ok_or_else(|| wrong(name, expected)))
                .transpose()
        };
        let word = |name: &'static str| match get(name) {
            Some(text) if text.is_empty() || text.len() > 100 => {
                Err(wrong(name, "1 to 100 characters"))
            }
            text => Ok(text.map(std::borrow::Cow::into_owned)),
        };
        let actor = get("actor_id")
            .map(|id| id.parse().map_err(|_| wrong("actor_id", "the id of a user")))
            .transpose()?;
        Ok(Self {
            action: word("action")?,
            actor,
            resource: word("resource")?,
            from: time("from")?,
            to: time("to")?,
        })
    }

    /// The form that is stored with an export.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "action": self.action,
            "actor_id": self.actor.map(|id| id.to_string()),
            "resource": self.resource,
            "from": self.from.map(|at| at.to_string()),
            "to": self.to.map(|at| at.to_string()),
        })
    }

    /// Parses [`Filter::to_json`].
    ///
    /// # Errors
    /// `invalid_query`.
    pub fn from_json(value: &Value) -> Result<Self> {
        Self::read(|name| value.get(name).and_then(Value::as_str).map(std::borrow::Cow::from))
    }
}

/// A stated reason to read the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// Ids sort by the time of creation (UUID v7).
    pub id: AuditReadingId,
    /// In the reader's words.
    pub reason: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_survives_storage() {
        let filter = Filter {
            action: Some("user".to_owned()),
            actor: Some(UserId(Uuid::from_u128(7))),
            resource: None,
            from: Timestamp::parse("2026-11-20"),
            to: Timestamp::parse("2026-11-20T09:30:00.25Z"),
        };
        assert_eq!(Filter::from_json(&filter.to_json()), Ok(filter));
    }

    #[test]
    fn a_malformed_member_of_a_filter_is_named() {
        for (name, text) in [("from", "yesterday"), ("actor_id", "me"), ("action", "")] {
            let problem = Filter::read(|asked| (asked == name).then(|| text.into())).unwrap_err();
            assert!(problem.detail.starts_with(name), "{}", problem.detail);
        }
    }
}
