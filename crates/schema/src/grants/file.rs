//! `grants.toml`: bundles, the rights of each role, and the functions that the owner role does not
//! own.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::catalogue::Catalogue;
use super::{Grant, Kind, Object, PUBLIC};
use crate::roles::{AUDIT_ROLE, COMPONENTS, LOOKUP_ROLE, OWNER_ROLE, WORKER_ROLE, component_role};

/// The parsed file, not yet compared with a database.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantsFile {
    /// Role (without `tessera_`) → functions and views, `lookup.*` for all of a schema.
    #[serde(default)]
    owners: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    bundles: BTreeMap<String, Rights>,
    /// Role (without `tessera_`), or `everyone`.
    roles: BTreeMap<String, Rights>,
}

/// The rights of a role or a bundle. Names without a schema are in `public`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rights {
    bundles: Vec<String>,
    /// Usage.
    schemas: Vec<String>,
    /// Create.
    creates_in: Vec<String>,
    /// Execute, on every overload of the function.
    functions: Vec<String>,
    /// Table or view → `select (id, name), insert`.
    tables: BTreeMap<String, String>,
    /// Sequence → `usage`.
    sequences: BTreeMap<String, String>,
}

impl GrantsFile {
    /// Parses the text of the file.
    ///
    /// # Errors
    /// If it is not TOML of this form, or names an unknown role or bundle.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let file: Self = toml::from_str(text)?;
        for role in file.roles.keys().chain(file.owners.keys()) {
            database_role(role)?;
        }
        for (user, rights) in file.roles.iter().chain(&file.bundles) {
            if let Some(unknown) =
                rights.bundles.iter().find(|name| !file.bundles.contains_key(*name))
            {
                bail!("{user}: there is no bundle `{unknown}`");
            }
        }
        Ok(file)
    }

    /// All grants that the file requires in this database.
    pub(super) fn grants(&self, catalogue: &Catalogue) -> Result<BTreeSet<Grant>> {
        let mut grants = BTreeSet::new();
        for (name, rights) in &self.roles {
            let role = database_role(name)?;
            for rights in
                rights.bundles.iter().filter_map(|bundle| self.bundles.get(bundle)).chain([rights])
            {
                rights
                    .add_to(&mut grants, &role, catalogue)
                    .with_context(|| format!("grants.toml, {name}"))?;
            }
        }
        Ok(grants)
    }

    /// Functions and views with another owner than in the file, each with its required owner.
    pub(super) fn misowned(&self, catalogue: &Catalogue) -> Result<BTreeSet<(Object, String)>> {
        let mut expected = BTreeMap::new();
        for (role, names) in &self.owners {
            for name in names {
                let (schema, name) = split(name);
                expected.insert((schema, name), database_role(role)?);
            }
        }
        let mut misowned = BTreeSet::new();
        for (object, owner) in
            catalogue.owners.iter().filter(|(object, _)| object.kind != Kind::Schema)
        {
            let schema = object.schema.as_str();
            let named = expected
                .get(&(schema, object.name.as_str()))
                .or_else(|| expected.get(&(schema, "*")));
            // Tables and sequences are always the owner role's.
            let named =
                named.filter(|_| object.kind == Kind::Function || catalogue.views.contains(object));
            let expected = named.map_or(OWNER_ROLE, String::as_str);
            if owner != expected {
                misowned.insert((object.clone(), expected.to_owned()));
            }
        }
        Ok(misowned)
    }
}

impl Rights {
    fn add_to(
        &self,
        grants: &mut BTreeSet<Grant>,
        role: &str,
        catalogue: &Catalogue,
    ) -> Result<()> {
        let mut add = |object: &Object, privilege: &str, column: Option<&str>| {
            grants.insert(Grant {
                role: role.to_owned(),
                privilege: privilege.to_owned(),
                column: column.map(str::to_owned),
                object: object.clone(),
                grantable: false,
            });
        };
        for (schemas, privilege) in [(&self.schemas, "usage"), (&self.creates_in, "create")] {
            for schema in schemas {
                add(catalogue.find(Kind::Schema, schema, "")?, privilege, None);
            }
        }
        for function in &self.functions {
            let (schema, name) = split(function);
            for object in catalogue.functions(schema, name)? {
                add(object, "execute", None);
            }
        }
        for (kind, named) in [(Kind::Table, &self.tables), (Kind::Sequence, &self.sequences)] {
            for (object, privileges) in named {
                let (schema, name) = split(object);
                let object = catalogue.find(kind, schema, name)?;
                for (privilege, columns) in parse_privileges(privileges)? {
                    match columns {
                        None => add(object, &privilege, None),
                        Some(columns) => {
                            columns.iter().for_each(|column| add(object, &privilege, Some(column)))
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// `chat` → `tessera_chat`, `everyone` → `public`.
fn database_role(name: &str) -> Result<String> {
    if name == "everyone" {
        return Ok(PUBLIC.to_owned());
    }
    let role = component_role(name);
    if COMPONENTS.contains(&name) || [WORKER_ROLE, LOOKUP_ROLE, AUDIT_ROLE].contains(&role.as_str())
    {
        return Ok(role);
    }
    bail!("there is no role `{name}`: expected a component, worker, lookup, audit or everyone")
}

/// `lookup.sign_in` → (`lookup`, `sign_in`); `users` → (`public`, `users`).
fn split(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or(("public", name))
}

/// `select (id, name), insert` → each privilege with its columns; None: the complete table.
fn parse_privileges(text: &str) -> Result<Vec<(String, Option<Vec<String>>)>> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let word = rest.find(|letter: char| !letter.is_ascii_lowercase()).unwrap_or(rest.len());
        let (privilege, after) = rest.split_at(word);
        let after = after.trim_start();
        let (columns, after) = match after.strip_prefix('(') {
            None => (None, after),
            Some(inside) => {
                let (columns, after) =
                    inside.split_once(')').with_context(|| format!("`{text}`: expected a `)`"))?;
                (
                    Some(columns.split(',').map(|column| column.trim().to_owned()).collect()),
                    after.trim_start(),
                )
            }
        };
        rest = match after.strip_prefix(',') {
            Some(next) if !next.trim().is_empty() => next.trim_start(),
            None if after.is_empty() => "",
            _ => bail!("`{text}`: expected privileges as after `grant`, with commas between them"),
        };
        if privilege.is_empty() {
            bail!("`{text}`: expected a privilege such as select");
        }
        out.push((privilege.to_owned(), columns));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Vec<(String, Option<Vec<String>>)>> {
        parse_privileges(text).ok()
    }

    #[test]
    fn privileges_have_columns_or_the_complete_table() {
        let columns = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        let expected =
            vec![("select".to_owned(), columns(&["id", "name"])), ("insert".to_owned(), None)];
        assert_eq!(parsed("select (id,\n  name), insert"), Some(expected));
        assert_eq!(parsed("delete"), Some(vec![("delete".to_owned(), None)]));
    }

    #[test]
    fn an_incomplete_list_of_privileges_is_refused() {
        for text in ["select (id", "select insert", "select,", "(id)", "select (id) x"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn unknown_roles_bundles_and_keys_are_refused() {
        for text in [
            "[roles.stranger]",
            "[roles.owner]",
            "[roles.chat]\nbundles = [\"x\"]",
            "[roles.chat]\ntable = \"x\"",
            "[owners]\nstranger = []\n[roles]",
        ] {
            assert!(GrantsFile::parse(text).is_err(), "{text}");
        }
        assert!(GrantsFile::parse("[bundles.x]\n[roles.chat]\nbundles = [\"x\"]").is_ok());
    }
}
