//! Creating, listing, changing and deleting prompts, and who may.

use kernel::{
    Code, PageRequest,
    id::{PromptId, SpaceId},
};
use platform::Cx;
use prompts::{
    CreatePrompt, Prompt, PromptFilter, UpdatePrompt, create_prompt, delete_prompt, get_prompt,
    list_prompts, update_prompt,
};
use testkit::{Database, Person};

const ALL: PageRequest = PageRequest { limit: 100, after: None };

pub(crate) fn new(space: Option<SpaceId>, command: &str) -> CreatePrompt {
    CreatePrompt {
        space_id: space,
        command: command.to_owned(),
        title: format!("The {command} prompt"),
        text: "Summarise {{what:the minutes}}.".to_owned(),
    }
}

pub(crate) async fn library() -> (Database, Person, Cx) {
    let db = Database::fresh().await;
    let person = db.person("anna").await;
    let cx = db.cx(&person, "tessera_workspace").await;
    (db, person, cx)
}

/// A shared space of `cx`, with a member who has this role.
async fn shared(db: &Database, cx: &Cx, tenant: &Person, role: &str) -> (SpaceId, Cx) {
    let space = spaces::create_space(cx, "Board", "").await.unwrap().id;
    let member = db.colleague(tenant.tenant, role, "user").await;
    spaces::add_member(cx, space, member.user, spaces::Role::parse(role)).await.unwrap();
    (space, db.cx(&member, "tessera_workspace").await)
}

async fn commands(cx: &Cx, filter: &PromptFilter) -> Vec<String> {
    let page = list_prompts(cx, filter, ALL).await.unwrap();
    assert_eq!(page.total, i64::try_from(page.items.len()).unwrap());
    let mut found: Vec<String> = page.items.into_iter().map(|prompt| prompt.command).collect();
    found.sort_unstable();
    found
}

fn all() -> PromptFilter {
    PromptFilter::default()
}

fn code_of(result: kernel::Result<Prompt>) -> Code {
    result.unwrap_err().code
}

#[tokio::test]
async fn an_own_prompt_is_read_changed_and_deleted_by_its_user() {
    let (_db, _person, cx) = library().await;
    let made = create_prompt(&cx, &new(None, "minutes")).await.unwrap();
    assert_eq!(
        (made.owner.space(), made.owner.permissions()),
        (None, vec!["prompts.read", "prompts.edit"])
    );
    assert_eq!(get_prompt(&cx, made.id).await, Ok(made.clone()));
    let change = UpdatePrompt { title: Some(" Minutes ".to_owned()), ..UpdatePrompt::default() };
    let changed = update_prompt(&cx, made.id, &change).await.unwrap();
    assert_eq!(
        (changed.title.as_str(), &changed.text, &changed.command),
        ("Minutes", &made.text, &made.command)
    );
    let change = UpdatePrompt {
        command: Some("short".to_owned()),
        text: Some("Shorter.".to_owned()),
        ..UpdatePrompt::default()
    };
    let changed = update_prompt(&cx, made.id, &change).await.unwrap();
    assert_eq!(
        (changed.command.as_str(), changed.title.as_str(), changed.text.as_str()),
        ("short", "Minutes", "Shorter.")
    );
    delete_prompt(&cx, made.id).await.unwrap();
    assert_eq!(code_of(get_prompt(&cx, made.id).await), Code::NotFound);
    assert_eq!(delete_prompt(&cx, made.id).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn no_other_user_sees_an_own_prompt_not_even_an_administrator() {
    let (db, person, cx) = library().await;
    let made = create_prompt(&cx, &new(None, "minutes")).await.unwrap();
    let (colleague, stranger) =
        (db.colleague(person.tenant, "boss", "admin").await, db.person("eve").await);
    for other in [&colleague, &stranger] {
        let cx = db.cx(other, "tessera_workspace").await;
        assert_eq!(commands(&cx, &all()).await, Vec::<String>::new());
        assert_eq!(code_of(get_prompt(&cx, made.id).await), Code::NotFound);
        assert_eq!(
            code_of(update_prompt(&cx, made.id, &UpdatePrompt::default()).await),
            Code::NotFound
        );
        assert_eq!(delete_prompt(&cx, made.id).await.unwrap_err().code, Code::NotFound);
    }
    assert_eq!(get_prompt(&cx, made.id).await, Ok(made));
}

#[tokio::test]
async fn members_read_the_prompts_of_a_space_and_editors_change_them() {
    let (db, person, cx) = library().await;
    let (space, viewer) = shared(&db, &cx, &person, "viewer").await;
    let (second, editor) = shared(&db, &cx, &person, "editor").await;
    let made = create_prompt(&cx, &new(Some(space), "minutes")).await.unwrap();
    let seen = get_prompt(&viewer, made.id).await.unwrap();
    assert_eq!((seen.owner.space(), seen.owner.permissions()), (Some(space), vec!["prompts.read"]));
    let change = UpdatePrompt { title: Some("Taken over".to_owned()), ..UpdatePrompt::default() };
    assert_eq!(code_of(update_prompt(&viewer, made.id, &change).await), Code::NotAllowed);
    assert_eq!(delete_prompt(&viewer, made.id).await.unwrap_err().code, Code::NotAllowed);
    assert_eq!(code_of(create_prompt(&viewer, &new(Some(space), "more")).await), Code::NotAllowed);
    assert_eq!(code_of(create_prompt(&viewer, &new(Some(second), "more")).await), Code::NotFound);
    assert_eq!(get_prompt(&cx, made.id).await, Ok(made.clone()));
    let theirs = create_prompt(&editor, &new(Some(second), "agenda")).await.unwrap();
    update_prompt(&editor, theirs.id, &change).await.unwrap();
    delete_prompt(&editor, theirs.id).await.unwrap();
    assert_eq!(code_of(update_prompt(&editor, made.id, &change).await), Code::NotFound);
}

#[tokio::test]
async fn a_role_without_assistants_edits_own_prompts_and_none_of_a_space() {
    let (db, person, cx) = library().await;
    let (space, _) = shared(&db, &cx, &person, "viewer").await;
    let principal = access::Principal {
        permissions: access::Permissions::default(),
        ..access::Principal::from(access::TenantRole::User)
    };
    let mut owner = db.cx(&person, "tessera_workspace").await;
    owner.actor = platform::Actor::User { id: person.user, principal };
    assert_eq!(
        code_of(create_prompt(&owner, &new(Some(space), "minutes")).await),
        Code::NotAllowed
    );
    create_prompt(&owner, &new(None, "minutes")).await.unwrap();
}

#[tokio::test]
async fn one_list_has_own_prompts_and_those_of_every_space_of_the_caller() {
    let (db, person, cx) = library().await;
    let (space, viewer) = shared(&db, &cx, &person, "viewer").await;
    let (second, _) = shared(&db, &cx, &person, "editor").await;
    for owner in [None, Some(space), Some(second)] {
        create_prompt(&cx, &new(owner, "minutes")).await.unwrap();
    }
    create_prompt(&viewer, &new(None, "private")).await.unwrap();
    assert_eq!(commands(&cx, &all()).await, ["minutes", "minutes", "minutes"]);
    assert_eq!(commands(&viewer, &all()).await, ["minutes", "private"]);
    assert_eq!(commands(&viewer, &PromptFilter { own: true, ..all() }).await, ["private"]);
    assert_eq!(commands(&viewer, &PromptFilter { space: Some(space), ..all() }).await, ["minutes"]);
    let foreign = PromptFilter { space: Some(second), ..all() };
    assert_eq!(list_prompts(&viewer, &foreign, ALL).await.unwrap_err().code, Code::NotFound);
    spaces::delete_space(&cx, space).await.unwrap();
    assert_eq!(commands(&viewer, &all()).await, ["private"]);
}

#[tokio::test]
async fn a_list_is_searched_by_the_beginning_of_the_command_or_of_a_word_of_the_title() {
    let (_db, _person, cx) = library().await;
    for (command, title) in [
        ("weekly-report", "What we did"),
        ("årsmöte", "Kallelse till Årsmötet"),
        ("x100", "50% _off"),
    ] {
        create_prompt(&cx, &CreatePrompt { title: title.to_owned(), ..new(None, command) })
            .await
            .unwrap();
    }
    for (prefix, found) in [
        ("week", vec!["weekly-report"]),
        ("report", vec![]),
        ("WE", vec!["weekly-report"]),
        ("we did", vec!["weekly-report"]),
        ("årsm", vec!["årsmöte"]),
        ("ÅRSMÖTET", vec!["årsmöte"]),
        ("till", vec!["årsmöte"]),
        ("%", vec![]),
        ("_", vec!["x100"]),
        ("", vec!["weekly-report", "x100", "årsmöte"]),
    ] {
        assert_eq!(
            commands(&cx, &PromptFilter { prefix: prefix.to_owned(), ..all() }).await,
            found,
            "{prefix:?}"
        );
    }
}

#[tokio::test]
async fn a_long_list_comes_in_pages_newest_first() {
    let (_db, _person, cx) = library().await;
    for command in ["one", "two", "three"] {
        create_prompt(&cx, &new(None, command)).await.unwrap();
    }
    let first = list_prompts(&cx, &all(), PageRequest { limit: 2, after: None }).await.unwrap();
    let shown = |items: &[Prompt]| items.iter().map(|p| p.command.clone()).collect::<Vec<_>>();
    assert_eq!((shown(&first.items), first.total), (vec!["three".to_owned(), "two".to_owned()], 3));
    let rest =
        list_prompts(&cx, &all(), PageRequest { limit: 2, after: first.next }).await.unwrap();
    assert_eq!((shown(&rest.items), rest.next), (vec!["one".to_owned()], None));
}

#[tokio::test]
async fn prompts_are_removed_with_their_user_or_their_space() {
    let (db, person, cx) = library().await;
    let (space, _) = shared(&db, &cx, &person, "viewer").await;
    create_prompt(&cx, &new(None, "mine")).await.unwrap();
    create_prompt(&cx, &new(Some(space), "ours")).await.unwrap();
    let mut superuser = db.superuser().await;
    let mut left = async |sql: &'static str| -> Vec<String> {
        sqlx::query(sql).execute(&mut superuser).await.unwrap();
        sqlx::query_scalar("select command from prompts").fetch_all(&mut superuser).await.unwrap()
    };
    assert_eq!(left("delete from spaces").await, ["mine"]);
    assert_eq!(left("delete from users").await, Vec::<String>::new());
}

#[tokio::test]
async fn the_audit_log_has_the_command_and_neither_title_nor_text() {
    let (db, _person, cx) = library().await;
    let made = create_prompt(&cx, &new(None, "minutes")).await.unwrap();
    let change = UpdatePrompt { text: Some("My illness".to_owned()), ..UpdatePrompt::default() };
    update_prompt(&cx, made.id, &change).await.unwrap();
    delete_prompt(&cx, made.id).await.unwrap();
    let sql =
        "select action || ' ' || coalesce(before::text, '-') || ' ' || coalesce(after::text, '-') from audit_entries
         where resource_kind = 'prompt' and resource_id = $1 order by seq";
    let entries: Vec<String> = sqlx::query_scalar(sql)
        .bind(made.id.to_string())
        .fetch_all(&mut db.superuser().await)
        .await
        .unwrap();
    let actions: Vec<&str> = entries.iter().filter_map(|entry| entry.split(' ').next()).collect();
    assert_eq!(actions, ["prompt.create", "prompt.update", "prompt.delete"]);
    assert!(entries[0].contains("\"command\": \"minutes\""), "{entries:#?}");
    assert!(entries[1].contains("\"text\": \"***\""), "{entries:#?}");
    assert!(
        !entries.concat().contains("illness") && !entries.concat().contains("The minutes"),
        "{entries:#?}"
    );
}

#[tokio::test]
async fn a_key_for_one_assistant_has_no_prompts() {
    let (db, person, cx) = library().await;
    let made = create_prompt(&cx, &new(None, "minutes")).await.unwrap();
    let only = Some(platform::random::id().unwrap());
    let mut key = db.cx(&person, "tessera_workspace").await;
    let principal = access::Principal { only, ..access::TenantRole::Admin.into() };
    key.actor = platform::Actor::User { id: person.user, principal };
    assert_eq!(list_prompts(&key, &all(), ALL).await.unwrap_err().code, Code::NotAllowed);
    assert_eq!(code_of(get_prompt(&key, made.id).await), Code::NotAllowed);
    assert_eq!(code_of(create_prompt(&key, &new(None, "other")).await), Code::NotAllowed);
    assert_eq!(delete_prompt(&key, made.id).await.unwrap_err().code, Code::NotAllowed);
}

#[tokio::test]
async fn an_unknown_prompt_is_not_found() {
    let (_db, _person, cx) = library().await;
    let unknown: PromptId = platform::random::id().unwrap();
    assert_eq!(code_of(get_prompt(&cx, unknown).await), Code::NotFound);
}
