//! One's own account: sessions, password.

use api::{Call, Response, wire};
use identity::own::{self, Session};
use kernel::{Code, Problem, Result, Timestamp, id::SessionId};
use serde::{Deserialize, Serialize};

use crate::{attempts, grant};

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

impl From<&Session> for SessionBody {
    fn from(session: &Session) -> Self {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    current_password: String,
    password: String,
}

pub(crate) async fn list_sessions(call: Call) -> Result<Response> {
    let page = own::list_sessions(call.cx()?, call.page()?).await?;
    let mut list = wire::list::<_, SessionBody>("sessions", &page);
    // Which of them is asking.
    if let Some(members) = list.as_object_mut() {
        members.insert("current_session_id".to_owned(), call.session()?.to_string().into());
    }
    api::ok(&list)
}

pub(crate) async fn end_session(call: Call) -> Result<Response> {
    let session: SessionId = call.param("session_id")?;
    own::end_session(call.cx()?, session).await?;
    api::no_content()
}

pub(crate) async fn change_password(mut call: Call) -> Result<Response> {
    let body: ChangePassword = call.json().await?;
    let (email, address) = (call.user()?.email.clone(), grant::client(&call).address);
    // A stolen token must not become a way to guess the password.
    attempts::check(&email, &address).await?;
    let changed = own::change_password(call.cx()?, call.session()?, &body.current_password, &body.password).await;
    match changed {
        Err(problem) if problem.code == Code::WrongCredentials => {
            attempts::count(&email, &address).await?;
            // Not a 401: the session is good, and a client must not sign in again over it.
            Err(Problem::invalid_field("/current_password", problem.detail))
        }
        Err(problem) => Err(problem),
        Ok(()) => api::no_content(),
    }
}
