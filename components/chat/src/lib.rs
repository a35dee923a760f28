#![doc = include_str!("../README.md")]

mod conversation;
mod create_conversation;
mod create_message;
mod create_temporary_answer;
mod delete_conversation;
mod event;
mod export_conversation;
mod feedback;
mod folders;
mod get_conversation;
mod list_conversations;
mod list_messages;
mod message;
mod search_conversations;
mod shares;
mod show_path;
mod stop_message;
mod stream_message;
mod update_conversation;

const ROUTES: &[api::Route] = api::routes! {
    /// List own conversations
    [GET Chat] "/api/v1/conversations" ? list_conversations::ConversationsParameters => list_conversations::list_conversations;
    /// Begin a conversation with an assistant
    [POST Chat] "/api/v1/conversations" => create_conversation::create_conversation;
    /// Search own conversations by the words of their titles and messages, and by the meaning of
    /// their messages
    [POST Chat] "/api/v1/conversations/search" => search_conversations::search_conversations;
    /// Get a conversation
    [GET Chat] "/api/v1/conversations/{conversation_id}" => get_conversation::get_conversation;
    /// Rename, pin or archive, put into a folder, give tags
    [PATCH Chat] "/api/v1/conversations/{conversation_id}" => update_conversation::update_conversation;
    /// Delete with its messages; it can be restored for 30 days
    [DELETE Chat] "/api/v1/conversations/{conversation_id}" => delete_conversation::delete_conversation;
    /// Restore a deleted conversation
    [POST Chat] "/api/v1/conversations/{conversation_id}/restore" => delete_conversation::restore_conversation;
    /// Show another version of a question or an answer
    [PUT Chat] "/api/v1/conversations/{conversation_id}/path" => show_path::show_path;
    /// The path that is shown as a file
    [GET Chat] "/api/v1/conversations/{conversation_id}/export" ? export_conversation::ExportParameters => export_conversation::export_conversation;
    /// Links by which colleagues read the conversation
    [GET Chat] "/api/v1/conversations/{conversation_id}/shares" => shares::list_shares;
    /// Make a link to the path that is shown, up to its last message; read-only, within the
    /// organisation
    [POST Chat] "/api/v1/conversations/{conversation_id}/shares" => shares::create_share;
    /// Revoke a link
    [DELETE Chat] "/api/v1/conversation-shares/{share_id}" => shares::revoke_share;
    /// List own folders of conversations
    [GET Chat] "/api/v1/conversation-folders" => folders::list_folders;
    /// Create a folder
    [POST Chat] "/api/v1/conversation-folders" => folders::create_folder;
    /// Get a folder
    [GET Chat] "/api/v1/conversation-folders/{folder_id}" => folders::get_folder;
    /// Rename a folder
    [PATCH Chat] "/api/v1/conversation-folders/{folder_id}" => folders::rename_folder;
    /// Delete a folder; its conversations stay, in no folder
    [DELETE Chat] "/api/v1/conversation-folders/{folder_id}" => folders::delete_folder;
    /// The tags of own conversations, with how many have them
    [GET Chat] "/api/v1/conversation-tags" => folders::list_tags;
    /// A conversation that a colleague shares
    [GET Chat] "/api/v1/shared-conversations/{share_id}" => shares::get_shared_conversation;
    /// Its messages, oldest first
    [GET Chat] "/api/v1/shared-conversations/{share_id}/messages" => shares::list_shared_messages;
    /// The messages on the path that is shown, oldest first, or newest first
    [GET Chat] "/api/v1/conversations/{conversation_id}/messages" ? list_messages::MessagesParameters => list_messages::list_messages;
    /// Ask. With Accept: text/event-stream the answer streams; without, it comes as one JSON
    /// document
    [POST Chat] "/api/v1/conversations/{conversation_id}/messages" => create_message::create_message;
    /// Ask without storing anything: question and answer are in no conversation. The answer streams,
    /// without the event `start`; it ends with the connection
    [POST Chat] "/api/v1/completions/temporary" => create_temporary_answer::create_temporary_answer;
    /// Answer a question again, as another version of an answer; streams as asking does
    [POST Chat] "/api/v1/messages/{message_id}/regenerate" => create_message::regenerate_message;
    /// Continue with the last answer of a conversation, where its end is missing: it was cut off,
    /// stopped, or its server stopped. The stream has all of its text, as that of a new answer
    [POST Chat] "/api/v1/messages/{message_id}/continue" => create_message::continue_message;
    /// Take up the stream of an answer again (Last-Event-ID)
    [GET Chat] "/api/v1/messages/{message_id}/stream" => stream_message::stream_message;
    /// Stop; the text so far is kept
    [POST Chat] "/api/v1/messages/{message_id}/stop" => stop_message::stop_message;
    /// What the caller thinks of an answer
    [GET Chat] "/api/v1/messages/{message_id}/feedback" => feedback::get_feedback;
    /// Rate an answer of one's own conversation; replaces an earlier rating
    [PUT Chat] "/api/v1/messages/{message_id}/feedback" => feedback::put_feedback;
    /// Take a rating back
    [DELETE Chat] "/api/v1/messages/{message_id}/feedback" => feedback::delete_feedback;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("chat", ROUTES)
}

api::component!(super::router);
