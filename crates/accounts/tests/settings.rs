//! Who reads and changes the settings of an organisation.

use accounts::settings::{Change, get_settings, update_settings};
use kernel::Code;

use crate::organisation::{Organisation, refused};

fn renamed() -> Change {
    Change { name: Some("North".to_owned()), ..Change::default() }
}

#[tokio::test]
async fn an_administrator_changes_the_settings_and_a_manager_does_not() {
    let organisation = Organisation::new().await;
    let manager = organisation.cx(&organisation.manager).await;
    assert_eq!(refused(get_settings(&manager).await), Code::NotAllowed);
    assert_eq!(refused(update_settings(&manager, renamed()).await), Code::NotAllowed);
    let admin = organisation.cx(&organisation.admin).await;
    assert_eq!(update_settings(&admin, renamed()).await.unwrap().name, "North");
    assert_eq!(get_settings(&admin).await.unwrap().name, "North");
}

#[tokio::test]
async fn the_settings_of_one_tenant_are_not_those_of_another() {
    let organisation = Organisation::new().await;
    let stranger = organisation.cx(&organisation.stranger).await;
    update_settings(&stranger, renamed()).await.unwrap();
    let admin = organisation.cx(&organisation.admin).await;
    assert_eq!(get_settings(&admin).await.unwrap().name, "admin");
}

#[tokio::test]
async fn entries_of_the_audit_log_are_kept_for_a_month_at_least() {
    let organisation = Organisation::new().await;
    let admin = organisation.cx(&organisation.admin).await;
    let short = Change { audit_retention_days: Some(29), ..Change::default() };
    assert_eq!(refused(update_settings(&admin, short).await), Code::InvalidBody);
}
