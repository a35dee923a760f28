//! Who manages custom roles.

use accounts::{
    role::{create_role, delete_role, get_role, list_roles, update_role},
    users::{Update, update_user},
};
use kernel::Code;

use crate::organisation::{ALL, Organisation, refused};

fn audit() -> Vec<String> {
    vec!["audit".to_owned()]
}

#[tokio::test]
async fn an_administrator_manages_roles_and_a_manager_reads_them() {
    let organisation = Organisation::new().await;
    let admin = organisation.cx(&organisation.admin).await;
    let manager = organisation.cx(&organisation.manager).await;
    let role = create_role(&admin, "Auditors", &audit()).await.unwrap().id;
    assert_eq!(update_role(&admin, role, Some("Readers"), None).await.unwrap().name, "Readers");
    assert_eq!(list_roles(&manager, ALL).await.unwrap().total, 1);
    assert_eq!(get_role(&manager, role).await.unwrap().permissions.names(), ["audit"]);
    assert_eq!(refused(create_role(&manager, "Others", &[]).await), Code::NotAllowed);
    assert_eq!(refused(update_role(&manager, role, None, None).await), Code::NotAllowed);
    assert_eq!(refused(delete_role(&manager, role).await), Code::NotAllowed);
    delete_role(&admin, role).await.unwrap();
    assert_eq!(refused(get_role(&admin, role).await), Code::NotFound);
}

#[tokio::test]
async fn a_plain_user_does_not_read_roles() {
    let organisation = Organisation::new().await;
    let admin = organisation.cx(&organisation.admin).await;
    let role = create_role(&admin, "Auditors", &audit()).await.unwrap().id;
    let user = organisation.cx(&organisation.user).await;
    assert_eq!(refused(list_roles(&user, ALL).await), Code::NotAllowed);
    assert_eq!(refused(get_role(&user, role).await), Code::NotAllowed);
    assert_eq!(refused(delete_role(&user, role).await), Code::NotAllowed);
}

#[tokio::test]
async fn another_tenant_sees_and_changes_no_role() {
    let organisation = Organisation::new().await;
    let admin = organisation.cx(&organisation.admin).await;
    let role = create_role(&admin, "Auditors", &audit()).await.unwrap().id;
    let stranger = organisation.cx(&organisation.stranger).await;
    assert_eq!(list_roles(&stranger, ALL).await.unwrap().total, 0);
    assert_eq!(refused(get_role(&stranger, role).await), Code::NotFound);
    assert_eq!(refused(update_role(&stranger, role, Some("Mine"), None).await), Code::NotFound);
    assert_eq!(refused(delete_role(&stranger, role).await), Code::NotFound);
    let own = Update { custom_role: Some(Some(role)), ..Update::default() };
    let assigned = update_user(&stranger, organisation.stranger.user, own).await;
    assert_eq!(refused(assigned), Code::InvalidBody);
    create_role(&stranger, "Auditors", &audit()).await.expect("names are the tenant's own");
}

#[tokio::test]
async fn a_role_that_a_user_has_is_not_deleted() {
    let organisation = Organisation::new().await;
    let admin = organisation.cx(&organisation.admin).await;
    let role = create_role(&admin, "Auditors", &audit()).await.unwrap().id;
    let assigned = Update { custom_role: Some(Some(role)), ..Update::default() };
    update_user(&admin, organisation.user.user, assigned).await.unwrap();
    assert_eq!(refused(delete_role(&admin, role).await), Code::Conflict);
    let removed = Update { custom_role: Some(None), ..Update::default() };
    update_user(&admin, organisation.user.user, removed).await.unwrap();
    delete_role(&admin, role).await.unwrap();
}
