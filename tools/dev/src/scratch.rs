//! A stack of its own for one command: private stores, a preset administrator, thrown away
//! afterwards.

use anyhow::{Result, bail};

use crate::client::Client;
use local_stack::console::{self, Console};
use local_stack::lock::{LockOutcome, RunLock};
use local_stack::paths::Paths;
use local_stack::secrets;
use local_stack::setup::BuildEnv;
use local_stack::setup::generator::Generator;
use local_stack::stack::HostKind;
use local_stack::stack::{FirstAdmin, Stack, StackOptions};
use local_stack::supervise::signals::until_stopped;
use local_stack::supervise::stores::{self, StoreChoice};
use local_stack::supervise::{Supervisor, Tier};

const EMAIL: &str = "scratch@tessera.invalid";

/// Starts a private stack in `.stack/<name>`, which may crawl `crawled_port` of loopback and serve
/// `generator`, runs `work` with a signed-in client, and removes everything again: the user's own spaces are never
/// touched.
///
/// # Errors
/// What did not start, and `work`'s own.
pub(crate) async fn run<T>(
    paths: &Paths,
    name: &str,
    crawled_port: Option<u16>,
    generator: Option<&'static Generator>,
    work: impl AsyncFnOnce(&Client, &Console) -> Result<T>,
) -> Result<T> {
    let paths = paths.with_state(paths.root.join(".stack").join(name));
    paths.make_state()?;
    let _lock = match RunLock::acquire(&paths)? {
        LockOutcome::Acquired(lock) => lock,
        LockOutcome::HeldBy(id) => {
            bail!("./stack {name} already runs in this clone (process {id})")
        }
    };
    stores::delete_data(&paths)?;
    let console = Console::quiet();
    console::show_tracing(&console)?;
    let build_env = BuildEnv::open(paths.clone(), console.clone())?;
    let supervisor = Supervisor::new(build_env.spawner.clone(), console.clone());
    let password = secrets::random()?;
    let options = StackOptions {
        listen: ([127, 0, 0, 1], 0).into(),
        host: HostKind::LocalStack,
        stores: StoreChoice::private(),
        first_admin: FirstAdmin::Preset { email: EMAIL.to_owned(), password: password.clone() },
        loopback_providers: false,
        crawled_port,
        model_port: None,
        is_measured: false,
        generator,
    };
    let done = until_stopped(async {
        let stack = Stack::start(&build_env, &supervisor, options).await?;
        let client = Client::sign_in(&stack.url, EMAIL, &password).await?;
        let done = work(&client, &console).await;
        stack.drain().await;
        done
    })
    .await;
    supervisor.stop(Tier::Host).await;
    supervisor.stop_all().await;
    stores::delete_data(&paths)?;
    done
}
