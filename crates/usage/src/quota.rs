//! Quotas: what a tenant, a group, a user, a key or a model may use in a period.

use access::Action;
use kernel::{
    Cursor, Page, PageRequest, Problem, ReasonCode, Result, Timestamp,
    id::{self, QuotaId},
};
use platform::Cx;
use uuid::Uuid;

use crate::store::quotas as store;

/// Whose use is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// All users of the organisation together.
    Tenant,
    /// All members of a user group together.
    Group(Uuid),
    /// One user.
    User(Uuid),
    /// Each user separately.
    EachUser,
    /// One API key.
    ApiKey(Uuid),
    /// One model, for all users together.
    Model(Uuid),
}

impl Subject {
    /// The kinds, as they are stored and sent.
    pub const KINDS: [&'static str; 6] =
        ["tenant", "group", "user", "each_user", "api_key", "model"];

    /// The kind, as it is stored and sent.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Group(_) => "group",
            Self::User(_) => "user",
            Self::EachUser => "each_user",
            Self::ApiKey(_) => "api_key",
            Self::Model(_) => "model",
        }
    }

    /// The id of its row; none for the tenant and for each user.
    #[must_use]
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::Tenant | Self::EachUser => None,
            Self::Group(id) | Self::User(id) | Self::ApiKey(id) | Self::Model(id) => Some(id),
        }
    }

    /// The same with an id as a client wrote it.
    ///
    /// # Errors
    /// As [`Subject::parse`]; `not_found` if the id is malformed.
    pub fn read(kind: &str, id: Option<&str>) -> Result<Self> {
        let parse = |text| {
            Uuid::try_parse(text).map_err(|_| id::not_found("user group, user, API key or model"))
        };
        Self::parse(kind, id.map(parse).transpose()?)
    }

    /// The subject of a kind and an id.
    ///
    /// # Errors
    /// `invalid_body` if the kind is unknown, or the id is missing or not expected.
    pub fn parse(kind: &str, id: Option<Uuid>) -> Result<Self> {
        match (kind, id) {
            ("tenant", None) => Ok(Self::Tenant),
            ("each_user", None) => Ok(Self::EachUser),
            ("group", Some(id)) => Ok(Self::Group(id)),
            ("user", Some(id)) => Ok(Self::User(id)),
            ("api_key", Some(id)) => Ok(Self::ApiKey(id)),
            ("model", Some(id)) => Ok(Self::Model(id)),
            (kind, _) if Self::KINDS.contains(&kind) => {
                let detail = "expected an id for group, user, api_key and model, and none for tenant and each_user";
                Err(Problem::refused_field("/subject_id", ReasonCode::SubjectId, detail))
            }
            _ => Err(one_of("/subject", &Self::KINDS)),
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// US dollars.
    Cost,
    /// Tokens of prompts and answers.
    Tokens,
    /// Questions to a model; those that are asked again after a failure count once.
    Requests,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 3] = [Self::Cost, Self::Tokens, Self::Requests];

    /// The name that is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Tokens => "tokens",
            Self::Requests => "requests",
        }
    }

    /// The measure of a name.
    ///
    /// # Errors
    /// `invalid_body`.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|measure| measure.as_str() == name);
        found.ok_or_else(|| one_of("/measure", &Self::ALL.map(Self::as_str)))
    }
}

/// The time after which a counter starts again, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month of the calendar.
    Month,
}

impl Period {
    /// Every period.
    pub const ALL: [Self; 4] = [Self::Minute, Self::Hour, Self::Day, Self::Month];

    /// The name that is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The period of a name.
    ///
    /// # Errors
    /// `invalid_body`.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|period| period.as_str() == name);
        found.ok_or_else(|| one_of("/period", &Self::ALL.map(Self::as_str)))
    }
}

fn one_of(pointer: &'static str, names: &[&str]) -> Problem {
    Problem::refused_field(
        pointer,
        ReasonCode::UnknownValue,
        format!("expected one of {}", names.join(", ")),
    )
}

/// An amount: decimal text without a sign or exponent, up to 11 digits before the point and 12 after
/// it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Amount(String);

impl Amount {
    /// Reads the limit of a quota.
    ///
    /// # Errors
    /// `invalid_body` if it is negative, too large, too fine, or no number; tokens and requests are
    /// whole numbers.
    pub fn parse(text: &str, measure: Measure) -> Result<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_whole = fraction.bytes().all(|byte| byte == b'0');
        if digits(whole, 11) && digits(fraction, 12) && (measure == Measure::Cost || is_whole) {
            return Ok(Self(text.to_owned()));
        }
        let (reason, detail) = match measure {
            Measure::Cost => (
                ReasonCode::AmountFormat,
                "expected US dollars as decimal text, such as 25.50: at least 0, up to 11 digits before the point and 12 after it",
            ),
            Measure::Tokens | Measure::Requests => (
                ReasonCode::WholeNumberFormat,
                "expected a whole number as text, from 0 up to 11 digits",
            ),
        };
        Err(Problem::refused_field("/limit", reason, detail))
    }

    /// Decimal text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The settings of a new quota.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewQuota {
    /// Whose use is counted.
    pub subject: Subject,
    /// What is counted.
    pub measure: Measure,
    /// The period in which it is counted.
    pub period: Period,
    /// The limit of the period.
    pub limit: Amount,
    /// 1 to 100: administrators get an alert when so much of it is used, and when all of it is.
    pub alert_percent: Option<i32>,
}

/// A quota of the tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quota {
    /// Ids sort by the time of creation (UUID v7).
    pub id: QuotaId,
    /// Whose use is counted.
    pub subject: Subject,
    /// The name of the group, user, key or model.
    pub subject_name: Option<String>,
    /// What is counted.
    pub measure: Measure,
    /// The period in which it is counted.
    pub period: Period,
    /// Decimal text.
    pub limit: String,
    /// The percentage at which administrators get an alert.
    pub alert_percent: Option<i32>,
    /// Its state in this period; none if it is for each user.
    pub state: Option<QuotaState>,
    /// When its row was inserted, by the clock of the database.
    pub created_at: Timestamp,
    /// The time of creation until the first change.
    pub updated_at: Timestamp,
}

/// The state of a quota in its period, in decimal text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuotaState {
    /// The use so far.
    pub used: String,
    /// Reserved for calls in progress.
    pub reserved: String,
    /// The rest of the limit; not below 0.
    pub left: String,
    /// The start of the next period.
    pub ends_at: Timestamp,
}

/// The quotas of the tenant, newest first.
///
/// # Errors
/// `not_allowed`.
pub async fn list_quotas(cx: &Cx, request: PageRequest) -> Result<Page<Quota>> {
    cx.require(Action::ManageUsage)?;
    let (items, total) = store::list(cx, request).await?;
    Ok(Page::cut(items, total, request, |quota| Cursor { at: quota.created_at, id: quota.id.0 }))
}

/// A quota of the tenant.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn get_quota(cx: &Cx, quota: QuotaId) -> Result<Quota> {
    cx.require(Action::ManageUsage)?;
    store::get(cx, quota).await?.ok_or_else(|| id::not_found("quota"))
}

/// Adds a quota; it counts the use since its period began.
///
/// # Errors
/// `not_allowed`, `invalid_body`; `not_found` for an unknown subject; `conflict` if the subject has
/// a quota of this measure and period.
pub async fn create_quota(cx: &Cx, new: &NewQuota) -> Result<Quota> {
    cx.require(Action::ManageUsage)?;
    check_alert(new.alert_percent, new.period)?;
    let id: QuotaId = cx.new_id()?;
    store::insert(cx, id, new).await?;
    get_quota(cx, id).await
}

/// Changes a quota. None: no change.
///
/// # Errors
/// `not_allowed`, `not_found`, `invalid_body`.
pub async fn update_quota(
    cx: &Cx,
    quota: QuotaId,
    limit: Option<&str>,
    alert_percent: Option<Option<i32>>,
) -> Result<Quota> {
    let stored = get_quota(cx, quota).await?;
    let limit = limit.map(|text| Amount::parse(text, stored.measure)).transpose()?;
    check_alert(alert_percent.flatten(), stored.period)?;
    if !store::update(cx, quota, limit.as_ref(), alert_percent).await? {
        return Err(id::not_found("quota"));
    }
    get_quota(cx, quota).await
}

/// Deletes a quota, with what calls in progress have reserved of it.
///
/// # Errors
/// `not_allowed`, `not_found`.
pub async fn delete_quota(cx: &Cx, quota: QuotaId) -> Result<()> {
    cx.require(Action::ManageUsage)?;
    if store::delete(cx, quota).await? { Ok(()) } else { Err(id::not_found("quota")) }
}

fn check_alert(percent: Option<i32>, period: Period) -> Result<()> {
    let Some(percent) = percent else { return Ok(()) };
    if !(1..=100).contains(&percent) {
        return Err(Problem::refused_field(
            "/alert_percent",
            ReasonCode::OutOfRange.between(1, 100),
            "expected 1 to 100, or null",
        ));
    }
    match period {
        Period::Day | Period::Month => Ok(()),
        Period::Minute | Period::Hour => Err(Problem::refused_field(
            "/alert_percent",
            ReasonCode::AlertPeriod,
            "expected null: alerts are for quotas of a day or a month",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, Measure, Subject};

    #[test]
    fn a_limit_is_an_exact_number_from_0_on() {
        for good in ["0", "25", "25.50", "0.000000000001", "99999999999.999999999999"] {
            assert_eq!(Amount::parse(good, Measure::Cost).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "-1",
            "+1",
            "1e3",
            "NaN",
            "Infinity",
            ".5",
            "5.",
            "1,5",
            " 1",
            "123456789012",
            "0.0000000000001",
            "1.2.3",
            "١",
        ] {
            assert!(Amount::parse(bad, Measure::Cost).is_err(), "{bad}");
        }
        for measure in [Measure::Tokens, Measure::Requests] {
            assert!(
                Amount::parse("10.0", measure).is_ok() && Amount::parse("10.5", measure).is_err(),
                "{measure:?}"
            );
        }
    }

    #[test]
    fn a_subject_has_an_id_if_and_only_if_it_is_a_row() {
        let id = uuid::Uuid::nil();
        for kind in Subject::KINDS {
            let is_row = !matches!(kind, "tenant" | "each_user");
            assert_eq!(Subject::parse(kind, Some(id)).is_ok(), is_row, "{kind}");
            assert_eq!(Subject::parse(kind, None).is_ok(), !is_row, "{kind}");
        }
        assert!(Subject::parse("space", Some(id)).is_err());
    }
}
