#![doc = include_str!("../README.md")]
#![cfg(target_family = "wasm")]

mod users;

use platform::serve::{Request, Response};

static TABLE: api::Table = api::Table::new();
const ROUTES: &[api::Route] = api::routes! {
    [GET] "/api/v1/admin/users" => users::list_users;
    [POST] "/api/v1/admin/users" => users::invite_user;
    [GET] "/api/v1/admin/users/{user_id}" => users::get_user;
    [PATCH] "/api/v1/admin/users/{user_id}" => users::update_user;
    [DELETE] "/api/v1/admin/users/{user_id}" => users::delete_user;
    [POST] "/api/v1/admin/users/{user_id}/invitation" => users::renew_invitation;
    [POST] "/api/v1/admin/users/{user_id}/restore" => users::restore_user;
};

async fn handle(request: Request) -> Response {
    api::serve("admin", &TABLE, ROUTES, request).await
}

platform::component!(super::handle);
