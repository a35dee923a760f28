//! Conversations of Open WebUI, of LibreChat, and of our own export: messages with ids, in lists.

use std::rc::Rc;

use conversations::ImportSource;

use super::{
    clean,
    foreign::{self, Author, ForeignConversation, ForeignMessage},
    lenient::{Id, Objects},
    raw::{Chat, Entry, Message},
};
use crate::LeftOut;

/// The parent of the first messages of LibreChat.
const NO_PARENT: &str = "00000000-0000-0000-0000-000000000000";

pub(super) fn of_open_webui(entry: Entry, chat: Chat) -> ForeignConversation {
    let Entry { id, title, created_at, updated_at, meta, .. } = entry;
    let tags = meta.0.map(|meta| meta.tags.0).filter(|tags| !tags.is_empty());
    let (messages, current) = match chat.history.0 {
        Some(history) => (keyed(history.messages), history.current.0),
        None => (chained(chat.messages), None),
    };
    let created = created_at.0.or(chat.timestamp.0);
    ForeignConversation {
        source: ImportSource::OpenWebUi,
        id: id.0.or(chat.id.0),
        title: title.0.or(chat.title.0),
        tags: tags.unwrap_or(chat.tags.0),
        created_at: foreign::time(created.as_deref()),
        updated_at: foreign::time(updated_at.0.as_deref()),
        messages,
        current,
    }
}

pub(super) fn of_librechat(entry: Entry) -> ForeignConversation {
    let tree = if entry.tree.0.is_some() { entry.tree } else { entry.messages };
    ForeignConversation {
        source: ImportSource::LibreChat,
        id: entry.libre_id.0,
        title: entry.title.0,
        tags: entry.tags.0,
        created_at: None,
        updated_at: None,
        messages: chained(tree),
        current: None,
    }
}

pub(super) fn of_our_own(conversation: Entry, messages: Objects<Message>) -> ForeignConversation {
    ForeignConversation {
        source: ImportSource::Tessera,
        id: conversation.id.0,
        title: conversation.title.0,
        tags: conversation.tags.0,
        created_at: foreign::time(conversation.created_at.0.as_deref()),
        updated_at: foreign::time(conversation.updated_at.0.as_deref()),
        messages: chained(messages),
        current: None,
    }
}

/// Messages by their ids.
fn keyed(messages: Objects<Message>) -> Vec<ForeignMessage> {
    let each = |(key, raw): (Id, Message)| {
        let mut message = message(raw, None);
        message.id = key.0.unwrap_or_default();
        message
    };
    messages.0.into_iter().flatten().map(each).collect()
}

/// Messages in a row, or with what follows each inside it. One that names no parent follows the
/// one before it.
fn chained(messages: Objects<Message>) -> Vec<ForeignMessage> {
    let mut found: Vec<ForeignMessage> = Vec::new();
    let mut waiting = vec![(None, messages.0.unwrap_or_default().into_iter())];
    while let Some((above, list)) = waiting.last_mut() {
        let Some((_, mut raw)) = list.next() else {
            waiting.pop();
            continue;
        };
        let above = match above {
            Some(above) => Some(Rc::clone(above)),
            None => found.last().map(|before| before.id.clone()),
        };
        let children = std::mem::take(&mut raw.children);
        let mut message = message(raw, above);
        if message.id.is_empty() {
            message.id = format!("#{}", found.len()).into();
        }
        let id = message.id.clone();
        found.push(message);
        if let Some(children) = children.0.filter(|children| !children.is_empty()) {
            waiting.push((Some(id), children.into_iter()));
        }
    }
    found
}

fn message(raw: Message, above: Option<Rc<str>>) -> ForeignMessage {
    let named = raw.webui_parent.0.or(raw.libre_parent.0).or(raw.parent_id.0);
    let parent = match named {
        Some(none) if *none == *NO_PARENT => None,
        Some(parent) => Some(parent),
        None => above,
    };
    let mut author = match (raw.role.0.as_deref(), raw.by_user.0.as_deref()) {
        (Some("user"), _) | (None, Some("true")) => Author::User,
        (Some("assistant"), _) | (None, Some("false")) => Author::Assistant,
        (Some("system"), _) => Author::Neither(LeftOut::System),
        (Some("tool" | "function"), _) => Author::Neither(LeftOut::Tool),
        _ => Author::Neither(LeftOut::Other),
    };
    // The text of an error is no answer.
    if author == Author::Assistant && raw.error.0.as_deref() == Some("true") {
        author = Author::Neither(LeftOut::Other);
    }
    let (mut texts, mut losses) = (Vec::new(), Vec::new());
    for part in raw.content.0 {
        match part.kind.as_deref() {
            None | Some("text") => texts.extend(part.text),
            Some("think" | "reasoning") => losses.push(LeftOut::Thinking),
            Some("tool_call") => losses.push(LeftOut::Tool),
            Some(kind) if kind.starts_with("image") => losses.push(LeftOut::Image),
            Some(_) => losses.push(LeftOut::Other),
        }
    }
    // LibreChat has one or the other, or the same in both.
    if texts.iter().all(String::is_empty) {
        texts.extend(raw.text.0);
    }
    let (text, folds) = clean::without_details(&texts.join("\n\n"));
    losses.extend(folds);
    let files = raw.files.0.into_iter().chain(raw.attachments.0).flatten();
    losses.extend(files.map(|(_, file)| foreign::file(file.kind.0.as_deref())));
    losses.extend(raw.sources.0.into_iter().flatten().map(|_| LeftOut::Citation));
    let at = raw.timestamp.0.or(raw.libre_created.0).or(raw.created_at.0);
    ForeignMessage {
        id: raw.libre_id.0.or(raw.id.0).unwrap_or_default(),
        parent,
        author,
        text,
        model: raw.model.0,
        at: foreign::time(at.as_deref()),
        losses,
    }
}
