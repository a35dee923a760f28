//! The command line of `local-stack`, which runs a clone of Tessera, and of `tessera`, the same
//! program in a release.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::commands;
use crate::commands::top::TopOptions;
use crate::paths::Paths;
use crate::release::Release;
use crate::setup::generator::{Generator, SMALL};
use crate::stack::{self, HostKind};

/// The other commands of `./stack`, which the program `dev` implements (`tools/dev`).
const DEVELOPMENT: &str = "Development:
  build [COMPONENT]           Build the components (or one of them), the worker and the front end
  package                     Make a release for this platform, which installs without compiling
  test                        Run all tests, on private servers
  lint                        Check format, lints, documentation, dependencies and spelling
  demo                        Ingest a small shelf of documents and ask it questions in English and Swedish
  eval FOLDER                 Measure retrieval on a labelled collection in BEIR form
  calibrate FOLDER...         Fit the numbers of an embedding model's row on such collections
  bench [NAME...]             Measure the figures of docs/benchmarks.md
  fuzz [SECONDS] [TARGET]     Feed arbitrary bytes to every parser
  schemathesis [SECONDS]      Send requests made from the contract to a running stack";

/// Tessera: ask your documents, and check the answers.
#[derive(Parser, Debug)]
#[command(name = "./stack", bin_name = "./stack", disable_help_subcommand = true, after_help = DEVELOPMENT)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Install what is missing, build, start everything and stay in the foreground; a release only
    /// starts
    Up(Up),
    /// Stop what `up` started
    Down,
    /// Delete this installation's database, documents and secrets (asks first)
    Reset {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Write an encrypted backup of the database, read it back, and delete old ones; the stack may
    /// run meanwhile
    Backup {
        /// Where backups go; default: TESSERA_BACKUP_FOLDER, or `backups` in the state folder
        folder: Option<PathBuf>,
        /// Backups that are older are deleted, but never the newest
        #[arg(long, default_value_t = 7, value_name = "DAYS")]
        keep_days: u64,
    },
    /// Put a backup in the place of the database (asks first), or show with --drill that it can be
    /// restored
    Restore {
        /// A file `tessera-STAMP.backup`, with its `.json` beside it
        file: PathBuf,
        /// Restore into a server of its own, check it, and print how long that took
        #[arg(long)]
        drill: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Show the running stack in the terminal: requests, queue, connections, memory; Ctrl-C ends it
    Top {
        /// Print it once and end, with 1 if host or worker do not answer
        #[arg(long)]
        once: bool,
        /// Seconds between two looks
        #[arg(long, default_value_t = 2, value_name = "SECONDS")]
        every: u64,
    },
    /// Close the service for a while, or open it again; without on or off: print which it is
    Maintenance {
        /// New requests get 503, and running answers finish
        #[arg(value_enum)]
        mode: Option<MaintenanceMode>,
        /// What people are told, with `on`
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// Name each missing or broken prerequisite and the command that mends it
    Doctor,
    /// Start only Postgres and Redis, for running tests by hand
    Servers,
    /// Run an admin command on the running stack: operator add NAME, verify-audit, …; `worker help`
    /// lists them
    #[command(disable_help_flag = true)]
    Worker {
        /// The admin command and its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Print the users of Redis and their rights, as lines for the ACL file of a server of your own
    /// (passwords as hashes)
    RedisAcl,
    /// Print the functions that a Redis of your own must have loaded, for `redis-cli -x function
    /// load replace`
    RedisFunctions,
    /// Compile the components; `up` runs it in a separate process
    #[command(hide = true)]
    CompileComponents {
        /// The folder for native code
        cache: PathBuf,
    },
}

/// Whether the service is closed.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum MaintenanceMode {
    /// Closed
    On,
    /// Open
    Off,
}

/// The arguments of the worker's admin command.
fn maintenance(mode: Option<MaintenanceMode>, message: Option<String>) -> Vec<String> {
    let mut words = vec!["maintenance".to_owned()];
    words.extend(mode.map(|mode| match mode {
        MaintenanceMode::On => "on".to_owned(),
        MaintenanceMode::Off => "off".to_owned(),
    }));
    words.extend(message.into_iter().flat_map(|message| ["--message".to_owned(), message]));
    words
}

/// The options of `up`.
#[derive(clap::Args, Clone, Debug)]
pub struct Up {
    /// Address and port to listen on
    #[arg(long, env = "TESSERA_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// What runs the components
    #[arg(long, value_enum, default_value = "local-stack")]
    pub host: HostKind,
    /// Print logs as JSON lines
    #[arg(long)]
    pub json: bool,
    /// Also serve a language model on this machine, which assistants can be set to
    #[arg(long, value_enum, env = "TESSERA_LOCAL_MODEL")]
    pub model: Option<LocalModel>,
}

/// The language models that can be served on this machine.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum LocalModel {
    /// Qwen2.5-Coder 1.5B: downloads 1.2 GB once, takes 2.3 GB of memory and every processor core
    /// while it answers, seconds to a minute for an answer with sources
    Small,
}

impl LocalModel {
    /// The model.
    #[must_use]
    pub fn generator(self) -> &'static Generator {
        match self {
            Self::Small => &SMALL,
        }
    }
}

/// Runs the command of the arguments; errors go to standard error.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = arguments();
    run(async |paths| match arguments.command {
        Command::Up(options) => commands::up::run(paths, &options).await,
        Command::Down => commands::down::run(&paths).await,
        Command::Reset { yes } => commands::reset::run(&paths, yes),
        Command::Backup { folder, keep_days } => {
            commands::backup::backup(paths, folder, keep_days).await
        }
        Command::Restore { file, drill, yes } => {
            commands::backup::restore(paths, &file, drill, yes).await
        }
        Command::Top { once, every } => {
            commands::top::run(&paths, TopOptions { once, seconds: every }).await
        }
        Command::Maintenance { mode, message } => {
            commands::worker::run(&paths, &maintenance(mode, message))
        }
        Command::Doctor => commands::doctor::run(paths).await,
        Command::Servers => commands::servers::run(paths).await,
        Command::Worker { arguments } => commands::worker::run(&paths, &arguments),
        Command::RedisAcl => commands::redis::acl(&paths),
        Command::RedisFunctions => commands::redis::functions(),
        Command::CompileComponents { cache } => {
            stack::compile_components(&paths, &cache).map(|()| ExitCode::SUCCESS)
        }
    })
}

/// A release has the same commands under its own name, without those for developers. Whether its
/// file can be read shows when the command begins.
fn arguments() -> Arguments {
    let Ok(Some((_, release))) = Release::of_this_program() else { return Arguments::parse() };
    // The command line takes no other text for a version, and lives as long as the process.
    let version: &'static str = Box::leak(release.version.into_boxed_str());
    let command = Arguments::command().name("tessera").bin_name("tessera").version(version);
    let matches = command
        .after_help("")
        .mut_subcommand("servers", |servers| servers.hide(true))
        .get_matches();
    Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Runs a command in the release of this program or the clone of the working directory; errors go
/// to standard error. Also for `dev`.
pub fn run(command: impl AsyncFnOnce(Paths) -> Result<ExitCode>) -> ExitCode {
    // Files that we and our children write are private, unless they are made readable on purpose.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime");
    match runtime.and_then(|runtime| runtime.block_on(command(Paths::find()?))) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
