#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

mod discovery;
mod groups;
mod reply;
mod users;

use platform::serve::{Request, Response};

static TABLE: api::Table = api::Table::new();
// Public here means: not for people's sessions. Every handler opens the request with the directory's own token.
const ROUTES: &[api::Route] = api::routes! {
    [GET public] "/api/v1/scim/v2/Users" => users::list_scim_users;
    [POST public] "/api/v1/scim/v2/Users" => users::create_scim_user;
    [GET public] "/api/v1/scim/v2/Users/{scim_user_id}" => users::get_scim_user;
    [PUT public] "/api/v1/scim/v2/Users/{scim_user_id}" => users::replace_scim_user;
    [PATCH public] "/api/v1/scim/v2/Users/{scim_user_id}" => users::update_scim_user;
    [DELETE public] "/api/v1/scim/v2/Users/{scim_user_id}" => users::delete_scim_user;
    [GET public] "/api/v1/scim/v2/Groups" => groups::list_scim_groups;
    [POST public] "/api/v1/scim/v2/Groups" => groups::create_scim_group;
    [GET public] "/api/v1/scim/v2/Groups/{scim_group_id}" => groups::get_scim_group;
    [PUT public] "/api/v1/scim/v2/Groups/{scim_group_id}" => groups::replace_scim_group;
    [PATCH public] "/api/v1/scim/v2/Groups/{scim_group_id}" => groups::update_scim_group;
    [DELETE public] "/api/v1/scim/v2/Groups/{scim_group_id}" => groups::delete_scim_group;
    [GET public] "/api/v1/scim/v2/ServiceProviderConfig" => discovery::get_scim_config;
    [GET public] "/api/v1/scim/v2/ResourceTypes" => discovery::list_scim_resource_types;
    [GET public] "/api/v1/scim/v2/Schemas" => discovery::list_scim_schemas;
};

async fn handle(request: Request) -> Response {
    reply::in_shape(api::serve("scim", &TABLE, ROUTES, request).await)
}

platform::component!(super::handle);
