//! Reports: what was used in a time, by day, model, provider, user, space or assistant.

use access::Action;
use kernel::{Code, Problem, Result, Timestamp, csv};
use platform::Cx;
use uuid::Uuid;

use crate::store::reports as store;

/// The longest time of one report, in seconds: 400 days.
const LONGEST_SECONDS: i64 = 400 * 86_400;
/// The most groups of one report; the ones with the highest cost, or the newest days.
pub const GROUPS_LIMIT: usize = 1_000;

/// What a report is grouped by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GroupBy {
    /// Days of UTC.
    Day,
    /// Models, each with its provider.
    Model,
    /// Users.
    User,
    /// Spaces.
    Space,
    /// Assistants.
    Assistant,
    /// Providers.
    Provider,
}

impl GroupBy {
    /// Every grouping.
    pub const ALL: [Self; 6] =
        [Self::Day, Self::Model, Self::User, Self::Space, Self::Assistant, Self::Provider];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Model => "model",
            Self::User => "user",
            Self::Space => "space",
            Self::Assistant => "assistant",
            Self::Provider => "provider",
        }
    }

    /// The grouping of a name; by day without one.
    ///
    /// # Errors
    /// `invalid_query`.
    pub fn parse(name: Option<&str>) -> Result<Self> {
        let Some(name) = name else { return Ok(Self::Day) };
        let found = Self::ALL.into_iter().find(|group| group.as_str() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|group| group.as_str()).collect();
            Problem::new(
                Code::InvalidQuery,
                format!("group_by: expected one of {}", names.join(", ")),
            )
        })
    }
}

/// A time, from its beginning to before its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Included.
    pub from: Timestamp,
    /// Not included.
    pub to: Timestamp,
}

impl Span {
    /// Reads two query parameters, days or times in UTC; a day as `to` is included. Without them,
    /// the last 30 days.
    ///
    /// # Errors
    /// `invalid_query` if one is malformed, or the time is empty or longer than 400 days.
    pub fn parse(from: Option<&str>, to: Option<&str>, now: Timestamp) -> Result<Self> {
        let time = |name: &str, text: &str| {
            let wrong = || {
                let detail = format!(
                    "{name}: expected a day such as 2026-11-29, or a time such as 2026-11-29T09:30:00Z"
                );
                Problem::new(Code::InvalidQuery, detail)
            };
            Timestamp::parse(text).ok_or_else(wrong)
        };
        let to = match to {
            None => now.plus_seconds(1),
            Some(text) if text.contains('T') => time("to", text)?,
            Some(text) => time("to", text)?.plus_seconds(86_400),
        };
        let from = match from {
            None => to.plus_seconds(-30 * 86_400),
            Some(text) => time("from", text)?,
        };
        if from >= to || from.plus_seconds(LONGEST_SECONDS) < to {
            let detail =
                "from, to: expected a time of at most 400 days that does not end before it begins";
            return Err(Problem::new(Code::InvalidQuery, detail));
        }
        Ok(Self { from, to })
    }
}

/// Sums of calls.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Totals {
    /// Calls of providers, failed ones included.
    pub calls: i64,
    /// Questions: their first calls.
    pub requests: i64,
    /// Calls that failed.
    pub failed_calls: i64,
    /// Tokens that went in, those of caches included.
    pub prompt_tokens: i64,
    /// Of these: read from a provider's cache.
    pub cached_read_tokens: i64,
    /// Of these: written into a provider's cache.
    pub cached_write_tokens: i64,
    /// Tokens that came out, thoughts included.
    pub completion_tokens: i64,
    /// Of these: thoughts.
    pub reasoning_tokens: i64,
    /// US dollars, decimal text; without the calls that have no price.
    pub cost: String,
    /// Calls whose cost is not known, since the model had no price.
    pub unpriced_calls: i64,
    /// Calls whose tokens are an estimate, since the provider did not report them.
    pub estimated_calls: i64,
}

/// One group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// A day; the id of a user, space, assistant, model or provider; none: deleted since, or none
    /// was named.
    pub key: Option<String>,
    /// The name of it, of a model and provider as it was then.
    pub name: Option<String>,
    /// The provider of a model.
    pub provider: Option<String>,
    /// Its sums.
    pub totals: Totals,
}

/// A report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The time.
    pub span: Span,
    /// What it is grouped by.
    pub group_by: GroupBy,
    /// The sums of everything.
    pub totals: Totals,
    /// Days by date, others by cost, the highest first; at most [`GROUPS_LIMIT`].
    pub groups: Vec<Group>,
    /// Whether there are more groups.
    pub is_truncated: bool,
}

/// The report of the tenant.
///
/// # Errors
/// `not_allowed`.
pub async fn read_report(cx: &Cx, span: Span, group_by: GroupBy) -> Result<Report> {
    cx.require(Action::ManageUsage)?;
    let totals = store::totals(cx, span, None).await?;
    let mut groups = store::groups(cx, span, group_by, GROUPS_LIMIT + 1).await?;
    let is_truncated = groups.len() > GROUPS_LIMIT;
    groups.truncate(GROUPS_LIMIT);
    if group_by == GroupBy::Day {
        groups.sort_by(|a, b| a.key.cmp(&b.key));
    }
    Ok(Report { span, group_by, totals, groups, is_truncated })
}

/// The names of the columns of [`csv_line`].
const COLUMNS: &str = "key,name,provider,calls,requests,failed_calls,prompt_tokens,cached_read_tokens,cached_write_tokens,completion_tokens,reasoning_tokens,cost_usd,unpriced_calls,estimated_calls\r\n";

impl Report {
    /// The groups as CSV, with a line of names.
    #[must_use]
    pub fn csv(&self) -> String {
        self.groups.iter().fold(COLUMNS.to_owned(), |text, group| text + &csv_line(group))
    }
}

fn csv_line(group: &Group) -> String {
    let totals = &group.totals;
    let text = |value: &Option<String>| csv::quoted(value.as_deref().unwrap_or_default());
    let numbers = [
        totals.calls.to_string(),
        totals.requests.to_string(),
        totals.failed_calls.to_string(),
        totals.prompt_tokens.to_string(),
        totals.cached_read_tokens.to_string(),
        totals.cached_write_tokens.to_string(),
        totals.completion_tokens.to_string(),
        totals.reasoning_tokens.to_string(),
        totals.cost.clone(),
        totals.unpriced_calls.to_string(),
        totals.estimated_calls.to_string(),
    ];
    format!(
        "{},{},{},{}\r\n",
        text(&group.key),
        text(&group.name),
        text(&group.provider),
        numbers.join(",")
    )
}

/// The id of a group, if it is one.
pub(crate) fn key(id: Option<Uuid>) -> Option<String> {
    id.map(|id| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_span_includes_its_last_day() {
        let span = Span::parse(Some("2026-11-01"), Some("2026-11-30"), Timestamp(0)).unwrap();
        assert_eq!(span, Span { from: at("2026-11-01"), to: at("2026-12-01") });
        let span =
            Span::parse(Some("2026-11-01T08:00:00Z"), Some("2026-11-01T09:00:00Z"), Timestamp(0))
                .unwrap();
        assert_eq!(span, Span { from: at("2026-11-01T08:00:00Z"), to: at("2026-11-01T09:00:00Z") });
        let span = Span::parse(None, None, at("2026-11-30")).unwrap();
        assert_eq!(span.to.0 - span.from.0, 30 * 86_400 * 1_000_000);
    }

    #[test]
    fn a_span_is_neither_empty_nor_endless() {
        for (from, to) in [
            (Some("2026-11-02"), Some("2026-11-01")),
            (Some("2025-01-01"), Some("2026-11-01")),
            (Some("soon"), None),
            (None, Some("2026-02-30")),
            (Some("9999-01-01"), None),
        ] {
            assert_eq!(
                Span::parse(from, to, at("2026-11-30")).unwrap_err().code,
                Code::InvalidQuery,
                "{from:?} {to:?}"
            );
        }
    }

    #[test]
    fn a_name_is_no_formula_in_a_spreadsheet() {
        let group = Group {
            key: None,
            name: Some("=1+1".to_owned()),
            provider: None,
            totals: Totals::default(),
        };
        assert_eq!(csv_line(&group), "\"\",\"'=1+1\",\"\",0,0,0,0,0,0,0,0,,0,0\r\n");
    }
}
