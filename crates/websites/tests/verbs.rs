//! What people do with websites: whom it is allowed, and what is refused.

use kernel::{Code, PageRequest, id::WebsiteId};
use knowledge::TargetCollection;
use platform::{Cx, config::Settings};
use spaces::Role;
use sqlx::Connection as _;
use testkit::{Database, Person};
use websites::{
    CreateWebsite, CredentialKind, NewCredentials, RunState, UpdateWebsite, Website,
    wire::{CrawlSettings, Interval, Schedule},
};

const FIRST: PageRequest = PageRequest { limit: 20, after: None };

fn new(of: &Person) -> CreateWebsite {
    CreateWebsite {
        space_id: of.space,
        name: "News".to_owned(),
        settings: CrawlSettings {
            start_urls: vec!["https://example.org/".to_owned()],
            ..CrawlSettings::default()
        },
        schedule: Schedule::default(),
        credentials: None,
        paused: false,
    }
}

async fn made(cx: &Cx, of: &Person) -> Website {
    websites::create_website(cx, new(of)).await.unwrap()
}

fn code<T: std::fmt::Debug>(outcome: kernel::Result<T>) -> Code {
    outcome.unwrap_err().code
}

/// A database with a user and a website of theirs.
async fn anns_website() -> (Database, Person, Cx, Website) {
    let db = Database::fresh().await;
    let ann = db.person("ann").await;
    let cx = db.cx(&ann, "tessera_workspace").await;
    let website = made(&cx, &ann).await;
    (db, ann, cx, website)
}

async fn count(db: &Database, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut db.superuser().await).await.unwrap()
}

#[tokio::test]
async fn a_website_fills_a_collection_of_its_own_that_no_one_else_fills() {
    let (db, ann, cx, website) = anns_website().await;
    let collection = knowledge::get_collection(&cx, website.collection_id).await.unwrap();
    assert_eq!((collection.name.as_str(), collection.website_id), ("News", Some(website.id)));
    assert_eq!(code(knowledge::delete_collection(&cx, collection.id).await), Code::Conflict);
    let upload = db.cx(&ann, "tessera_upload").await;
    assert_eq!(
        TargetCollection::find(&upload, collection.id).await.err().unwrap().code,
        Code::Conflict
    );
    websites::delete_website(&cx, website.id).await.unwrap();
    assert_eq!(code(knowledge::get_collection(&cx, collection.id).await), Code::NotFound);
    assert_eq!(
        count(&db, "select (select count(*) from websites) + (select count(*) from collections)")
            .await,
        0
    );
}

#[tokio::test]
async fn another_tenant_finds_nothing_and_a_viewer_only_looks() {
    let db = Database::fresh().await;
    let (ann, bo) = (db.person("ann").await, db.person("bo").await);
    let viewer = db.colleague(ann.tenant, "viewer", "user").await;
    let cx = db.cx(&ann, "tessera_workspace").await;
    let space = spaces::create_space(&cx, "Office", "").await.unwrap().id;
    spaces::add_member(&cx, space, viewer.user, Role::Viewer).await.unwrap();
    let website = websites::create_website(&cx, CreateWebsite { space_id: space, ..new(&ann) })
        .await
        .unwrap()
        .id;
    let run = websites::start_run(&cx, website).await.unwrap().id;

    let stranger = db.cx(&bo, "tessera_workspace").await;
    assert_eq!(code(websites::get_website(&stranger, website).await), Code::NotFound);
    assert_eq!(code(websites::start_run(&stranger, website).await), Code::NotFound);
    assert_eq!(code(websites::get_run(&stranger, website, run).await), Code::NotFound);
    assert_eq!(websites::list_websites(&stranger, None, FIRST).await.unwrap().total, 0);

    let looks = db.cx(&viewer, "tessera_workspace").await;
    assert_eq!(websites::list_websites(&looks, Some(space), FIRST).await.unwrap().total, 1);
    assert_eq!(websites::get_run(&looks, website, run).await.unwrap().state, RunState::Queued);
}

#[tokio::test]
async fn one_run_at_a_time_is_stopped_paused_and_resumed() {
    let db = Database::fresh().await;
    let ann = db.person("ann").await;
    let cx = db.cx(&ann, "tessera_workspace").await;
    let website = made(&cx, &ann).await.id;
    let run = websites::start_run(&cx, website).await.unwrap();
    assert_eq!(code(websites::start_run(&cx, website).await), Code::Conflict);
    assert_eq!(websites::pause_run(&cx, website, run.id).await.unwrap().state, RunState::Paused);
    assert_eq!(code(websites::start_run(&cx, website).await), Code::Conflict);
    let resumed = websites::resume_run(&cx, website, run.id).await.unwrap();
    assert_eq!((resumed.state, resumed.job_id == run.job_id), (RunState::Queued, false));
    let stopped = websites::stop_run(&cx, website, run.id).await.unwrap();
    assert_eq!((stopped.state, stopped.ended_at.is_some()), (RunState::Stopped, true));
    assert_eq!(code(websites::resume_run(&cx, website, run.id).await), Code::Conflict);
    assert_eq!(code(websites::stop_run(&cx, website, run.id).await), Code::Conflict);
    websites::start_run(&cx, website).await.unwrap();
    assert_eq!(websites::list_runs(&cx, website, FIRST).await.unwrap().total, 2);
    assert!(websites::get_website(&cx, website).await.unwrap().last_run.is_some());
}

#[tokio::test]
async fn a_schedule_is_written_with_the_website_and_rests_with_it() {
    let db = Database::fresh().await;
    let ann = db.person("ann").await;
    let cx = db.cx(&ann, "tessera_workspace").await;
    let schedule = Schedule {
        every: Interval::Daily,
        time_zone: "Europe/Stockholm".to_owned(),
        ..Schedule::default()
    };
    let daily = CreateWebsite { schedule: schedule.clone(), ..new(&ann) };
    let website: WebsiteId = websites::create_website(&cx, daily).await.unwrap().id;
    const PLANNED: &str =
        "select count(*) from schedules where website_id is not null and next_run_at > now()";
    const WRITTEN: &str = "select count(*) from schedules where website_id is not null and cron = '0 3 * * *' and time_zone = 'Europe/Stockholm'";
    assert_eq!(count(&db, WRITTEN).await, 1);

    sqlx::query(
        "update schedules set next_run_at = now() + interval '1 hour' where website_id is not null",
    )
    .execute(&mut db.superuser().await)
    .await
    .unwrap();
    let renamed = UpdateWebsite { name: Some("Old news".to_owned()), ..UpdateWebsite::default() };
    websites::update_website(&cx, website, renamed).await.unwrap();
    assert_eq!(count(&db, PLANNED).await, 1, "another name leaves the time alone");
    let weekly = UpdateWebsite {
        schedule: Some(Schedule { every: Interval::Weekly, ..schedule }),
        ..UpdateWebsite::default()
    };
    websites::update_website(&cx, website, weekly).await.unwrap();
    assert_eq!(count(&db, PLANNED).await, 0, "another schedule is planned again");

    let paused = UpdateWebsite { paused: Some(true), ..UpdateWebsite::default() };
    assert!(websites::update_website(&cx, website, paused).await.unwrap().paused);
    assert_eq!(count(&db, "select count(*) from schedules where website_id is not null").await, 0);
    let on_mars = Schedule {
        every: Interval::Daily,
        time_zone: "Mars/Olympus".to_owned(),
        ..Schedule::default()
    };
    let on_mars = CreateWebsite { schedule: on_mars, ..new(&ann) };
    assert_eq!(code(websites::create_website(&cx, on_mars).await), Code::InvalidBody);
}

#[tokio::test]
async fn credentials_are_sealed_masked_and_bound_to_the_start_urls() {
    let db = Database::fresh().await;
    let ann = db.person("ann").await;
    let cx = db.cx(&ann, "tessera_workspace").await;
    let key =
        Settings::new([("master_key", "the-master-key-of-these-tests-0123456789".to_owned())]);
    let secret = NewCredentials {
        kind: CredentialKind::Basic,
        name: "reader".to_owned(),
        secret: "a long password of mine".to_owned(),
    };
    let with = CreateWebsite { credentials: Some(secret), ..new(&ann) };
    let website = key.scope(websites::create_website(&cx, with)).await.unwrap();
    assert_eq!(website.credentials.unwrap().masked, "…mine");
    assert_eq!(
        count(&db, "select count(*) from websites where credential_sealed like 'v1.%'").await,
        1
    );
    let leaks = "select count(*) from audit_entries where after::text like '%long password%' or after::text like '%v1.%'";
    assert_eq!(count(&db, leaks).await, 0);

    let elsewhere = CrawlSettings {
        start_urls: vec!["https://evil.example/".to_owned()],
        ..CrawlSettings::default()
    };
    let moved = UpdateWebsite { settings: Some(elsewhere), ..UpdateWebsite::default() };
    assert_eq!(
        code(websites::update_website(&cx, website.id, moved.clone()).await),
        Code::InvalidBody
    );
    let moved = UpdateWebsite { credentials: Some(None), ..moved };
    assert_eq!(websites::update_website(&cx, website.id, moved).await.unwrap().credentials, None);
    assert_eq!(
        count(&db, "select count(*) from websites where credential_sealed is null").await,
        1
    );
}

#[tokio::test]
async fn credentials_are_not_kept_if_the_start_urls_change_at_the_same_time() {
    let (db, _, cx, website) = anns_website().await;
    // Bert has changed them, and is about to commit.
    let mut bert = db.superuser().await;
    let mut bert = bert.begin().await.unwrap();
    let evil = "update websites set settings = jsonb_set(settings, '{start_urls}', '[\"https://evil.example/\"]')";
    sqlx::query(evil).execute(&mut *bert).await.unwrap();
    let key =
        Settings::new([("master_key", "the-master-key-of-these-tests-0123456789".to_owned())]);
    let secret = NewCredentials {
        kind: CredentialKind::Basic,
        name: "reader".to_owned(),
        secret: "a long password of mine".to_owned(),
    };
    let change = UpdateWebsite { credentials: Some(Some(secret)), ..UpdateWebsite::default() };
    let commit = async {
        let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while count(&db, waits).await == 0 {
            tokio::task::yield_now().await;
        }
        bert.commit().await.unwrap();
    };
    let (changed, ()) =
        tokio::join!(key.scope(websites::update_website(&cx, website.id, change)), commit);
    assert_eq!(code(changed), Code::Conflict);
    let kept = "select count(*) from websites where credential_sealed is not null";
    assert_eq!(count(&db, kept).await, 0);
}

#[tokio::test]
async fn a_tenant_has_no_more_websites_than_it_may() {
    let db = Database::fresh().await;
    let ann = db.person("ann").await;
    let cx = db.cx(&ann, "tessera_workspace").await;
    sqlx::query("update tenants set max_websites = 1, max_website_pages = 50")
        .execute(&mut db.superuser().await)
        .await
        .unwrap();
    assert_eq!(
        code(websites::create_website(&cx, new(&ann)).await),
        Code::InvalidBody,
        "more pages than it may"
    );
    let small = || CreateWebsite {
        settings: CrawlSettings { max_pages: 50, ..new(&ann).settings },
        ..new(&ann)
    };
    websites::create_website(&cx, small()).await.unwrap();
    assert_eq!(code(websites::create_website(&cx, small()).await), Code::Conflict);
}
