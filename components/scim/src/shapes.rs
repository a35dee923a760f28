//! The documents of SCIM in the contract. They are read and written by hand: names are
//! case-insensitive, and clients select members.

contract::shape! {
    #[schema(rename_all = "camelCase")]
    pub(crate) struct ScimMeta {
        resource_type: String,
        #[schema(as = DateTime)]
        #[serde(skip_serializing_if = "Option::is_none")]
        created: Option<String>,
        #[schema(as = DateTime)]
        #[serde(skip_serializing_if = "Option::is_none")]
        last_modified: Option<String>,
        location: String,
    }

    #[schema(rename_all = "camelCase", inline)]
    pub(crate) struct ScimName {
        #[serde(skip_serializing_if = "Option::is_none")]
        formatted: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        given_name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        family_name: Option<String>,
    }

    #[schema(inline)]
    pub(crate) struct ScimEmail {
        value: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        r#type: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        primary: Option<bool>,
    }

    /// RFC 7643, section 4.1. Members that were not asked for are left out.
    #[schema(rename_all = "camelCase", name = "ScimUser")]
    pub(crate) struct ScimUser {
        schemas: Vec<String>,
        #[schema(as = Uuid)]
        id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        user_name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        display_name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<ScimName>,
        #[serde(skip_serializing_if = "Option::is_none")]
        emails: Option<Vec<ScimEmail>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        active: Option<bool>,
        meta: ScimMeta,
    }

    #[schema(inline)]
    pub(crate) struct ScimMember {
        #[schema(as = Uuid)]
        value: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        display: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        r#type: Option<String>,
        #[serde(rename = "$ref", skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    }

    /// RFC 7643, section 4.2. Members that were not asked for are left out.
    #[schema(rename_all = "camelCase")]
    pub(crate) struct ScimGroup {
        schemas: Vec<String>,
        #[schema(as = Uuid)]
        id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        display_name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        members: Option<Vec<ScimMember>>,
        meta: ScimMeta,
    }

    /// What is not kept is passed over. Without a displayName the name serves, without an address
    /// the userName.
    #[schema(rename_all = "camelCase", name = "ScimUserBody", open)]
    pub(crate) struct ScimUserBody {
        #[serde(default)]
        schemas: Vec<String>,
        user_name: String,
        #[serde(default)]
        external_id: String,
        #[serde(default)]
        display_name: String,
        #[serde(default)]
        name: serde_json::Map<String, serde_json::Value>,
        #[serde(default)]
        emails: Vec<serde_json::Value>,
        #[serde(default)]
        active: serde_json::Value,
    }

    /// Members are users, by id as `value`.
    #[schema(rename_all = "camelCase", name = "ScimGroupBody", open)]
    pub(crate) struct ScimGroupBody {
        #[serde(default)]
        schemas: Vec<String>,
        display_name: String,
        #[serde(default)]
        external_id: String,
        #[serde(default)]
        members: Vec<serde_json::Value>,
    }

    #[schema(inline, open)]
    pub(crate) struct ScimOperation {
        /// `add`, `replace` or `remove`, in any case.
        op: String,
        #[serde(default)]
        path: String,
        #[serde(default)]
        value: serde_json::Value,
    }

    /// RFC 7644, section 3.5.2, in the manners of Entra ID and Okta.
    #[schema(open)]
    pub(crate) struct ScimPatch {
        #[serde(default)]
        schemas: Vec<String>,
        #[serde(rename = "Operations")]
        operations: Vec<ScimOperation>,
    }

    /// RFC 7644, section 3.4.2.
    #[schema(rename_all = "camelCase")]
    pub(crate) struct ScimUsersList {
        schemas: Vec<String>,
        total_results: i64,
        start_index: i64,
        items_per_page: i64,
        #[serde(rename = "Resources")]
        resources: Vec<ScimUser>,
    }

    /// RFC 7644, section 3.4.2.
    #[schema(rename_all = "camelCase")]
    pub(crate) struct ScimGroupsList {
        schemas: Vec<String>,
        total_results: i64,
        start_index: i64,
        items_per_page: i64,
        #[serde(rename = "Resources")]
        resources: Vec<ScimGroup>,
    }

    /// What the service offers: RFC 7643, sections 5 to 7.
    #[schema(open)]
    pub(crate) struct ScimDocument {
        schemas: Vec<String>,
    }

    pub(crate) struct ListParameters {
        /// `eq` and `and`: `userName eq "a@example.org"`, `externalId eq "1"`, `emails[type eq
        /// "work"].value eq "a@example.org"`, `displayName eq "Readers"`, `members[value eq "…"]`.
        #[schema(length(max = 2000))]
        filter: Option<String>,
        /// Counted from 1.
        #[serde(rename = "startIndex")]
        #[schema(extend("default" = 1))]
        start_index: Option<i64>,
        /// At most 200.
        #[schema(extend("default" = 100))]
        count: Option<i64>,
        /// Members of the outermost object to answer with, with commas between.
        attributes: Option<String>,
        /// Members to leave out, with commas between.
        #[serde(rename = "excludedAttributes")]
        excluded_attributes: Option<String>,
    }

    pub(crate) struct MemberParameters {
        /// Members of the outermost object to answer with, with commas between.
        attributes: Option<String>,
        /// Members to leave out, with commas between.
        #[serde(rename = "excludedAttributes")]
        excluded_attributes: Option<String>,
    }
}
