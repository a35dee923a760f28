//! `./stack fuzz [SECONDS] [TARGET]`: coverage-guided fuzzing of what reads other people's bytes,
//! with libFuzzer on the stable toolchain.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use local_stack::console::Console;
use local_stack::paths::Paths;
use local_stack::setup::{BuildEnv, cargo, step};
use local_stack::supervise::signals::until_stopped;
use local_stack::supervise::{Inherit, Invocation};

/// What sees which branches were taken: flags of the compiler that need no nightly one.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// More than any parser may need for inputs of [`LONGEST`] bytes.
const MEMORY_MB: u32 = 2_048;
/// Slower than this for one input is a finding.
const SLOWEST_SECONDS: u32 = 20;
/// Bytes of an input.
const LONGEST: u32 = 65_536;

/// A target: its name, its program, its dictionary, where its first inputs are.
struct Target {
    name: &'static str,
    program: &'static str,
    dictionary: &'static str,
    seeds: &'static [&'static str],
}

const fn target(
    name: &'static str,
    program: &'static str,
    dictionary: &'static str,
    seeds: &'static [&'static str],
) -> Target {
    Target { name, program, dictionary, seeds }
}

const TARGETS: &[Target] = &[
    target("tokens", "fuzz-requests", "requests", &["fuzz/seeds/tokens"]),
    target("headers", "fuzz-requests", "requests", &["fuzz/seeds/headers"]),
    target("queries", "fuzz-requests", "requests", &["fuzz/seeds/queries"]),
    target("forms", "fuzz-requests", "requests", &["fuzz/seeds/forms"]),
    target("events", "fuzz-requests", "requests", &["fuzz/seeds/events"]),
    target("redirects", "fuzz-requests", "requests", &["fuzz/seeds/redirects"]),
    target("scim", "fuzz-requests", "requests", &["fuzz/seeds/scim"]),
    target("robots", "fuzz-crawler", "requests", &["fuzz/seeds/robots"]),
    target("sitemap", "fuzz-crawler", "xml", &["fuzz/seeds/sitemap"]),
    target("addresses", "fuzz-crawler", "requests", &["fuzz/seeds/addresses"]),
    target("page", "fuzz-crawler", "xml", &["fuzz/seeds/page", "demo/energy.html"]),
    target("pdf", "fuzz-documents", "pdf", &["demo/handbook.pdf", "crates/extract/tests/files"]),
    target("docx", "fuzz-documents", "xml", &["fuzz/seeds/docx"]),
    target("pptx", "fuzz-documents", "xml", &["fuzz/seeds/pptx"]),
    target("archive", "fuzz-documents", "xml", &["demo/annual-meeting-2025.docx"]),
    target("html", "fuzz-documents", "xml", &["demo/energy.html"]),
    target("markdown", "fuzz-documents", "markdown", &["demo/common-rooms.md", "README.md"]),
    target("text", "fuzz-documents", "markdown", &["demo/common-rooms.md", "LICENSE"]),
    target("csv", "fuzz-documents", "markdown", &["demo/maintenance-plan.csv"]),
];

/// Builds the targets and runs each of them, or one, for so many seconds. Findings stay in
/// `.stack/fuzz/findings`.
///
/// # Errors
/// When there is no such target, or something does not build.
pub(crate) async fn run(paths: Paths, seconds: u64, only: Option<&str>) -> Result<ExitCode> {
    let chosen: Vec<&Target> =
        TARGETS.iter().filter(|t| only.is_none_or(|name| name == t.name)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|t| t.name).collect();
        bail!("expected one of {}, got {}", names.join(", "), only.unwrap_or_default());
    }
    let paths = paths.with_state(paths.root.join(".stack/fuzz"));
    paths.make_state()?;
    let build_env = BuildEnv::open(paths, Console::stdout(false))?;
    until_stopped(fuzz(&build_env, &chosen, seconds)).await
}

async fn fuzz(build_env: &BuildEnv, targets: &[&Target], seconds: u64) -> Result<ExitCode> {
    let programs = build(build_env, targets).await?;
    let mut findings = Vec::new();
    for target in targets {
        build_env.console.print(&format!("{}: {seconds} s", target.name));
        let log = build_env.paths.logs().join(format!("{}.log", target.name));
        let invocation = invocation(build_env, target, &programs, seconds)?;
        let ran =
            step::run(target.name, &invocation, &log, &build_env.spawner, &build_env.console).await;
        build_env.console.print(&format!("  {}", last_figures(&log)));
        if let Err(error) = ran {
            build_env.console.print(&format!("  finding: {error:#}"));
            findings.push(target.name);
        }
    }
    if findings.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let folder = build_env.paths.state.join("findings");
    build_env.console.print(&format!(
        "findings in {}; the inputs that show them: {}",
        findings.join(", "),
        folder.display()
    ));
    Ok(ExitCode::FAILURE)
}

/// Into a folder of its own: instrumented code is not what the rest of the build wants.
async fn build(build_env: &BuildEnv, targets: &[&Target]) -> Result<PathBuf> {
    let folder = build_env.paths.target.join("fuzz");
    let host = host_triple()?;
    let mut packages: Vec<&str> = targets.iter().map(|t| t.program).collect();
    packages.dedup();
    let mut invocation = cargo::invocation(build_env)?
        .folder(build_env.paths.root.join("fuzz"))
        // With a target named, build scripts and macros stay as they are.
        .args(["build", "--release", "--locked", "--target", &host])
        .env("CARGO_TARGET_DIR", &folder)
        .env("RUSTFLAGS", COVERAGE);
    for package in packages {
        invocation = invocation.args(["--package", package]);
    }
    let log = build_env.paths.logs().join("build.log");
    step::run(
        "building the fuzz targets",
        &invocation,
        &log,
        &build_env.spawner,
        &build_env.console,
    )
    .await?;
    Ok(folder.join(host).join("release"))
}

/// As rustc names this machine.
fn host_triple() -> Result<String> {
    let out = std::process::Command::new("rustc")
        .args(["--version", "--verbose"])
        .output()
        .context("asking rustc")?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .context("rustc does not name its host")
}

fn invocation(
    build_env: &BuildEnv,
    target: &Target,
    programs: &Path,
    seconds: u64,
) -> Result<Invocation> {
    let state = &build_env.paths.state;
    let (corpus, findings) =
        (state.join("corpus").join(target.name), state.join("findings").join(target.name));
    for folder in [&corpus, &findings] {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let root = &build_env.paths.root;
    for seed in target.seeds {
        copy_seed(&root.join(seed), &corpus)?;
    }
    Ok(Invocation::new(programs.join(target.program))
        .inherit(Inherit::Tools)
        .folder(state)
        .env("TESSERA_FUZZ", target.name)
        .args([
            format!("-max_total_time={seconds}"),
            format!("-rss_limit_mb={MEMORY_MB}"),
            format!("-timeout={SLOWEST_SECONDS}"),
            format!("-max_len={LONGEST}"),
            format!("-artifact_prefix={}/", findings.display()),
            format!(
                "-dict={}",
                root.join("fuzz/dictionaries").join(format!("{}.txt", target.dictionary)).display()
            ),
            "-print_final_stats=1".to_owned(),
        ])
        .args([corpus]))
}

/// Copies a first input, or a folder of them, beside what earlier runs have found.
fn copy_seed(seed: &Path, corpus: &Path) -> Result<()> {
    let files = if seed.is_dir() {
        fs::read_dir(seed)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?
    } else {
        vec![seed.to_owned()]
    };
    for file in files {
        let name = file.file_name().context("a seed without a name")?;
        fs::copy(&file, corpus.join(name))
            .with_context(|| format!("copying {}", file.display()))?;
    }
    Ok(())
}

/// `stat::number_of_executed_units: …` and the like, on one line.
fn last_figures(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let figures = text.lines().filter_map(|line| line.strip_prefix("stat::"));
    figures
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}
