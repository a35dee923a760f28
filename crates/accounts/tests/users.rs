//! Who manages users.

use accounts::users::{
    Filter, State, Update, delete_user, get_user, invite, invite_again, list_users, restore_user,
    update_user,
};
use kernel::{Code, id::UserId};
use platform::{Cx, TenantRole, config::Settings};

use crate::organisation::{ALL, Organisation, refused};

const RENAMED: Update<'_> =
    Update { display_name: Some("Renamed"), role: None, custom_role: None, active: None };

/// With what an invitation needs to be counted.
async fn counted<T>(future: impl Future<Output = T>) -> T {
    Settings::new([("redis_url", testkit::test_redis_url())]).scope(future).await
}

/// The codes with which every operation on a user is refused.
async fn refusals(cx: &Cx, user: UserId) -> Vec<Code> {
    vec![
        refused(get_user(cx, user).await),
        refused(update_user(cx, user, RENAMED).await),
        refused(counted(invite_again(cx, user)).await),
        refused(delete_user(cx, user).await),
        refused(restore_user(cx, user).await),
    ]
}

#[tokio::test]
async fn a_manager_changes_deletes_and_restores_a_user() {
    let organisation = Organisation::new().await;
    let (manager, user) = (organisation.cx(&organisation.manager).await, organisation.user.user);
    assert_eq!(list_users(&manager, &Filter::default(), ALL).await.unwrap().total, 3);
    assert_eq!(update_user(&manager, user, RENAMED).await.unwrap().display_name, "Renamed");
    delete_user(&manager, user).await.unwrap();
    assert_eq!(get_user(&manager, user).await.unwrap().state, State::Deleted);
    assert_eq!(restore_user(&manager, user).await.unwrap().state, State::Active);
}

#[tokio::test]
async fn a_plain_user_manages_no_one() {
    let organisation = Organisation::new().await;
    let user = organisation.cx(&organisation.user).await;
    let list = list_users(&user, &Filter::default(), ALL).await;
    assert_eq!(refused(list), Code::NotAllowed);
    for person in [&organisation.user, &organisation.manager] {
        assert_eq!(refusals(&user, person.user).await, [Code::NotAllowed; 5]);
    }
    let invited = counted(invite(&user, "new@example.org", "", TenantRole::User)).await;
    assert_eq!(refused(invited), Code::NotAllowed);
}

#[tokio::test]
async fn a_manager_neither_changes_nor_appoints_an_administrator() {
    let organisation = Organisation::new().await;
    let manager = organisation.cx(&organisation.manager).await;
    let admin = organisation.admin.user;
    assert_eq!(refused(update_user(&manager, admin, RENAMED).await), Code::NotAllowed);
    assert_eq!(refused(delete_user(&manager, admin).await), Code::NotAllowed);
    let promotion = Update { role: Some(TenantRole::Admin), ..Update::default() };
    let promoted = update_user(&manager, organisation.user.user, promotion).await;
    assert_eq!(refused(promoted), Code::NotAllowed);
    let invited = counted(invite(&manager, "new@example.org", "", TenantRole::Admin)).await;
    assert_eq!(refused(invited), Code::NotAllowed);
    let owner = organisation.cx(&organisation.admin).await;
    let promoted = update_user(&owner, organisation.user.user, promotion).await.unwrap();
    assert_eq!(promoted.role, TenantRole::Admin);
}

#[tokio::test]
async fn a_manager_invites_a_user() {
    let organisation = Organisation::new().await;
    let manager = organisation.cx(&organisation.manager).await;
    let invited = counted(invite(&manager, "New@Example.org", "", TenantRole::User)).await;
    let (person, first) = invited.unwrap();
    assert_eq!((person.email.as_str(), person.state), ("new@example.org", State::Invited));
    let second = counted(invite_again(&manager, person.id)).await.unwrap();
    assert_ne!(first.token, second.token);
    let active = counted(invite_again(&manager, organisation.user.user)).await;
    assert_eq!(refused(active), Code::Conflict);
}

#[tokio::test]
async fn another_tenant_sees_and_changes_no_user() {
    let organisation = Organisation::new().await;
    let stranger = organisation.cx(&organisation.stranger).await;
    let list = list_users(&stranger, &Filter::default(), ALL).await.unwrap();
    let seen: Vec<UserId> = list.items.into_iter().map(|person| person.id).collect();
    assert_eq!(seen, [organisation.stranger.user]);
    let user = organisation.user.user;
    assert_eq!(refusals(&stranger, user).await, [Code::NotFound; 5]);
    let admin = organisation.cx(&organisation.admin).await;
    assert_eq!(get_user(&admin, user).await.unwrap().display_name, "user");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let organisation = Organisation::new().await;
    let admin = organisation.cx(&organisation.admin).await;
    let own = organisation.admin.user;
    assert_eq!(refused(delete_user(&admin, own).await), Code::Conflict);
    let demotion = Update { role: Some(TenantRole::Manager), ..Update::default() };
    assert_eq!(refused(update_user(&admin, own, demotion).await), Code::Conflict);
    let inactive = Update { active: Some(false), ..Update::default() };
    assert_eq!(refused(update_user(&admin, own, inactive).await), Code::Conflict);
}
