//! Rights in the database as data: `migrations/grants.toml`, compared with the catalogue in both
//! directions and applied.

mod apply;
mod catalogue;
mod file;

pub(crate) use apply::apply;
pub(crate) use file::GrantsFile;

use std::collections::BTreeSet;
use std::fmt;

use anyhow::Result;
use sqlx::PgConnection;

use crate::roles::identifier;

/// The grantee of a grant to everyone, in the catalogue and in SQL.
const PUBLIC: &str = "public";

/// The kind of an object with rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Schema,
    /// A table or a view.
    Table,
    Sequence,
    Function,
    Type,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Table => "table",
            Self::Sequence => "sequence",
            Self::Function => "function",
            Self::Type => "type",
        }
    }
}

/// A database object that has an owner and rights.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    kind: Kind,
    schema: String,
    /// Empty for a schema.
    name: String,
    /// Argument types of a function, as SQL; None for other objects.
    arguments: Option<String>,
}

impl Object {
    /// The SQL after `on`.
    fn sql(&self) -> String {
        let arguments = self.arguments.as_ref().map_or(String::new(), |types| format!("({types})"));
        match self.kind {
            Kind::Schema => format!("schema {}", identifier(&self.schema)),
            kind => {
                format!(
                    "{} {}.{}{arguments}",
                    kind.as_str(),
                    identifier(&self.schema),
                    identifier(&self.name)
                )
            }
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind.as_str(), self.schema)?;
        if !self.name.is_empty() {
            write!(formatter, ".{}", self.name)?;
        }
        self.arguments.as_ref().map_or(Ok(()), |types| write!(formatter, "({types})"))
    }
}

/// One right of one role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    /// A database role, or [`PUBLIC`].
    role: String,
    /// In lower case, e.g. `select`.
    privilege: String,
    /// None: on the complete object.
    column: Option<String>,
    object: Object,
    /// Whether the role may grant it further, which the file never allows.
    grantable: bool,
}

impl Grant {
    /// `select ("email") on table "public"."users"`.
    fn sql(&self) -> String {
        let column =
            self.column.as_ref().map_or(String::new(), |name| format!(" ({})", identifier(name)));
        format!("{}{column} on {}", self.privilege, self.object.sql())
    }

    fn role_sql(&self) -> String {
        if self.role == PUBLIC { PUBLIC.to_owned() } else { identifier(&self.role) }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.column.as_ref().map_or(String::new(), |name| format!(" ({name})"));
        let option = if self.grantable { " with grant option" } else { "" };
        write!(formatter, "{}: {}{column} on {}{option}", self.role, self.privilege, self.object)
    }
}

/// The difference between file and catalogue.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference {
    /// In the file, not in the catalogue.
    missing: BTreeSet<Grant>,
    /// In the catalogue, not in the file.
    unnamed: BTreeSet<Grant>,
    /// Objects with the wrong owner, each with its required owner.
    misowned: BTreeSet<(Object, String)>,
}

impl Difference {
    /// Compares the database of this connection with the file.
    async fn read(owner: &mut PgConnection, file: &GrantsFile) -> Result<Self> {
        let catalogue = catalogue::read(owner).await?;
        let desired = file.grants(&catalogue)?;
        Ok(Self {
            missing: desired.difference(&catalogue.grants).cloned().collect(),
            unnamed: catalogue.grants.difference(&desired).cloned().collect(),
            misowned: file.misowned(&catalogue)?,
        })
    }

    fn lines(&self) -> Vec<String> {
        let missing = self.missing.iter().map(|grant| format!("not granted: {grant}"));
        let unnamed = self.unnamed.iter().map(|grant| format!("not in grants.toml: {grant}"));
        let misowned =
            self.misowned.iter().map(|(object, owner)| format!("not owned by {owner}: {object}"));
        missing.chain(unnamed).chain(misowned).collect()
    }
}

/// The differences between the database of this connection and the file, one per line; empty if
/// there are none.
pub(crate) async fn differences(
    owner: &mut PgConnection,
    file: &GrantsFile,
) -> Result<Vec<String>> {
    Ok(Difference::read(owner, file).await?.lines())
}
