//! Usage of models: reports for administrators, and everyone's own.

use api::{Call, CallWith, Json, Reply, kind};
use contract::Schema;
use http::header;
use kernel::{Problem, Result, Timestamp};
use platform::serve;
use serde::{Deserialize, Serialize};
use usage::{
    own_usage,
    policy::{self, UnpricedPolicy, UsagePolicy},
    report::{self, Group, GroupBy, Report, Span, Totals},
};

use crate::quotas::QuotaBody;

contract::words! {
    /// What a report is grouped by.
    pub(crate) UsageGroupName = GroupBy::ALL.iter().map(|group| group.as_str());
    /// What happens to a call of a model that has no price: it is answered and flagged, or refused.
    pub(crate) UnpricedPolicyName = UnpricedPolicy::ALL.iter().map(|policy| policy.as_str());
}

contract::shape! {
    pub(crate) struct UsageParameters {
        /// A day or a time in UTC; 30 days before `to` if it is absent.
        #[schema(length(min = 10, max = 40))]
        from: Option<String>,
        /// A day, which is included, or a time, which is not; now if it is absent. At most 400 days
        /// after `from`.
        #[schema(length(min = 10, max = 40))]
        to: Option<String>,
        #[schema(as = UsageGroupName, extend("default" = "day"))]
        group_by: Option<String>,
    }
}

/// Sums of calls of models.
#[derive(Schema, Serialize)]
#[schema(name = "UsageTotals")]
pub(crate) struct TotalsBody {
    /// Calls of providers, failed ones included.
    calls: i64,
    /// Questions: a question that is asked again after a failure is one.
    requests: i64,
    failed_calls: i64,
    /// All tokens that went in, those of caches included.
    prompt_tokens: i64,
    cached_read_tokens: i64,
    cached_write_tokens: i64,
    /// All tokens that came out, thoughts included.
    completion_tokens: i64,
    reasoning_tokens: i64,
    /// US dollars as decimal text, without the calls that have no price.
    cost: String,
    /// Calls whose cost is not known: the model had no price.
    unpriced_calls: i64,
    /// Calls whose tokens are an estimate: the provider did not report them.
    estimated_calls: i64,
}

impl From<&Totals> for TotalsBody {
    fn from(totals: &Totals) -> Self {
        Self {
            calls: totals.calls,
            requests: totals.requests,
            failed_calls: totals.failed_calls,
            prompt_tokens: totals.prompt_tokens,
            cached_read_tokens: totals.cached_read_tokens,
            cached_write_tokens: totals.cached_write_tokens,
            completion_tokens: totals.completion_tokens,
            reasoning_tokens: totals.reasoning_tokens,
            cost: totals.cost.clone(),
            unpriced_calls: totals.unpriced_calls,
            estimated_calls: totals.estimated_calls,
        }
    }
}

/// One group of a report.
#[derive(Schema, Serialize)]
#[schema(name = "UsageGroup")]
pub(crate) struct GroupBody {
    /// A day; the id of a model, user, space, assistant or provider. Null: it was deleted, or none
    /// was named, as with the model of the installation.
    key: Option<String>,
    /// Null for days, and for what was deleted; a model and a provider have the name that they had.
    name: Option<String>,
    /// The provider's name, of a model.
    provider: Option<String>,
    totals: TotalsBody,
}

impl From<&Group> for GroupBody {
    fn from(group: &Group) -> Self {
        Self {
            key: group.key.clone(),
            name: group.name.clone(),
            provider: group.provider.clone(),
            totals: TotalsBody::from(&group.totals),
        }
    }
}

/// What was used in a time.
#[derive(Schema, Serialize)]
#[schema(name = "UsageReport")]
pub(crate) struct ReportBody {
    #[serde(serialize_with = "api::wire::iso")]
    from: Timestamp,
    /// Not included.
    #[serde(serialize_with = "api::wire::iso")]
    to: Timestamp,
    #[schema(as = UsageGroupName)]
    group_by: &'static str,
    totals: TotalsBody,
    /// Days by date, without those on which nothing was used; others by cost, the highest first. At
    /// most 1000.
    groups: Vec<GroupBody>,
    /// Whether there are more groups.
    truncated: bool,
}

impl From<&Report> for ReportBody {
    fn from(report: &Report) -> Self {
        Self {
            from: report.span.from,
            to: report.span.to,
            group_by: report.group_by.as_str(),
            totals: TotalsBody::from(&report.totals),
            groups: report.groups.iter().map(GroupBody::from).collect(),
            truncated: report.is_truncated,
        }
    }
}

/// The caller's own usage.
#[derive(Schema, Serialize)]
#[schema(name = "OwnUsage")]
pub(crate) struct OwnUsageBody {
    /// Since midnight in UTC.
    today: TotalsBody,
    /// Since the first of the month in UTC.
    month: TotalsBody,
    /// The quotas that apply to the caller, at most 100; of models, those that the caller asked in
    /// this month.
    quotas: Vec<QuotaBody>,
}

/// What the organisation decides about costs.
#[derive(Schema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[schema(name = "UsagePolicy")]
pub(crate) struct PolicyBody {
    #[schema(as = UnpricedPolicyName)]
    unpriced_models: String,
    /// Whether people see what their answers cost.
    answer_costs: bool,
}

async fn report(call: &Call) -> Result<Report> {
    let cx = call.cx()?;
    let span = Span::parse(call.query("from").as_deref(), call.query("to").as_deref(), cx.now())?;
    report::read_report(cx, span, GroupBy::parse(call.query("group_by").as_deref())?).await
}

pub(crate) async fn get_usage(call: Call) -> Result<Json<ReportBody>> {
    api::ok(&ReportBody::from(&report(&call).await?))
}

pub(crate) async fn get_usage_csv(call: Call) -> Result<Reply<kind::Bytes<kind::Csv>>> {
    let text = report(&call).await?.csv();
    http::Response::builder()
        .header(header::CONTENT_TYPE, "text/csv; charset=utf-8")
        .header(header::CONTENT_LENGTH, text.len())
        .header(header::CONTENT_DISPOSITION, "attachment; filename=\"usage.csv\"")
        .body(serve::full(text.into_bytes()))
        .map(Reply::new)
        .map_err(Problem::internal)
}

pub(crate) async fn get_own_usage(call: Call) -> Result<Json<OwnUsageBody>> {
    let own = own_usage::read_own_usage(call.cx()?).await?;
    let quotas = own.quotas.iter().map(QuotaBody::from).collect();
    api::ok(&OwnUsageBody {
        today: TotalsBody::from(&own.today),
        month: TotalsBody::from(&own.month),
        quotas,
    })
}

pub(crate) async fn get_usage_policy(call: Call) -> Result<Json<PolicyBody>> {
    let policy = policy::get_policy(call.cx()?).await?;
    api::ok(&PolicyBody {
        unpriced_models: policy.unpriced.as_str().to_owned(),
        answer_costs: policy.shows_answer_costs,
    })
}

pub(crate) async fn put_usage_policy(mut call: CallWith<PolicyBody>) -> Result<Json<PolicyBody>> {
    let body: PolicyBody = call.json().await?;
    let policy = UsagePolicy {
        unpriced: UnpricedPolicy::parse(&body.unpriced_models)?,
        shows_answer_costs: body.answer_costs,
    };
    policy::put_policy(call.cx()?, policy).await?;
    api::ok(&body)
}
