//! Providers.

use catalogue::provider::{
    NewProvider, ProviderChange, create_provider, credential_for, delete_provider, get_provider,
    list_providers, update_provider,
};
use kernel::{Code, Result};
use sqlx::Row;
use testkit::Database;

use crate::{administrator, all, configured, new_provider, provider};

const CREDENTIAL: &str = "sk-abcdefgh-1234";

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> Code {
    outcome.unwrap_err().code
}

async fn sealed(database: &Database) -> Option<String> {
    let mut db = database.superuser().await;
    sqlx::query_scalar("select credential_sealed from model_providers")
        .fetch_one(&mut db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_credential_goes_in_and_only_its_end_comes_out() {
    configured(async {
        let (database, person, cx) = administrator().await;
        let made = create_provider(&cx, &new_provider("Main", Some(CREDENTIAL))).await.unwrap();
        assert_eq!(made.credential_hint.as_deref(), Some("…1234"));
        assert_eq!(made.base_url, "https://api.example.org/v1", "without the slash at its end");
        assert_eq!(get_provider(&cx, made.id).await.unwrap(), made);
        let stored = sealed(&database).await.unwrap();
        assert!(stored.starts_with("v1.") && !stored.contains("abcdefgh"), "{stored}");
        let worker = database.cx(&person, "tessera_worker").await;
        let opened =
            secrets::open(&worker, "model_providers.credential_sealed", &stored).await.unwrap();
        assert_eq!(credential_for("https://api.example.org/v2", &opened), Ok(CREDENTIAL));
        for elsewhere in [
            "https://evil.example.org/v1",
            "http://api.example.org/v1",
            "https://api.example.org:8443",
            "",
        ] {
            assert_eq!(
                credential_for(elsewhere, &opened).unwrap_err().code,
                Code::Internal,
                "{elsewhere}"
            );
        }
        let refused = cx.db.query("select credential_sealed from model_providers", &[]).await;
        assert!(refused.is_err(), "the component that takes credentials cannot read them");
    })
    .await;
}

#[tokio::test]
async fn a_credential_does_not_follow_to_another_address() {
    configured(async {
        let (database, _, cx) = administrator().await;
        let made = create_provider(&cx, &new_provider("Main", Some(CREDENTIAL))).await.unwrap();
        let before = sealed(&database).await;
        let to = |base_url, credential| ProviderChange {
            base_url: Some(base_url),
            credential,
            ..ProviderChange::default()
        };
        let elsewhere = "https://evil.example.org/v1";
        let problem = update_provider(&cx, made.id, &to(elsewhere, None)).await.unwrap_err();
        assert_eq!(
            (problem.code, problem.fields[0].pointer.as_ref()),
            (Code::InvalidBody, "/credential")
        );
        let same_origin =
            update_provider(&cx, made.id, &to("https://api.example.org/v2", None)).await.unwrap();
        assert_eq!(
            (same_origin.base_url.as_str(), sealed(&database).await),
            ("https://api.example.org/v2", before.clone())
        );
        let moved = update_provider(&cx, made.id, &to(elsewhere, Some(Some("another-key-5678"))))
            .await
            .unwrap();
        assert_eq!(moved.credential_hint.as_deref(), Some("…5678"));
        assert_ne!(sealed(&database).await, before);
        let without =
            update_provider(&cx, made.id, &to("https://third.example.org/v1", Some(None)))
                .await
                .unwrap();
        assert_eq!((without.credential_hint, sealed(&database).await), (None, None));
    })
    .await;
}

#[tokio::test]
async fn a_change_leaves_alone_what_it_does_not_name() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let made = create_provider(&cx, &new_provider("Main", Some(CREDENTIAL))).await.unwrap();
        let off = ProviderChange { enabled: Some(false), ..ProviderChange::default() };
        let changed = update_provider(&cx, made.id, &off).await.unwrap();
        assert_eq!(
            (changed.enabled, changed.name.as_str(), &changed.credential_hint),
            (false, "Main", &made.credential_hint)
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_no_provider_is_refused() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        for (new, pointer) in [
            (NewProvider { dialect: "gopher", ..new_provider("a", None) }, "/dialect"),
            (
                NewProvider { base_url: "http://api.example.org", ..new_provider("a", None) },
                "/base_url",
            ),
            (
                NewProvider { base_url: "https://10.0.0.1/v1", ..new_provider("a", None) },
                "/base_url",
            ),
            (NewProvider { dialect: "azure_dated", ..new_provider("a", None) }, "/api_version"),
            (
                NewProvider { api_version: Some("2024-10-21"), ..new_provider("a", None) },
                "/api_version",
            ),
            (new_provider("a", Some("two words")), "/credential"),
            (new_provider("a", Some("line\r\nbreak")), "/credential"),
            (new_provider("", None), "/name"),
        ] {
            let problem = create_provider(&cx, &new).await.unwrap_err();
            assert_eq!(
                problem.fields.first().map(|field| field.pointer.as_ref()),
                Some(pointer),
                "{problem}"
            );
        }
        let own = NewProvider {
            base_url: "http://gpu.example.internal:8000/v1",
            ..new_provider("own", None)
        };
        assert!(create_provider(&cx, &own).await.is_ok(), "the operator lists this host");
    })
    .await;
}

#[tokio::test]
async fn names_are_unique_whatever_their_case_and_a_list_has_pages() {
    configured(async {
        let (_database, _, cx) = administrator().await;
        let first = provider(&cx, "Main").await;
        assert_eq!(code(create_provider(&cx, &new_provider("MAIN", None)).await), Code::Conflict);
        let second = provider(&cx, "Other").await;
        let page = list_providers(&cx, all()).await.unwrap();
        assert_eq!(
            (page.items.iter().map(|p| p.id).collect::<Vec<_>>(), page.total),
            (vec![second.id, first.id], 2)
        );
        delete_provider(&cx, first.id).await.unwrap();
        assert_eq!(code(delete_provider(&cx, first.id).await), Code::NotFound);
        assert_eq!(list_providers(&cx, all()).await.unwrap().total, 1);
    })
    .await;
}

#[tokio::test]
async fn another_tenant_sees_and_changes_nothing() {
    configured(async {
        let (database, _, cx) = administrator().await;
        let made = provider(&cx, "Main").await;
        let stranger = database.person("bo").await;
        let theirs = database.cx(&stranger, "tessera_admin").await;
        assert_eq!(code(get_provider(&theirs, made.id).await), Code::NotFound);
        assert_eq!(
            code(update_provider(&theirs, made.id, &ProviderChange::default()).await),
            Code::NotFound
        );
        assert_eq!(code(delete_provider(&theirs, made.id).await), Code::NotFound);
        assert_eq!(list_providers(&theirs, all()).await.unwrap().total, 0);
        assert!(
            create_provider(&theirs, &new_provider("Main", None)).await.is_ok(),
            "the name is free there"
        );
    })
    .await;
}

#[tokio::test]
async fn a_change_is_on_record_without_the_credential() {
    configured(async {
        let (database, person, cx) = administrator().await;
        create_provider(&cx, &new_provider("Main", Some(CREDENTIAL))).await.unwrap();
        let sql =
            "select action, after::text from audit_entries where resource_kind = 'model_provider'";
        let row = sqlx::query(sql)
            .fetch_one(&mut database.superuser_in(person.tenant).await)
            .await
            .unwrap();
        let (action, after): (String, String) = (row.get(0), row.get(1));
        assert_eq!(action, "model_provider.create");
        assert!(after.contains("Main") && !after.contains("v1."), "{after}");
    })
    .await;
}
