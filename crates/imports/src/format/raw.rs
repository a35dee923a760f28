//! A conversation as the exports write it: one shape with the members of all of them. Which are
//! there tells the product.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::lenient::{Id, Object, Objects, Text, Texts};

/// An entry of an export.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    pub(super) id: Id,
    pub(super) conversation_id: Id,
    #[serde(rename = "conversationId")]
    pub(super) libre_id: Id,
    pub(super) title: Text,
    pub(super) create_time: Text,
    pub(super) update_time: Text,
    pub(super) created_at: Text,
    pub(super) updated_at: Text,
    /// ChatGPT: the tree.
    pub(super) mapping: Objects<Node>,
    pub(super) current_node: Id,
    /// Open WebUI.
    pub(super) chat: Object<Chat>,
    pub(super) meta: Object<Meta>,
    /// Our own export.
    pub(super) tags: Texts,
    pub(super) conversation: Object<Entry>,
    /// LibreChat and our own export.
    pub(super) messages: Objects<Message>,
    #[serde(rename = "messagesTree")]
    pub(super) tree: Objects<Message>,
}

/// ChatGPT: a place in the tree.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Node {
    pub(super) parent: Id,
    pub(super) message: Object<ChatGptMessage>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ChatGptMessage {
    pub(super) author: Object<Author>,
    pub(super) create_time: Text,
    pub(super) content: Object<ChatGptContent>,
    pub(super) recipient: Text,
    pub(super) metadata: Object<Metadata>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Author {
    pub(super) role: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ChatGptContent {
    pub(super) content_type: Text,
    pub(super) parts: Parts,
    pub(super) text: Text,
    pub(super) language: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    pub(super) model_slug: Text,
    pub(super) attachments: Objects<Attachment>,
}

/// A file beside a message.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Attachment {
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) mime_type: Text,
    #[serde(rename = "mimeType")]
    pub(super) older_mime_type: Text,
}

/// Open WebUI: what its row says beside the conversation.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    pub(super) tags: Texts,
}

/// Open WebUI: the conversation inside its row.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Chat {
    pub(super) id: Id,
    pub(super) title: Text,
    pub(super) timestamp: Text,
    /// Before the row had them.
    pub(super) tags: Texts,
    pub(super) history: Object<History>,
    /// Before there was a tree.
    pub(super) messages: Objects<Message>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct History {
    pub(super) messages: Objects<Message>,
    #[serde(rename = "currentId")]
    pub(super) current: Id,
}

/// A message of Open WebUI, LibreChat or our own export.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) id: Id,
    #[serde(rename = "messageId")]
    pub(super) libre_id: Id,
    #[serde(rename = "parentId")]
    pub(super) webui_parent: Id,
    #[serde(rename = "parentMessageId")]
    pub(super) libre_parent: Id,
    pub(super) parent_id: Id,
    pub(super) role: Text,
    #[serde(rename = "isCreatedByUser")]
    pub(super) by_user: Text,
    pub(super) content: Parts,
    pub(super) text: Text,
    pub(super) model: Text,
    pub(super) timestamp: Text,
    #[serde(rename = "createdAt")]
    pub(super) libre_created: Text,
    pub(super) created_at: Text,
    pub(super) error: Text,
    pub(super) files: Objects<Attachment>,
    pub(super) attachments: Objects<Attachment>,
    pub(super) sources: Objects<IgnoredAny>,
    /// LibreChat, recursive: what follows it.
    pub(super) children: Objects<Message>,
}

/// A content in parts; a bare text is one part.
#[derive(Default)]
pub(super) struct Parts(pub(super) Vec<Part>);

#[derive(Default)]
pub(super) struct Part {
    /// None: a bare text.
    pub(super) kind: Option<String>,
    pub(super) text: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PartObject {
    r#type: Text,
    content_type: Text,
    text: Text,
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Parts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Parts, E> {
        Ok(Parts::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Parts, E> {
        Ok(Parts::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Parts, E> {
        Ok(Parts::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Parts, E> {
        Ok(Parts::default())
    }

    fn visit_unit<E>(self) -> Result<Parts, E> {
        Ok(Parts::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Parts, E> {
        Ok(Parts(vec![Part { kind: None, text: Some(text.to_owned()) }]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Parts, A::Error> {
        let mut parts = Vec::new();
        while let Some(Parts(more)) = list.next_element()? {
            parts.extend(more);
        }
        Ok(Parts(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Parts, A::Error> {
        let part = PartObject::deserialize(MapAccessDeserializer::new(map))?;
        let kind = Some(part.content_type.0.or(part.r#type.0).unwrap_or_default());
        Ok(Parts(vec![Part { kind, text: part.text.0 }]))
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(PartVisitor)
    }
}
