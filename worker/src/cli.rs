//! The commands of the worker.

use std::path::Path;

use anyhow::{Context, Result, bail};
use credentials::{SessionKeys, operator};
use kernel::Timestamp;
use passwords::bootstrap;
use platform::{
    Actor, Cx, config,
    pg::{Db, Source},
};

use crate::{ingest, maintenance_mode, migrate, rotate, run, settings, store};

const USAGE: &str = "usage: worker [run]
       worker migrate                       makes or updates the database of TESSERA_MIGRATE_URL, with the roles'
                                            passwords from TESSERA_PG_PASSWORD_OWNER, _WORKER, _AUTH, ...
       worker migrate --plan                says what that would lock and rewrite, and about how long; changes nothing
       worker bootstrap --email ADDRESS     makes the first administrator (password from TESSERA_ADMIN_PASSWORD)
       worker setup-link --public-url URL   prints a link that makes the first administrator
       worker operator add NAME             makes an operator's key for /api/v1/sysadmin and prints it once
       worker operator list | revoke NAME   lists operators; revokes a key
       worker maintenance [on [--message TEXT] | off]
                                            hosts answer new requests with 503 and this text; prints the mode
       worker token-public-key              prints the public half of TESSERA_TOKEN_KEY: the variable token_public_key
       worker verify-audit                  verifies every organisation's audit log and names the first broken entry
       worker rotate-keys                   wraps the tenants' keys with the current TESSERA_MASTER_KEY
       worker rotate-keys --data-keys [--made-before MICROSECONDS]
                                            also makes new keys and reseals all credentials with them
       worker extract FILE                  prints what the extractor reads in a file";

/// Runs the command of the arguments.
///
/// # Errors
/// If an argument is unknown, a setting is missing, or the command itself fails.
pub async fn run(arguments: impl Iterator<Item = String>) -> Result<()> {
    let arguments: Vec<String> = arguments.collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["run"] => run::run().await,
        ["migrate"] => migrate::run().await,
        ["migrate", "--plan"] => migrate::plan().await,
        ["bootstrap", "--email", email] => make_administrator(email).await,
        ["setup-link", "--public-url", url] => print_setup_link(url).await,
        ["operator", "add", name] => {
            println!(
                "{}",
                operator::add(&Db::new(Source::from_config().await?, None), name).await?
            );
            Ok(())
        }
        ["operator", "list"] => list_operators().await,
        ["operator", "revoke", name] => revoke_operator(name).await,
        ["maintenance"] => maintenance_mode::print().await,
        ["maintenance", "on"] => maintenance_mode::on("").await,
        ["maintenance", "on", "--message", message] => maintenance_mode::on(message).await,
        ["maintenance", "off"] => maintenance_mode::off().await,
        ["token-public-key"] => {
            println!("{}", SessionKeys::from_config().await?.public_key());
            Ok(())
        }
        ["verify-audit"] => verify_audit().await,
        ["rotate-keys"] => rotate::master_key().await,
        ["rotate-keys", "--data-keys"] => rotate::data_keys(platform::clock::now()).await,
        ["rotate-keys", "--data-keys", "--made-before", micros] => {
            let micros = micros
                .parse()
                .ok()
                .with_context(|| format!("--made-before: expected a number, got `{micros}`"))?;
            rotate::data_keys(Timestamp(micros)).await
        }
        // `run` starts this first, in a separate process.
        ["compile"] => settings::extractor().await.map(|_| ()),
        ["compile", "--portable"] => settings::compile_portable_extractor().await,
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

async fn revoke_operator(name: &str) -> Result<()> {
    if !operator::revoke(&Db::new(Source::from_config().await?, None), name).await? {
        bail!("there is no operator `{name}`; list them with: worker operator list");
    }
    println!("revoked");
    Ok(())
}

async fn list_operators() -> Result<()> {
    for operator in operator::list(&Db::new(Source::from_config().await?, None)).await? {
        let used =
            operator.last_used_at.map_or("never used".to_owned(), |at| format!("last used {at}"));
        let revoked = operator.revoked_at.map_or(String::new(), |at| format!(", revoked {at}"));
        println!("{}: made {}, {used}{revoked}", operator.name, operator.created_at);
    }
    Ok(())
}

async fn verify_audit() -> Result<()> {
    let source = Source::from_config().await?;
    let mut broken = 0;
    for tenant in store::tenants(&Db::new(source.clone(), None)).await? {
        let cx = Cx::new(source.clone(), Some(tenant), Actor::Worker, "verify-audit".to_owned());
        let verified = audit::verify_all(&cx).await?;
        let (seq, hash) = &verified.head;
        let head = format!(
            "{} entries, the newest is {seq} {}",
            verified.entries,
            kernel::hex::encode(hash)
        );
        match verified.first_broken {
            None => println!("{tenant} intact: {head}"),
            Some(first) => {
                broken += 1;
                println!("{tenant} BROKEN at entry {first}: {head}");
            }
        }
    }
    if broken > 0 {
        bail!(
            "{broken} audit logs are broken: restore them from a backup, and find out who had access to the database"
        );
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
