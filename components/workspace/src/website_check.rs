//! One page of a website looked at beforehand.

use api::{AcceptedJson, Call, CallWith, Json};
use contract::Schema;
use kernel::{Result, Timestamp, id::WebsiteId};
use serde::{Deserialize, Serialize};
use websites::{PageCheck, wire::CheckResult};

contract::words! {
    /// How a check stands.
    CheckStateName = ["queued", "done", "failed"];
}

/// The last check of a website.
#[derive(Schema, Serialize)]
#[schema(name = "WebsiteCheck")]
pub(crate) struct CheckBody {
    #[schema(as = Uuid)]
    website_id: String,
    #[schema(as = Uuid)]
    job_id: String,
    /// What is fetched.
    url: String,
    /// `failed`: the check itself broke off; a page that cannot be taken is `done`, and the result
    /// says why.
    #[schema(as = CheckStateName)]
    state: &'static str,
    /// Null while it is queued.
    result: Option<CheckResult>,
    #[serde(serialize_with = "api::wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "api::wire::iso")]
    updated_at: Timestamp,
}

impl From<PageCheck> for CheckBody {
    fn from(check: PageCheck) -> Self {
        Self {
            website_id: check.website_id.to_string(),
            job_id: check.job_id.to_string(),
            url: check.url,
            state: check.state.as_str(),
            result: check.result,
            created_at: check.created_at,
            updated_at: check.updated_at,
        }
    }
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartCheck {
    /// A page of the website; null: the first start URL.
    #[schema(length(min = 1, max = 2000))]
    url: Option<String>,
}

pub(crate) async fn start_website_check(
    mut call: CallWith<StartCheck>,
) -> Result<AcceptedJson<CheckBody>> {
    let body: StartCheck = call.json().await?;
    let id: WebsiteId = call.param("website_id")?;
    api::json(&CheckBody::from(websites::start_check(call.cx()?, id, body.url.as_deref()).await?))
}

pub(crate) async fn get_website_check(call: Call) -> Result<Json<CheckBody>> {
    api::ok(&CheckBody::from(websites::get_check(call.cx()?, call.param("website_id")?).await?))
}
