//! Takes the file of an import in: bytes stream into storage, then one statement writes the import
//! and queues its job.

use access::CredentialId;
use kernel::{
    Problem, ReasonCode, Result,
    id::{AssistantId, ConversationImportId, SpaceId},
    text,
};
use platform::Cx;
use spaces::{Action, Role};

use crate::store;

/// The largest file, in bytes: 256 MiB.
pub const LIMIT_BYTES: i64 = 256 << 20;
/// The most imports of a user that have not ended.
const UNFINISHED: i64 = 3;
/// Characters of a file name.
const NAME_CHARS: usize = 255;

/// The name of a file, without folders, control characters and direction marks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileName(String);

impl FileName {
    /// Cleans what the client sent.
    ///
    /// # Errors
    /// `invalid_body` if nothing is left of it.
    pub fn parse(sent: &str) -> Result<Self> {
        let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
        let clean: String = text::normalized(last).chars().filter(|c| !c.is_control()).collect();
        let clean: String = clean.trim().chars().take(NAME_CHARS).collect();
        if clean.is_empty() {
            return Err(Problem::refused_field(
                "/filename",
                ReasonCode::FileNameMissing,
                "expected the name of a file; send it as ?filename= or in the form",
            ));
        }
        Ok(Self(clean))
    }
}

/// Where the conversations of an import go: rights were checked before the body is read.
pub struct ImportTarget {
    assistant: AssistantId,
    space: SpaceId,
}

impl ImportTarget {
    /// The assistant that the caller names in the query, if the caller may ask it.
    ///
    /// # Errors
    /// `not_allowed`, before the query is judged; `invalid_body` without an assistant; `not_found`;
    /// `conflict` if too many imports of the caller have not ended.
    pub async fn find(cx: &Cx, assistant: Option<AssistantId>) -> Result<Self> {
        cx.require(Action::ManageConversations)?;
        let needed = || {
            Problem::refused_field(
                "/assistant_id",
                ReasonCode::Required,
                "expected ?assistant_id=, got none",
            )
        };
        let assistant = assistant.ok_or_else(needed)?;
        let space = conversations::askable_space(cx, assistant).await?;
        if store::unfinished(cx).await? >= UNFINISHED {
            return Err(too_many());
        }
        Ok(Self { assistant, space })
    }

    /// Checks again that the caller may ask the assistant: an upload takes up to an hour, and a
    /// right may end meanwhile.
    ///
    /// # Errors
    /// `not_found`, `not_allowed`.
    pub async fn require(&self, cx: &Cx) -> Result<()> {
        cx.require(Action::ManageConversations)?;
        conversations::askable_space(cx, self.assistant).await.map(|_| ())
    }

    /// The roles in the assistant's space with which the caller may ask it, if it is published and
    /// if it is not. The principal is that of the request.
    fn roles(cx: &Cx) -> Result<[Vec<String>; 2]> {
        let who = cx.principal()?;
        Ok([Action::ReadAssistants, Action::ReadDrafts].map(|read| {
            let may = |role: &&Role| {
                [read, Action::Ask].iter().all(|action| access::may(who, Some(**role), *action))
            };
            Role::ALL.iter().filter(may).map(|role| role.as_str().to_owned()).collect()
        }))
    }
}

fn too_many() -> Problem {
    let detail = format!(
        "expected at most {UNFINISHED} imports at once, by a user who is signed in; wait until one of yours has ended, or cancel it"
    );
    Problem::conflict(ReasonCode::LimitReached.at_most(UNFINISHED), detail)
}

/// A file that is arriving.
pub struct ImportUpload<'a> {
    cx: &'a Cx,
    writer: blobs::BlobWriter<'a>,
}

impl<'a> ImportUpload<'a> {
    /// Begins.
    ///
    /// # Errors
    /// `too_many_requests` if the user has [`blobs::MOST_AT_ONCE`] uploads open; database errors.
    pub async fn begin(cx: &'a Cx) -> Result<Self> {
        Ok(Self { cx, writer: blobs::BlobWriter::begin_upload(cx, LIMIT_BYTES).await? })
    }

    /// Reserves room for the beginning of a file of so many bytes.
    ///
    /// # Errors
    /// `quota_exceeded`; database errors. The caller then calls [`ImportUpload::abandon`].
    pub async fn announce(&mut self, bytes: i64) -> Result<()> {
        self.writer.announce(bytes).await
    }

    /// Gives back the room that is reserved for bytes that have not come; they get it again when
    /// they do.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn give_back(&mut self) -> Result<()> {
        self.writer.give_back().await
    }

    /// Marks the upload as still active. `cx` may differ from the upload's.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn heartbeat(&self, cx: &Cx) -> Result<()> {
        self.writer.heartbeat(cx).await
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `too_large`, `quota_exceeded`; database errors. The caller then calls
    /// [`ImportUpload::abandon`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write(bytes).await
    }

    /// All bytes are there: one statement writes the import and queues its job, if the credential
    /// is still valid and the user may still ask the assistant.
    ///
    /// # Errors
    /// `invalid_body` for an empty file; `quota_exceeded`; `conflict` if too many imports have not
    /// ended, or the right to import has; `not_found`, `not_allowed`.
    pub async fn finish(
        self,
        target: &ImportTarget,
        name: &FileName,
        credential: CredentialId,
    ) -> Result<ConversationImportId> {
        let (cx, blob) = (self.cx, self.writer.id());
        let finished = async {
            let written = self.writer.finish().await?;
            if written.size == 0 {
                return Err(Problem::refused_field(
                    "/file",
                    ReasonCode::FileEmpty,
                    "expected a file with content, got 0 bytes",
                ));
            }
            let id: ConversationImportId = cx.new_id()?;
            let new = store::NewImport {
                id,
                space: target.space,
                assistant: target.assistant,
                blob,
                file_name: &name.0,
                size: written.size,
                roles: ImportTarget::roles(cx)?,
                most: UNFINISHED,
            };
            if store::insert(cx, &new, credential).await? {
                return Ok(id);
            }
            target.require(cx).await?;
            Err(too_many())
        };
        match finished.await {
            Ok(id) => Ok(id),
            Err(problem) => {
                blobs::delete(cx, blob).await?;
                Err(problem)
            }
        }
    }

    /// Removes what was stored so far.
    ///
    /// # Errors
    /// Database errors; the worker removes it later then.
    pub async fn abandon(self) -> Result<()> {
        blobs::delete(self.cx, self.writer.id()).await
    }
}
