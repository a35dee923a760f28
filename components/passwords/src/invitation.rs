//! Invitations: read the recipient, accept with a password.

use api::{
    CallWith, Json,
    login_response::{self, LoginResult, Tokens},
};
use contract::Schema;
use kernel::Result;
use passwords::invitation;
use platform::pg::Source;
use serde::{Deserialize, Serialize};

use crate::keys;

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadInvitation {
    token: String,
}

#[derive(Schema, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptInvitation {
    token: String,
    #[schema(length(min = 10, max = 128))]
    password: String,
    #[schema(length(min = 1, max = 100))]
    display_name: Option<String>,
}

/// Whom an invitation is for.
#[derive(Schema, Serialize)]
#[schema(name = "InvitationFor")]
pub(crate) struct InvitedBody {
    email: String,
    display_name: String,
    organisation: String,
}

/// A POST, because the token must not stand in an address that is logged.
pub(crate) async fn read_invitation(
    mut call: CallWith<ReadInvitation>,
) -> Result<Json<InvitedBody>> {
    let body: ReadInvitation = call.json().await?;
    let invited =
        invitation::read(Source::from_config().await?, &body.token, &call.request_id).await?;
    api::ok(&InvitedBody {
        email: invited.email,
        display_name: invited.display_name,
        organisation: invited.organisation,
    })
}

pub(crate) async fn accept_invitation(
    mut call: CallWith<AcceptInvitation>,
) -> Result<Json<LoginResult<'static>>> {
    let body: AcceptInvitation = call.json().await?;
    let (source, keys) = (Source::from_config().await?, keys::of_instance().await?);
    let chosen = (body.password.as_str(), body.display_name.as_deref());
    let issued = invitation::accept(
        source,
        &keys,
        &body.token,
        chosen,
        login_response::client(&call),
        &call.request_id,
    )
    .await?;
    login_response::respond(&issued, Tokens::of(&call)).await
}
