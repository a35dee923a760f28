//! The fixture: a manifest around the contract guest, a host on a free port, a client.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use host::{Host, HostConfig, RuntimeConfig};
use tempfile::TempDir;

/// The variables of the contract manifest.
pub(crate) const VARIABLES: &str = r#"
[variables]
who = { default = "world" }
pg_url = { required = true, secret = true }
pg_allowed = { required = true }
redis_url = { required = true }
redis_allowed = { required = true }
nothing = { default = "" }
outside = { default = "" }
"#;

/// The runtime configuration that sends every request to `wasi:http`.
pub(crate) const STREAMED: &str = "[instances]\nunary = false\n";

/// A manifest with the contract guest as main, neighbouring and private component. `extra` is
/// appended.
pub(crate) fn manifest(guest: &Path, extra: &str) -> String {
    let guest = guest.display();
    let component = |id: &str| {
        format!(
            r#"
[component.{id}]
source = "{guest}"
allowed_outbound_hosts = ["{{{{ pg_allowed }}}}", "{{{{ redis_allowed }}}}", "{{{{ nothing }}}}", "{{{{ outside }}}}", "http://*.spin.internal", "http://self"]
key_value_stores = ["default"]
files = [{{ source = "files", destination = "/static" }}]
[component.{id}.variables]
greeting = "hello, {{{{ who }}}}"
pg_url = "{{{{ pg_url }}}}"
redis_url = "{{{{ redis_url }}}}"
"#
        )
    };
    format!(
        r#"spin_manifest_version = 2
[application]
name = "contract"
version = "0.1.0"
{VARIABLES}
[[trigger.http]]
route = "/..."
component = "contract"
[[trigger.http]]
route = "/neighbour/..."
component = "neighbour"
[[trigger.http]]
route = "/named/:first_name/..."
component = "contract"
[[trigger.http]]
route = "/fixed"
static_response = {{ status_code = 203, headers = {{ x-fixed = "yes" }}, body = "fixed" }}
[[trigger.http]]
route = {{ private = true }}
component = "hidden"
{}{}{}
{extra}
"#,
        component("contract"),
        component("neighbour"),
        component("hidden"),
    )
}

/// A running host with the contract guest.
pub(crate) struct Fixture {
    /// The host.
    pub(crate) host: Host,
    /// `http://ip:port`
    pub(crate) url: String,
    /// A client without a pool limit.
    pub(crate) client: reqwest::Client,
    folder: TempDir,
}

impl Fixture {
    /// With the default runtime configuration.
    pub(crate) async fn new() -> Self {
        Self::with("", "").await
    }

    /// With additions to the manifest and a runtime configuration.
    pub(crate) async fn with(extra: &str, runtime: &str) -> Self {
        Self::try_with(extra, runtime, |_| {}).await.unwrap()
    }

    /// The same, with a last change to the configuration; returns the start-up error.
    pub(crate) async fn try_with(
        extra: &str,
        runtime: &str,
        change: impl FnOnce(&mut HostConfig),
    ) -> anyhow::Result<Self> {
        let folder = folder(extra);
        let mut config = HostConfig::new(folder.path().join("spin.toml"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.variables = variables().into_iter().collect();
        config.cache_dir = Some(cache());
        config.key_value_redis = Some(redis_url());
        let file = folder.path().join("local-stack.toml");
        std::fs::write(&file, runtime).unwrap();
        config.runtime = RuntimeConfig::load(&file)?;
        change(&mut config);
        let host = Host::start(config).await?;
        let url = format!("http://{}", host.addr());
        Ok(Self { host, url, client: client().build().unwrap(), folder })
    }

    /// Status and body of `GET path`.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Expects the case to return 200.
    pub(crate) async fn passes(&self, case: &str) {
        let (status, body) = self.get(case).await;
        assert_eq!((status, body.as_str()), (200, "ok"), "{case}");
    }

    /// Drains, stops and returns the folder.
    pub(crate) async fn stop(self) {
        self.host.shutdown().await;
        drop(self.folder);
    }
}

/// A client; reqwest is built without a TLS provider of its own.
pub(crate) fn client() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

/// A folder with the manifest and its files.
pub(crate) fn folder(extra: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("files")).unwrap();
    std::fs::write(folder.path().join("files/greeting.txt"), "hello from a file\n").unwrap();
    std::fs::write(folder.path().join("spin.toml"), manifest(guest(), extra)).unwrap();
    folder
}

/// Values of the required variables.
pub(crate) fn variables() -> Vec<(String, String)> {
    let (pg, redis) = (database_url(), redis_url());
    let values = [
        ("pg_allowed", allowed(&pg, 5432)),
        ("redis_allowed", allowed(&redis, 6379)),
        ("pg_url", pg),
        ("redis_url", redis),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The entry of `allowed_outbound_hosts` that covers `url`.
fn allowed(url: &str, port: u16) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    format!("{}://{}:{}", url.scheme(), url.host_str().unwrap(), url.port().unwrap_or(port))
}

/// The test database, without TLS.
pub(crate) fn database_url() -> String {
    let url = std::env::var("TESSERA_TEST_DATABASE_URL")
        .expect("TESSERA_TEST_DATABASE_URL must name a Postgres database");
    if url.contains("sslmode") { url } else { format!("{url}?sslmode=disable") }
}

/// The test Redis, without a trailing slash.
pub(crate) fn redis_url() -> String {
    std::env::var("TESSERA_TEST_REDIS_URL").expect("TESSERA_TEST_REDIS_URL must name a Redis")
}

/// Compiled components are shared by all tests and runs.
pub(crate) fn cache() -> PathBuf {
    target().join("test-cache")
}

fn target() -> PathBuf {
    let binary = std::env::current_exe().unwrap();
    // <target>/release/deps/<test>
    binary.ancestors().nth(3).expect("the test runs from a cargo target folder").to_path_buf()
}

/// The contract guest's `.wasm`, built once.
pub(crate) fn guest() -> &'static Path {
    static GUEST: OnceLock<PathBuf> = OnceLock::new();
    GUEST.get_or_init(|| {
        if let Some(path) = std::env::var_os("TESSERA_CONTRACT_GUEST") {
            return path.into();
        }
        let target = target();
        let built = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--profile",
                "guest",
                "--target",
                "wasm32-wasip2",
                "-p",
                "contract-guest",
                "--target-dir",
            ])
            .arg(&target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo can be run");
        assert!(
            built.success(),
            "the contract guest does not build: is the target wasm32-wasip2 installed?"
        );
        target.join("wasm32-wasip2/guest/contract_guest.wasm")
    })
}
