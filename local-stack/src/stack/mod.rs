//! A whole Tessera on this machine: Postgres, Redis, worker and host, started together and stopped in order.

mod first_admin;
mod front;
mod settings;
mod spin;
mod worker;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// In the state folder: what the worker is told, for errands; readable by its owner only.
pub const WORKER_ENVIRONMENT: &str = "worker.json";

pub use first_admin::{FirstAdmin, SignIn};
pub use front::compile_components;
pub(crate) use worker::outbox;

use crate::cli::HostKind;
use crate::secrets::Secrets;
use crate::setup::{Workshop, build, model};
use crate::supervise::stores::{self, Database, StoreChoice};
use crate::supervise::{Fleet, Place};
use schema::WORKER_ROLE;
use schema::redis::RedisServer;

use front::Front;
use settings::Settings;

/// How a stack is to be started.
pub struct StackOptions {
    /// Where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// What runs the components.
    pub host: HostKind,
    /// Which Postgres and Redis.
    pub stores: StoreChoice,
    /// How the first administrator comes about.
    pub first_admin: FirstAdmin,
    /// Whether identity providers on loopback are reached: tests bring theirs.
    pub loopback_providers: bool,
}

/// A stack that answers requests.
pub struct Stack {
    /// Where users reach it, e.g. `http://127.0.0.1:3000`.
    pub url: String,
    /// How to sign in.
    pub sign_in: SignIn,
    /// Where its mails go.
    pub mails: String,
    /// Its database.
    pub database: Database,
    /// Its Redis.
    pub redis: RedisServer,
    /// The worker's connection URL.
    pub worker_database_url: String,
    front: Front,
    fleet: Fleet,
}

impl Stack {
    /// Installs and builds what is missing, then starts everything; it answers when this returns. Programs are entered
    /// into `fleet` as they start: whoever abandons the start stops them with [`Fleet::stop_all`].
    ///
    /// # Errors
    /// What could not be installed, built or started.
    pub async fn start(workshop: &Workshop, fleet: &Fleet, mut options: StackOptions) -> Result<Self> {
        if options.listen.port() == 0 {
            options.listen.set_port(workshop.ports.of("http")?);
        }
        let secrets = Secrets::load(&workshop.places)?;
        // All at once: the servers start while things are built, or, on a warm start, while the host loads the components.
        let database = async {
            let database = stores::start_postgres(workshop, fleet, &secrets, &options.stores).await?;
            prepare_database(workshop, &database, &secrets).await?;
            Ok(database)
        };
        let redis = stores::start_redis(workshop, fleet, &secrets, &options.stores);
        let (database, redis, (), model) =
            tokio::try_join!(database, redis, build::everything(workshop), model::install(workshop))?;
        let mut settings = Settings::new(workshop, options.listen, &secrets, &database, &redis)?;
        if options.loopback_providers {
            settings.allow_loopback_providers();
        }
        worker::keep_environment(workshop, &settings)?;
        let (front, sign_in) = start_programs(workshop, fleet, &options, &settings, model).await?;
        let password = secrets.passwords.of(WORKER_ROLE);
        let worker_database_url = database.server.url(&database.name, WORKER_ROLE, password);
        Ok(Self {
            url: settings.public_url,
            sign_in,
            mails: worker::mails(workshop),
            database,
            redis,
            worker_database_url,
            front,
            fleet: fleet.clone(),
        })
    }

    /// Lets running requests finish, then ends worker and front; the stores still run.
    pub async fn wind_down(self) {
        self.front.drain().await;
        self.fleet.stop(Place::Front).await;
        self.fleet.stop(Place::Middle).await;
    }
}

/// The host last, so that nobody is answered by half a stack, and none is abandoned when the start is.
async fn start_programs(
    workshop: &Workshop,
    fleet: &Fleet,
    options: &StackOptions,
    settings: &Settings,
    model: PathBuf,
) -> Result<(Front, SignIn)> {
    let worker = fleet.start(Place::Middle, worker::program(workshop, settings, &model));
    let sign_in = first_admin::prepare(workshop, settings, &options.first_admin);
    let ((), sign_in) = tokio::try_join!(worker, sign_in)?;
    let front = match options.host {
        HostKind::LocalStack => front::start_native(workshop, options, settings).await?,
        HostKind::Spin => spin::start(workshop, fleet, options.listen, settings).await?,
    };
    Ok((front, sign_in))
}

async fn prepare_database(workshop: &Workshop, database: &Database, secrets: &Secrets) -> Result<()> {
    database.server.provision(&database.name, &secrets.passwords).await?;
    let migrations = workshop.places.root.join("migrations");
    let report = database.server.migrate(&database.name, &secrets.passwords, &migrations).await;
    let report = report.with_context(|| format!("the database {}", database.name))?;
    if !report.is_empty() {
        workshop.console.say(&format!("migrated the database ({report})"));
    }
    Ok(())
}
