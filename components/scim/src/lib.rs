#![doc = include_str!("../README.md")]

mod discovery;
mod groups;
mod reply;
mod users;

const ROUTES: &[api::Route] = api::routes! {
    [GET directory] "/api/v1/scim/v2/Users" => users::list_scim_users;
    [POST directory] "/api/v1/scim/v2/Users" => users::create_scim_user;
    [GET directory] "/api/v1/scim/v2/Users/{scim_user_id}" => users::get_scim_user;
    [PUT directory] "/api/v1/scim/v2/Users/{scim_user_id}" => users::replace_scim_user;
    [PATCH directory] "/api/v1/scim/v2/Users/{scim_user_id}" => users::update_scim_user;
    [DELETE directory] "/api/v1/scim/v2/Users/{scim_user_id}" => users::delete_scim_user;
    [GET directory] "/api/v1/scim/v2/Groups" => groups::list_scim_groups;
    [POST directory] "/api/v1/scim/v2/Groups" => groups::create_scim_group;
    [GET directory] "/api/v1/scim/v2/Groups/{scim_group_id}" => groups::get_scim_group;
    [PUT directory] "/api/v1/scim/v2/Groups/{scim_group_id}" => groups::replace_scim_group;
    [PATCH directory] "/api/v1/scim/v2/Groups/{scim_group_id}" => groups::update_scim_group;
    [DELETE directory] "/api/v1/scim/v2/Groups/{scim_group_id}" => groups::delete_scim_group;
    [GET directory] "/api/v1/scim/v2/ServiceProviderConfig" => discovery::get_scim_config;
    [GET directory] "/api/v1/scim/v2/ResourceTypes" => discovery::list_scim_resource_types;
    [GET directory] "/api/v1/scim/v2/Schemas" => discovery::list_scim_schemas;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("scim", ROUTES).speaking(api::Dialect::Scim)
}

api::component!(super::router);
