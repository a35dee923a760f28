//! User groups with roles in spaces, and the organisation's hub.

use std::time::Duration;

use futures::{Stream, StreamExt};
use kernel::id::TenantId;
use serde_json::{Value, json};
use testkit::Person;
use tests::{
    client::{Client, Event},
    stack::Stack,
};

use super::hub::hub;

const GROUPS: &str = "/api/v1/admin/user-groups";

pub(crate) async fn colleague(of: &Person, name: &str) -> (Client, Person) {
    let person = Stack::shared().database.colleague(TenantId(of.tenant.0), name, "user").await;
    (Stack::shared().sign_in(&person).await, person)
}

/// A group with these members.
pub(crate) async fn group(admin: &Client, name: &str, people: &[&Person]) -> String {
    let group = admin.create(GROUPS, &json!({ "name": name })).await;
    for person in people {
        join(admin, &group, person).await;
    }
    group
}

async fn join(admin: &Client, group: &str, person: &Person) {
    let body = json!({ "user_id": person.user.to_string() });
    admin.post(&format!("{GROUPS}/{group}/members"), &body).await.expect(201);
}

async fn leave(admin: &Client, group: &str, person: &Person) {
    admin.delete(&format!("{GROUPS}/{group}/members/{}", person.user)).await.expect(204);
}

pub(crate) async fn give(owner: &Client, space: &str, group: &str, role: &str) {
    let body = json!({ "group_id": group, "role": role });
    owner.post(&format!("/api/v1/spaces/{space}/groups"), &body).await.expect(201);
}

pub(crate) async fn role(client: &Client, space: &str) -> Value {
    client.get(&format!("/api/v1/spaces/{space}")).await.expect(200)["role"].clone()
}

#[tokio::test]
async fn the_highest_of_the_own_role_and_group_roles_counts() {
    let (owner, boss) = Stack::shared().person("boss").await;
    let (client, person) = colleague(&boss, "many-roles").await;
    let (space, collection) = owner.collection("Shared").await;
    let path = format!("/api/v1/spaces/{space}");
    client.get(&path).await.expect(404);
    let low = group(&owner, "Low", &[&person]).await;
    let high = group(&owner, "High", &[&person]).await;
    give(&owner, &space, &low, "viewer").await;
    assert_eq!(role(&client, &space).await, "viewer");
    assert_eq!(client.upload(&collection, "a.txt", "Some text.").await.problem(403), "not_allowed");
    give(&owner, &space, &high, "editor").await;
    assert_eq!(role(&client, &space).await, "editor", "the second group lifts the first");
    client.upload(&collection, "a.txt", "Some text.").await.expect(202);
    let member = json!({ "user_id": person.user.to_string(), "role": "viewer" });
    owner.post(&format!("{path}/members"), &member).await.expect(201);
    assert_eq!(
        role(&client, &space).await,
        "editor",
        "a lower role of their own takes nothing away"
    );
    owner
        .patch(&format!("{path}/members/{}", person.user), &json!({ "role": "owner" }))
        .await
        .expect(200);
    assert_eq!(role(&client, &space).await, "owner", "a higher role of their own counts");
    owner
        .patch(&format!("{path}/members/{}", person.user), &json!({ "role": "viewer" }))
        .await
        .expect(200);
    owner.patch(&format!("{path}/groups/{low}"), &json!({ "role": "owner" })).await.expect(200);
    assert_eq!(role(&client, &space).await, "owner", "so does a group's");
    owner.delete(&format!("{path}/groups/{low}")).await.expect(204);
    owner.delete(&format!("{path}/groups/{high}")).await.expect(204);
    assert_eq!(role(&client, &space).await, "viewer");
    let listed = client.get("/api/v1/spaces").await.expect(200);
    assert_eq!(listed["total"], 2, "the personal one, and this one once: {listed:#}");
}

#[tokio::test]
async fn leaving_a_group_ends_its_rights_with_the_next_request() {
    let (owner, boss) = Stack::shared().person("boss").await;
    let (client, person) = colleague(&boss, "leaver").await;
    let (space, collection) = owner.collection("Shared").await;
    let document =
        owner.ingest(&collection, "a.md", "The lighthouse keeper drinks tea at four.").await;
    let assistant = json!({ "space_id": space, "name": "Keeper", "collection_ids": [collection] });
    let assistant = owner.create("/api/v1/assistants", &assistant).await;
    let team = group(&owner, "Team", &[&person]).await;
    give(&owner, &space, &team, "editor").await;
    let reads = [
        format!("/api/v1/spaces/{space}"),
        format!("/api/v1/collections/{collection}"),
        format!("/api/v1/documents/{}", document["id"].as_str().unwrap()),
        format!("/api/v1/jobs/{}", document["job_id"].as_str().unwrap()),
        format!("/api/v1/assistants/{assistant}"),
    ];
    let lists = ["documents", "jobs", "assistants", "collections"];
    let query = json!({ "query": "lighthouse keeper tea" });
    for path in &reads {
        client.get(path).await.expect(200);
    }
    for list in lists {
        assert_eq!(client.get(&format!("/api/v1/{list}")).await.expect(200)["total"], 1, "{list}");
    }
    assert_eq!(client.post("/api/v1/search", &query).await.expect(200)["total"], 1);
    leave(&owner, &team, &person).await;
    for path in &reads {
        assert_eq!(client.get(path).await.problem(404), "not_found", "{path}");
    }
    for list in lists {
        assert_eq!(client.get(&format!("/api/v1/{list}")).await.expect(200)["total"], 0, "{list}");
    }
    assert_eq!(client.post("/api/v1/search", &query).await.expect(200)["total"], 0);
    assert_eq!(client.upload(&collection, "b.md", "b").await.problem(404), "not_found");
    let conversation = json!({ "assistant_id": assistant });
    assert_eq!(client.post("/api/v1/conversations", &conversation).await.problem(404), "not_found");
    join(&owner, &team, &person).await;
    client.get(&reads[0]).await.expect(200);
    owner.delete(&format!("{GROUPS}/{team}")).await.expect(204);
    assert_eq!(
        client.get(&reads[0]).await.problem(404),
        "not_found",
        "a group that is deleted gives nothing"
    );
    assert_eq!(owner.get(&format!("{}/groups", reads[0])).await.expect(200)["total"], 0);
}

async fn next_document(events: &mut (impl Stream<Item = Event> + Unpin)) -> Value {
    let found = async {
        loop {
            let event = events.next().await.expect("the stream ended");
            if event.data["type"] == "document" {
                return event.data;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), found).await.expect("no event within a minute")
}

#[tokio::test]
async fn an_event_stream_omits_the_space_of_a_lost_group_from_its_next_check_on() {
    let (owner, boss) = Stack::shared().person("boss").await;
    let (client, person) = colleague(&boss, "listener").await;
    let (space, lost) = owner.collection("Lost").await;
    let (other, kept) = owner.collection("Kept").await;
    let team = group(&owner, "Team", &[&person]).await;
    give(&owner, &space, &team, "viewer").await;
    let stay = group(&owner, "Stay", &[&person]).await;
    give(&owner, &other, &stay, "viewer").await;
    let mut events = client.events("/api/v1/events", None).await;
    let first = owner.ingest(&lost, "a.md", "Seen by the group.").await;
    assert_eq!(next_document(&mut events).await["document_id"], first["id"]);
    leave(&owner, &team, &person).await;
    // The stream checks every few seconds: until then it may go on about the space.
    let omitted = async {
        let mut round = 0;
        while sees_a_document(&owner, (&lost, &kept), round, &mut events).await {
            round += 1;
        }
        round
    };
    let checked = tokio::time::timeout(Duration::from_secs(60), omitted);
    let round = checked.await.expect("the stream goes on about a space that was lost");
    let again = sees_a_document(&owner, (&lost, &kept), round + 1, &mut events).await;
    assert!(!again, "the space came back");
}

/// Whether a new document of the first collection comes before a later one of the second.
async fn sees_a_document(
    owner: &Client,
    (lost, kept): (&str, &str),
    round: u32,
    events: &mut (impl Stream<Item = Event> + Unpin),
) -> bool {
    let unseen = owner.ingest(lost, "b.md", format!("Of the lost space, {round}.")).await;
    let last = owner.ingest(kept, "z.md", format!("Of the other space, {round}.")).await;
    let mut is_seen = false;
    loop {
        let event = next_document(events).await;
        is_seen |= event["document_id"] == unseen["id"];
        if event["document_id"] == last["id"] {
            return is_seen;
        }
    }
}

#[tokio::test]
async fn groups_of_another_organisation_do_not_exist() {
    let (owner, boss) = Stack::shared().person("boss").await;
    let (stranger, strange) = Stack::shared().person("stranger").await;
    let team = group(&owner, "Team", &[&boss]).await;
    let (space, _) = stranger.collection("Theirs").await;
    let give = json!({ "group_id": team, "role": "viewer" });
    let add = json!({ "user_id": strange.user.to_string() });
    let foreign = json!({ "user_id": boss.user.to_string() });
    let path = format!("{GROUPS}/{team}");
    assert_eq!(
        stranger.post(&format!("/api/v1/spaces/{space}/groups"), &give).await.problem(404),
        "not_found"
    );
    assert_eq!(stranger.post(&format!("{path}/members"), &add).await.problem(404), "not_found");
    assert_eq!(stranger.patch(&path, &json!({ "name": "Mine" })).await.problem(404), "not_found");
    assert_eq!(stranger.delete(&path).await.problem(404), "not_found");
    let own = group(&stranger, "Team", &[&strange]).await;
    assert_eq!(
        stranger.post(&format!("{GROUPS}/{own}/members"), &foreign).await.problem(404),
        "not_found"
    );
    for list in [GROUPS, "/api/v1/user-groups"] {
        let found = stranger.get(list).await.expect(200);
        assert_eq!(
            (&found["total"], &found["user_groups"][0]["id"]),
            (&json!(1), &json!(own)),
            "{list}"
        );
    }
    assert_eq!(owner.get(&path).await.expect(200)["member_count"], 1);
}

#[tokio::test]
async fn managers_maintain_groups_and_every_user_finds_them() {
    let (admin, boss) = Stack::shared().person("boss").await;
    let manager = Stack::shared().database.colleague(boss.tenant, "manager", "manager").await;
    let manager = Stack::shared().sign_in(&manager).await;
    let (user, person) = colleague(&boss, "user").await;
    let team = group(&manager, "Läsarna", &[&person]).await;
    assert_eq!(manager.post(GROUPS, &json!({ "name": "LÄSARNA" })).await.problem(409), "conflict");
    let add = json!({ "user_id": person.user.to_string() });
    assert_eq!(
        manager.post(&format!("{GROUPS}/{team}/members"), &add).await.problem(409),
        "conflict"
    );
    let found = user.get("/api/v1/user-groups?q=l%C3%A4s").await.expect(200);
    assert_eq!(
        (&found["user_groups"][0]["id"], &found["user_groups"][0]["member_count"]),
        (&json!(team), &json!(1))
    );
    assert_eq!(user.get("/api/v1/user-groups?q=nothing").await.expect(200)["total"], 0);
    for path in [GROUPS.to_owned(), format!("{GROUPS}/{team}"), format!("{GROUPS}/{team}/members")]
    {
        assert_eq!(user.get(&path).await.problem(403), "not_allowed", "{path}");
    }
    assert_eq!(user.post(GROUPS, &json!({ "name": "Mine" })).await.problem(403), "not_allowed");
    assert_eq!(user.delete(&format!("{GROUPS}/{team}")).await.problem(403), "not_allowed");
    assert_eq!(
        user.post(&format!("{GROUPS}/{team}/members"), &add).await.problem(403),
        "not_allowed"
    );
    let renamed =
        manager.patch(&format!("{GROUPS}/{team}"), &json!({ "name": "Readers" })).await.expect(200);
    assert_eq!(renamed["name"], "Readers");
    let members = admin.get(&format!("{GROUPS}/{team}/members")).await.expect(200);
    assert_eq!(
        (&members["total"], &members["members"][0]["email"]),
        (&json!(1), &json!(person.email))
    );
    admin.delete(&format!("/api/v1/admin/users/{}", person.user)).await.expect(204);
    assert_eq!(admin.get(&format!("{GROUPS}/{team}")).await.expect(200)["member_count"], 0);
    assert_eq!(admin.get(&format!("{GROUPS}/{team}/members")).await.expect(200)["total"], 0);
}

#[tokio::test]
async fn a_group_viewer_changes_nothing_and_a_group_owner_is_no_last_owner() {
    let (owner, boss) = Stack::shared().person("boss").await;
    let (client, person) = colleague(&boss, "deputy").await;
    let (space, _) = owner.collection("Shared").await;
    let team = group(&owner, "Team", &[&person]).await;
    let path = format!("/api/v1/spaces/{space}");
    let (own, theirs) = (format!("{path}/members/{}", boss.user), format!("{path}/groups/{team}"));
    give(&owner, &space, &team, "viewer").await;
    assert_eq!(
        client.patch(&theirs, &json!({ "role": "owner" })).await.problem(403),
        "not_allowed"
    );
    assert_eq!(client.delete(&theirs).await.problem(403), "not_allowed");
    assert_eq!(client.patch(&path, &json!({ "name": "Mine" })).await.problem(403), "not_allowed");
    assert_eq!(
        client.get(&format!("{path}/groups")).await.expect(200)["groups"][0]["role"],
        "viewer"
    );
    owner.patch(&theirs, &json!({ "role": "owner" })).await.expect(200);
    client.patch(&path, &json!({ "name": "Ours" })).await.expect(200);
    assert_eq!(
        owner.delete(&own).await.problem(409),
        "conflict",
        "groups can be emptied by others at any time"
    );
    assert_eq!(client.patch(&own, &json!({ "role": "viewer" })).await.problem(409), "conflict");
    let personal = format!("/api/v1/spaces/{}/groups", boss.space);
    let body = json!({ "group_id": team, "role": "viewer" });
    assert_eq!(
        owner.post(&personal, &body).await.problem(409),
        "conflict",
        "a personal space is for one person"
    );
    assert_eq!(
        owner.post(&format!("{path}/groups"), &body).await.problem(409),
        "conflict",
        "it has a role already"
    );
}

#[tokio::test]
async fn two_owners_who_leave_at_once_leave_one_owner() {
    let (first, boss) = Stack::shared().person("boss").await;
    let (second, heir) = colleague(&boss, "heir").await;
    let (space, _) = first.collection("Shared").await;
    let team = group(&first, "Team", &[&boss, &heir]).await;
    give(&first, &space, &team, "owner").await;
    let members = format!("/api/v1/spaces/{space}/members");
    for _ in 0..10 {
        let (client, user) = if first.get(&members).await.expect(200)["members"][0]["user_id"]
            == boss.user.to_string()
        {
            (&first, &heir)
        } else {
            (&second, &boss)
        };
        let add = json!({ "user_id": user.user.to_string(), "role": "owner" });
        client.post(&members, &add).await.expect(201);
        let (a, b) = (format!("{members}/{}", boss.user), format!("{members}/{}", heir.user));
        let (a, b) = futures::join!(first.delete(&a), second.delete(&b));
        let gone = [a.status, b.status].iter().filter(|status| **status == 204).count();
        assert_eq!(gone, 1, "{} and {}", a.status, b.status);
        assert_eq!(first.get(&members).await.expect(200)["total"], 1);
    }
}

#[tokio::test]
async fn a_deactivated_user_reads_nothing_by_group_or_hub_until_reactivated() {
    let (admin, boss) = Stack::shared().person("boss").await;
    let (client, person) = colleague(&boss, "away").await;
    let (hub, _) = hub(&admin).await;
    let (space, _) = admin.collection("Shared").await;
    let team = group(&admin, "Team", &[&person]).await;
    give(&admin, &space, &team, "viewer").await;
    let path = format!("/api/v1/admin/users/{}", person.user);
    admin.patch(&path, &json!({ "active": false })).await.expect(200);
    for space in [&hub, &space] {
        let answer = client.get(&format!("/api/v1/spaces/{space}")).await;
        assert_eq!(answer.problem(401), "session_ended");
    }
    assert_eq!(
        admin.get(&format!("{GROUPS}/{team}/members")).await.expect(200)["members"][0]["state"],
        "inactive"
    );
    admin.patch(&path, &json!({ "active": true })).await.expect(200);
    let again = Stack::shared().sign_in(&person).await;
    assert_eq!(
        (role(&again, &hub).await, role(&again, &space).await),
        (json!("viewer"), json!("viewer"))
    );
}
