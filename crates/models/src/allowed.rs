//! Which chat models assistants may name: the operator pays for them, so the operator lists them.

use kernel::Result;
use platform::config;

use crate::Provider;

/// Whether an assistant may name this chat model: it is the installation's own (`chat_model`), or
/// stands in the variable `chat_models`, names with commas between them. Nothing else is sent to
/// the provider.
///
/// # Errors
/// `internal` if the configuration cannot be read.
pub async fn is_allowed_chat_model(model: &str) -> Result<bool> {
    if Provider::chat().await?.model == model {
        return Ok(true);
    }
    let listed = config::optional("chat_models").await?.unwrap_or_default();
    Ok(is_listed(&listed, model))
}

/// The chat models that the operator lists beside the installation's own, each once.
///
/// # Errors
/// As [`is_allowed_chat_model`].
pub async fn allowed_chat_models() -> Result<Vec<String>> {
    let listed = config::optional("chat_models").await?.unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for name in listed.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

fn is_listed(list: &str, model: &str) -> bool {
    list.split(',').map(str::trim).any(|name| !name.is_empty() && name == model)
}

#[cfg(test)]
mod tests {
    use super::is_listed;

    #[test]
    fn only_a_whole_name_of_the_list_is_allowed() {
        let list = "small, large-2026 ,,vendor/medium";
        for good in ["small", "large-2026", "vendor/medium"] {
            assert!(is_listed(list, good), "{good}");
        }
        for bad in ["", " ", "large", "SMALL", "small, large-2026", "medium", "*"] {
            assert!(!is_listed(list, bad), "{bad}");
        }
        assert!(!is_listed("", "small") && !is_listed("*", "small"));
    }
}
