//! The command line of the developers' half of `./stack`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local_stack::cli::LocalModel;
use local_stack::stack;

use crate::commands;

/// What developers of Tessera run.
#[derive(Parser, Debug)]
#[command(name = "./stack", bin_name = "./stack", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run all tests, on private servers
    Test,
    /// Check format, lints, documentation, dependencies and spelling
    Lint,
    /// Build the components (or one of them), the worker and the front end
    Build {
        /// A component, e.g. `chat`
        component: Option<String>,
    },
    /// Make a release for this platform in dist/release, which installs without compiling
    Package(commands::package::Options),
    /// Ingest a small shelf of documents and ask it questions in English and Swedish
    Demo {
        /// Let a language model on this machine answer; `up --help` says what it takes
        #[arg(long, value_enum)]
        model: Option<LocalModel>,
    },
    /// Measure retrieval on a labelled collection in BEIR form
    Eval {
        /// Folder with corpus.jsonl, queries.jsonl and qrels.tsv
        folder: PathBuf,
    },
    /// Fit the numbers of an embedding model's row on labelled collections in BEIR form
    Calibrate {
        /// Folders with corpus.jsonl, queries.jsonl and qrels.tsv
        #[arg(required = true)]
        folders: Vec<PathBuf>,
    },
    /// Measure the figures of docs/benchmarks.md
    Bench {
        /// Only these: health, me, search, first-byte, embedding, pdf, lanes, crawl, crawl-kills,
        /// job-kills, cold-start, upload-memory, up, open-request, sign-ins, isolation, fairness,
        /// rolling
        names: Vec<String>,
    },
    /// Fuzz what reads other people's bytes; ends with failure if something is found
    Fuzz {
        /// For each target
        #[arg(default_value_t = 60)]
        seconds: u64,
        /// Only this one: tokens, headers, queries, forms, events, redirects, scim, robots,
        /// sitemap, addresses, page, pdf, docx, pptx, archive, html, markdown, text, csv
        target: Option<String>,
    },
    /// Send requests made from the contract to a running stack; every answer must be as documented
    Schemathesis {
        /// At most
        #[arg(default_value_t = 60)]
        seconds: u64,
    },
    /// What the start of a stack does in a process of its own
    #[command(hide = true)]
    CompileComponents {
        /// Where the native code goes
        cache: PathBuf,
    },
}

/// Runs the command that was asked for.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    local_stack::cli::run(async |paths| match arguments.command {
        Command::Test => commands::test::run(paths).await,
        Command::Lint => commands::lint::run(paths).await,
        Command::Build { component } => commands::build::run(paths, component.as_deref()).await,
        Command::Package(options) => commands::package::run(paths, &options).await,
        Command::Demo { model } => commands::demo::run(paths, model).await,
        Command::Eval { folder } => commands::eval::run(paths, &folder).await,
        Command::Calibrate { folders } => commands::calibrate::run(paths, &folders).await,
        Command::Bench { names } => commands::bench::run(paths, &names).await,
        Command::Fuzz { seconds, target } => {
            commands::fuzz::run(paths, seconds, target.as_deref()).await
        }
        Command::Schemathesis { seconds } => commands::schemathesis::run(paths, seconds).await,
        Command::CompileComponents { cache } => {
            stack::compile_components(&paths, &cache).map(|()| ExitCode::SUCCESS)
        }
    })
}
