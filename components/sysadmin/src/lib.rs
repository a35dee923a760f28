#![doc = include_str!("../README.md")]

mod federation;
mod oidc_debug;
mod tenants;

const ROUTES: &[api::Route] = api::routes! {
    [GET operator] "/api/v1/sysadmin/tenants" => tenants::list_tenants;
    [POST operator] "/api/v1/sysadmin/tenants" => tenants::create_tenant;
    [GET operator] "/api/v1/sysadmin/tenants/{tenant_id}" => tenants::get_tenant;
    [PATCH operator] "/api/v1/sysadmin/tenants/{tenant_id}" => tenants::update_tenant;
    [DELETE operator] "/api/v1/sysadmin/tenants/{tenant_id}" => tenants::delete_tenant;
    [GET operator] "/api/v1/sysadmin/tenants/{tenant_id}/federation" => federation::get_tenant_federation;
    [PUT operator] "/api/v1/sysadmin/tenants/{tenant_id}/federation" => federation::put_tenant_federation;
    [DELETE operator] "/api/v1/sysadmin/tenants/{tenant_id}/federation" => federation::delete_tenant_federation;
    [POST operator] "/api/v1/sysadmin/tenants/{tenant_id}/federation/test" => federation::test_tenant_federation;
    [GET operator] "/api/v1/sysadmin/observability/oidc-debug" => oidc_debug::get_oidc_debug;
    [POST operator] "/api/v1/sysadmin/observability/oidc-debug" => oidc_debug::set_oidc_debug;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("sysadmin", ROUTES)
}

api::component!(super::router);
