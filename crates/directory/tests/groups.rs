//! Who manages user groups.

use directory::groups::{
    add_member, create_group, delete_group, get_group, list_groups, list_members, remove_member,
    rename_group,
};
use kernel::{
    Code, PageRequest, Result,
    id::{UserGroupId, UserId},
};
use platform::Cx;
use testkit::{Database, Person};

const ALL: PageRequest = PageRequest { limit: 100, after: None };

struct Fixture {
    db: Database,
    manager: Person,
    user: Person,
    stranger: Person,
    group: UserGroupId,
}

impl Fixture {
    async fn new() -> Self {
        let db = Database::fresh().await;
        let admin = db.person("admin").await;
        let manager = db.colleague(admin.tenant, "manager", "manager").await;
        let user = db.colleague(admin.tenant, "user", "user").await;
        let stranger = db.person("stranger").await;
        let cx = db.cx(&admin, "tessera_admin").await;
        let group = create_group(&cx, "Board").await.unwrap().id;
        Self { db, manager, user, stranger, group }
    }

    async fn cx(&self, person: &Person) -> Cx {
        self.db.cx(person, "tessera_admin").await
    }
}

fn refused<T>(outcome: Result<T>) -> Code {
    outcome.err().expect("it was not refused").code
}

/// The codes with which every operation on a group is refused.
async fn refusals(cx: &Cx, group: UserGroupId, user: UserId) -> Vec<Code> {
    vec![
        refused(get_group(cx, group).await),
        refused(rename_group(cx, group, "Mine").await),
        refused(list_members(cx, group, ALL).await),
        refused(add_member(cx, group, user).await),
        refused(remove_member(cx, group, user).await),
        refused(delete_group(cx, group).await),
    ]
}

#[tokio::test]
async fn a_manager_maintains_groups() {
    let fixture = Fixture::new().await;
    let (cx, group) = (fixture.cx(&fixture.manager).await, fixture.group);
    assert_eq!(rename_group(&cx, group, "Council").await.unwrap().name, "Council");
    add_member(&cx, group, fixture.user.user).await.unwrap();
    assert_eq!(refused(add_member(&cx, group, fixture.user.user).await), Code::Conflict);
    assert_eq!(list_members(&cx, group, ALL).await.unwrap().total, 1);
    remove_member(&cx, group, fixture.user.user).await.unwrap();
    delete_group(&cx, group).await.unwrap();
    assert_eq!(list_groups(&cx, "", ALL).await.unwrap().total, 0);
}

#[tokio::test]
async fn a_plain_user_does_not_even_read_groups() {
    let fixture = Fixture::new().await;
    let cx = fixture.cx(&fixture.user).await;
    assert_eq!(refused(list_groups(&cx, "", ALL).await), Code::NotAllowed);
    assert_eq!(refused(create_group(&cx, "Mine").await), Code::NotAllowed);
    let refusals = refusals(&cx, fixture.group, fixture.user.user).await;
    assert_eq!(refusals, [Code::NotAllowed; 6]);
}

#[tokio::test]
async fn another_tenant_sees_and_changes_no_group() {
    let fixture = Fixture::new().await;
    let cx = fixture.cx(&fixture.stranger).await;
    assert_eq!(list_groups(&cx, "", ALL).await.unwrap().total, 0);
    let refusals = refusals(&cx, fixture.group, fixture.stranger.user).await;
    assert_eq!(refusals, [Code::NotFound; 6]);
    create_group(&cx, "Board").await.expect("names are the tenant's own");
}

#[tokio::test]
async fn no_one_of_another_tenant_becomes_a_member() {
    let fixture = Fixture::new().await;
    let cx = fixture.cx(&fixture.manager).await;
    let added = add_member(&cx, fixture.group, fixture.stranger.user).await;
    assert_eq!(refused(added), Code::NotFound);
    assert_eq!(list_members(&cx, fixture.group, ALL).await.unwrap().total, 0);
}
