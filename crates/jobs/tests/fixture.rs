//! A job in a space with members of every role.

use kernel::{
    Code, PageRequest, Result,
    id::{JobId, SpaceId},
};
use platform::Cx;
use spaces::Role;
use testkit::{Database, Person};
use uuid::Uuid;

pub(crate) const ALL: PageRequest = PageRequest { limit: 100, after: None };

pub(crate) struct Fixture {
    pub(crate) db: Database,
    pub(crate) admin: Person,
    pub(crate) space: SpaceId,
    pub(crate) job: JobId,
}

impl Fixture {
    /// The job has this status.
    pub(crate) async fn new(status: &str) -> Self {
        let db = Database::fresh().await;
        let owner = db.person("owner").await;
        let cx = db.cx(&owner, "tessera_workspace").await;
        let space = spaces::create_space(&cx, "Board", "").await.unwrap().id;
        let job = JobId(Uuid::now_v7());
        let sql = "insert into jobs (id, tenant_id, kind, payload, lane, max_attempts, space_id, created_by, status, error_code)
            values ($1, $2, 'crawl_website', '{}', 'crawl', 3, $3, $4, $5, case $5 when 'dead' then 'worker_died' end)";
        let insert = sqlx::query(sql).bind(job.0).bind(owner.tenant.0).bind(space.0);
        let insert = insert.bind(owner.user.0).bind(status);
        insert.execute(&mut db.superuser_in(owner.tenant).await).await.unwrap();
        Self { db, admin: owner, space, job }
    }

    pub(crate) async fn cx(&self, person: &Person) -> Cx {
        self.db.cx(person, "tessera_events").await
    }

    /// A plain user with this role in the space; None: no member.
    pub(crate) async fn member(&self, role: Option<Role>) -> Cx {
        let person = self.db.colleague(self.admin.tenant, "member", "user").await;
        if let Some(role) = role {
            let owner = self.db.cx(&self.admin, "tessera_workspace").await;
            spaces::add_member(&owner, self.space, person.user, role).await.unwrap();
        }
        self.cx(&person).await
    }

    /// An administrator of another tenant.
    pub(crate) async fn stranger(&self) -> Cx {
        self.cx(&self.db.person("stranger").await).await
    }
}

/// The code of what was refused.
pub(crate) fn refused<T>(outcome: Result<T>) -> Code {
    outcome.err().expect("it was not refused").code
}
