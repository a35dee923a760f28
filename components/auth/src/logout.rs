//! `POST /api/v1/auth/logout`: end this session; its tokens stop working at once.

use api::{Call, Response, grant};
use identity::session;
use kernel::Result;

pub(crate) async fn logout(call: Call) -> Result<Response> {
    session::end(call.cx()?, call.session()?).await?;
    let mut response = api::no_content()?;
    grant::clear_cookies(&mut response).await?;
    Ok(response)
}
