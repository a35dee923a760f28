//! Conversations of ChatGPT's data export (`conversations.json`).

use conversations::ImportSource;

use super::{
    clean,
    foreign::{self, Author, ForeignConversation, ForeignMessage},
    lenient::Id,
    raw::{ChatGptContent, ChatGptMessage, Entry, Node},
};
use crate::LeftOut;

pub(super) fn conversation(entry: Entry) -> ForeignConversation {
    let nodes = entry.mapping.0.unwrap_or_default();
    ForeignConversation {
        source: ImportSource::ChatGpt,
        id: entry.conversation_id.0.or(entry.id.0),
        title: entry.title.0,
        tags: Vec::new(),
        created_at: foreign::time(entry.create_time.0.as_deref()),
        updated_at: foreign::time(entry.update_time.0.as_deref()),
        messages: nodes.into_iter().map(|(id, node)| message(id, node)).collect(),
        current: entry.current_node.0,
    }
}

/// A node without a message keeps its place: others are below it.
fn message(id: Id, node: Node) -> ForeignMessage {
    let message = node.message.0.map(|message| *message).unwrap_or_default();
    let content = message.content.0.as_deref();
    let (text, mut losses) = content.map(text).unwrap_or_default();
    let author = author(&message);
    let (text, references) = match author {
        Author::Assistant => clean::without_references(&text),
        _ => (text, 0),
    };
    losses.extend(std::iter::repeat_n(LeftOut::Citation, references));
    let metadata = message.metadata.0.map(|metadata| *metadata).unwrap_or_default();
    let files = metadata.attachments.0.into_iter().flatten();
    let files = files
        .map(|(_, file)| foreign::file(file.mime_type.0.or(file.older_mime_type.0).as_deref()));
    // A picture of a question is a part, and an attachment as well.
    losses.extend(files.filter(|kind| *kind != LeftOut::Image));
    ForeignMessage {
        id: id.0.unwrap_or_default(),
        parent: node.parent.0,
        author,
        text,
        model: metadata.model_slug.0,
        at: foreign::time(message.create_time.0.as_deref()),
        losses,
    }
}

fn author(message: &ChatGptMessage) -> Author {
    let role = message.author.0.as_ref().and_then(|author| author.role.0.as_deref());
    let kind = message.content.0.as_ref().and_then(|content| content.content_type.0.as_deref());
    match (role, kind) {
        (_, Some("user_editable_context" | "model_editable_context")) => {
            Author::Neither(LeftOut::System)
        }
        (_, Some("thoughts" | "reasoning_recap")) => Author::Neither(LeftOut::Thinking),
        (_, Some("system_error")) => Author::Neither(LeftOut::Other),
        (Some("user"), _) => Author::User,
        // What is addressed to a tool is a call of it.
        (Some("assistant"), _) if message.recipient.0.as_deref().is_some_and(|to| to != "all") => {
            Author::Neither(LeftOut::Tool)
        }
        (Some("assistant"), _) => Author::Assistant,
        (Some("system"), _) => Author::Neither(LeftOut::System),
        (Some("tool"), _) => Author::Neither(LeftOut::Tool),
        _ => Author::Neither(LeftOut::Other),
    }
}

/// The text of a message, and what else it has.
fn text(content: &ChatGptContent) -> (String, Vec<LeftOut>) {
    if content.content_type.0.as_deref() == Some("code") {
        let language = content.language.0.as_deref().filter(|it| *it != "unknown");
        let code = content.text.0.as_deref().unwrap_or_default();
        return (format!("```{}\n{code}\n```", language.unwrap_or_default()), Vec::new());
    }
    let (mut texts, mut losses) = (Vec::new(), Vec::new());
    for part in &content.parts.0 {
        match part.kind.as_deref() {
            None | Some("text" | "audio_transcription") => texts.extend(part.text.as_deref()),
            Some(kind) if kind.starts_with("image") => losses.push(LeftOut::Image),
            Some(kind) if kind.contains("audio") => losses.push(LeftOut::Audio),
            Some(_) => losses.push(LeftOut::Other),
        }
    }
    texts.extend(content.text.0.as_deref());
    (texts.join("\n\n"), losses)
}
