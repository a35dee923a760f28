//! Which models a provider offers, in every dialect that can be asked.

use serde_json::Value;

use super::{Dialect, Endpoint, HttpRequest, json::document_within};
use crate::{ErrorKind, ProviderError};

/// Models of one list; a longer one is cut.
const LIMIT: usize = 1_000;
/// Values of the whole list: of a thousand models, each with its prices and parameters.
const MOST_VALUES: usize = 100_000;
/// Characters of a model's name, as rows have them.
const NAME_CHARS: usize = 200;

/// A model as its provider lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedModel {
    /// As requests name it.
    pub name: String,
    /// As the provider shows it; the name if it shows nothing else.
    pub title: String,
}

impl Endpoint {
    /// The request of the list of models: a GET, whose body is not sent.
    ///
    /// # Errors
    /// `Unsupported` if the dialect has none.
    pub fn list_models(&self) -> Result<HttpRequest, ProviderError> {
        let path = match self.dialect {
            Dialect::Ollama => "tags",
            Dialect::Gemini => "models?pageSize=1000",
            Dialect::Anthropic => "models?limit=1000",
            // Deployments are listed by the management API alone, with another credential.
            Dialect::AzureDated | Dialect::Jina | Dialect::TextEmbeddingsInference => {
                return Err(self.unsupported("list of models"));
            }
            _ => "models",
        };
        Ok(self.request(path, "application/json", Value::Null))
    }
}

impl ListedModel {
    /// The models of an answer, each once, at most 1 000.
    ///
    /// # Errors
    /// `Unreadable` if the answer is no list of models.
    pub fn read(dialect: Dialect, body: &[u8]) -> Result<Vec<Self>, ProviderError> {
        let wrong = || {
            ProviderError::new(
                ErrorKind::Unreadable,
                "expected a list of models, got something else",
            )
        };
        let document = document_within(body, MOST_VALUES)?;
        let list = document.get("data").or_else(|| document.get("models")).unwrap_or(&document);
        let items = list.as_array().ok_or_else(wrong)?;
        let mut out: Vec<Self> = Vec::new();
        for item in items {
            let text = |name: &str| item.get(name).and_then(Value::as_str);
            let Some(name) = text("id").or_else(|| text("model")).or_else(|| text("name")) else {
                continue;
            };
            let name =
                if dialect == Dialect::Gemini { name.trim_start_matches("models/") } else { name };
            let fits = (1..=NAME_CHARS).contains(&name.chars().count())
                && !name.chars().any(char::is_control);
            if !fits || out.iter().any(|known| known.name == name) {
                continue;
            }
            let title = text("display_name").or_else(|| text("displayName")).unwrap_or(name);
            let title = title.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
            out.push(Self { name: name.to_owned(), title });
            if out.len() == LIMIT {
                break;
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dialect: Dialect, body: &str) -> Vec<(String, String)> {
        let read = ListedModel::read(dialect, body.as_bytes()).unwrap();
        read.into_iter().map(|model| (model.name, model.title)).collect()
    }

    fn pair(name: &str, title: &str) -> (String, String) {
        (name.to_owned(), title.to_owned())
    }

    #[test]
    fn every_dialects_list_is_read() {
        let openai =
            r#"{"object":"list","data":[{"id":"m-1","object":"model"},{"id":"m-1"},{"id":""}]}"#;
        assert_eq!(names(Dialect::OpenAiChat, openai), [pair("m-1", "m-1")]);
        let anthropic =
            r#"{"data":[{"type":"model","id":"c-1","display_name":"C One"}],"has_more":false}"#;
        assert_eq!(names(Dialect::Anthropic, anthropic), [pair("c-1", "C One")]);
        let gemini = r#"{"models":[{"name":"models/g-1","displayName":"G One"}]}"#;
        assert_eq!(names(Dialect::Gemini, gemini), [pair("g-1", "G One")]);
        let ollama = r#"{"models":[{"name":"llama:8b","model":"llama:8b"}]}"#;
        assert_eq!(names(Dialect::Ollama, ollama), [pair("llama:8b", "llama:8b")]);
    }

    #[test]
    fn what_is_no_list_is_unreadable() {
        for body in ["", "<html>", "{}", r#"{"data":7}"#] {
            let error = ListedModel::read(Dialect::Compatible, body.as_bytes()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unreadable, "{body}");
        }
    }

    #[test]
    fn a_list_is_asked_where_the_dialect_has_it() {
        let url = |dialect| {
            Endpoint::new(dialect, "https://api.example.org/v1", None)
                .list_models()
                .map(|request| request.url)
        };
        assert_eq!(url(Dialect::Compatible), Ok("https://api.example.org/v1/models".to_owned()));
        assert_eq!(url(Dialect::Ollama), Ok("https://api.example.org/v1/tags".to_owned()));
        assert!(url(Dialect::AzureDated).is_err_and(|error| error.kind == ErrorKind::Unsupported));
    }
}
