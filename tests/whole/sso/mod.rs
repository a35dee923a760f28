//! Sign-in through an identity provider (OpenID Connect).

pub(crate) mod attacks;
pub(crate) mod certified;
pub(crate) mod faults;
pub(crate) mod mix_up;
pub(crate) mod organisation;
pub(crate) mod sign_in;
