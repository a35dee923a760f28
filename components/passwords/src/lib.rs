#![doc = include_str!("../README.md")]

mod change_password;
mod complete_setup;
mod get_setup;
mod invitation;
mod keys;
mod login;
mod reset;

const ROUTES: &[api::Route] = api::routes! {
    [GET public] "/api/v1/auth/setup" => get_setup::get_setup;
    [POST public] "/api/v1/auth/setup" => complete_setup::complete_setup;
    [POST public] "/api/v1/auth/invitation" => invitation::read_invitation;
    [POST public] "/api/v1/auth/invitation/accept" => invitation::accept_invitation;
    [POST public] "/api/v1/auth/login" => login::login;
    [POST public] "/api/v1/auth/password/forgotten" => reset::request_reset;
    [POST public] "/api/v1/auth/password/reset" => reset::reset_password;
    [POST Account] "/api/v1/auth/password" => change_password::change_password;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("passwords", ROUTES)
}

api::component!(super::router);
