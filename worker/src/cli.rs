//! What the worker can be asked to do.

use std::path::Path;

use anyhow::{Context, Result, bail};
use identity::bootstrap;
use platform::{config, pg::Source};

use crate::{ingest, run, settings};

const USAGE: &str = "usage: worker [run]
       worker bootstrap --email ADDRESS     makes the first administrator (password from TESSERA_ADMIN_PASSWORD)
       worker setup-link --public-url URL   prints a link that makes the first administrator
       worker extract FILE                  prints what the extractor reads in a file";

/// Does what the arguments say.
///
/// # Errors
/// Where an argument is not understood, a setting is missing, or the work itself fails.
pub async fn run(arguments: impl Iterator<Item = String>) -> Result<()> {
    let arguments: Vec<String> = arguments.collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["run"] => run::run().await,
        ["bootstrap", "--email", email] => make_administrator(email).await,
        ["setup-link", "--public-url", url] => print_setup_link(url).await,
        // What `run` does first, in a process of its own.
        ["compile"] => settings::extractor().await.map(|_| ()),
        ["extract", file] => print_extraction(Path::new(file)).await,
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("expected one of these, got `{}`\n{USAGE}", words.join(" ")),
    }
}

async fn make_administrator(email: &str) -> Result<()> {
    let password = config::required("admin_password").await?;
    let source = Source::from_config().await?;
    let made = bootstrap::preset(&source, email, &password).await?;
    println!("{}", if made { "created" } else { "already set up" });
    Ok(())
}

async fn print_setup_link(public_url: &str) -> Result<()> {
    let source = Source::from_config().await?;
    match bootstrap::setup_link(&source).await? {
        Some(token) => println!("{}/setup#token={token}", public_url.trim_end_matches('/')),
        None => println!("already set up"),
    }
    Ok(())
}

async fn print_extraction(file: &Path) -> Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let filename = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let extractor = settings::extractor().await?;
    let text = ingest::print(&extractor, &filename, bytes).await?;
    println!("{text}");
    Ok(())
}
