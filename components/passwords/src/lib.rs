#![doc = include_str!("../README.md")]

mod change_password;
mod complete_setup;
mod get_setup;
mod invitation;
mod keys;
mod login;
mod reset;

const ROUTES: &[api::Route] = api::routes! {
    /// Is the first-run set-up still to be done?
    [GET public] "/api/v1/auth/setup" => get_setup::get_setup;
    /// Create the first administrator with the printed one-time link
    [POST public] "/api/v1/auth/setup" => complete_setup::complete_setup;
    /// Whom an invitation is for
    [POST public] "/api/v1/auth/invitation" => invitation::read_invitation;
    /// Accept an invitation: set the password and sign in
    [POST public] "/api/v1/auth/invitation/accept" => invitation::accept_invitation;
    /// Sign in with e-mail and password
    [POST public] "/api/v1/auth/login" => login::login;
    /// Ask for a link to choose a new password, by mail
    [POST public] "/api/v1/auth/password/forgotten" => reset::request_reset;
    /// Choose a new password with the token of a mailed link; all sessions end
    [POST public] "/api/v1/auth/password/reset" => reset::reset_password;
    /// Change one's own password; other sessions end
    [POST Account] "/api/v1/auth/password" => change_password::change_password;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("passwords", ROUTES)
}

api::component!(super::router);
