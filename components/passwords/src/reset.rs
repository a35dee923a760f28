//! Password reset: request a link, and use it.

use api::{AcceptedJson, CallWith, NoContent};
use contract::Schema;
use kernel::Result;
use passwords::reset;
use platform::pg::Source;
use serde::{Deserialize, Serialize};

contract::words! {
    Requested = ["accepted"];
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestReset {
    #[schema(length(min = 3, max = 254))]
    email: String,
    /// The organisation's short name; without it, all that know the address.
    #[serde(default)]
    tenant: Option<String>,
}

/// The same whether or not anyone has this address.
#[derive(Schema, Serialize)]
pub(crate) struct ResetRequested {
    #[schema(as = Requested)]
    status: &'static str,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPassword {
    token: String,
    #[schema(length(min = 10, max = 128))]
    password: String,
}

/// The same work and the same answer whether or not anyone has this address.
pub(crate) async fn request_reset(
    mut call: CallWith<RequestReset>,
) -> Result<AcceptedJson<ResetRequested>> {
    let body: RequestReset = call.json().await?;
    let source = Source::from_config().await?;
    reset::request(source, &body.email, body.tenant.as_deref(), &call.origin().address).await?;
    queue::wake().await;
    api::json(&ResetRequested { status: "accepted" })
}

pub(crate) async fn reset_password(mut call: CallWith<ResetPassword>) -> Result<NoContent> {
    let body: ResetPassword = call.json().await?;
    reset::complete(Source::from_config().await?, &body.token, &body.password, call.origin())
        .await?;
    api::no_content()
}
