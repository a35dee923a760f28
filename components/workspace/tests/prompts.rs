//! Prompts over HTTP: what is refused, what a list has, and repeated requests.

use serde_json::{Value, json};
use testkit::{App, Person, Reply};

async fn library() -> (App, Person) {
    let app = App::new(workspace_component::router()).await;
    let person = app.database.person("owner").await;
    (app, person)
}

fn prompt(command: &str) -> Value {
    json!({ "command": command, "title": "Minutes", "text": "Summarise {{what:the minutes}}." })
}

async fn create(app: &App, person: &Person, body: &Value) -> Reply {
    app.post("/api/v1/prompts").as_(person).json(body).send().await
}

#[tokio::test]
async fn a_prompt_of_ones_own_has_no_space_and_every_permission() {
    let (app, person) = library().await;
    let made = create(&app, &person, &prompt("minutes")).await.expect(201);
    assert_eq!(made["space_id"], Value::Null);
    assert_eq!(made["permissions"], json!(["prompts.read", "prompts.edit"]));
    let path = format!("/api/v1/prompts/{}", made["id"].as_str().unwrap());
    assert_eq!(app.get(&path).as_(&person).send().await.expect(200), made);
    let change = json!({ "command": "short", "text": "Shorter." });
    let changed = app.patch(&path).as_(&person).json(&change).send().await.expect(200);
    assert_eq!((&changed["command"], &changed["title"]), (&json!("short"), &json!("Minutes")));
}

#[tokio::test]
async fn a_member_that_breaks_a_rule_is_named() {
    let (app, person) = library().await;
    for (name, value) in [
        ("command", json!("Not a command")),
        ("command", json!("")),
        ("title", json!(" ")),
        ("text", json!("")),
        ("text", json!("{{name")),
        ("text", json!((0..21).map(|n| format!("{{{{v{n}}}}}")).collect::<String>())),
    ] {
        let mut body = prompt("minutes");
        body[name] = value;
        let refused = create(&app, &person, &body).await.expect(400);
        let named = (&refused["error"], &refused["errors"][0]["pointer"]);
        assert_eq!(named, (&json!("invalid_body"), &json!(format!("/{name}"))), "{body}");
    }
    let listed = app.get("/api/v1/prompts").as_(&person).send().await.expect(200);
    assert_eq!(listed["total"], 0);
}

#[tokio::test]
async fn a_command_that_is_taken_is_a_conflict() {
    let (app, person) = library().await;
    create(&app, &person, &prompt("minutes")).await.expect(201);
    let refused = create(&app, &person, &prompt("minutes")).await.expect(409);
    let named = (&refused["error"], &refused["errors"][0]["pointer"]);
    assert_eq!(named, (&json!("conflict"), &json!("/command")), "the member is named");
}

#[tokio::test]
async fn a_list_is_narrowed_by_owner_space_and_prefix() {
    let (app, person) = library().await;
    let space = app
        .post("/api/v1/spaces")
        .as_(&person)
        .json(&json!({ "name": "Board" }))
        .send()
        .await
        .expect(201);
    let space = space["id"].as_str().unwrap();
    create(&app, &person, &prompt("mine")).await.expect(201);
    let mut body = prompt("ours");
    body["space_id"] = json!(space);
    create(&app, &person, &body).await.expect(201);
    for (query, commands) in [
        (String::new(), vec!["ours", "mine"]),
        ("?owner=any".to_owned(), vec!["ours", "mine"]),
        ("?owner=me".to_owned(), vec!["mine"]),
        (format!("?space_id={space}"), vec!["ours"]),
        ("?q=OU".to_owned(), vec!["ours"]),
        ("?q=minutes".to_owned(), vec!["ours", "mine"]),
        ("?q=nothing".to_owned(), vec![]),
    ] {
        let listed =
            app.get(format!("/api/v1/prompts{query}")).as_(&person).send().await.expect(200);
        let found: Vec<&str> = listed["prompts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["command"].as_str().unwrap())
            .collect();
        assert_eq!(
            (found, &listed["total"]),
            (commands.clone(), &json!(commands.len())),
            "{query}"
        );
    }
    for query in ["owner=all", "q=%00", &format!("q={}", "x".repeat(101))] {
        let refused =
            app.get(format!("/api/v1/prompts?{query}")).as_(&person).send().await.expect(400);
        assert_eq!(refused["error"], "invalid_query", "{query:.20}");
    }
}

#[tokio::test]
async fn a_repeated_request_creates_one_prompt() {
    let (app, person) = library().await;
    let send = async || {
        let request = app.post("/api/v1/prompts").as_(&person).header("idempotency-key", "once");
        request.json(&prompt("minutes")).send().await.expect(201)["id"].clone()
    };
    assert_eq!(send().await, send().await);
}
