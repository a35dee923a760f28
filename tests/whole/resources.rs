//! One of everything, and a request to each route about it.

use serde_json::{Value, json};
use testkit::Person;
use tests::{client::Client, stack::Stack};

/// The resources of a user, and the id of each.
pub(crate) struct Resources {
    pub(crate) client: Client,
    operator: Client,
    person: Person,
    ids: Vec<(&'static str, String)>,
}

/// A user with one of everything, alone in a tenant.
pub(crate) async fn owner_of_everything() -> Resources {
    let (client, person) = Stack::shared().person("owner").await;
    everything_of(client, &person).await
}

/// One of everything, created by this person.
pub(crate) async fn everything_of(client: Client, person: &Person) -> Resources {
    let (space, collection) = client.collection("Mine").await;
    let document = client
        .ingest(
            &collection,
            "secret.md",
            "# Secret\n\nThe vault opens with the number forty-two.\n",
        )
        .await;
    let assistant = json!({ "space_id": space, "name": "Keeper", "collection_ids": [collection] });
    let assistant = client.create("/api/v1/assistants", &assistant).await;
    let prompt = client.create("/api/v1/prompts", &prompt(Some(&space))).await;
    let said = conversation_of(&client, &assistant).await;
    let [session, key, scim_token] = credentials_of(&client).await;
    let role = client
        .create("/api/v1/admin/roles", &json!({ "name": "Reader", "permissions": ["audit"] }))
        .await;
    let [reading, export] = audit_export_of(&client).await;
    let group = group_of(&client, person, &space).await;
    let [website, run, page] = website_of(&client, person, &space).await;
    let import = import_of(&client, &assistant).await;
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    let mut ids = vec![
        ("user_id", person.user.to_string()),
        ("tenant_id", person.tenant.to_string()),
        ("api_key_id", key),
        ("role_id", role),
        ("reading", reading),
        ("export_id", export),
        ("session_id", session),
        ("scim_token_id", scim_token),
        ("scim_user_id", person.user.to_string()),
        ("scim_group_id", group.clone()),
        ("group_id", group),
        ("space_id", space),
        ("collection_id", collection),
        ("document_id", id(&document["id"])),
        ("job_id", id(&document["job_id"])),
        ("assistant_id", assistant),
        ("prompt_id", prompt),
        ("import_id", import),
        ("website_id", website),
        ("run_id", run),
        ("page_id", page),
    ];
    ids.push(("folder_id", client.create("/api/v1/conversation-folders", &folder()).await));
    ids.extend(said);
    ids.extend(models_of(&client).await);
    let (operator, _) = crate::accounts::sysadmin::operator().await;
    Resources { client, operator, person: person.clone(), ids }
}

/// A conversation with a question, its answer, a file and a link.
async fn conversation_of(client: &Client, assistant: &str) -> [(&'static str, String); 6] {
    let conversation =
        client.create("/api/v1/conversations", &json!({ "assistant_id": assistant })).await;
    let path = format!("/api/v1/conversations/{conversation}");
    let messages = format!("{path}/messages");
    let question = json!({ "content": "How does the vault open?" });
    let answer = client.post(&messages, &question).await.expect(200);
    let messages = client.get(&messages).await.expect(200)["messages"].clone();
    let attachment = client.attach(&conversation, "note.md", "# Note\n\nOnly for this.\n").await;
    let share = client.post(&format!("{path}/shares"), &json!({})).await.expect(201);
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    [
        ("chunk_id", id(&answer["sources"][0]["chunk_id"])),
        ("message_id", id(&answer["message_id"])),
        ("question_id", id(&messages[0]["id"])),
        ("attachment_id", id(&attachment["id"])),
        ("share_id", id(&share["id"])),
        ("conversation_id", conversation),
    ]
}

/// The own session, an API key and a directory's token.
async fn credentials_of(client: &Client) -> [String; 3] {
    let sessions = client.get("/api/v1/auth/sessions").await.expect(200);
    let key = json!({ "name": "Mine", "scopes": ["search"] });
    let key = client.post("/api/v1/api-keys", &key).await.expect(201);
    let directory = json!({ "name": "Directory" });
    let directory = client.post("/api/v1/admin/scim-tokens", &directory).await.expect(201);
    [&sessions["current_session_id"], &key["api_key"]["id"], &directory["scim_token"]["id"]]
        .map(|id| id.as_str().unwrap().to_owned())
}

/// A user group with the caller in it, which may read the space.
async fn group_of(client: &Client, person: &Person, space: &str) -> String {
    let group = client.create("/api/v1/admin/user-groups", &json!({ "name": "Keepers" })).await;
    let member = json!({ "user_id": person.user.to_string() });
    client.post(&format!("/api/v1/admin/user-groups/{group}/members"), &member).await.expect(201);
    let given = json!({ "group_id": group, "role": "viewer" });
    client.post(&format!("/api/v1/spaces/{space}/groups"), &given).await.expect(201);
    group
}

/// A reading of the audit log, and an export in it.
async fn audit_export_of(client: &Client) -> [String; 2] {
    let reason = json!({ "reason": "to see everything" });
    let reading = client.post("/api/v1/admin/audit/readings", &reason).await.expect(201);
    let export = json!({ "reading": reading["id"], "format": "csv" });
    let export = client.post("/api/v1/admin/audit/exports", &export).await.expect(202);
    [reading, export].map(|made| made["id"].as_str().unwrap().to_owned())
}

/// A prompt with a command that no other has, of a space or of the caller.
pub(crate) fn prompt(space: Option<&str>) -> Value {
    let command = format!("planted-{}", uuid::Uuid::now_v7().simple());
    json!({ "space_id": space, "command": command, "title": "Planted", "text": "Open the vault {{when:now}}." })
}

/// A folder of conversations with a name that no other has.
fn folder() -> Value {
    json!({ "name": format!("Planted {}", uuid::Uuid::now_v7().simple()) })
}

/// A provider with a model and an alias of it, a reranker of another one, and a quota.
async fn models_of(client: &Client) -> [(&'static str, String); 6] {
    let provider =
        json!({ "name": "Keepers", "dialect": "openai", "base_url": "https://models.invalid/v1" });
    let provider = client.create("/api/v1/admin/providers", &provider).await;
    let model = json!({ "provider_id": provider, "name": "keeper-1", "kind": "chat" });
    let model = client.create("/api/v1/admin/models", &model).await;
    let next = json!({ "provider_id": provider, "name": "keeper-2", "kind": "chat" });
    let next = client.create("/api/v1/admin/models", &next).await;
    let alias = json!({ "name": "keeper", "model_ids": [model] });
    let alias = client.create("/api/v1/admin/model-aliases", &alias).await;
    let ranking =
        json!({ "name": "Rankers", "dialect": "jina", "base_url": "https://models.invalid/v1" });
    let ranking = client.create("/api/v1/admin/providers", &ranking).await;
    let reranker = json!({ "provider_id": ranking, "name": "ranker-1", "kind": "rerank" });
    let reranker = client.create("/api/v1/admin/models", &reranker).await;
    // Generous: questions of the tests count in it.
    let quota = json!({ "subject": "each_user", "measure": "tokens", "period": "month", "limit": "1000000000" });
    let quota = client.create("/api/v1/quotas", &quota).await;
    [
        ("provider_id", provider),
        ("model_id", model),
        ("alias_id", alias),
        ("successor_model_id", next),
        ("rerank_model_id", reranker),
        ("quota_id", quota),
    ]
}

/// An import that has ended: nothing of it changes any more.
async fn import_of(client: &Client, assistant: &str) -> String {
    let message = |parent, role, text| json!({ "parent": parent, "message": { "author": { "role": role }, "content": { "parts": [text] } } });
    let tree = json!({ "1": message(None, "user", "Where is the key?"), "2": message(Some("1"), "assistant", "Below.") });
    let export = json!([{ "id": "c", "title": "Key", "mapping": tree }]).to_string();
    let request = client
        .request(http::Method::POST, "/api/v1/conversation-imports")
        .query(&[("assistant_id", assistant), ("filename", "conversations.json")])
        .header("content-type", "application/octet-stream")
        .body(export);
    let import = client.send(request).await.expect(202)["id"].as_str().unwrap().to_owned();
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
    for tried in 0.. {
        let found = client.get(&format!("/api/v1/conversation-imports/{import}")).await.expect(200);
        if !["queued", "running"].contains(&found["status"].as_str().unwrap()) {
            assert_eq!(
                (&found["imported"], &found["messages"]),
                (&json!(1), &json!(2)),
                "{found:#}"
            );
            break;
        }
        assert!(tried < 600, "an import did not end within 30 s");
        ticks.tick().await;
    }
    import
}

/// A website that no one can crawl, with a run that has ended, a check, and a page.
async fn website_of(client: &Client, person: &Person, space: &str) -> [String; 3] {
    // No request leaves the worker: the port is none of the web's.
    let settings = json!({ "start_urls": ["http://127.0.0.1:9/"] });
    let website = json!({ "space_id": space, "name": "Watched", "settings": settings });
    let website = client.create("/api/v1/websites", &website).await;
    let path = format!("/api/v1/websites/{website}");
    let run = client.post(&format!("{path}/runs"), &Value::Null).await.expect(202)["id"].clone();
    let run = run.as_str().unwrap().to_owned();
    client.post(&format!("{path}/check"), &json!({})).await.expect(202);
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
    for tried in 0.. {
        let ended =
            client.get(&format!("{path}/runs/{run}")).await.expect(200)["ended_at"].is_string();
        let checked = client.get(&format!("{path}/check")).await.expect(200)["state"] != "queued";
        if ended && checked {
            break;
        }
        assert!(tried < 600, "neither run nor check of a website ended within 30 s");
        ticks.tick().await;
    }
    let page = uuid::Uuid::now_v7();
    let sql = "insert into website_pages (id, tenant_id, website_id, url, state) values ($1, $2, $3::uuid, 'http://127.0.0.1:9/', 'failed')
        on conflict (tenant_id, website_id, url) do update set id = excluded.id";
    let insert = sqlx::query(sql)
        .bind(page)
        .bind(person.tenant.0)
        .bind(website.parse::<uuid::Uuid>().unwrap());
    insert.execute(&mut Stack::shared().database.superuser().await).await.unwrap();
    [website, run, page.to_string()]
}

impl Resources {
    /// A client that may use the route.
    pub(crate) fn caller(&self, template: &str) -> &Client {
        if template.starts_with("/api/v1/sysadmin") { &self.operator } else { &self.client }
    }

    /// The owner.
    pub(crate) fn person(&self) -> Person {
        self.person.clone()
    }

    /// The same ids with another client.
    pub(crate) fn seen_by(&self, client: &Client) -> Self {
        Self {
            client: client.clone(),
            operator: self.operator.clone(),
            person: self.person.clone(),
            ids: self.ids.clone(),
        }
    }

    /// A copy with one id replaced.
    pub(crate) fn with(&self, name: &str, id: &str) -> Self {
        let exchanged = |(n, old): &(&'static str, String)| {
            (*n, if *n == name { id.to_owned() } else { old.clone() })
        };
        Self {
            client: self.client.clone(),
            operator: self.operator.clone(),
            person: self.person.clone(),
            ids: self.ids.iter().map(exchanged).collect(),
        }
    }

    /// Every name with its id.
    pub(crate) fn ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.ids.iter().map(|(name, id)| (*name, id.as_str()))
    }

    pub(crate) fn id(&self, name: &str) -> &str {
        &self
            .ids
            .iter()
            .find(|(n, _)| *n == name)
            .unwrap_or_else(|| panic!("no id for {{{name}}}: give owner_of_everything one"))
            .1
    }

    /// A path with all parameters filled in.
    pub(crate) fn fill(&self, template: &str) -> String {
        let part = |part: &str| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some("page") => "1".to_owned(),
            Some(name) => self.id(name).to_owned(),
            None => part.to_owned(),
        };
        template.split('/').map(part).collect::<Vec<_>>().join("/")
    }
}

/// A body that would succeed if the caller were allowed to.
pub(crate) fn body(operation: &str, resources: &Resources) -> Value {
    match operation {
        "update_space" | "update_collection" | "update_assistant" => {
            json!({ "name": "Taken over" })
        }
        "update_document" | "update_conversation" => json!({ "title": "Taken over" }),
        "put_feedback" => json!({ "rating": -1, "comment": "Planted" }),
        "create_message" => json!({ "content": "What is the secret?" }),
        "create_temporary_answer" => {
            json!({ "assistant_id": resources.id("assistant_id"), "content": "What is the secret?" })
        }
        "create_folder" | "rename_folder" => folder(),
        "search_conversations" => json!({ "query": "vault" }),
        "show_path" => json!({ "message_id": resources.id("message_id") }),
        "create_website" => {
            json!({ "space_id": resources.id("space_id"), "name": "Planted", "settings": { "start_urls": ["http://127.0.0.1:9/"] } })
        }
        "update_website" => json!({ "name": "Taken over", "paused": true }),
        "create_collection" => json!({ "space_id": resources.id("space_id"), "name": "Planted" }),
        "reembed_collection" => json!({ "model": "multilingual-e5-small" }),
        "create_assistant" => {
            json!({ "space_id": resources.id("space_id"), "name": "Planted", "collection_ids": [resources.id("collection_id")] })
        }
        "create_prompt" => prompt(Some(resources.id("space_id"))),
        "update_prompt" => json!({ "text": "Taken over" }),
        "create_conversation" => json!({ "assistant_id": resources.id("assistant_id") }),
        "search" => json!({ "query": "vault", "space_id": resources.id("space_id"), "limit": 5 }),
        "login" => json!({ "email": unknown_email(), "password": "no password of anybody" }),
        "refresh" => json!({ "refresh_token": "none" }),
        "add_member" => json!({ "user_id": resources.id("user_id"), "role": "viewer" }),
        "add_space_group" => json!({ "group_id": resources.id("group_id"), "role": "owner" }),
        "add_user_group_member" => json!({ "user_id": resources.id("user_id") }),
        "create_scim_token" => json!({ "name": "Planted" }),
        "create_user_group" => json!({ "name": "Planted" }),
        "update_user_group" => json!({ "name": "Taken over" }),
        "update_member" | "update_space_group" => json!({ "role": "owner" }),
        "invite_user" => json!({ "email": "planted@example.org", "role": "user" }),
        "update_user" => json!({ "display_name": "Taken over", "role": "admin", "active": true }),
        "read_invitation" => json!({ "token": "none" }),
        "accept_invitation" => json!({ "token": "none", "password": "no password of anybody" }),
        "request_reset" => json!({ "email": unknown_email() }),
        "reset_password" => json!({ "token": "none", "password": "no password of anybody" }),
        "change_password" => {
            json!({ "current_password": "wrong wrong", "password": "a new password of mine" })
        }
        "create_tenant" => {
            json!({ "slug": "planted", "name": "Planted", "admin_email": "planted@example.org" })
        }
        "update_tenant" => json!({ "name": "Taken over", "active": false }),
        "create_api_key" => {
            json!({ "name": "Planted", "scopes": ["chat"], "assistant_id": resources.id("assistant_id") })
        }
        "create_role" => json!({ "name": "Planted", "permissions": ["people", "settings"] }),
        "update_role" => json!({ "name": "Taken over" }),
        "update_settings" => json!({ "name": "Taken over" }),
        "start_audit_reading" => json!({ "reason": "because I can" }),
        "create_audit_export" => json!({ "reading": resources.id("reading"), "format": "jsonl" }),
        "create_space" | "open_personal_assistant" => json!({ "name": "Planted" }),
        _ => body_about_providers(operation, resources),
    }
}

fn body_about_providers(operation: &str, resources: &Resources) -> Value {
    match operation {
        "put_federation" | "put_tenant_federation" => {
            json!({ "provider": "Planted", "issuer": "https://evil.example.org", "client_id": "x", "client_secret": "a secret of mine" })
        }
        "set_oidc_debug" => json!({ "enabled": false }),
        "create_model_provider" => {
            json!({ "name": "Planted", "dialect": "openai", "base_url": "https://planted.example.org/v1" })
        }
        "update_model_provider" => json!({ "name": "Taken over" }),
        "import_models" => json!({ "known_provider": "openai" }),
        "create_provider_model" => {
            json!({ "provider_id": resources.id("provider_id"), "name": "planted", "kind": "chat" })
        }
        "update_provider_model" => json!({ "title": "Taken over" }),
        "refresh_models" => json!({ "dry_run": false }),
        "replace_model" => {
            json!({ "successor_id": resources.id("successor_model_id"), "dry_run": true })
        }
        "create_model_alias" => {
            json!({ "name": "planted", "model_ids": [resources.id("model_id")] })
        }
        "update_model_alias" => json!({ "name": "taken-over" }),
        "put_reranker" => json!({ "model_id": resources.id("rerank_model_id") }),
        "create_quota" => {
            json!({ "subject": "user", "subject_id": resources.id("user_id"), "measure": "cost", "period": "day", "limit": "1" })
        }
        "update_quota" => json!({ "limit": "1" }),
        "put_usage_policy" => json!({ "unpriced_models": "refuse", "answer_costs": true }),
        _ => json!({}),
    }
}

/// An unknown address, another one each time: attempts on one are limited.
fn unknown_email() -> String {
    format!("nobody-{}@example.org", uuid::Uuid::now_v7().simple())
}
