//! Attacks that worked on comparable products (docs/attacks.md), as far as no other test tries
//! them.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use tests::{
    client::{Client, Response},
    contract,
    stack::Stack,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::resources::{body, owner_of_everything};

/// Operations of signed-in users that change data: method, path, name.
fn changes() -> impl Iterator<Item = (Method, &'static str, &'static str)> {
    contract::operations().filter_map(|(method, template, operation)| {
        // Operators and directories send tokens of their own, which browsers never have.
        let changes = method != "GET" && operation["security"][0].get("bearer").is_some();
        changes.then(|| {
            (method.parse().unwrap(), template, operation["operationId"].as_str().unwrap())
        })
    })
}

/// Signs in like a browser; returns the cookies of the response as one header.
async fn cookies(client: &Client, email: &str, password: &str) -> String {
    let login = json!({ "email": email, "password": password });
    let answer = client.post("/api/v1/auth/login", &login).await;
    let pairs = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|v| v.to_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn an_empty_password_is_refused() {
    let stack = Stack::shared();
    let person = stack.database.person("empty").await;
    let mut db = stack.database.superuser().await;
    let without = stack.database.colleague(person.tenant, "passwordless", "user").await;
    let sql = "update users set password_hash = null where id = $1";
    sqlx::query(sql).bind(without.user.0).execute(&mut db).await.unwrap();
    for email in [&person.email, &without.email] {
        for password in [
            json!(""),
            json!(" "),
            json!(null),
            json!([]),
            json!({ "not": "" }),
            json!(0),
            json!(true),
        ] {
            let answer = stack
                .anonymous()
                .post("/api/v1/auth/login", &json!({ "email": email, "password": password }))
                .await;
            assert!(
                matches!(answer.status, 400 | 401),
                "{password}: {} {:#}",
                answer.status,
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn the_owner_of_a_resource_never_comes_from_the_body() {
    let resources = owner_of_everything().await;
    let stranger = Stack::shared().database.person("stranger").await;
    let mut tried = 0;
    for (method, template, operation) in changes() {
        let good = body(operation, &resources);
        if good.as_object().is_none_or(serde_json::Map::is_empty) {
            continue;
        }
        let foreign = [
            ("id", stranger.user.to_string()),
            ("tenant_id", stranger.tenant.to_string()),
            ("owner_id", stranger.user.to_string()),
            ("created_by", stranger.user.to_string()),
            ("is_admin", "true".to_owned()),
        ];
        for (name, value) in foreign {
            let mut planted = good.clone();
            planted[name] = json!(value);
            let request =
                resources.client.request(method.clone(), &resources.fill(template)).json(&planted);
            let answer = resources.client.send(request).await;
            assert_eq!(answer.problem(400), "invalid_body", "{operation} with {name}");
            tried += 1;
        }
    }
    assert!(tried >= 60, "only {tried} tried");
}

#[tokio::test]
async fn a_delete_needs_no_body_and_takes_any() {
    let (client, _) = Stack::shared().person("deleter").await;
    for (kind, bytes) in
        [(None, None), (Some("application/json"), Some("{")), (Some("text/plain"), Some("x"))]
    {
        let space = client.create("/api/v1/spaces", &json!({ "name": "Short-lived" })).await;
        let mut request = client.request(Method::DELETE, &format!("/api/v1/spaces/{space}"));
        if let (Some(kind), Some(bytes)) = (kind, bytes) {
            request = request.header("content-type", kind).body(bytes);
        }
        client.send(request).await.expect(204);
    }
    client.get("/api/v1/me").await.expect(200);
}

/// Sends a head and `pieces` frames for as long as the server reads; returns the status.
async fn raw(head: &str, piece: &[u8], pieces: usize) -> u16 {
    let address = Stack::shared().url.trim_start_matches("http://").to_owned();
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let write = async {
        writing.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..pieces {
            if writing.write_all(piece).await.is_err() {
                break;
            }
        }
    };
    let read = async {
        let mut answer = vec![0; 12];
        reading.read_exact(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()[9..12].parse().unwrap()
    };
    let both = async { futures::join!(write, read).1 };
    tokio::time::timeout(Duration::from_secs(30), both).await.expect("no answer within 30 s")
}

#[tokio::test]
async fn three_gigabytes_are_refused_long_before_they_have_arrived() {
    let (client, _) = Stack::shared().person("large").await;
    let (_, collection) = client.collection("Large").await;
    let token = client.token.unwrap();
    let head = |path: &str, kind: &str, length: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: {kind}\r\n{length}\r\n\r\n"
        )
    };
    let declared = "content-length: 3221225472";
    let upload = format!("/api/v1/collections/{collection}/documents?filename=x.txt");
    let piece = vec![b' '; 65_536];
    // The host forwards a body after its first 64 KiB.
    assert_eq!(raw(&head(&upload, "application/octet-stream", declared), &piece, 2).await, 413);
    assert_eq!(raw(&head("/api/v1/spaces", "application/json", declared), &piece, 32).await, 413);
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend(&piece);
    chunk.extend(b"\r\n");
    assert_eq!(
        raw(&head("/api/v1/spaces", "application/json", "transfer-encoding: chunked"), &chunk, 32)
            .await,
        413
    );
}

#[tokio::test]
async fn forms_with_strange_boundaries_are_answered_at_once() {
    let (client, _) = Stack::shared().person("boundary").await;
    let (_, collection) = client.collection("Forms").await;
    let path = format!("/api/v1/collections/{collection}/documents");
    let long = "b".repeat(5_000);
    let kinds = [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"",
        "multipart/form-data; boundary=-",
    ];
    let kinds = kinds
        .into_iter()
        .map(str::to_owned)
        .chain([format!("multipart/form-data; boundary={long}")]);
    for kind in kinds {
        for body in [
            String::new(),
            "-".repeat(1 << 20),
            "--".repeat(5) + "\r\n",
            "\r\n--b".repeat(100_000),
            format!("--{long}\r\n\r\n"),
        ] {
            let begun = Instant::now();
            let request =
                client.request(Method::POST, &path).header("content-type", &kind).body(body);
            let answer = client.send(request).await;
            assert!(
                matches!(answer.status, 400 | 413),
                "{kind:.60}: {} {:#}",
                answer.status,
                answer.body
            );
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "{kind:.60} took {:?}",
                begun.elapsed()
            );
        }
    }
    assert_eq!(
        client.get("/api/v1/documents").await.expect(200)["total"],
        0,
        "nothing of it was kept"
    );
}

#[tokio::test]
async fn an_uploaded_page_or_picture_is_served_as_a_download_only() {
    let (client, _) = Stack::shared().person("drawer").await;
    let (_, collection) = client.collection("Pictures").await;
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (name, text) in
        [("a.html", "<script>alert(1)</script><p>Text.</p>"), ("a.svg", svg), ("a\"; x=.html", svg)]
    {
        let accepted = client.upload(&collection, name, text).await.expect(202);
        let path =
            format!("/api/v1/documents/{}/content", accepted["document"]["id"].as_str().unwrap());
        let answer = client.get(&path).await;
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        assert_eq!((answer.status, header("content-type")), (200, "application/octet-stream"));
        assert!(header("content-disposition").starts_with("attachment; filename=\""), "{name}");
        assert_eq!(
            header("content-disposition").matches('"').count(),
            2,
            "{}",
            header("content-disposition")
        );
        assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn no_other_origin_may_read_and_none_may_send_with_a_cookie() {
    let (client, _) = Stack::shared().person("origin").await;
    for (method, path) in
        [(Method::GET, "/api/v1/me"), (Method::OPTIONS, "/api/v1/spaces"), (Method::GET, "/")]
    {
        let request = client.request(method, path).header("origin", "https://elsewhere.example");
        let answer = request.header("access-control-request-method", "POST").send().await.unwrap();
        let allowed: Vec<_> = answer
            .headers()
            .keys()
            .filter(|name| name.as_str().starts_with("access-control-"))
            .collect();
        assert!(allowed.is_empty(), "{path}: {allowed:?}");
    }
}

#[tokio::test]
async fn every_change_by_cookie_needs_the_csrf_token() {
    let resources = owner_of_everything().await;
    let person = Stack::shared().database.person("browser").await;
    let client = Stack::shared().anonymous();
    let cookies = cookies(&client, &person.email, person.password).await;
    for (method, template, operation) in changes() {
        let request = client.request(method, &resources.fill(template)).header("cookie", &cookies);
        let answer = client.send(request.json(&body(operation, &resources))).await;
        assert_eq!(answer.problem(403), "csrf_mismatch", "{operation}");
    }
}

#[tokio::test]
async fn a_second_credential_does_not_replace_the_first() {
    let stack = Stack::shared();
    let (good, person) = stack.person("double").await;
    let cookies = cookies(&stack.anonymous(), &person.email, person.password).await;
    let token = good.token.clone().unwrap();
    let anonymous = stack.anonymous();
    let get = |headers: Vec<(&'static str, String)>| {
        let mut request = anonymous.request(Method::GET, "/api/v1/me");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        anonymous.send(request)
    };
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    // A header decides if it is present, even if a cookie would be valid.
    assert_eq!(get(vec![bearer("x"), ("cookie", cookies.clone())]).await.status, 401);
    assert_eq!(get(vec![("authorization", format!("Basic {token}"))]).await.status, 401);
    assert_eq!(get(vec![("x-api-key", token.clone())]).await.status, 401);
    assert_eq!(get(vec![("x-access-token", token.clone())]).await.status, 401);
    assert_eq!(
        get(vec![("cookie", format!("tessera_csrf={token}; tessera_refresh={token}"))])
            .await
            .status,
        401
    );
    assert_eq!(anonymous.get(&format!("/api/v1/me?access_token={token}")).await.status, 401);
    // Case is ignored if the standards say so.
    assert_eq!(get(vec![("AuThOrIzAtIoN", format!("bEaReR {token}"))]).await.status, 200);
}

#[tokio::test]
async fn errors_reveal_no_internals() {
    let resources = owner_of_everything().await;
    let client = &resources.client;
    let mut answers: Vec<Response> = Vec::new();
    for (method, template, operation) in changes() {
        let odd = json!({ "name": { "$ne": null }, "query": "' or 1=1 --", "email": { "not": "a" }, "cursor": "\u{1}" });
        answers.push(
            client.send(client.request(method.clone(), &resources.fill(template)).json(&odd)).await,
        );
        let path = template.replace('{', "%27").replace('}', "%22");
        let request = client.request(method, &path).json(&body(operation, &resources));
        let raw = request.send().await.unwrap();
        let (status, headers) = (raw.status().as_u16(), raw.headers().clone());
        let body = raw.text().await.map(Value::String).unwrap_or_default();
        if status >= 400 {
            answers.push(Response { status, headers, body });
        }
    }
    let inside = [
        "postgres",
        "sqlx",
        "panicked",
        ".rs:",
        "backtrace",
        "tessera_",
        "select ",
        "redis",
        "wasm",
        "/root/",
        "127.0.0.1",
    ];
    for answer in answers.iter().filter(|answer| answer.status >= 400) {
        let text = answer.body.to_string().to_lowercase();
        let leaked: Vec<_> = inside.iter().filter(|word| text.contains(**word)).collect();
        assert!(leaked.is_empty() && answer.status < 500, "{} {leaked:?}: {text}", answer.status);
    }
}

#[tokio::test]
async fn a_name_with_markup_stays_text_and_our_pages_run_no_foreign_script() {
    let (client, _) = Stack::shared().person("marker").await;
    let name = "<img src=x onerror=alert(1)>";
    let space = client.create("/api/v1/spaces", &json!({ "name": name })).await;
    let answer = client.get(&format!("/api/v1/spaces/{space}")).await;
    assert_eq!(
        (answer.body["name"].as_str(), answer.headers["content-type"].to_str().unwrap()),
        (Some(name), "application/json")
    );
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let page = client.request(Method::GET, "/").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        !policy.contains("unsafe-")
            && policy.contains("object-src 'none'")
            && policy.contains("frame-ancestors 'none'")
    );
}

#[tokio::test]
async fn a_hostile_pattern_takes_as_long_as_plain_words() {
    let (client, _) = Stack::shared().person("pattern").await;
    let (_, collection) = client.collection("Patterns").await;
    client
        .ingest(&collection, "a.txt", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and some words.")
        .await;
    for query in [
        "(a+)+$",
        "a:*&!b|",
        "%%%%%%%%_",
        "((((((((((",
        "\\\\\\\\\\",
        "a ".repeat(400).as_str(),
        "\"".repeat(99).as_str(),
    ] {
        let begun = Instant::now();
        let answer =
            client.post("/api/v1/search", &json!({ "query": query, "mode": "text" })).await;
        assert!(
            matches!(answer.status, 200 | 400),
            "{query:.30}: {} {:#}",
            answer.status,
            answer.body
        );
        client
            .get(&format!(
                "/api/v1/admin/users?q={}",
                query.replace(' ', "+").replace('%', "%25").replace('&', "%26")
            ))
            .await
            .expect(200);
        assert!(begun.elapsed() < Duration::from_secs(5), "{query:.30} took {:?}", begun.elapsed());
    }
}
