//! The caller's own sessions.

use api::{Call, Json, NoContent, wire};
use contract::Schema;
use credentials::session::{self, SessionInfo};
use kernel::{Cursor, Result, Timestamp, id::SessionId};
use serde::Serialize;

/// A browser in which a person is signed in.
#[derive(Schema, Serialize)]
pub(crate) struct SessionBody {
    #[schema(as = Uuid)]
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

#[derive(Schema, Serialize)]
pub(crate) struct SessionsList {
    sessions: Vec<SessionBody>,
    total: i64,
    next_cursor: Option<String>,
    /// The one that asks.
    #[schema(as = Uuid)]
    current_session_id: String,
}

pub(crate) async fn list_sessions(call: Call) -> Result<Json<SessionsList>> {
    let page = session::list_sessions(call.cx()?, call.page()?).await?;
    api::ok(&SessionsList {
        sessions: page.items.iter().map(SessionBody::from).collect(),
        total: page.total,
        next_cursor: page.next.map(Cursor::encode),
        current_session_id: call.session()?.to_string(),
    })
}

pub(crate) async fn end_session(call: Call) -> Result<NoContent> {
    let session: SessionId = call.param("session_id")?;
    session::end_session(call.cx()?, session).await?;
    api::no_content()
}
