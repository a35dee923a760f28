//! The file of an import on its way in: rights are checked again while bytes flow.

use api::Watch;
use bytes::Bytes;
use imports::{FileName, ImportTarget, ImportUpload};
use kernel::{Result, id::ConversationImportId};
use platform::Cx;

use crate::form::File;

/// What a file needs on its way in.
pub(crate) struct ImportTransfer<'a> {
    pub(crate) cx: &'a Cx,
    pub(crate) target: &'a ImportTarget,
    pub(crate) watch: Watch,
}

impl ImportTransfer<'_> {
    /// Stores the file and queues the job that reads it. A form names its file itself. `announced`:
    /// its size, if the client said so.
    pub(crate) async fn take_in(
        &mut self,
        name: Option<FileName>,
        announced: Option<i64>,
        mut file: File,
    ) -> Result<ConversationImportId> {
        self.cx.db.release().await;
        let named = self
            .watch
            .guard(self.target, |target, cx| Box::pin(target.require(cx)), name_of(name, &mut file))
            .await??;
        let mut upload = ImportUpload::begin(self.cx).await?;
        match self.fill(&mut upload, announced, file).await {
            Ok(()) => upload.finish(self.target, &named, self.watch.credential()).await,
            Err(problem) => {
                upload.abandon().await?;
                Err(problem)
            }
        }
    }

    async fn fill(
        &mut self,
        upload: &mut ImportUpload<'_>,
        announced: Option<i64>,
        mut file: File,
    ) -> Result<()> {
        if let Some(bytes) = announced {
            upload.announce(bytes).await?;
        }
        loop {
            // A slow client holds no connection.
            self.cx.db.release().await;
            match self.frame(upload, &mut file).await? {
                Some(Some(frame)) => upload.write(&frame).await?,
                Some(None) => break,
                None => upload.give_back().await?,
            }
        }
        // The final statement checks role and credential; this checks the caller's role in the
        // organisation.
        self.watch.check(self.target, |target, cx| Box::pin(target.require(cx))).await
    }

    /// The next bytes, or the end of the file; None if the client stalls.
    async fn frame(
        &mut self,
        upload: &ImportUpload<'_>,
        file: &mut File,
    ) -> Result<Option<Option<Bytes>>> {
        let about = (self.target, upload);
        self.watch
            .guard(
                &about,
                |(target, upload), cx| Box::pin(may_go_on(cx, target, upload)),
                file.frame_or_stall(),
            )
            .await?
    }
}

/// Whether more bytes may come; notes that the upload is alive.
async fn may_go_on(cx: &Cx, target: &ImportTarget, upload: &ImportUpload<'_>) -> Result<()> {
    target.require(cx).await?;
    upload.heartbeat(cx).await
}

async fn name_of(name: Option<FileName>, file: &mut File) -> Result<FileName> {
    match (file, name) {
        (File::Field(form), _) => FileName::parse(form.file_name().await?.as_str()),
        (File::Body(_), Some(name)) => Ok(name),
        (File::Body(_), None) => FileName::parse(""),
    }
}
