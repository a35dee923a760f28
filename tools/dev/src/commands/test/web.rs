//! The front end's half: unit tests, and the whole of it in a real browser against a whole stack.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;

use crate::counts::TestCounts;
use local_stack::setup::{BuildEnv, chromium, web};
use local_stack::stack::HostKind;
use local_stack::stack::{FirstAdmin, SignIn, Stack, StackOptions, outbox};
use local_stack::supervise::stores::StoreChoice;
use local_stack::supervise::{Invocation, Supervisor};

/// Unit tests, then the tests in a browser. Types and format are for `./stack lint`.
pub(super) async fn run(
    build_env: &BuildEnv,
    supervisor: &Supervisor,
    counts: &mut TestCounts,
) -> Result<()> {
    let invocation = web::npm_invocation(build_env)?.args(["run", "test"]);
    counts.run(build_env, "npm run test", invocation).await?;
    let label = "npm run test:e2e";
    if let Err(error) = in_the_browser(build_env, supervisor, counts, label).await {
        counts.fail(label, &error);
    }
    Ok(())
}

/// The tests begin on an empty stack with the set-up link, as a new user does.
async fn in_the_browser(
    build_env: &BuildEnv,
    supervisor: &Supervisor,
    counts: &mut TestCounts,
    label: &str,
) -> Result<()> {
    let browser = chromium::install(build_env).await?;
    supervisor.stop_all().await;
    let crawled_port = build_env.ports.of("crawled site of the tests")?;
    let model_port = build_env.ports.of("language model of the tests")?;
    let options = StackOptions {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        host: HostKind::LocalStack,
        stores: StoreChoice::private(),
        first_admin: FirstAdmin::Link,
        loopback_providers: true,
        crawled_port: Some(crawled_port),
        model_port: Some(model_port),
        is_measured: false,
        generator: None,
    };
    let stack = Stack::start(build_env, supervisor, options).await?;
    let playwright = |arguments: &[&str]| -> Result<Invocation> {
        let mut invocation = web::npm_invocation(build_env)?
            .args(["run", "test:e2e", "--"])
            .args(arguments)
            .env("TESSERA_URL", &stack.url)
            .env("TESSERA_OUTBOX", outbox(build_env))
            .env("TESSERA_LOOPBACK_PROVIDERS", "true")
            .env("TESSERA_CRAWL_PORT", crawled_port.to_string())
            .env("TESSERA_MODEL_PORT", model_port.to_string())
            .env("TESSERA_LEAVE_NOTHING_OUT", "true")
            .env("TESSERA_CHROMIUM", &browser);
        if let SignIn::Link(link) = &stack.sign_in {
            invocation = invocation.env("TESSERA_SETUP_URL", link);
        }
        Ok(invocation)
    };
    // Files 1 to 8 build on each other; those that begin with 9 do not, so two of them run at once.
    let ordered = counts.run(build_env, label, playwright(&["e2e/[1-8]-"])?).await;
    let others = counts.run(build_env, label, playwright(&["--workers", "2", "e2e/9-"])?).await;
    stack.drain().await;
    ordered.and(others)
}
