//! Open connections and streams of one organisation take no resources from others: database
//! connections, and permits of the host.

use std::time::Duration;

use http::Method;
use serde_json::json;
use testkit::{Person, test_redis_url};
use tests::{client::Client, stack::Stack};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// More than the connections of a component's pool.
const MANY: usize = 20;
/// The wait for a connection takes twice as long.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Sends the head of a request on a connection of its own and reads only the status.
async fn begin(client: &Client, method: &str, path: &str, more: &str) -> (TcpStream, String) {
    let token = client.token.as_deref().unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{more}\r\n"
    );
    let mut stream =
        TcpStream::connect(Stack::shared().url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    let read = tokio::time::timeout(AT_ONCE, stream.read_exact(&mut status)).await;
    read.unwrap_or_else(|_| panic!("{method} {path}: no answer within {AT_ONCE:?}")).unwrap();
    (stream, String::from_utf8_lossy(&status[9..]).into_owned())
}

/// Requests whose bodies the server waits for.
async fn begin_many(client: &Client, path: &str, length: usize) -> Vec<TcpStream> {
    let more = format!(
        "content-type: application/json\r\ncontent-length: {length}\r\nexpect: 100-continue\r\n"
    );
    let mut out = Vec::new();
    for _ in 0..MANY {
        let (stream, status) = begin(client, "POST", path, &more).await;
        assert_eq!(status, "100");
        out.push(stream);
    }
    out
}

async fn answers_at_once(client: &Client, path: &str) {
    let answer = tokio::time::timeout(AT_ONCE, client.get(path)).await;
    answer.unwrap_or_else(|_| panic!("{path}: no answer within {AT_ONCE:?}")).expect(200);
}

#[tokio::test]
async fn unread_downloads_do_not_block_other_organisations() {
    let stack = Stack::shared();
    let ((client, _), (other, _)) =
        (stack.person("hoarder").await, stack.person("neighbour").await);
    let (_, collection) = client.collection("Hoard").await;
    // More than all the buffers on the way hold; of a type that the worker does not read.
    let document = client.upload(&collection, "large.bin", vec![7; 16 << 20]).await.expect(202);
    let path =
        format!("/api/v1/documents/{}/content", document["document"]["id"].as_str().unwrap());
    let mut unread = Vec::new();
    for _ in 0..MANY {
        let (stream, status) = begin(&client, "GET", &path, "").await;
        assert_eq!(status, "200");
        unread.push(stream);
    }
    answers_at_once(&other, "/api/v1/spaces").await;
}

#[tokio::test]
async fn unread_downloads_release_their_permits() {
    const PLACES: usize = 4;
    let stack = Stack::shared();
    let host = stack
        .another_host(|config| {
            let limits = &mut config.runtime.limits;
            (limits.requests_in_flight, limits.queue_wait_ms, limits.unread_seconds) =
                (PLACES, 100, 5);
        })
        .await;
    let ((client, _), (other, _)) =
        (stack.person("hoarder").await, stack.person("neighbour").await);
    let (_, collection) = client.collection("Hoard").await;
    let document = client.upload(&collection, "large.bin", vec![7; 16 << 20]).await.expect(202);
    let path =
        format!("/api/v1/documents/{}/content", document["document"]["id"].as_str().unwrap());
    let here = |of: &Client| {
        let mut client = Client::new(&format!("http://{}", host.addr()));
        client.token.clone_from(&of.token);
        client
    };
    let (client, other) = (here(&client), here(&other));
    let mut unread = Vec::new();
    for _ in 0..PLACES {
        let response = client.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        unread.push(response);
    }
    let status =
        async || other.request(Method::GET, "/api/v1/spaces").send().await.unwrap().status();
    assert_eq!(status().await, 503, "all places are taken");
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    let free = async {
        while host.requests_in_flight() > 0 {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), free)
        .await
        .expect("the places were not free within 30 s");
    assert_eq!(status().await, 200);
    for response in unread {
        assert!(response.bytes().await.is_err(), "an aborted download must not look complete");
    }
    host.shutdown().await;
}

#[tokio::test]
async fn stalled_uploads_do_not_block_other_organisations() {
    let stack = Stack::shared();
    let ((client, _), (other, _)) =
        (stack.person("staller").await, stack.person("neighbour").await);
    let (_, collection) = client.collection("Stalled").await;
    let (_, of_other) = other.collection("Other").await;
    let path = format!("/api/v1/collections/{collection}/documents?filename=large.bin");
    let mut stalled = begin_many(&client, &path, 4 << 20).await;
    // A part of one mebibyte is stored, and half of the next waits.
    let sent = vec![7; 3 << 19];
    futures::future::join_all(stalled.iter_mut().map(|stream| stream.write_all(&sent))).await;
    answers_at_once(&other, &format!("/api/v1/collections/{of_other}/documents")).await;
}

#[tokio::test]
async fn requests_without_their_bodies_do_not_block_other_organisations() {
    let stack = Stack::shared();
    let ((client, _), (other, _)) = (stack.person("waiter").await, stack.person("neighbour").await);
    let _waiting = begin_many(&client, "/api/v1/spaces", 100).await;
    answers_at_once(&other, "/api/v1/spaces").await;
}

/// A directory of the administrator's organisation.
async fn directory(admin: &Client) -> Client {
    let made =
        admin.post("/api/v1/admin/scim-tokens", &json!({ "name": "Entra" })).await.expect(201);
    let mut client = Stack::shared().anonymous();
    client.token = made["secret"].as_str().map(str::to_owned);
    client
}

#[tokio::test]
async fn directories_without_their_bodies_block_no_other_and_stay_in_the_audit_log() {
    let stack = Stack::shared();
    let ((admin, person), (other, _)) =
        (stack.person("waiter").await, stack.person("neighbour").await);
    let (slow, other) = (directory(&admin).await, directory(&other).await);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("slow-{}@example.org", person.user)
    });
    let body = body.to_string();
    let mut waiting = begin_many(&slow, "/api/v1/scim/v2/Users", body.len()).await;
    answers_at_once(&other, "/api/v1/scim/v2/Users").await;
    // The rest of the interim response, then the response itself.
    let (first, mut answer) = (&mut waiting[0], Vec::new());
    first.write_all(body.as_bytes()).await.unwrap();
    while !String::from_utf8_lossy(&answer).contains("HTTP/1.1 201") {
        let read = tokio::time::timeout(AT_ONCE, first.read_buf(&mut answer))
            .await
            .expect("no response to the complete body");
        assert_ne!(read.unwrap(), 0, "{}", String::from_utf8_lossy(&answer));
    }
    let sql = "select actor_kind from audit_entries e join scim_tokens k on k.id = e.actor_id
        where e.tenant_id = $1 and e.action = 'user.create'";
    let mut db = stack.database.superuser().await;
    let by: Vec<String> =
        sqlx::query_scalar(sql).bind(person.tenant.0).fetch_all(&mut db).await.unwrap();
    assert_eq!(by, ["scim"]);
}

/// Retries until there is a permit.
async fn let_in_again(client: &Client) {
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    for _ in 0..150 {
        ticks.tick().await;
        if client.get("/api/v1/events").await.status == 200 {
            return;
        }
    }
    panic!("no place became free within 30 s");
}

#[tokio::test]
async fn a_user_has_twenty_event_streams_over_all_hosts() {
    let stack = Stack::shared();
    let (client, person) = stack.person("tabs").await;
    let colleague = stack.database.colleague(person.tenant, "colleague", "user").await;
    let colleague = stack.sign_in(&colleague).await;
    let second = stack.another_host(|_| {}).await;
    let mut elsewhere = Client::new(&format!("http://{}", second.addr()));
    elsewhere.token.clone_from(&client.token);
    let mut open = Vec::new();
    for n in 0..20 {
        let client = if n % 2 == 0 { &client } else { &elsewhere };
        let response = client.request(Method::GET, "/api/v1/events").send().await.unwrap();
        assert_eq!(response.status(), 200, "stream {n}");
        open.push(response);
    }
    for client in [&client, &elsewhere] {
        let refused = client.get("/api/v1/events").await;
        assert!(refused.headers.contains_key("retry-after"));
        assert_eq!(refused.problem(429), "too_many_requests");
    }
    assert_eq!(
        colleague.get("/api/v1/events").await.status,
        200,
        "others have places of their own"
    );
    open.pop();
    let_in_again(&client).await;
    drop(open);
    second.shutdown().await;
}

/// Simulates that a host has 20 streams of the person open; each permit expires at this time, in
/// milliseconds.
async fn place_of_a_host(Person { tenant, user, .. }: &Person, until: i64) {
    let namespace = Stack::shared().database.redis_namespace(*tenant).await;
    let client = redis::Client::open(test_redis_url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd("ZADD");
    command.arg(format!("event_streams:user:{namespace}:{user}"));
    for n in 0..20 {
        command.arg(until).arg(format!("of a host {n}"));
    }
    command.query_async::<()>(&mut redis).await.unwrap();
}

#[tokio::test]
async fn the_event_streams_of_a_dead_host_release_their_permits() {
    let stack = Stack::shared();
    let (client, person) = stack.person("survivor").await;
    place_of_a_host(&person, i64::MAX >> 12).await;
    assert_eq!(client.get("/api/v1/events").await.problem(429), "too_many_requests");
    place_of_a_host(&person, 1).await;
    assert_eq!(client.get("/api/v1/events").await.status, 200);
}
