//! An organisation with one person of each built-in role, and another organisation.

use kernel::{Code, PageRequest, Result};
use platform::Cx;
use testkit::{Database, Person};

pub(crate) const ALL: PageRequest = PageRequest { limit: 100, after: None };

pub(crate) struct Organisation {
    pub(crate) db: Database,
    pub(crate) admin: Person,
    pub(crate) manager: Person,
    pub(crate) user: Person,
    /// The administrator of another one.
    pub(crate) stranger: Person,
}

impl Organisation {
    pub(crate) async fn new() -> Self {
        let db = Database::fresh().await;
        let admin = db.person("admin").await;
        let manager = db.colleague(admin.tenant, "manager", "manager").await;
        let user = db.colleague(admin.tenant, "user", "user").await;
        let stranger = db.person("stranger").await;
        Self { db, admin, manager, user, stranger }
    }

    /// The rights of a person's stored role, by way of the component that manages accounts.
    pub(crate) async fn cx(&self, person: &Person) -> Cx {
        self.db.cx(person, "tessera_admin").await
    }
}

/// The code of what was refused.
pub(crate) fn refused<T>(outcome: Result<T>) -> Code {
    outcome.err().expect("it was not refused").code
}
