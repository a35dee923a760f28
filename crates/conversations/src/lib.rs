#![doc = include_str!("../README.md")]

mod answer;
mod ask;
mod attachments;
mod budget;
mod citations;
mod completed_answer;
mod completion;
mod continuation;
pub mod conversation;
pub mod event;
mod failed_models;
mod failure;
mod feedback;
mod folder;
mod follow;
mod generation;
mod history;
mod imported;
mod joint;
mod journal;
mod left_out;
mod mentions;
pub mod message;
mod metered;
mod neighbours;
mod neutral;
mod prompt;
mod query_vectors;
mod replay;
mod retrieve;
mod rewriting;
mod search;
mod search_query;
mod share;
pub mod source;
mod stop;
mod store;
mod tags;
mod title;
mod titling;
mod tree;
mod uncited;
pub mod vectors;

pub use ask::{
    IdempotencyKey, Models, QUESTION_CHARS, Question, Regeneration, ask, askable_space, may_ask,
    model_rows, regenerate,
};
pub use attachments::MessageAttachment;
pub use citations::CitationMark;
pub use completed_answer::{CompletedAnswer, completed_answer};
pub use completion::{Completion, CompletionSummary, StatelessQuestion};
pub use continuation::{Continuation, continue_answer};
pub use conversation::{
    Conversation, ConversationFilter, RESTORE_DAYS, Shelf, UpdateConversation, create_conversation,
    delete_conversation, get_conversation, list_conversations, restore_conversation,
    update_conversation,
};
pub use event::{Event, EventId, Events, Next, NumberedEvent};
pub use failure::Failure;
pub use feedback::{Feedback, Rating, delete_feedback, get_feedback, put_feedback};
pub use folder::{
    Folder, create_folder, delete_folder, get_folder, list_folders, may_keep_folders, rename_folder,
};
pub use follow::follow;
pub use generation::AnswerDelta;
pub use history::Turn;
pub use imported::ImportSource;
pub use left_out::LeftOut;
pub use mentions::Mentions;
pub use message::{
    AnswerCost, FinishReason, Message, Order, Role, Status, Usage, list_messages, readable_sources,
};
pub use models::FailedModel;
pub use prompt::tokens as estimated_tokens;
pub use search::{
    ConversationHits, FoundConversation, MeaningSkipReason, language_of, search_conversations,
};
pub use share::{
    Share, SharedConversation, create_share, get_shared_conversation, list_shared_messages,
    list_shares, revoke_share,
};
pub use source::Source;
pub use stop::stop_message;
pub use tags::{TAGS, Tag, list_tags, usable_tags};
pub use title::from_question as title_of;
pub use tree::{DEPTH, VERSIONS, show_path};
pub use uncited::TextSpan;
