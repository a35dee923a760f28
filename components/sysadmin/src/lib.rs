#![doc = include_str!("../README.md")]

mod federation;
mod oidc_debug;
mod tenants;

const ROUTES: &[api::Route] = api::routes! {
    /// List the organisations
    [GET operator] "/api/v1/sysadmin/tenants" => tenants::list_tenants;
    /// Make an organisation and invite its first administrator
    [POST operator] "/api/v1/sysadmin/tenants" => tenants::create_tenant;
    /// Get an organisation
    [GET operator] "/api/v1/sysadmin/tenants/{tenant_id}" => tenants::get_tenant;
    /// Change or suspend an organisation
    [PATCH operator] "/api/v1/sysadmin/tenants/{tenant_id}" => tenants::update_tenant;
    /// Delete a suspended organisation with everything in it
    [DELETE operator] "/api/v1/sysadmin/tenants/{tenant_id}" ? tenants::DeleteParameters => tenants::delete_tenant;
    /// Get the sign-in of an organisation
    [GET operator] "/api/v1/sysadmin/tenants/{tenant_id}/federation" => federation::get_tenant_federation;
    /// Set up the sign-in of an organisation
    [PUT operator] "/api/v1/sysadmin/tenants/{tenant_id}/federation" => federation::put_tenant_federation;
    /// Remove the sign-in of an organisation
    [DELETE operator] "/api/v1/sysadmin/tenants/{tenant_id}/federation" => federation::delete_tenant_federation;
    /// Try the provider of an organisation out
    [POST operator] "/api/v1/sysadmin/tenants/{tenant_id}/federation/test" => federation::test_tenant_federation;
    /// Are the steps of sign-ins logged now?
    [GET operator] "/api/v1/sysadmin/observability/oidc-debug" ? oidc_debug::DebugParameters => oidc_debug::get_oidc_debug;
    /// Log the steps of sign-ins for a while
    [POST operator] "/api/v1/sysadmin/observability/oidc-debug" => oidc_debug::set_oidc_debug;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("sysadmin", ROUTES)
}

api::component!(super::router);
