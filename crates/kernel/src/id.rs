//! Typed ids: a space's id cannot be passed as a document's.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::{Code, Problem};

/// The interface of typed ids, so that generic code can bind and parse them.
pub trait Id: Copy + From<Uuid> + Into<Uuid> {
    /// The noun in messages.
    const NOUN: &'static str;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $noun:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub Uuid);
        impl From<Uuid> for $name { fn from(id: Uuid) -> Self { Self(id) } }
        impl From<$name> for Uuid { fn from(id: $name) -> Self { id.0 } }
        impl Id for $name { const NOUN: &'static str = $noun; }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> { to.collect_str(&self.0) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                Uuid::try_parse(&text).map(Self).map_err(de::Error::custom)
            }
        }
        impl FromStr for $name {
            type Err = Problem;
            /// A malformed id names nothing, so it is the same 404 as an unknown one.
            fn from_str(text: &str) -> Result<Self, Problem> {
                Uuid::try_parse(text).map(Self).map_err(|_| not_found($noun))
            }
        }
    )*};
}

/// Calls a macro with every id and its noun: the only list. `platform` calls it too, for statement
/// parameters and row values.
#[macro_export]
macro_rules! each_id {
    ($macro:ident) => {
        $macro! {
            /// An organisation.
            TenantId = "organisation";
            /// A person in an organisation.
            UserId = "user";
            /// A signed-in session; also the family of its refresh tokens.
            SessionId = "session";
            /// An API key.
            ApiKeyId = "API key";
            /// A custom role.
            RoleId = "role";
            /// A stated reason to read the audit log.
            AuditReadingId = "reading";
            /// The audit log as a file.
            AuditExportId = "export";
            /// A person who runs the installation.
            OperatorId = "operator";
            /// A space.
            SpaceId = "space";
            /// A group of people.
            UserGroupId = "user group";
            /// A token of a directory.
            ScimTokenId = "token";
            /// An assistant.
            AssistantId = "assistant";
            /// A prompt of the library.
            PromptId = "prompt";
            /// A collection of documents.
            CollectionId = "collection";
            /// What one embedding model made of a collection: its chunks that are searched
            /// together.
            IndexId = "index";
            /// A document.
            DocumentId = "document";
            /// A chunk of a document, the unit of search.
            ChunkId = "passage";
            /// Stored bytes.
            BlobId = "file";
            /// A website that is crawled.
            WebsiteId = "website";
            /// One crawl of a website.
            CrawlRunId = "run";
            /// A page of a website.
            WebsitePageId = "page";
            /// A job.
            JobId = "job";
            /// A conversation.
            ConversationId = "conversation";
            /// A folder of a user's own conversations.
            FolderId = "folder";
            /// A message of a conversation.
            MessageId = "message";
            /// A link by which colleagues read a conversation.
            ConversationShareId = "shared conversation";
            /// A file with conversations of another product, and what came of it.
            ConversationImportId = "import";
            /// A provider of models.
            ProviderId = "provider";
            /// A model of a provider.
            ModelId = "model";
            /// A name for a list of models.
            ModelAliasId = "alias";
            /// A quota over the usage of models.
            QuotaId = "quota";
        }
    };
}
each_id!(ids);

/// The one 404: unknown, deleted, another tenant's and malformed look the same.
#[must_use]
pub fn not_found(noun: &'static str) -> Problem {
    Problem::new(Code::NotFound, format!("there is no such {noun}, or you may not see it"))
}
