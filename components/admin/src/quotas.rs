//! Quotas over the usage of models, and their alerts.

use access::Action;
use api::{Call, CallWith, CreatedJson, Idempotent, Json, List, NoContent, wire};
use contract::Schema;
use kernel::{Result, Timestamp};
use serde::{Deserialize, Serialize};
use usage::{
    alert::{self, QuotaAlert},
    quota::{self, Amount, Measure, NewQuota, Period, Quota, Subject},
};

contract::words! {
    /// Whose use is counted.
    pub(crate) QuotaSubjectName = Subject::KINDS;
    /// What is counted: US dollars, tokens, questions.
    pub(crate) QuotaMeasureName = Measure::ALL.iter().map(|measure| measure.as_str());
    /// After which time it begins again, by the clock of UTC.
    pub(crate) QuotaPeriodName = Period::ALL.iter().map(|period| period.as_str());
}

/// What a tenant, a group, a user, a key or a model may use in a period.
#[derive(Schema, Serialize)]
#[schema(name = "Quota", list = "quotas")]
pub(crate) struct QuotaBody {
    #[schema(as = Uuid)]
    id: String,
    /// `tenant` is everyone together, `each_user` every user as much.
    #[schema(as = QuotaSubjectName)]
    subject: &'static str,
    /// Of a group, user, API key or model.
    #[schema(as = Uuid)]
    subject_id: Option<String>,
    subject_name: Option<String>,
    #[schema(as = QuotaMeasureName)]
    measure: &'static str,
    #[schema(as = QuotaPeriodName)]
    period: &'static str,
    /// US dollars, tokens or questions, as decimal text.
    limit: String,
    /// Administrators get an alert when so much of it is used, and when all of it is.
    alert_percent: Option<i32>,
    /// How it stands in this period. Null in a list for administrators if each user has as much.
    state: Option<QuotaStateBody>,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    updated_at: Timestamp,
}

/// How a quota stands in its period. Decimal texts.
#[derive(Schema, Serialize)]
#[schema(name = "QuotaState")]
struct QuotaStateBody {
    used: String,
    /// The worst case of questions that are being answered.
    reserved: String,
    /// What is left beside both; at least 0.
    left: String,
    /// When it begins again.
    #[serde(serialize_with = "wire::iso")]
    ends_at: Timestamp,
}

impl From<&Quota> for QuotaBody {
    fn from(quota: &Quota) -> Self {
        Self {
            id: quota.id.to_string(),
            subject: quota.subject.kind(),
            subject_id: quota.subject.id().map(|id| id.to_string()),
            subject_name: quota.subject_name.clone(),
            measure: quota.measure.as_str(),
            period: quota.period.as_str(),
            limit: quota.limit.clone(),
            alert_percent: quota.alert_percent,
            state: quota.state.as_ref().map(|state| QuotaStateBody {
                used: state.used.clone(),
                reserved: state.reserved.clone(),
                left: state.left.clone(),
                ends_at: state.ends_at,
            }),
            created_at: quota.created_at,
            updated_at: quota.updated_at,
        }
    }
}

/// That so much of a quota is used: once for each period and threshold.
#[derive(Schema, Serialize)]
#[schema(name = "QuotaAlert", list = "alerts")]
pub(crate) struct AlertBody {
    #[schema(as = Uuid)]
    id: String,
    #[schema(as = Uuid)]
    quota_id: String,
    /// The user, if each has as much.
    #[schema(as = Uuid)]
    user_id: Option<String>,
    /// Of that user, or of the quota's group, user, API key or model.
    name: Option<String>,
    #[schema(as = QuotaMeasureName)]
    measure: &'static str,
    #[schema(as = QuotaPeriodName)]
    period: &'static str,
    /// The threshold.
    #[schema(range(min = 1, max = 100))]
    percent: i32,
    /// Decimal text.
    used: String,
    /// The limit now, decimal text.
    limit: String,
    #[serde(serialize_with = "wire::iso")]
    period_start: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
}

impl From<&QuotaAlert> for AlertBody {
    fn from(alert: &QuotaAlert) -> Self {
        Self {
            id: alert.id.to_string(),
            quota_id: alert.quota_id.to_string(),
            user_id: alert.user_id.map(|id| id.to_string()),
            name: alert.name.clone(),
            measure: alert.measure.as_str(),
            period: alert.period.as_str(),
            percent: alert.percent,
            used: alert.used.clone(),
            limit: alert.limit.clone(),
            period_start: alert.period_start,
            created_at: alert.created_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateQuota {
    #[schema(as = QuotaSubjectName)]
    subject: String,
    /// Of a group, user, API key or model; absent for `tenant` and `each_user`.
    #[schema(as = Uuid)]
    subject_id: Option<String>,
    #[schema(as = QuotaMeasureName)]
    measure: String,
    #[schema(as = QuotaPeriodName)]
    period: String,
    /// Decimal text: US dollars with up to 12 digits after the point; tokens and questions are
    /// whole numbers.
    #[schema(length(min = 1, max = 24), pattern(r"^[0-9]{1,11}(\.[0-9]{1,12})?$"))]
    limit: String,
    /// For quotas of a day or a month.
    #[schema(range(min = 1, max = 100))]
    alert_percent: Option<i32>,
}

/// What is absent stays.
#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateQuota {
    #[schema(length(min = 1, max = 24), pattern(r"^[0-9]{1,11}(\.[0-9]{1,12})?$"))]
    limit: Option<String>,
    /// Null: no alerts.
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(range(min = 1, max = 100))]
    alert_percent: Option<Option<i32>>,
}

pub(crate) async fn list_quotas(call: Call) -> Result<List<QuotaBody>> {
    api::list(&quota::list_quotas(call.cx()?, call.page()?).await?)
}

pub(crate) async fn create_quota(
    mut call: CallWith<CreateQuota>,
) -> Result<Idempotent<CreatedJson<QuotaBody>>> {
    let bytes = call.bytes().await?;
    let may = async |_: &CreateQuota| call.cx()?.require(Action::ManageUsage);
    api::create(&call, &bytes, may, async |body: CreateQuota| {
        let measure = Measure::parse(&body.measure)?;
        let new = NewQuota {
            subject: Subject::read(&body.subject, body.subject_id.as_deref())?,
            measure,
            period: Period::parse(&body.period)?,
            limit: Amount::parse(&body.limit, measure)?,
            alert_percent: body.alert_percent,
        };
        let made = quota::create_quota(call.cx()?, &new).await?;
        Ok((format!("/api/v1/quotas/{}", made.id), QuotaBody::from(&made)))
    })
    .await
}

pub(crate) async fn get_quota(call: Call) -> Result<Json<QuotaBody>> {
    api::ok(&QuotaBody::from(&quota::get_quota(call.cx()?, call.param("quota_id")?).await?))
}

pub(crate) async fn update_quota(mut call: CallWith<UpdateQuota>) -> Result<Json<QuotaBody>> {
    let body: UpdateQuota = call.json().await?;
    let id = call.param("quota_id")?;
    let changed =
        quota::update_quota(call.cx()?, id, body.limit.as_deref(), body.alert_percent).await?;
    api::ok(&QuotaBody::from(&changed))
}

pub(crate) async fn delete_quota(call: Call) -> Result<NoContent> {
    quota::delete_quota(call.cx()?, call.param("quota_id")?).await?;
    api::no_content()
}

pub(crate) async fn list_quota_alerts(call: Call) -> Result<List<AlertBody>> {
    api::list(&alert::list_alerts(call.cx()?, call.page()?).await?)
}
