//! Links that the worker mails.

use accounts::link_email::{LinkPurpose, link_email};
use kernel::id::{JobId, TenantId};
use platform::{Actor, Cx};
use testkit::Person;

use crate::organisation::Organisation;

async fn worker(organisation: &Organisation, tenant: TenantId) -> Cx {
    let source = organisation.db.source("tessera_worker").await;
    Cx::new(source, Some(tenant), Actor::Worker, "test".to_owned())
}

fn job() -> JobId {
    platform::random::id().unwrap()
}

/// How many links a user has.
async fn links(organisation: &Organisation, person: &Person) -> i64 {
    let count = sqlx::query_scalar("select count(*) from one_time_links where user_id = $1");
    let count = count.bind(person.user.0);
    count.fetch_one(&mut organisation.db.superuser().await).await.unwrap()
}

#[tokio::test]
async fn a_newer_reset_link_replaces_an_older_one() {
    let organisation = Organisation::new().await;
    let (user, cx) = (&organisation.user, worker(&organisation, organisation.user.tenant).await);
    let reset = async || link_email(&cx, job(), LinkPurpose::Reset, user.user).await.unwrap();
    let (first, second) = (reset().await.unwrap(), reset().await.unwrap());
    assert_eq!((&first.email, &second.email), (&user.email, &user.email));
    assert_ne!(first.token, second.token);
    assert_eq!(links(&organisation, user).await, 1);
}

#[tokio::test]
async fn a_link_is_made_only_in_the_tenant_of_its_user() {
    let organisation = Organisation::new().await;
    let user = &organisation.user;
    let cx = worker(&organisation, organisation.stranger.tenant).await;
    let made = link_email(&cx, job(), LinkPurpose::Reset, user.user).await.unwrap();
    assert!(made.is_none());
    assert_eq!(links(&organisation, user).await, 0);
}

#[tokio::test]
async fn an_active_user_gets_no_invitation() {
    let organisation = Organisation::new().await;
    let user = &organisation.user;
    let cx = worker(&organisation, user.tenant).await;
    let made = link_email(&cx, job(), LinkPurpose::Invitation, user.user).await.unwrap();
    assert!(made.is_none());
}
