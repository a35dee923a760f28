#![doc = include_str!("../README.md")]

mod conversation;
mod create_conversation;
mod create_message;
mod delete_conversation;
mod event;
mod feedback;
mod get_conversation;
mod list_conversations;
mod list_messages;
mod message;
mod stop_message;
mod stream_message;
mod update_conversation;

const ROUTES: &[api::Route] = api::routes! {
    [GET Chat] "/api/v1/conversations" => list_conversations::list_conversations;
    [POST Chat] "/api/v1/conversations" => create_conversation::create_conversation;
    [GET Chat] "/api/v1/conversations/{conversation_id}" => get_conversation::get_conversation;
    [PATCH Chat] "/api/v1/conversations/{conversation_id}" => update_conversation::update_conversation;
    [DELETE Chat] "/api/v1/conversations/{conversation_id}" => delete_conversation::delete_conversation;
    [GET Chat] "/api/v1/conversations/{conversation_id}/messages" => list_messages::list_messages;
    [POST Chat] "/api/v1/conversations/{conversation_id}/messages" => create_message::create_message;
    [GET Chat] "/api/v1/messages/{message_id}/stream" => stream_message::stream_message;
    [POST Chat] "/api/v1/messages/{message_id}/stop" => stop_message::stop_message;
    [GET Chat] "/api/v1/messages/{message_id}/feedback" => feedback::get_feedback;
    [PUT Chat] "/api/v1/messages/{message_id}/feedback" => feedback::put_feedback;
    [DELETE Chat] "/api/v1/messages/{message_id}/feedback" => feedback::delete_feedback;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("chat", ROUTES)
}

api::component!(super::router);
