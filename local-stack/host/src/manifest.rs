//! `spin.toml`, manifest version 2: the tables Spin knows, and nothing else.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use indexmap::IndexMap;
use serde::Deserialize;

pub(crate) use check::check_snake;

mod check;

/// An application manifest. Unknown keys are errors, as in Spin.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always 2.
    pub spin_manifest_version: u32,
    /// `[application]`
    pub application: Application,
    /// `[variables]`, by name.
    #[serde(default)]
    pub variables: IndexMap<String, Variable>,
    /// `[[trigger.<type>]]`, by trigger type.
    #[serde(rename = "trigger", default)]
    pub triggers: IndexMap<String, Vec<toml::Table>>,
    /// `[component.<id>]`, by id.
    #[serde(rename = "component", default)]
    pub components: IndexMap<String, Component>,
    /// The folder that relative paths start from; not part of the file.
    #[serde(skip)]
    pub root: PathBuf,
}

/// `[application]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// The application's name.
    pub name: String,
    /// Semantic version; empty when absent.
    #[serde(default)]
    pub version: String,
    /// One line on what it is.
    #[serde(default)]
    pub description: String,
    /// `Name <mail>` of its authors.
    #[serde(default)]
    pub authors: Vec<String>,
    /// Environments that Spin checks against; not used here.
    #[serde(default)]
    pub targets: Vec<toml::Value>,
    /// Settings per trigger type; not used for HTTP.
    #[serde(default)]
    pub trigger: IndexMap<String, toml::Table>,
    /// Settings of other tools; Spin ignores them too.
    #[serde(default)]
    pub tool: IndexMap<String, toml::Table>,
}

/// An application variable: either `required` or with a `default`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// What it is for.
    pub description: Option<String>,
    /// A value must come from outside.
    #[serde(default)]
    pub required: bool,
    /// The default value.
    pub default: Option<String>,
    /// Must not be printed.
    #[serde(default)]
    pub secret: bool,
}

/// `[component.<id>]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The `.wasm` file, relative to the manifest. URL and registry sources are refused at start.
    pub source: toml::Value,
    /// One line on what it is.
    #[serde(default)]
    pub description: String,
    /// Templates of the variables that the component sees.
    #[serde(default)]
    pub variables: IndexMap<String, String>,
    /// Environment variables of the guest.
    #[serde(default)]
    pub environment: IndexMap<String, String>,
    /// The files that the guest may read.
    #[serde(default)]
    pub files: Vec<FilesMount>,
    /// Patterns of files left out of `files`.
    #[serde(default)]
    pub exclude_files: Vec<String>,
    /// The hosts that the guest may connect to; templates allowed.
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    /// Labels of the key-value stores that the guest may open.
    #[serde(default)]
    pub key_value_stores: Vec<String>,
    /// Refused when not empty: this host has no SQLite.
    #[serde(default)]
    pub sqlite_databases: Vec<String>,
    /// Refused when not empty: models are reached over HTTP.
    #[serde(default)]
    pub ai_models: Vec<String>,
    /// Not used here.
    pub targets: Option<Vec<toml::Value>>,
    /// How `spin build` builds it; not used here.
    pub build: Option<Build>,
    /// Settings of other tools; `tool.local-stack` is ours.
    #[serde(default)]
    pub tool: IndexMap<String, toml::Table>,
    /// Only together with `dependencies`.
    pub dependencies_inherit_configuration: Option<bool>,
    /// Refused when not empty: components are not composed at start.
    #[serde(default)]
    pub dependencies: toml::Table,
    /// Build profiles; not used here.
    #[serde(default)]
    pub profile: IndexMap<String, toml::Table>,
}

/// `[component.<id>.build]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// One command or a list of them.
    pub command: toml::Value,
    /// The working directory of the command.
    pub workdir: Option<String>,
    /// Patterns for `spin watch`.
    #[serde(default)]
    pub watch: Vec<String>,
}

/// One entry of `files`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum FilesMount {
    /// A file, a folder or a glob, at the same place in the guest.
    Pattern(String),
    /// A file or folder at another place in the guest.
    Placement(FilesPlacement),
}

/// A mount with a place of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesPlacement {
    /// Relative to the manifest.
    pub source: String,
    /// Absolute, in the guest.
    pub destination: String,
}

/// One `[[trigger.http]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTrigger {
    /// Names the trigger in messages.
    #[serde(default)]
    pub id: String,
    /// The component to call; either this or `static_response`.
    pub component: Option<String>,
    /// A fixed answer.
    pub static_response: Option<StaticResponse>,
    /// The route.
    pub route: Route,
    /// Only `{ type = "http" }` (or its old name `spin`).
    pub executor: Option<Executor>,
}

/// `executor` of an HTTP trigger.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executor {
    /// `http` or `spin`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// `route` of an HTTP trigger.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Route {
    /// A path pattern.
    Path(String),
    /// `{ private = true }`: only by service chaining.
    Private(PrivateRoute),
}

/// `{ private = true }`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateRoute {
    /// Must be true.
    pub private: bool,
}

/// `static_response` of an HTTP trigger.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticResponse {
    /// 200 when absent.
    pub status_code: Option<u16>,
    /// Header name → value.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// Empty when absent.
    pub body: Option<String>,
}

/// `[component.<id>.tool.local-stack]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalStackTool {
    /// Calls by the host itself.
    #[serde(default)]
    pub schedule: Vec<Schedule>,
}

/// A call that the host repeats.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Seconds from the start of one call to the start of the next; at least 1.
    pub every_seconds: u64,
    /// `POST` when absent.
    #[serde(default = "post")]
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header name → template of its value.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
}

fn post() -> String {
    "POST".into()
}

impl Manifest {
    /// Reads and validates `path`. Errors name the key at fault.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("cannot read the manifest {}: is the path right?", path.display())
        })?;
        let root = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        Self::parse(&text, root).with_context(|| format!("in {}", path.display()))
    }

    /// Parses manifest text; relative paths in it start from `root`.
    pub fn parse(text: &str, root: impl Into<PathBuf>) -> Result<Self> {
        let mut manifest: Self =
            toml::from_str(text).context("the manifest does not fit Spin's version 2")?;
        manifest.root = root.into();
        manifest.check()?;
        Ok(manifest)
    }

    /// The HTTP triggers in the order of the file.
    pub fn http_triggers(&self) -> Result<Vec<HttpTrigger>> {
        let tables = self.triggers.get("http").map(Vec::as_slice).unwrap_or_default();
        let parse = |(n, table): (usize, &toml::Table)| {
            table
                .clone()
                .try_into::<HttpTrigger>()
                .with_context(|| format!("[[trigger.http]] number {}", n + 1))
        };
        tables.iter().enumerate().map(parse).collect()
    }

    /// Names of required variables that `given` has no value for.
    pub fn check_variables(&self, given: impl Fn(&str) -> bool) -> Vec<String> {
        let missing = self.variables.iter().filter(|(name, v)| v.default.is_none() && !given(name));
        missing.map(|(name, _)| name.clone()).collect()
    }
}

impl Component {
    /// The path of the `.wasm` file.
    pub fn source_path(&self, root: &Path) -> Result<PathBuf> {
        match &self.source {
            toml::Value::String(path) => Ok(root.join(path)),
            other => bail!("source {other} is not a local file: only paths are supported here"),
        }
    }

    /// Our own settings of the component; empty when absent.
    pub fn local_stack_tool(&self) -> Result<LocalStackTool> {
        match self.tool.get("local-stack") {
            Some(table) => table.clone().try_into().context("in tool.local-stack"),
            None => Ok(LocalStackTool::default()),
        }
    }
}
