//! One's own sessions.

use api::{Call, Response, wire};
use credentials::session::{self, SessionInfo};
use kernel::{Result, Timestamp, id::SessionId};
use serde::Serialize;

#[derive(Serialize)]
struct SessionBody {
    id: String,
    user_agent: String,
    address: String,
    #[serde(serialize_with = "wire::iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    used_at: Timestamp,
    #[serde(serialize_with = "wire::iso")]
    expires_at: Timestamp,
}

impl From<&SessionInfo> for SessionBody {
    fn from(session: &SessionInfo) -> Self {
        Self {
            id: session.id.to_string(),
            user_agent: session.user_agent.clone(),
            address: session.address.clone(),
            created_at: session.created_at,
            used_at: session.used_at,
            expires_at: session.expires_at,
        }
    }
}

pub(crate) async fn list_sessions(call: Call) -> Result<Response> {
    let page = session::list_sessions(call.cx()?, call.page()?).await?;
    let mut list = wire::list::<_, SessionBody>("sessions", &page);
    // Which of them is asking.
    if let Some(members) = list.as_object_mut() {
        members.insert("current_session_id".to_owned(), call.session()?.to_string().into());
    }
    api::ok(&list)
}

pub(crate) async fn end_session(call: Call) -> Result<Response> {
    let session: SessionId = call.param("session_id")?;
    session::end_session(call.cx()?, session).await?;
    api::no_content()
}
