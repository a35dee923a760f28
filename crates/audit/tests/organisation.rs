//! An organisation whose log has an event, and another organisation.

use kernel::{Code, PageRequest, Result, id::TenantId};
use platform::{Actor, Cx};
use serde_json::json;
use testkit::{Database, Person};

pub(crate) const ALL: PageRequest = PageRequest { limit: 100, after: None };
pub(crate) const REASON: &str = "A complaint of a member";

pub(crate) struct Organisation {
    pub(crate) db: Database,
    pub(crate) admin: Person,
    pub(crate) second_admin: Person,
    pub(crate) manager: Person,
    /// The administrator of another one.
    pub(crate) stranger: Person,
}

impl Organisation {
    pub(crate) async fn new() -> Self {
        let db = Database::fresh().await;
        let admin = db.person("admin").await;
        let second_admin = db.colleague(admin.tenant, "second", "admin").await;
        let manager = db.colleague(admin.tenant, "manager", "manager").await;
        let stranger = db.person("stranger").await;
        let organisation = Self { db, admin, second_admin, manager, stranger };
        let cx = organisation.cx(&organisation.admin).await;
        audit::record(&cx, "test.event", "test", Some("1"), json!({})).await.unwrap();
        organisation
    }

    /// The rights of a person's stored role, by way of the component that reads the log.
    pub(crate) async fn cx(&self, person: &Person) -> Cx {
        self.db.cx(person, "tessera_admin").await
    }

    pub(crate) async fn worker(&self, tenant: TenantId) -> Cx {
        let source = self.db.source("tessera_worker").await;
        Cx::new(source, Some(tenant), Actor::Worker, "test".to_owned())
    }
}

/// The code of what was refused.
pub(crate) fn refused<T>(outcome: Result<T>) -> Code {
    outcome.err().expect("it was not refused").code
}
