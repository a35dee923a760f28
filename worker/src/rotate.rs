//! `worker rotate-keys`: visits all tenants, and reports progress.

use std::io::Write as _;

use anyhow::Result;
use kernel::Timestamp;
use platform::{
    Actor, Cx,
    pg::{Db, Source},
};
use secrets::{Master, column, rotate};

/// Wraps every tenant's data keys with the current master key.
pub(crate) async fn master_key() -> Result<()> {
    walk(None).await
}

/// The same, then replaces data keys that were made before `made_before`, and reseals everything.
pub(crate) async fn data_keys(made_before: Timestamp) -> Result<()> {
    println!(
        "after a stop, go on with: worker rotate-keys --data-keys --made-before {}",
        made_before.0
    );
    walk(Some(made_before)).await
}

async fn walk(made_before: Option<Timestamp>) -> Result<()> {
    let master = Master::from_config().await?;
    let source = Source::from_config().await?;
    let db = Db::new(source.clone(), None);
    let (mut after, mut tenants, mut done) = (None, 0_usize, rotate::RotationReport::default());
    loop {
        let batch = rotate::tenants_after(&db, after).await?;
        let Some(last) = batch.last().copied() else { break };
        for tenant in &batch {
            let cx =
                Cx::new(source.clone(), Some(*tenant), Actor::Worker, "rotate-keys".to_owned());
            done = done.and(rotate::rewrap(&cx, &master).await?);
            if let Some(made_before) = made_before {
                done = done.and(rotate::renew(&cx, &master, made_before, column::ALL).await?);
            }
        }
        (after, tenants) = (Some(last), tenants + batch.len());
        say(tenants, &done)?;
    }
    say(tenants, &done)?;
    Ok(done.check()?)
}

fn say(tenants: usize, done: &rotate::RotationReport) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{tenants} organisations: {} keys rewrapped, {} keys made, {} secrets resealed, {} damaged",
        done.rewrapped, done.new_keys, done.resealed, done.damaged
    )?;
    Ok(out.flush()?)
}
