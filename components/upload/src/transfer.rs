//! A running upload: rights are checked again while bytes flow, and a client that sends nothing
//! holds no reservation.

use api::Watch;
use bytes::Bytes;
use kernel::Result;
use knowledge::{TargetCollection, Upload, UploadName, UploadReceipt};
use platform::Cx;
use sha2::{Digest, Sha256};

use crate::{
    form::File,
    upload_document::{name_of, too_large},
};

/// What a file needs on its way in.
pub(crate) struct Transfer<'a> {
    pub(crate) cx: &'a Cx,
    pub(crate) place: &'a TargetCollection,
    pub(crate) watch: Watch,
    /// The largest file, in bytes.
    pub(crate) limit: i64,
}

impl Transfer<'_> {
    /// Stores the file and queues its ingestion. `announced`: its size, if the client said so.
    pub(crate) async fn take_in(
        &mut self,
        name: &UploadName,
        announced: Option<i64>,
        file: File,
    ) -> Result<UploadReceipt> {
        let mut upload = Upload::begin(self.cx, self.place, name, self.limit).await?;
        let filled = self.fill(&mut upload, announced, file).await;
        match filled {
            Ok(()) => upload.finish(self.watch.credential()).await,
            Err(problem) => {
                upload.abandon().await?;
                Err(problem)
            }
        }
    }

    /// Reads the file without storing it; its name and SHA-256.
    pub(crate) async fn read(
        &mut self,
        filename: &str,
        mut file: File,
    ) -> Result<(UploadName, Vec<u8>)> {
        let name = self.name(filename, &mut file).await?;
        let (mut hash, mut size) = (Sha256::new(), 0);
        loop {
            let Some(frame) = self.guarded(file.frame()).await?? else { break };
            size += i64::try_from(frame.len()).unwrap_or(i64::MAX);
            if size > self.limit {
                return Err(too_large(self.limit));
            }
            hash.update(&frame);
        }
        self.watch.check(self.place, |place, cx| Box::pin(place.require(cx))).await?;
        Ok((name, hash.finalize().to_vec()))
    }

    /// The file's name.
    pub(crate) async fn name(&mut self, filename: &str, file: &mut File) -> Result<UploadName> {
        self.guarded(name_of(filename, file)).await?
    }

    /// Waits without a connection to the database; ends once the caller may not add to the
    /// collection any more.
    pub(crate) async fn guarded<T>(&mut self, waiting: impl Future<Output = T>) -> Result<T> {
        self.cx.db.release().await;
        self.watch.guard(self.place, |place, cx| Box::pin(place.require(cx)), waiting).await
    }

    async fn fill(
        &mut self,
        upload: &mut Upload<'_>,
        announced: Option<i64>,
        mut file: File,
    ) -> Result<()> {
        if let Some(bytes) = announced {
            upload.announce(bytes).await?;
        }
        loop {
            // A client may take an hour to send, and one that trickles never pauses for long: no
            // connection is held for it.
            self.cx.db.release().await;
            match self.frame(upload, &mut file).await? {
                Some(Some(frame)) => upload.write(&frame).await?,
                Some(None) => break,
                None => upload.give_back().await?,
            }
        }
        // The final statement checks role and credential; this checks the caller's role in the
        // organisation.
        self.watch.check(self.place, |place, cx| Box::pin(place.require(cx))).await
    }

    /// The next bytes, or the end of the file; None if the client stalls.
    async fn frame(
        &mut self,
        upload: &Upload<'_>,
        file: &mut File,
    ) -> Result<Option<Option<Bytes>>> {
        let about = (self.place, upload);
        self.watch
            .guard(
                &about,
                |(place, upload), cx| Box::pin(may_go_on(cx, place, upload)),
                file.frame_or_stall(),
            )
            .await?
    }
}

/// Whether more bytes may come; notes that the upload is alive.
async fn may_go_on(cx: &Cx, place: &TargetCollection, upload: &Upload<'_>) -> Result<()> {
    place.require(cx).await?;
    upload.heartbeat(cx).await
}
