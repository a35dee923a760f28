//! `GET /openai/v1/models` and `GET /openai/v1/models/{model}`: what the key may use.

use std::collections::HashSet;

use access::{Action, Scope};
use api::{Call, Json};
use assistants::Assistant;
use catalogue::usable::{self, UsableModel};
use kernel::{Code, Cursor, PageRequest, Problem, Result, Timestamp};
use platform::Cx;
use serde_json::{Value, json};

use crate::providers;

/// What the name of an assistant's model begins with.
pub(crate) const ASSISTANT: &str = "assistant/";
/// The most assistants in a list: clients show all of them in one menu.
const MAX_ASSISTANTS: usize = 1_000;

/// Whether the key has the scope.
pub(crate) fn has(cx: &Cx, scope: Scope) -> bool {
    cx.require(Action::Use(scope)).is_ok()
}

/// Refuses a key that lacks the scope.
///
/// # Errors
/// `not_allowed`.
pub(crate) fn require(cx: &Cx, scope: Scope) -> Result<()> {
    if has(cx, scope) {
        return Ok(());
    }
    let detail = format!("this key lacks the scope `{}`; make one that has it", scope.as_str());
    Err(Problem::new(Code::NotAllowed, detail))
}

/// The same answer for what does not exist and for what others may use.
pub(crate) fn no_such_model(model: &str) -> Problem {
    let detail = format!(
        "the model `{model:.200}` does not exist, or this key may not use it; GET /openai/v1/models lists those that it may"
    );
    Problem::new(Code::NotFound, detail).in_protocol("model_not_found")
}

pub(crate) async fn list_models(call: Call) -> Result<Json<Value>> {
    let cx = call.cx()?;
    let mut data = Vec::new();
    if has(cx, Scope::AssistantsUse) {
        data.extend(assistants(cx).await?.iter().map(assistant_body));
    }
    if has(cx, Scope::ModelsUse) {
        let names = providers::chat_models()
            .await?
            .into_iter()
            .chain(providers::embedding_models(cx).await?);
        data.extend(names.map(|name| model_body(&name)));
        data.extend(usable_rows(cx).await?.iter().map(row_body));
    }
    api::ok(&json!({ "object": "list", "data": data }))
}

pub(crate) async fn get_model(call: Call) -> Result<Json<Value>> {
    let (cx, model) = (call.cx()?, call.decoded_param("model")?);
    if let Some(name) = model.strip_prefix(ASSISTANT) {
        return api::ok(&assistant_body(&find_assistant(cx, name).await?));
    }
    require(cx, Scope::ModelsUse)?;
    let known = providers::chat_models().await?.contains(&model);
    if known || providers::embedding_models(cx).await?.contains(&model) {
        return api::ok(&model_body(&model));
    }
    let rows = usable_rows(cx).await?;
    match rows.iter().find(|row| row.reference == model) {
        Some(row) => api::ok(&row_body(row)),
        None => Err(no_such_model(&model)),
    }
}

/// Rows that the caller may ask: chat models, then those that write down what is said. An alias of
/// both is one.
async fn usable_rows(cx: &Cx) -> Result<Vec<UsableModel>> {
    let mut rows = usable::list_usable_models(cx, None).await?;
    let known: HashSet<String> = rows.iter().map(|row| row.reference.clone()).collect();
    let others = usable::list_usable_transcribers(cx, None).await?;
    rows.extend(others.into_iter().filter(|row| !known.contains(&row.reference)));
    Ok(rows)
}

/// An assistant that the caller may see, by what follows [`ASSISTANT`].
///
/// # Errors
/// `not_allowed` without the scope; `not_found` in the protocol's words.
pub(crate) async fn find_assistant(cx: &Cx, name: &str) -> Result<Assistant> {
    require(cx, Scope::AssistantsUse)?;
    assistants::find_assistant(cx, name).await.map_err(|problem| match problem.code {
        Code::NotFound => no_such_model(&format!("{ASSISTANT}{name}")),
        _ => problem,
    })
}

async fn assistants(cx: &Cx) -> Result<Vec<Assistant>> {
    let (mut out, mut after) = (Vec::new(), None::<Cursor>);
    loop {
        let page = assistants::list_assistants(
            cx,
            None,
            PageRequest { limit: PageRequest::MAX_LIMIT, after },
        )
        .await?;
        out.extend(page.items.into_iter().filter(|assistant| assistant.access.may(Action::Ask)));
        after = page.next;
        if after.is_none() || out.len() >= MAX_ASSISTANTS {
            return Ok(out);
        }
    }
}

/// `name` and `description` are for menus: the id keeps the name that the assistant had first.
fn assistant_body(assistant: &Assistant) -> Value {
    json!({
        "id": format!("{ASSISTANT}{}", assistant.slug),
        "object": "model",
        "created": assistant.created_at.unix_seconds(),
        "owned_by": "tessera",
        "name": assistant.name,
        "description": assistant.description,
        "tessera": { "assistant_id": assistant.id.to_string(), "space_id": assistant.space_id.to_string() },
    })
}

fn model_body(name: &str) -> Value {
    json!({ "id": name, "object": "model", "created": Timestamp(0).unix_seconds(), "owned_by": "tessera", "name": name })
}

/// A model or alias that administrators entered; `name` is for menus.
fn row_body(row: &UsableModel) -> Value {
    let owner = row.provider.as_deref().unwrap_or("tessera");
    json!({
        "id": row.reference, "object": "model", "created": Timestamp(0).unix_seconds(), "owned_by": owner, "name": row.title,
        "context_window": row.context_tokens,
    })
}
