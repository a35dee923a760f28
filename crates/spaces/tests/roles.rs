//! The role of a user in a space, from each of its sources.

use kernel::{
    Code,
    id::{SpaceId, UserGroupId, UserId},
};
use platform::Cx;
use spaces::{Action, Role, require};
use testkit::{Database, Person};

const ROLES: [Option<Role>; 4] = [None, Some(Role::Viewer), Some(Role::Editor), Some(Role::Owner)];

/// A group of the tenant with these people in it.
async fn group(db: &Database, of: &Person, people: &[UserId]) -> UserGroupId {
    let group = UserGroupId(uuid::Uuid::now_v7());
    let sql = "with g as (insert into user_groups (id, tenant_id, name) values ($1, $2, $1::text) returning id, tenant_id)
        insert into user_group_members (tenant_id, group_id, user_id) select g.tenant_id, g.id, u from g, unnest($3::uuid[]) as u";
    sqlx::query(sql)
        .bind(group.0)
        .bind(of.tenant.0)
        .bind(people.iter().map(|user| user.0).collect::<Vec<_>>())
        .execute(&mut db.superuser().await)
        .await
        .unwrap();
    group
}

async fn give(cx: &Cx, space: SpaceId, group: UserGroupId, role: Option<Role>) {
    // Whether a role existed does not matter: none may remain.
    let _ = spaces::remove_group(cx, space, group).await;
    if let Some(role) = role {
        spaces::add_group(cx, space, group, role).await.unwrap();
    }
}

#[tokio::test]
async fn the_highest_role_of_three_sources_counts_once() {
    let db = Database::fresh().await;
    let boss = db.person("boss").await;
    let person = db.colleague(boss.tenant, "person", "user").await;
    let (owner, cx) =
        (db.cx(&boss, "tessera_workspace").await, db.cx(&person, "tessera_workspace").await);
    let space = spaces::create_space(&owner, "Shared", "").await.unwrap().id;
    let groups = [
        group(&db, &boss, &[person.user]).await,
        group(&db, &boss, &[person.user, boss.user]).await,
    ];
    for own in ROLES {
        let _ = spaces::remove_member(&owner, space, person.user).await;
        if let Some(role) = own {
            spaces::add_member(&owner, space, person.user, role).await.unwrap();
        }
        for first in ROLES {
            give(&owner, space, groups[0], first).await;
            for second in ROLES {
                give(&owner, space, groups[1], second).await;
                let what = format!("{own:?} {first:?} {second:?}");
                let expected = own.max(first).max(second);
                match (expected, require(&cx, space, Action::ReadSpace).await) {
                    (Some(role), found) => {
                        assert_eq!(found.map(|access| access.role), Ok(role), "{what}")
                    }
                    (None, found) => assert_eq!(found.unwrap_err().code, Code::NotFound, "{what}"),
                }
                let mine = spaces::of_user(&cx).await.unwrap();
                assert_eq!(
                    mine.iter().filter(|s| **s == space).count(),
                    usize::from(expected.is_some()),
                    "{what}"
                );
            }
        }
    }
}

#[tokio::test]
async fn every_component_that_checks_roles_may_read_them() {
    let db = Database::fresh().await;
    let boss = db.person("boss").await;
    let space =
        spaces::create_hub(&db.cx(&boss, "tessera_workspace").await, "Hub", "").await.unwrap().id;
    let person = db.colleague(boss.tenant, "person", "user").await;
    for component in ["workspace", "upload", "search", "chat", "events"] {
        let cx = db.cx(&person, &format!("tessera_{component}")).await;
        let access = require(&cx, space, Action::Ask).await.unwrap();
        assert_eq!(access.role, Role::Viewer, "{component}");
    }
}

#[tokio::test]
async fn every_active_user_reads_the_hub_and_administrators_own_it() {
    let db = Database::fresh().await;
    let boss = db.person("boss").await;
    let hub =
        spaces::create_hub(&db.cx(&boss, "tessera_workspace").await, "Hub", "").await.unwrap().id;
    let (user, admin) = (
        db.colleague(boss.tenant, "user", "user").await,
        db.colleague(boss.tenant, "admin", "admin").await,
    );
    let stranger = db.person("stranger").await;
    for (person, expected) in
        [(&user, Some(Role::Viewer)), (&admin, Some(Role::Owner)), (&stranger, None)]
    {
        let cx = db.cx(person, "tessera_workspace").await;
        let found = require(&cx, hub, Action::ReadSpace).await.ok();
        assert_eq!(found.map(|access| access.role), expected, "{}", person.email);
    }
    for (state, deleted) in [("inactive", false), ("active", true)] {
        sqlx::query(
            "update users set state = $2, deleted_at = case when $3 then now() end where id = $1",
        )
        .bind(user.user.0)
        .bind(state)
        .bind(deleted)
        .execute(&mut db.superuser().await)
        .await
        .unwrap();
        let cx = db.cx(&user, "tessera_workspace").await;
        assert_eq!(
            require(&cx, hub, Action::ReadSpace).await.unwrap_err().code,
            Code::NotFound,
            "{state}"
        );
    }
}
