//! Messages and their parts on their way to the gateway and out of it.

use kernel::{Problem, Result};

use super::{WireImage, WireMessage, WirePart};
use crate::{ChatMessage, Image, Part, Role, ToolCall, ToolResult};

/// What providers take as pictures.
const PICTURES: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];
/// Bytes of one picture in base64: 1 MiB.
pub const PICTURE_BYTES: usize = 1_400_000;
/// The most pictures that the messages of a question have.
pub const PICTURES_LIMIT: usize = 16;
/// The most bytes in base64 of all of them.
pub const PICTURES_BYTES: usize = 4 * PICTURE_BYTES;

impl WireImage {
    /// The picture, if it is of a known kind and not too large.
    ///
    /// # Errors
    /// `invalid_body`.
    pub fn picture(&self) -> Result<Image> {
        picture(&self.media_type, &self.base64)
    }

    /// None for an address: nothing is fetched for a question.
    pub(crate) fn of(image: &Image) -> Option<Self> {
        match image {
            Image::Data { media_type, base64 } => {
                Some(Self { media_type: media_type.clone(), base64: base64.clone() })
            }
            Image::Url(_) => None,
        }
    }
}

fn picture(media_type: &str, base64: &str) -> Result<Image> {
    if !PICTURES.contains(&media_type) || base64.len() > PICTURE_BYTES {
        return Err(Problem::invalid_field("/images", "expected PNG, JPEG or WebP of up to 1 MiB"));
    }
    Ok(Image::Data { media_type: media_type.to_owned(), base64: base64.to_owned() })
}

impl WireMessage {
    /// What providers count of it as prompt, but pictures.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        // An empty text is a message of its own in an estimate.
        let parts = self.parts.iter().flat_map(texts_of).filter(|text| !text.is_empty());
        std::iter::once(self.content.as_str()).chain(parts)
    }

    /// The bytes of each picture in base64.
    pub fn picture_sizes(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().filter_map(|part| match part {
            WirePart::Image { base64, .. } => Some(base64.len()),
            _ => None,
        })
    }

    /// The message for a provider.
    ///
    /// # Errors
    /// `invalid_body` for an unknown role, and for pictures of another kind or size.
    pub fn message(&self) -> Result<ChatMessage> {
        let role = match self.role.as_str() {
            "system" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => {
                return Err(Problem::invalid_field(
                    "/messages",
                    "expected the role system, user or assistant",
                ));
            }
        };
        if self.parts.is_empty() {
            return Ok(ChatMessage::text(role, self.content.as_str()));
        }
        let parts = self.parts.iter().map(part).collect::<Result<_>>()?;
        Ok(ChatMessage { role, parts })
    }

    pub(crate) fn of(message: &ChatMessage) -> Self {
        let role = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
        .to_owned();
        match message.parts.as_slice() {
            [Part::Text(text)] => Self { role, content: text.clone(), parts: Vec::new() },
            parts => {
                let parts = parts.iter().filter_map(wire_part).collect();
                Self { role, content: String::new(), parts }
            }
        }
    }
}

fn texts_of(part: &WirePart) -> [&str; 3] {
    match part {
        WirePart::Text { text } => [text, "", ""],
        WirePart::Image { .. } => ["", "", ""],
        WirePart::ToolCall { id, name, arguments } => [id, name, arguments],
        WirePart::ToolResult { call_id, name, content } => [call_id, name, content],
    }
}

fn part(part: &WirePart) -> Result<Part> {
    Ok(match part {
        WirePart::Text { text } => Part::Text(text.clone()),
        WirePart::Image { media_type, base64 } => Part::Image(picture(media_type, base64)?),
        WirePart::ToolCall { id, name, arguments } => Part::ToolCall(ToolCall {
            id: id.clone(),
            name: name.clone(),
            arguments: arguments.clone(),
            opaque: None,
        }),
        WirePart::ToolResult { call_id, name, content } => Part::ToolResult(ToolResult {
            call_id: call_id.clone(),
            name: name.clone(),
            content: content.clone(),
            failed: false,
        }),
    })
}

/// None for what no component sends: addresses of pictures, and data of a provider.
fn wire_part(part: &Part) -> Option<WirePart> {
    Some(match part {
        Part::Text(text) => WirePart::Text { text: text.clone() },
        Part::Image(image) => {
            let WireImage { media_type, base64 } = WireImage::of(image)?;
            WirePart::Image { media_type, base64 }
        }
        Part::ToolCall(ToolCall { id, name, arguments, .. }) => {
            WirePart::ToolCall { id: id.clone(), name: name.clone(), arguments: arguments.clone() }
        }
        Part::ToolResult(ToolResult { call_id, name, content, .. }) => WirePart::ToolResult {
            call_id: call_id.clone(),
            name: name.clone(),
            content: content.clone(),
        },
        Part::Opaque(_) => return None,
    })
}
