#![doc = include_str!("../README.md")]

mod audit_log;
mod federation;
mod groups;
mod roles;
mod scim_tokens;
mod settings;
mod users;

const ROUTES: &[api::Route] = api::routes! {
    [GET AdminRead] "/api/v1/admin/users" => users::list_users;
    [POST AdminWrite] "/api/v1/admin/users" => users::invite_user;
    [GET AdminRead] "/api/v1/admin/users/{user_id}" => users::get_user;
    [PATCH AdminWrite] "/api/v1/admin/users/{user_id}" => users::update_user;
    [DELETE AdminWrite] "/api/v1/admin/users/{user_id}" => users::delete_user;
    [POST AdminWrite] "/api/v1/admin/users/{user_id}/invitation" => users::renew_invitation;
    [POST AdminWrite] "/api/v1/admin/users/{user_id}/restore" => users::restore_user;
    [GET AdminRead] "/api/v1/admin/roles" => roles::list_roles;
    [POST AdminWrite] "/api/v1/admin/roles" => roles::create_role;
    [GET AdminRead] "/api/v1/admin/roles/{role_id}" => roles::get_role;
    [PATCH AdminWrite] "/api/v1/admin/roles/{role_id}" => roles::update_role;
    [DELETE AdminWrite] "/api/v1/admin/roles/{role_id}" => roles::delete_role;
    [GET AdminRead] "/api/v1/admin/settings" => settings::get_settings;
    [PATCH AdminWrite] "/api/v1/admin/settings" => settings::update_settings;
    [GET AdminRead] "/api/v1/admin/federation" => federation::get_federation;
    [PUT AdminWrite] "/api/v1/admin/federation" => federation::put_federation;
    [DELETE AdminWrite] "/api/v1/admin/federation" => federation::delete_federation;
    [POST AdminWrite] "/api/v1/admin/federation/test" => federation::test_federation;
    [POST AdminRead] "/api/v1/admin/audit/readings" => audit_log::start_audit_reading;
    [GET AdminRead] "/api/v1/admin/audit" => audit_log::list_audit_entries;
    [GET AdminRead] "/api/v1/admin/audit/verification" => audit_log::verify_audit_log;
    [POST AdminRead] "/api/v1/admin/audit/exports" => audit_log::create_audit_export;
    [GET AdminRead] "/api/v1/admin/audit/exports/{export_id}" => audit_log::get_audit_export;
    [GET AdminRead] "/api/v1/admin/audit/exports/{export_id}/content" => audit_log::get_audit_export_content;
    [GET AdminRead] "/api/v1/admin/user-groups" => groups::list_user_groups;
    [POST AdminWrite] "/api/v1/admin/user-groups" => groups::create_user_group;
    [GET AdminRead] "/api/v1/admin/user-groups/{group_id}" => groups::get_user_group;
    [PATCH AdminWrite] "/api/v1/admin/user-groups/{group_id}" => groups::update_user_group;
    [DELETE AdminWrite] "/api/v1/admin/user-groups/{group_id}" => groups::delete_user_group;
    [GET AdminRead] "/api/v1/admin/user-groups/{group_id}/members" => groups::list_user_group_members;
    [POST AdminWrite] "/api/v1/admin/user-groups/{group_id}/members" => groups::add_user_group_member;
    [DELETE AdminWrite] "/api/v1/admin/user-groups/{group_id}/members/{user_id}" => groups::remove_user_group_member;
    [GET AdminRead] "/api/v1/admin/scim-tokens" => scim_tokens::list_scim_tokens;
    [POST AdminWrite] "/api/v1/admin/scim-tokens" => scim_tokens::create_scim_token;
    [DELETE AdminWrite] "/api/v1/admin/scim-tokens/{scim_token_id}" => scim_tokens::delete_scim_token;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("admin", ROUTES)
}

api::component!(super::router);
