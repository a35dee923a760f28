//! The redirect URIs: one for each tenant's own provider, and one for the installation's shared
//! one.

use kernel::{Result, id::TenantId};
use platform::Cx;

use crate::Federation;

/// One of our redirect URIs. With a single one for all, a hostile tenant's provider could send a
/// browser on to an honest tenant's provider, receive its code in a login of its own, and have us
/// send the code to its own token endpoint (mix-up attack, RFC 9700, 4.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Callback {
    /// A tenant's own provider.
    Of(TenantId),
    /// The shared provider, which no tenant chooses, so a mix-up is not possible.
    Shared,
}

impl Callback {
    pub(crate) fn new(tenant: TenantId, shared: bool) -> Self {
        if shared { Self::Shared } else { Self::Of(tenant) }
    }

    /// The absolute URL, below the variable `public_url`.
    ///
    /// # Errors
    /// `internal` if that variable is not set.
    pub(crate) async fn redirect_uri(self) -> Result<String> {
        let origin = platform::config::required("public_url").await?;
        Ok(format!("{}{}", origin.trim_end_matches('/'), self.path()))
    }

    fn path(self) -> String {
        match self {
            Self::Of(tenant) => format!("/api/v1/auth/oidc/callback/{tenant}"),
            Self::Shared => "/api/v1/auth/oidc/callback".to_owned(),
        }
    }
}

/// The redirect URI to register at the provider of a federation.
///
/// # Errors
/// `internal` if the variable `public_url` is not set.
pub async fn redirect_uri(cx: &Cx, federation: &Federation) -> Result<String> {
    Callback::new(cx.tenant()?, federation.settings.shared).redirect_uri().await
}

#[cfg(test)]
mod tests {
    use kernel::id::TenantId;

    use super::Callback;

    #[test]
    fn no_two_tenants_and_not_the_shared_provider_have_the_same_path() {
        let tenant =
            |n: u8| format!("00000000-0000-0000-0000-00000000000{n}").parse::<TenantId>().unwrap();
        let own = Callback::new(tenant(1), false).path();
        assert_eq!(own, "/api/v1/auth/oidc/callback/00000000-0000-0000-0000-000000000001");
        assert_ne!(own, Callback::new(tenant(2), false).path());
        assert_eq!(Callback::new(tenant(1), true).path(), "/api/v1/auth/oidc/callback");
    }
}
