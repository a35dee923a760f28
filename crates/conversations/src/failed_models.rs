//! The models that were to answer and did not, as they are stored. Pure.

use models::{ErrorKind, FailedModel};
use serde_json::{Value, json};

/// The stored form.
pub(crate) fn write(failed: &[FailedModel]) -> Value {
    failed.iter().map(|it| json!({ "model": it.title, "kind": it.kind.as_str() })).collect()
}

/// Parses [`write()`]; malformed entries are skipped.
pub(crate) fn read(stored: &Value) -> Vec<FailedModel> {
    let one = |it: &Value| {
        let text = |name: &str| it.get(name).and_then(Value::as_str);
        Some(FailedModel {
            title: text("model")?.to_owned(),
            kind: ErrorKind::parse(text("kind")?)?,
        })
    };
    stored.as_array().into_iter().flatten().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_again_and_malformed_entries_are_skipped() {
        let title = "Model \"One\"".to_owned();
        let failed = [FailedModel { title, kind: ErrorKind::RateLimited }];
        let mut stored = write(&failed);
        stored.as_array_mut().unwrap().push(json!({ "model": "x", "kind": "no such" }));
        assert_eq!(read(&stored), failed);
        assert!(read(&Value::Null).is_empty());
    }
}
