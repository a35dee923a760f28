//! Grants: what a component shows the gateway, so that it asks a model on behalf of a user (ADR
//! 26). The database makes and checks them: a component gets one only for a user whose ticket it
//! has, and the gateway enters only tenants whose grants it was shown.

use std::fmt;

use kernel::{
    Code, Problem, Result,
    id::{TenantId, UserId},
};
use platform::{Actor, Cx, Origin, clock::Clock, pg::Db, pg::Source};
use uuid::Uuid;

use crate::store::model_grants as store;

/// The header field with the grant.
pub const HEADER: &str = "x-model-grant";
/// Hexadecimal digits of the MAC, which the tenant follows.
const MAC_DIGITS: usize = 64;

/// What a grant is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GrantPurpose {
    /// Ask models that the user may use; the subjects are models, the first choice first.
    Chat,
    /// Order what a search found by a reranker that the user may use; the subject is the model.
    Rerank,
    /// Write down what is said, by models that the user may use; the subjects are models, the first
    /// choice first.
    Transcription,
    /// Test a provider and list its models, for an administrator; the subject is a provider.
    Administration,
}

impl GrantPurpose {
    /// The name in a grant.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Rerank => "rerank",
            Self::Transcription => "transcription",
            Self::Administration => "administration",
        }
    }

    /// The purpose of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Chat, Self::Rerank, Self::Transcription, Self::Administration]
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
    }
}

/// Who asks which models, for what, in the words of the database; valid for 60 s.
#[derive(Clone, PartialEq, Eq)]
pub struct ModelGrant(String);

impl ModelGrant {
    /// A grant for the acting user, whose right the caller has checked. `subjects`: 1 to 10 ids of
    /// rows; which table, says the purpose.
    ///
    /// # Errors
    /// `not_signed_in` if the actor is not a user; `internal` if the database refuses.
    pub async fn request(cx: &Cx, purpose: GrantPurpose, subjects: &[Uuid]) -> Result<Self> {
        cx.user()?;
        store::request(cx, purpose, subjects).await.map(Self)
    }

    /// The text for [`HEADER`]; a secret.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// A secret: never in a log.
impl fmt::Debug for ModelGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ModelGrant")
    }
}

/// A request with a valid grant.
pub struct GrantContext {
    /// A context of the grant's tenant. It acts as no user.
    pub cx: Cx,
    /// For whom.
    pub user: UserId,
    /// What for.
    pub purpose: GrantPurpose,
    /// Ids of rows, the first choice first.
    pub subjects: Vec<Uuid>,
}

impl GrantContext {
    /// Opens the request: the database checks the grant, and that user and tenant are active.
    ///
    /// # Errors
    /// `no_such_route` for every fault of the grant: for other callers the route does not exist;
    /// `unavailable` if the database does not answer.
    pub async fn open(source: Source, grant: &str, origin: Origin) -> Result<Self> {
        let tenant = tenant_of(grant).ok_or_else(refused)?;
        let mut db = Db::new(source, None);
        let row = store::open(&mut db, tenant, grant, &origin).await?.ok_or_else(refused)?;
        let purpose: String = row.get("purpose")?;
        let subjects: Vec<String> = row.get("subjects")?;
        let subjects = subjects
            .iter()
            .map(|id| Uuid::try_parse(id).map_err(Problem::internal))
            .collect::<Result<_>>()?;
        let (user, purpose) =
            (row.get("user_id")?, GrantPurpose::parse(&purpose).ok_or_else(refused)?);
        let cx = Cx {
            actor: Actor::Anonymous,
            request_id: origin.request_id,
            db,
            clock: Clock::current(),
        };
        Ok(Self { cx, user, purpose, subjects })
    }
}

/// The tenant that a grant names; the database checks the grant itself.
fn tenant_of(grant: &str) -> Option<TenantId> {
    grant.get(MAC_DIGITS..)?.split('|').next()?.parse().ok()
}

fn refused() -> Problem {
    Problem::new(Code::NoSuchRoute, "there is no such route; /api/v1/openapi.json lists them all")
}
