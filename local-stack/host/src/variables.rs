//! Application and component variables, and the sources of their values.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, bail};
use indexmap::IndexMap;

use crate::bindings::variables as wit;
use crate::manifest::{Manifest, Variable, check_snake};
use crate::runtime_config::{RuntimeConfig, VariablesProvider};
use crate::template::Template;
use crate::vault::Vault;

/// The values of `[variables]`.
///
/// The first source with a value wins: the map given at start, the providers of the runtime
/// configuration in order, `SPIN_VARIABLE_<NAME>`, the manifest's default.
#[derive(Debug)]
pub(crate) struct Variables {
    declared: IndexMap<String, Variable>,
    given: BTreeMap<String, String>,
    providers: Vec<Provider>,
}

#[derive(Debug)]
enum Provider {
    Map(HashMap<String, String>),
    Env(String),
    Vault(Box<Vault>),
}

impl Variables {
    /// Reads the providers. Fails on unreadable files and on values for undeclared names.
    pub(crate) fn new(
        manifest: &Manifest,
        given: BTreeMap<String, String>,
        config: &RuntimeConfig,
    ) -> Result<Self> {
        if let Some(name) = given.keys().find(|name| !manifest.variables.contains_key(*name)) {
            bail!("a value was given for {name:?}, which [variables] does not declare");
        }
        let mut providers =
            config.variables_provider.iter().map(Provider::new).collect::<Result<Vec<_>>>()?;
        providers.push(Provider::Env("SPIN_VARIABLE".into()));
        Ok(Self { declared: manifest.variables.clone(), given, providers })
    }

    /// The value of an application variable.
    pub(crate) async fn value(&self, name: &str) -> Result<String> {
        if let Some(value) = self.given.get(name) {
            return Ok(value.clone());
        }
        for provider in &self.providers {
            if let Some(value) = provider.get(name).await? {
                return Ok(value);
            }
        }
        let declared =
            self.declared.get(name).with_context(|| format!("unknown variable {name:?}"))?;
        declared.default.clone().with_context(|| {
            format!(
                "required variable {name:?} has no value: set SPIN_VARIABLE_{}",
                name.to_ascii_uppercase()
            )
        })
    }

    /// `source` with its holes filled.
    pub(crate) async fn fill(&self, source: &str) -> Result<String> {
        self.fill_template(&Template::parse(source)?).await
    }

    async fn fill_template(&self, template: &Template) -> Result<String> {
        let mut values = Vec::new();
        for name in template.variables() {
            values.push(self.value(name).await?);
        }
        Ok(template.join(&values))
    }

    /// Fails if variables have no value, naming each.
    pub(crate) async fn check_all(&self) -> Result<()> {
        let mut missing = Vec::new();
        for name in self.declared.keys() {
            if let Err(error) = self.value(name).await {
                missing.push(format!("{error:#}"));
            }
        }
        if missing.is_empty() { Ok(()) } else { bail!(missing.join("; ")) }
    }

    fn changes_while_running(&self) -> bool {
        self.providers.iter().any(|provider| matches!(provider, Provider::Vault(_)))
    }
}

impl Provider {
    fn new(config: &VariablesProvider) -> Result<Self> {
        Ok(match config {
            VariablesProvider::Static { values } => {
                Self::Map(values.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
            }
            VariablesProvider::Env { prefix } => {
                Self::Env(prefix.clone().unwrap_or_else(|| "SPIN_VARIABLE".into()))
            }
            VariablesProvider::File { path } => {
                let text = std::fs::read_to_string(path).with_context(|| {
                    format!("cannot read the variables file {}", path.display())
                })?;
                let map = toml::from_str(&text).with_context(|| {
                    format!("{} must hold lines of name = \"value\"", path.display())
                })?;
                Self::Map(map)
            }
            VariablesProvider::Vault(vault) => Self::Vault(Box::new(Vault::new(vault)?)),
        })
    }

    async fn get(&self, name: &str) -> Result<Option<String>> {
        match self {
            Self::Map(map) => Ok(map.get(name).cloned()),
            Self::Env(prefix) => {
                Ok(std::env::var(format!("{prefix}_{}", name.to_ascii_uppercase())).ok())
            }
            Self::Vault(vault) => vault.get(name).await,
        }
    }
}

/// The variables of one component, as its guest reads them.
#[derive(Debug)]
pub(crate) struct ComponentVariables {
    templates: HashMap<String, Template>,
    /// Filled once, if no provider can change its values.
    values: Option<HashMap<String, String>>,
}

impl ComponentVariables {
    pub(crate) async fn new(
        variables: &Variables,
        templates: &IndexMap<String, String>,
    ) -> Result<Self> {
        let parse =
            |(name, source): (&String, &String)| Ok((name.clone(), Template::parse(source)?));
        let templates: HashMap<_, _> = templates.iter().map(parse).collect::<Result<_>>()?;
        let mut values = HashMap::new();
        for (name, template) in &templates {
            let value = variables.fill_template(template).await;
            values.insert(
                name.clone(),
                value.with_context(|| format!("in component variable {name:?}"))?,
            );
        }
        let values = (!variables.changes_while_running()).then_some(values);
        Ok(Self { templates, values })
    }

    /// The result of `variables.get(name)`.
    pub(crate) async fn get(
        &self,
        variables: &Variables,
        name: &str,
    ) -> Result<String, wit::Error> {
        if let Some(value) = self.values.as_ref().and_then(|values| values.get(name)) {
            return Ok(value.clone());
        }
        if let Err(error) = check_snake(name) {
            return Err(wit::Error::InvalidName(error.to_string()));
        }
        let Some(template) = self.templates.get(name) else {
            return Err(wit::Error::Undefined(format!(
                "no variable {name:?} in this component's [variables]"
            )));
        };
        let filled = variables.fill_template(template).await;
        filled.map_err(|error| wit::Error::Provider(format!("{error:#}")))
    }
}
