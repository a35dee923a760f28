//! Emails as files, for installations without a mail server.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use kernel::{Problem, Result};
use uuid::Uuid;

pub(crate) struct Outbox(PathBuf);

impl Outbox {
    pub(crate) fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// Writes a file that only its owner can read: it may hold a link that signs a user in.
    pub(crate) async fn put(&self, mail: &[u8]) -> Result<()> {
        let (folder, mail) = (self.0.clone(), mail.to_vec());
        let written = tokio::task::spawn_blocking(move || write(&folder, &mail))
            .await
            .map_err(Problem::internal)?;
        written.map_err(|e| Problem::unavailable("the folder for mails", e))
    }
}

fn write(folder: &Path, mail: &[u8]) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let name = Uuid::now_v7();
    let fresh = folder.join(format!("{name}.new"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(mail)?;
    file.sync_all()?;
    // A reader that waits for the file never sees a part of it.
    std::fs::rename(&fresh, folder.join(format!("{name}.eml")))
}
