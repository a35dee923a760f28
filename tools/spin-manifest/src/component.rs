//! A component as `components.toml` describes it, and its sections in the manifest.

use std::fmt::{Result, Write};

use serde::Deserialize;
use toml::Value;

const GATEWAY: &str = "http://gateway.spin.internal";
const POSTGRES_HOST: &str = "postgres://{{ pg_host }}:{{ pg_port }}";
const REDIS_HOST: &str = "{{ redis_scheme }}://{{ redis_host }}:{{ redis_port }}";

/// A server with an account for each component.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Store {
    Postgres,
    Redis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    #[serde(default)]
    routes: Vec<String>,
    /// Only other components call it, inside the host.
    #[serde(default)]
    is_private: bool,
    #[serde(default)]
    stores: Vec<Store>,
    /// Variables whose values are hosts.
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    calls_gateway: bool,
    /// Variables that it gets by the same name.
    #[serde(default)]
    variables: Vec<String>,
    files: Option<Value>,
    /// Calls that local-stack makes at times.
    schedule: Option<Value>,
}

fn template(variable: &str) -> String {
    format!("{{{{ {variable} }}}}")
}

impl Component {
    pub(crate) fn uses(&self, store: Store) -> bool {
        self.stores.contains(&store)
    }

    /// The variables of the application that it names.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &String> {
        self.variables.iter().chain(&self.hosts)
    }

    pub(crate) fn write_triggers(&self, out: &mut String, name: &str) -> Result {
        let trigger = |out: &mut String, route: &str| {
            writeln!(out, "\n[[trigger.http]]\nroute = {route}\ncomponent = \"{name}\"")
        };
        if self.is_private {
            trigger(out, "{ private = true }")?;
        }
        self.routes.iter().try_for_each(|route| trigger(out, &format!("\"{route}\"")))
    }

    /// The sections of the component; a variable with a `…_previous` brings that along.
    pub(crate) fn write(
        &self,
        out: &mut String,
        name: &str,
        is_declared: impl Fn(&str) -> bool,
    ) -> Result {
        writeln!(out, "\n[component.{name}]\nsource = \"dist/{name}.wasm\"")?;
        if let Some(files) = &self.files {
            writeln!(out, "files = {files}")?;
        }
        let hosts: Vec<String> = self.allowed_hosts().map(|host| format!("\"{host}\"")).collect();
        if !hosts.is_empty() {
            writeln!(out, "allowed_outbound_hosts = [{}]", hosts.join(", "))?;
        }
        self.write_variables(out, name, is_declared)?;
        if let Some(schedule) = &self.schedule {
            writeln!(out, "[component.{name}.tool.local-stack]\nschedule = {schedule}")?;
        }
        writeln!(out, "[component.{name}.build]\ncommand = \"./stack build {name}\"")
    }

    fn allowed_hosts(&self) -> impl Iterator<Item = String> {
        let stores = [(Store::Postgres, POSTGRES_HOST), (Store::Redis, REDIS_HOST)];
        let stores = stores.into_iter().filter(|(store, _)| self.uses(*store));
        let gateway = self.calls_gateway.then(|| GATEWAY.to_owned());
        stores
            .map(|(_, host)| host.to_owned())
            .chain(self.hosts.iter().map(|variable| template(variable)))
            .chain(gateway)
    }

    fn write_variables(
        &self,
        out: &mut String,
        name: &str,
        is_declared: impl Fn(&str) -> bool,
    ) -> Result {
        if self.stores.is_empty() && self.variables.is_empty() && !self.calls_gateway {
            return Ok(());
        }
        writeln!(out, "[component.{name}.variables]")?;
        if self.calls_gateway {
            writeln!(out, "gateway_url = \"{GATEWAY}\"")?;
        }
        if self.uses(Store::Postgres) {
            let account = format!("tessera_{name}:{}", template(&format!("pg_password_{name}")));
            writeln!(
                out,
                "database_url = \"postgres://{account}@{{{{ pg_host }}}}:{{{{ pg_port }}}}/{{{{ pg_database }}}}?sslmode={{{{ pg_sslmode }}}}\""
            )?;
        }
        if self.uses(Store::Redis) {
            let account = format!("tessera_{name}:{}", template(&format!("redis_password_{name}")));
            writeln!(
                out,
                "redis_url = \"{{{{ redis_scheme }}}}://{account}@{{{{ redis_host }}}}:{{{{ redis_port }}}}\""
            )?;
        }
        for variable in &self.variables {
            let previous = format!("{variable}_previous");
            let previous = Some(previous).filter(|previous| is_declared(previous));
            for variable in std::iter::once(variable.clone()).chain(previous) {
                writeln!(out, "{variable} = \"{}\"", template(&variable))?;
            }
        }
        Ok(())
    }
}
