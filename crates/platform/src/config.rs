//! Configuration: Spin variables in a component, `TESSERA_*` environment variables natively (`database_url` → `TESSERA_DATABASE_URL`).

use std::sync::{Arc, OnceLock};

use kernel::{Problem, Result};

#[cfg(not(target_family = "wasm"))]
pub use crate::native::config::Settings;

/// A value made from the configuration once per instance, because making it is expensive. Natively
/// once per process; a task with settings of its own makes a new one each time.
#[derive(Debug)]
pub struct OncePerInstance<T>(OnceLock<Arc<T>>);

impl<T> OncePerInstance<T> {
    /// An empty cell.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it stands in a static")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The cached value, or the result of `make`.
    ///
    /// # Errors
    /// As `make`.
    pub async fn get<F: Future<Output = Result<T>>>(
        &self,
        make: impl FnOnce() -> F,
    ) -> Result<Arc<T>> {
        #[cfg(not(target_family = "wasm"))]
        if Settings::current().is_some() {
            return Ok(Arc::new(make().await?));
        }
        if let Some(made) = self.0.get() {
            return Ok(made.clone());
        }
        let made = Arc::new(make().await?);
        Ok(self.0.get_or_init(|| made).clone())
    }
}

/// The value of a variable; an empty one counts as unset.
///
/// # Errors
/// `internal`, naming the variable, if a provider fails.
pub async fn optional(name: &'static str) -> Result<Option<String>> {
    Ok(crate::adapter::config::get(name).await?.filter(|value| !value.is_empty()))
}

/// Where the process exports its spans to, from OpenTelemetry's own variables; `service` is its name
/// unless they give another.
///
/// # Errors
/// `internal`, naming the variable, if a value is not as expected.
#[cfg(not(target_family = "wasm"))]
pub fn traces(service: &str) -> Result<Option<telemetry::TracesConfig>> {
    telemetry::TracesConfig::read(service, |name| std::env::var(name).ok())
        .map_err(Problem::internal)
}

/// The value of a variable that must be set.
///
/// # Errors
/// `internal`, naming the variable, if it is not set.
pub async fn required(name: &'static str) -> Result<String> {
    optional(name)
        .await?
        .ok_or_else(|| Problem::internal(format!("configuration: variable `{name}` is not set")))
}
