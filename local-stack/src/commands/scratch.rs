//! A stack of its own for one command: private stores, a preset administrator, thrown away afterwards.

use anyhow::{Result, bail};

use super::until_stopped;
use crate::cli::HostKind;
use crate::client::Client;
use crate::console::{self, Console};
use crate::lock::{RunLock, Taken};
use crate::places::Places;
use crate::secrets;
use crate::setup::Workshop;
use crate::stack::{FirstAdmin, Stack, StackOptions};
use crate::supervise::stores::{self, StoreChoice};
use crate::supervise::{Fleet, Place};

const EMAIL: &str = "scratch@tessera.invalid";

/// Starts a private stack in `.stack/<name>`, runs `work` with a signed-in client, and removes everything again: the user's own
/// spaces are never touched.
///
/// # Errors
/// What did not start, and `work`'s own.
pub(super) async fn run<T>(
    places: &Places,
    name: &str,
    work: impl AsyncFnOnce(&Client, &Console) -> Result<T>,
) -> Result<T> {
    let places = places.with_state(places.root.join(".stack").join(name));
    places.make_state()?;
    let _lock = match RunLock::take(&places)? {
        Taken::Ours(lock) => lock,
        Taken::RunningAs(id) => bail!("./stack {name} already runs in this clone (process {id})"),
    };
    stores::forget(&places)?;
    let console = Console::quiet();
    console::show_tracing(&console)?;
    let workshop = Workshop::open(places.clone(), console.clone())?;
    let fleet = Fleet::new(workshop.nursery.clone(), console.clone());
    let password = secrets::random()?;
    let options = StackOptions {
        listen: ([127, 0, 0, 1], 0).into(),
        host: HostKind::LocalStack,
        stores: StoreChoice::private(),
        first_admin: FirstAdmin::Preset { email: EMAIL.to_owned(), password: password.clone() },
        loopback_providers: false,
    };
    let done = until_stopped(async {
        let stack = Stack::start(&workshop, &fleet, options).await?;
        let client = Client::sign_in(&stack.url, EMAIL, &password).await?;
        let done = work(&client, &console).await;
        stack.wind_down().await;
        done
    })
    .await;
    fleet.stop(Place::Front).await;
    fleet.stop_all().await;
    stores::forget(&places)?;
    done
}
