//! What a manifest must keep beyond its shape: names, templates, routes.

use anyhow::{Context, Result, bail, ensure};

use super::{Component, Executor, HttpTrigger, Manifest, PrivateRoute, Route};
use crate::template::Template;

impl Manifest {
    /// Whether the tables fit together.
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.spin_manifest_version == 2,
            "expected spin_manifest_version = 2, found {}",
            self.spin_manifest_version
        );
        for (name, variable) in &self.variables {
            check_snake(name)?;
            ensure!(
                variable.required ^ variable.default.is_some(),
                "variable {name:?} must be `required` OR have a `default`"
            );
        }
        for (id, component) in &self.components {
            check_kebab(id)?;
            self.check_component(component).with_context(|| format!("in component {id:?}"))?;
        }
        for trigger in self.http_triggers()? {
            self.check_trigger(&trigger)?;
        }
        Ok(())
    }

    fn check_component(&self, component: &Component) -> Result<()> {
        component.source_path(&self.root)?;
        for (name, template) in &component.variables {
            check_snake(name)?;
            self.check_template(template).with_context(|| format!("in variable {name:?}"))?;
        }
        for host in &component.allowed_outbound_hosts {
            self.check_template(host)
                .with_context(|| format!("in allowed_outbound_hosts entry {host:?}"))?;
        }
        ensure!(
            component.dependencies.is_empty(),
            "`dependencies` are not composed here: ship one composed .wasm"
        );
        ensure!(
            component.sqlite_databases.is_empty(),
            "`sqlite_databases` are not provided by this host"
        );
        ensure!(
            component.ai_models.is_empty(),
            "`ai_models` are not provided by this host: call a model over HTTP"
        );
        for schedule in component.local_stack_tool()?.schedule {
            ensure!(schedule.every_seconds > 0, "a schedule needs every_seconds of at least 1");
            ensure!(
                schedule.path.starts_with('/'),
                "schedule path {:?} must start with /",
                schedule.path
            );
            for template in schedule.headers.values() {
                self.check_template(template).context("in a schedule header")?;
            }
        }
        Ok(())
    }

    fn check_template(&self, source: &str) -> Result<()> {
        match Template::parse(source)?.variables().find(|name| !self.variables.contains_key(*name))
        {
            Some(name) => bail!("unknown variable {name:?}: declare it in [variables]"),
            None => Ok(()),
        }
    }

    fn check_trigger(&self, trigger: &HttpTrigger) -> Result<()> {
        let name = match &trigger.route {
            Route::Path(path) => path.as_str(),
            Route::Private(PrivateRoute { private: true }) => "private",
            Route::Private(_) => {
                bail!("a route must be a path or {{ private = true }}, found {{ private = false }}")
            }
        };
        if let Some(Executor { kind }) = &trigger.executor {
            ensure!(
                kind == "http" || kind == "spin",
                "executor {kind:?} of route {name:?} is not supported: use http"
            );
        }
        match (&trigger.component, &trigger.static_response) {
            (Some(id), None) => {
                ensure!(
                    self.components.contains_key(id),
                    "route {name:?} names the unknown component {id:?}"
                );
            }
            (None, Some(_)) => {}
            _ => bail!("route {name:?} needs either `component` or `static_response`"),
        }
        Ok(())
    }
}

/// Variable names as Spin takes them: lower-case words joined by single underscores.
pub(crate) fn check_snake(name: &str) -> Result<()> {
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.contains("__");
    ensure!(
        fits,
        "{name:?} is not a variable name: use lower-case letters, digits and single underscores"
    );
    Ok(())
}

fn check_kebab(id: &str) -> Result<()> {
    let word = |w: &str| {
        w.starts_with(|c: char| c.is_ascii_alphabetic())
            && w.chars().all(|c| c.is_ascii_alphanumeric())
    };
    ensure!(
        id.split('-').all(word),
        "{id:?} is not a component id: use words joined by single hyphens"
    );
    Ok(())
}
