//! The environment of children: each kind gets an allowlist of our variables, which include the
//! administrator's password and the model's key.

use std::ffi::OsString;

/// A kind of child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inherit {
    /// `PATH`, language and time: enough for Postgres and Redis.
    Base,
    /// Compilers, installers and tests: also the variables of their networks, caches and logs.
    Tools,
    /// The worker: also its mail server and its limits.
    Worker,
    /// `spin`: also its own settings.
    Spin,
}

const BASE: [&str; 9] = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_*", "TZ", "TMPDIR", "TERM"];

/// Proxies and certificates.
const NETWORK: [&str; 10] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

const TOOLS: [&str; 36] = [
    "CARGO_*",
    "RUST*",
    "SCCACHE_*",
    "npm_config_*",
    "NPM_CONFIG_*",
    "NODE_*",
    "PLAYWRIGHT_*",
    "PIP_*",
    "PYTHON*",
    "VIRTUAL_ENV",
    "XDG_*",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_*",
    "CC",
    "CXX",
    "AR",
    "LD",
    "CFLAGS",
    "CXXFLAGS",
    "LDFLAGS",
    "CPATH",
    "LIBRARY_PATH",
    "LD_LIBRARY_PATH",
    "DYLD_*",
    "PKG_CONFIG*",
    "OPENSSL_*",
    "MACOSX_DEPLOYMENT_TARGET",
    "SDKROOT",
    "DEVELOPER_DIR",
    "MAKEFLAGS",
    "NUM_JOBS",
    "COLORTERM",
    "CI",
    "DEBIAN_FRONTEND",
    "WASI_SDK_*",
];

const WORKER: [&str; 11] = [
    "TESSERA_SMTP_*",
    "TESSERA_MAIL_*",
    "TESSERA_WORKER_*",
    "TESSERA_CRAWL_*",
    "TESSERA_CHROMIUM",
    "TESSERA_RENDER_*",
    "TESSERA_EXTRACTOR_*",
    "TESSERA_INGEST_*",
    "OTEL_*",
    "RUST_LOG",
    "RUST_BACKTRACE",
];

const SPIN: [&str; 4] = ["SPIN_*", "XDG_*", "RUST_LOG", "OTEL_*"];

impl Inherit {
    fn patterns(self) -> impl Iterator<Item = &'static str> {
        let (network, own): (&[&str], &[&str]) = match self {
            Self::Base => (&[], &[]),
            Self::Tools => (&NETWORK, &TOOLS),
            Self::Worker => (&NETWORK, &WORKER),
            Self::Spin => (&NETWORK, &SPIN),
        };
        BASE.iter().chain(network).chain(own).copied()
    }

    /// Whether a child of this kind gets the variable `name`.
    fn allows(self, name: &str) -> bool {
        self.patterns().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == pattern,
        })
    }

    /// Our variables that a child of this kind gets.
    #[must_use]
    pub fn variables(self) -> Vec<(OsString, OsString)> {
        std::env::vars_os()
            .filter(|(name, _)| name.to_str().is_some_and(|name| self.allows(name)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Inherit;

    #[test]
    fn no_child_gets_our_secrets() {
        for kind in [Inherit::Base, Inherit::Tools, Inherit::Worker, Inherit::Spin] {
            for secret in [
                "TESSERA_ADMIN_PASSWORD",
                "TESSERA_CHAT_KEY",
                "DATABASE_URL",
                "REDIS_URL",
                "AWS_SECRET_ACCESS_KEY",
            ] {
                assert!(!kind.allows(secret), "{kind:?} gets {secret}");
            }
            assert!(kind.allows("PATH") && kind.allows("LC_ALL"));
        }
    }

    #[test]
    fn each_kind_gets_what_it_needs() {
        assert!(Inherit::Tools.allows("CARGO_HOME") && Inherit::Tools.allows("PIP_INDEX_URL"));
        assert!(
            Inherit::Worker.allows("TESSERA_SMTP_URL") && !Inherit::Base.allows("TESSERA_SMTP_URL")
        );
        assert!(
            Inherit::Spin.allows("SPIN_VARIABLE_CHAT_MODEL")
                && !Inherit::Tools.allows("SPIN_VARIABLE_CHAT_KEY")
        );
        assert!(!Inherit::Base.allows("HTTPS_PROXY"));
    }
}
