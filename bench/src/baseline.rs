//! The same endpoints as a native axum server: the health answer, and "who am I" with the same
//! token check, tenant setting and query.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use credentials::{AccessToken, PublicKeys};
use serde_json::{Value, json};
use sqlx::{Executor, PgPool, Row, postgres::PgPoolOptions};
use tests::stack::{Stack, TOKEN_KEY, token_public_key};

struct Shared {
    pool: PgPool,
    keys: PublicKeys,
}

/// Starts the server; gives its address.
pub(crate) async fn start(stack: &Stack) -> String {
    // As our host does: what a request set on its connection is gone before the next borrows it.
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.execute("reset all").await?;
                Ok(true)
            })
        })
        .connect(&stack.database.url("tessera_auth"))
        .await
        .unwrap();
    let shared = Arc::new(Shared {
        pool,
        keys: PublicKeys::read(&token_public_key(TOKEN_KEY), None).unwrap(),
    });
    let router = Router::new()
        .route("/api/v1/health", get(async || Json(json!({ "status": "ok" }))))
        .route("/api/v1/me", get(me))
        .with_state(shared);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn me(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    let text = headers
        .get("authorization")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Bearer "));
    let token = AccessToken::verify(text.unwrap_or_default(), &shared.keys)
        .map_err(|_| StatusCode::UNAUTHORIZED)?;
    let token = token.token;
    let query = sqlx::query("select * from open_request($1, $2, $3, $4)")
        .bind(token.tenant.0)
        .bind(token.session.0)
        .bind(token.user.0)
        .bind("native");
    let row =
        query.fetch_optional(&shared.pool).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let row = row.ok_or(StatusCode::UNAUTHORIZED)?;
    let text = |name: &str| row.get::<String, _>(name);
    Ok(Json(json!({
        "id": row.get::<uuid::Uuid, _>("user_id").to_string(), "email": text("email"), "display_name": text("display_name"), "role": text("role"),
        "tenant": { "id": token.tenant.to_string(), "slug": text("tenant_slug"), "name": text("tenant_name") },
        "created_at": kernel::Timestamp(row.get("created_at")).to_string(),
        "updated_at": kernel::Timestamp(row.get("updated_at")).to_string(),
    })))
}

#[cfg(test)]
mod native_server {
    use tests::client::Client;

    use super::*;

    #[tokio::test]
    async fn it_answers_what_it_is_compared_with() {
        let stack = Stack::shared();
        let (client, _) = stack.person("compared").await;
        let mut native = Client::new(&start(stack).await);
        native.token.clone_from(&client.token);
        for path in ["/api/v1/health", "/api/v1/me"] {
            let ours = client.get(path).await.expect(200);
            let theirs = native.request(reqwest::Method::GET, path).send().await.unwrap();
            let theirs: Value = theirs.error_for_status().unwrap().json().await.unwrap();
            for (member, value) in theirs.as_object().unwrap() {
                assert_eq!(&ours[member], value, "{path} {member}");
            }
        }
    }
}
