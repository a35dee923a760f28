#![doc = include_str!("../README.md")]

mod discovery;
mod groups;
mod reply;
mod shapes;
mod users;

const ROUTES: &[api::Route] = api::routes! {
    /// List or find users
    [GET directory] "/api/v1/scim/v2/Users" ? shapes::ListParameters => users::list_scim_users;
    /// Make a user
    [POST directory] "/api/v1/scim/v2/Users" ? shapes::MemberParameters => users::create_scim_user;
    /// Get a user
    [GET directory] "/api/v1/scim/v2/Users/{scim_user_id}" ? shapes::MemberParameters => users::get_scim_user;
    /// Replace a user
    [PUT directory] "/api/v1/scim/v2/Users/{scim_user_id}" ? shapes::MemberParameters => users::replace_scim_user;
    /// Change a user
    [PATCH directory] "/api/v1/scim/v2/Users/{scim_user_id}" ? shapes::MemberParameters => users::update_scim_user;
    /// Delete a user; sessions end, administrators can restore them
    [DELETE directory] "/api/v1/scim/v2/Users/{scim_user_id}" => users::delete_scim_user;
    /// List or find groups
    [GET directory] "/api/v1/scim/v2/Groups" ? shapes::ListParameters => groups::list_scim_groups;
    /// Make a group
    [POST directory] "/api/v1/scim/v2/Groups" ? shapes::MemberParameters => groups::create_scim_group;
    /// Get a group
    [GET directory] "/api/v1/scim/v2/Groups/{scim_group_id}" ? shapes::MemberParameters => groups::get_scim_group;
    /// Replace a group
    [PUT directory] "/api/v1/scim/v2/Groups/{scim_group_id}" ? shapes::MemberParameters => groups::replace_scim_group;
    /// Change a group
    [PATCH directory] "/api/v1/scim/v2/Groups/{scim_group_id}" ? shapes::MemberParameters => groups::update_scim_group;
    /// Delete a group
    [DELETE directory] "/api/v1/scim/v2/Groups/{scim_group_id}" => groups::delete_scim_group;
    /// What the service offers
    [GET directory] "/api/v1/scim/v2/ServiceProviderConfig" => discovery::get_scim_config;
    /// Which resources there are
    [GET directory] "/api/v1/scim/v2/ResourceTypes" => discovery::list_scim_resource_types;
    /// Which attributes they have
    [GET directory] "/api/v1/scim/v2/Schemas" => discovery::list_scim_schemas;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("scim", ROUTES).speaking(api::Dialect::Scim)
}

api::component!(super::router);
