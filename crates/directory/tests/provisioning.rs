//! What the token of a directory opens: the users and groups of its tenant.

use std::collections::BTreeSet;

use credentials::{DirectoryContext, scim_token};
use directory::{Directory, Window};
use kernel::{Code, Result, id::UserId};
use platform::Origin;
use scim::{GroupChange, GroupQuery, UserChange, UserQuery};
use testkit::{Database, Person};

const ALL: Window = Window { offset: 0, limit: 100 };

/// The directory of a person's tenant.
async fn directory(db: &Database, admin: &Person) -> DirectoryContext {
    let cx = db.cx(admin, "tessera_admin").await;
    let token = scim_token::create_token(&cx, "A directory").await.unwrap().secret;
    open(db, &token).await.unwrap()
}

async fn open(db: &Database, token: &str) -> Result<DirectoryContext> {
    let origin = Origin {
        request_id: "test".to_owned(),
        address: "192.0.2.1".to_owned(),
        user_agent: "test".to_owned(),
    };
    DirectoryContext::open(db.source("tessera_scim").await, token, origin).await
}

fn person(address: &str) -> UserChange {
    UserChange { user_name: Some(address.to_owned()), ..UserChange::default() }
}

fn group(name: &str, members: &[UserId]) -> GroupChange {
    GroupChange {
        display_name: Some(name.to_owned()),
        add: members.iter().map(ToString::to_string).collect::<BTreeSet<_>>(),
        ..GroupChange::default()
    }
}

fn refused<T>(outcome: Result<T>) -> Code {
    outcome.err().expect("it was not refused").code
}

#[tokio::test]
async fn a_directory_creates_changes_and_deletes_a_user() {
    let db = Database::fresh().await;
    let context = directory(&db, &db.person("admin").await).await;
    let directory = Directory::of(&context);
    let made = directory.create_user(&person("ada@north.example")).await.unwrap();
    let renamed = UserChange { display_name: Some("Ada".to_owned()), ..UserChange::default() };
    assert_eq!(directory.change_user(made.id, &renamed).await.unwrap().display_name, "Ada");
    assert_eq!(directory.list_users(&UserQuery::default(), ALL).await.unwrap().1, 2);
    directory.delete_user(made.id).await.unwrap();
    assert_eq!(refused(directory.get_user(made.id).await), Code::NotFound);
    let taken = person("ada@north.example");
    directory.create_user(&taken).await.expect("the name of a deleted user is free");
}

#[tokio::test]
async fn a_directory_does_not_delete_the_last_administrator() {
    let db = Database::fresh().await;
    let admin = db.person("admin").await;
    let context = directory(&db, &admin).await;
    let deleted = Directory::of(&context).delete_user(admin.user).await;
    assert_eq!(refused(deleted), Code::Conflict);
}

#[tokio::test]
async fn a_directory_sees_and_changes_nothing_of_another_tenant() {
    let db = Database::fresh().await;
    let (north, south) = (db.person("north").await, db.person("south").await);
    let (of_north, of_south) = (directory(&db, &north).await, directory(&db, &south).await);
    let (theirs, own) = (Directory::of(&of_north), Directory::of(&of_south));
    let board = theirs.create_group(&group("Board", &[north.user])).await.unwrap();
    let (users, _) = own.list_users(&UserQuery::default(), ALL).await.unwrap();
    assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [south.user]);
    assert_eq!(own.list_groups(&GroupQuery::default(), ALL).await.unwrap(), (vec![], 0));
    assert_eq!(own.members_of(std::slice::from_ref(&board)).await.unwrap(), []);
    for code in [
        refused(own.get_user(north.user).await),
        refused(own.change_user(north.user, &person("a@b.example")).await),
        refused(own.delete_user(north.user).await),
        refused(own.get_group(board.id).await),
        refused(own.change_group(board.id, &group("Mine", &[])).await),
        refused(own.delete_group(board.id).await),
    ] {
        assert_eq!(code, Code::NotFound);
    }
    assert_eq!(theirs.members_of(&[board]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_group_takes_no_member_of_another_tenant() {
    let db = Database::fresh().await;
    let (north, south) = (db.person("north").await, db.person("south").await);
    let context = directory(&db, &north).await;
    let made = Directory::of(&context).create_group(&group("Board", &[south.user])).await;
    assert_eq!(refused(made), Code::InvalidBody);
}

#[tokio::test]
async fn a_token_that_is_wrong_opens_nothing() {
    let db = Database::fresh().await;
    let admin = db.person("admin").await;
    let cx = db.cx(&admin, "tessera_admin").await;
    let token = scim_token::create_token(&cx, "A directory").await.unwrap().secret;
    let end = if token.ends_with('0') { "1" } else { "0" };
    for wrong in ["", "nonsense", &format!("{}{end}", &token[..token.len() - 1])] {
        assert_eq!(refused(open(&db, wrong).await), Code::NotSignedIn, "{wrong}");
    }
}

#[tokio::test]
async fn only_an_administrator_makes_a_token_for_a_directory() {
    let db = Database::fresh().await;
    let admin = db.person("admin").await;
    let manager = db.colleague(admin.tenant, "manager", "manager").await;
    let cx = db.cx(&manager, "tessera_admin").await;
    let made = scim_token::create_token(&cx, "A directory").await;
    assert_eq!(refused(made), Code::NotAllowed);
}
