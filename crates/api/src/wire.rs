//! Shapes that several components send: users, lists, absent-or-null members.

use contract::{ListItem, Schema};
use kernel::{Page, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

contract::words! {
    /// A built-in role in the tenant.
    pub TenantRoleName = ["admin", "manager", "user"];
    /// What a role allows.
    pub PermissionName = access::Permission::ALL.iter().map(|permission| permission.as_str());
    /// What a key may be used for.
    pub ScopeName = access::Scope::FOR_KEYS.iter().map(|scope| scope.as_str());
}

contract::shape! {
    /// The parameters of a list whose document has more than its page.
    pub struct PageParameters {
        #[schema(range(min = 1, max = 100), extend("default" = 20))]
        limit: Option<i64>,
        cursor: Option<String>,
    }
}

/// Serializes a time as ISO 8601.
pub fn iso<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// Distinguishes a null member (`Some(None)`) from an absent one (`None`, by `#[serde(default)]`).
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A list: the items under their own name, their total, and the cursor of the next page.
pub(crate) fn list<T, B: Serialize + ListItem + for<'a> From<&'a T>>(page: &Page<T>) -> Value {
    let mut out = Map::new();
    out.insert(B::LIST.to_owned(), page.items.iter().map(|item| json!(B::from(item))).collect());
    out.insert("total".to_owned(), json!(page.total));
    out.insert("next_cursor".to_owned(), json!(page.next.map(kernel::Cursor::encode)));
    Value::Object(out)
}

/// A person in a tenant.
#[derive(Schema, Serialize)]
pub struct UserBody {
    #[schema(as = Uuid)]
    id: String,
    email: String,
    display_name: String,
    #[schema(as = TenantRoleName)]
    role: &'static str,
    /// What the role, built-in or custom, allows.
    #[schema(as = PermissionName)]
    permissions: Vec<&'static str>,
    tenant: TenantBody,
    #[serde(serialize_with = "iso")]
    created_at: Timestamp,
    #[serde(serialize_with = "iso")]
    updated_at: Timestamp,
}

/// The organisation of a user.
#[derive(Schema, Serialize)]
#[schema(name = "TenantRef")]
struct TenantBody {
    #[schema(as = Uuid)]
    id: String,
    slug: String,
    name: String,
}

impl From<&credentials::User> for UserBody {
    fn from(user: &credentials::User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.clone(),
            display_name: user.display_name.clone(),
            role: user.principal.role.as_str(),
            permissions: user.principal.permissions.names(),
            tenant: TenantBody {
                id: user.tenant_id.to_string(),
                slug: user.tenant_slug.clone(),
                name: user.tenant_name.clone(),
            },
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// A link that accepts an invitation.
#[derive(Schema, Serialize)]
pub struct InvitationBody {
    /// Works once; shown only here.
    url: String,
    #[serde(serialize_with = "iso")]
    expires_at: Timestamp,
}

impl InvitationBody {
    /// The secret is behind `#`, which browsers never send.
    ///
    /// # Errors
    /// `internal` if the configuration cannot be read.
    pub async fn of(token: &str, expires_at: Timestamp) -> kernel::Result<Self> {
        let origin = platform::config::optional("public_url").await?.unwrap_or_default();
        let url = format!("{}/invitation#{}", origin.trim_end_matches('/'), token);
        Ok(Self { url, expires_at })
    }
}
