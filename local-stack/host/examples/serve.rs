//! Runs one manifest: `serve spin.toml [listen] [name=value …]`. Handy beside `local-stack`, which does the rest.

use host::{Host, HostConfig};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut config = HostConfig::new(arguments.next().unwrap_or_else(|| "spin.toml".into()));
    if let Some(listen) = arguments.next() {
        config.listen = listen.parse()?;
    }
    for pair in arguments {
        if let Some((name, value)) = pair.split_once('=') {
            config.variables.insert(name.into(), value.into());
        }
    }
    config.cache_dir = Some(std::env::temp_dir().join("host-serve-cache"));
    config.key_value_redis = std::env::var("REDIS_URL").ok();
    let host = Host::start(config).await?;
    #[expect(clippy::print_stdout, reason = "an example says where it listens")]
    {
        println!("http://{}", host.addr());
    }
    tokio::signal::ctrl_c().await?;
    host.shutdown().await;
    Ok(())
}
