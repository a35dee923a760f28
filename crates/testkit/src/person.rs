//! Tenants and their users.

use std::sync::OnceLock;

use access::CredentialId;
use kernel::id::{SessionId, SpaceId, TenantId, UserId};
use passwords::password;
use platform::{Actor, Cx, TenantRole, pg::Ticket};

use crate::Database;

/// The password of all users in tests.
const PASSWORD: &str = "correct horse battery staple";

/// Computed once: a secure hash is slow.
fn password_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| password::hash("/password", PASSWORD, &[]).unwrap())
}

/// A person in a tenant of their own, with their personal space.
#[derive(Clone, Debug)]
pub struct Person {
    /// The tenant.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
    /// Their personal space.
    pub space: SpaceId,
    /// To sign in with.
    pub email: String,
    /// To sign in with.
    pub password: &'static str,
}

impl Database {
    /// A new tenant with one administrator.
    pub async fn person(&self, name: &str) -> Person {
        let tenant = TenantId(uuid::Uuid::now_v7());
        let slug = format!("{name}-{}", tenant.0.simple());
        let mut db = self.superuser().await;
        sqlx::query("insert into tenants (id, slug, name) values ($1, $2, $3)")
            .bind(tenant.0)
            .bind(slug.get(..60).unwrap_or(&slug))
            .bind(name)
            .execute(&mut db)
            .await
            .unwrap();
        self.colleague(tenant, name, "admin").await
    }

    /// Another person in a tenant.
    pub async fn colleague(&self, tenant: TenantId, name: &str, role: &str) -> Person {
        let (user, space) = (UserId(uuid::Uuid::now_v7()), SpaceId(uuid::Uuid::now_v7()));
        let email = format!("{name}-{}@example.org", user.0.simple());
        let hash = password_hash();
        let mut db = self.superuser().await;
        sqlx::query(
            "with u as (insert into users (id, tenant_id, email, display_name, role, password_hash) values ($1, $2, $3, $4, $5, $6)),
                  s as (insert into spaces (id, tenant_id, name, kind, created_by) values ($7, $2, 'Personal', 'personal', $1))
             insert into space_members (tenant_id, space_id, user_id, role) values ($2, $7, $1, 'owner')",
        )
        .bind(user.0)
        .bind(tenant.0)
        .bind(&email)
        .bind(name)
        .bind(role)
        .bind(hash)
        .bind(space.0)
        .execute(&mut db)
        .await
        .unwrap();
        Person { tenant, user, space, email, password: PASSWORD }
    }

    /// A session of the person.
    pub async fn credential(&self, person: &Person) -> CredentialId {
        let session = SessionId(uuid::Uuid::now_v7());
        let sql = "insert into sessions (id, tenant_id, user_id, refresh_hash, idle_expires_at, expires_at)
            values ($1, $2, $3, '\\x00', now() + interval '1 hour', now() + interval '1 hour')";
        let mut db = self.superuser().await;
        sqlx::query(sql)
            .bind(session.0)
            .bind(person.tenant.0)
            .bind(person.user.0)
            .execute(&mut db)
            .await
            .unwrap();
        CredentialId::Session(session)
    }

    /// The person's context, with the rights of their role, connected as a component's role.
    pub async fn cx(&self, person: &Person, role: &str) -> Cx {
        let stored = sqlx::query_scalar("select role from users where id = $1").bind(person.user.0);
        let stored: String = stored.fetch_one(&mut self.superuser().await).await.unwrap();
        let actor = Actor::user(person.user, TenantRole::parse(&stored));
        let ticket = self.ticket(role, person.tenant, &format!("user {}", person.user)).await;
        Cx::new(self.source(role).await, Some(person.tenant), actor, "test".to_owned())
            .with_ticket(ticket)
    }

    /// The ticket that the database would issue to a role for a valid credential. `actor`: as in
    /// the audit log, `user <id>`.
    pub async fn ticket(&self, role: &str, tenant: TenantId, actor: &str) -> Ticket {
        let sql = "select tenancy.ticket_for($1, $2, $3)";
        let text = sqlx::query_scalar(sql).bind(role).bind(tenant.0).bind(actor);
        let text: String = text.fetch_one(&mut self.superuser().await).await.unwrap();
        Ticket::new(text, Some(self.redis_namespace(tenant).await))
    }

    /// A superuser's connection in a tenant: triggers that act as the owner of the tables see that
    /// tenant's rows only.
    pub async fn superuser_in(&self, tenant: TenantId) -> sqlx::PgConnection {
        let mut db = self.superuser().await;
        let enter = "select set_config('app.ticket', tenancy.ticket_for(session_user, $1, 'worker'), false)";
        sqlx::query(enter).bind(tenant.0).execute(&mut db).await.unwrap();
        db
    }

    /// The tenant's namespace in Redis keys.
    pub async fn redis_namespace(&self, tenant: TenantId) -> String {
        let name = sqlx::query_scalar("select tenancy.redis_namespace($1)").bind(tenant.0);
        name.fetch_one(&mut self.superuser().await).await.unwrap()
    }
}
