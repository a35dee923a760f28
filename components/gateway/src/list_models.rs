//! `POST /internal/v1/list-models`: what the provider of a grant offers.

use api::{Call, Json};
use catalogue::target;
use kernel::Result;
use models::{
    ListedModel,
    gateway::{WireList, WireListed},
};
use serde_json::Value;

use crate::{provider_call, test_provider};

pub(crate) async fn list_models(call: Call) -> Result<Json<Value>> {
    let context = call.granted()?;
    let endpoint = target::open_provider(context).await?;
    context.cx.db.release().await;
    let listed = provider_call::list(&endpoint).await;
    let answer = match listed.and_then(|body| ListedModel::read(endpoint.dialect, &body)) {
        Ok(models) => WireList::Models(
            models
                .into_iter()
                .map(|model| WireListed { name: model.name, title: model.title })
                .collect(),
        ),
        Err(error) => WireList::Failed(test_provider::advice(&error)),
    };
    test_provider::document(&answer)
}
