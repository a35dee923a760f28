//! The content of a message: texts and pictures, in order. Pictures come as data: URLs; nothing
//! here fetches an address.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::{Code, Problem, Result};
use knowledge::attachments::picture_type;
use models::{
    Image, Part,
    gateway::{PICTURE_BYTES, PICTURES_BYTES, PICTURES_LIMIT},
};
use serde_json::Value;

use crate::json_object::{JsonObject, kind, unsupported};

/// Bytes of a body, but its pictures.
const TEXT_BYTES: usize = 1 << 20;
/// Bytes of a body.
pub(crate) const BODY_BYTES: usize = TEXT_BYTES + PICTURES_BYTES;

/// The pictures of a request so far.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Pictures {
    /// Where the first one is.
    pub(crate) first: Option<String>,
    count: usize,
    /// In base64.
    bytes: usize,
}

impl Pictures {
    fn add(&mut self, pointer: &str, bytes: usize) -> Result<()> {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.count > PICTURES_LIMIT || self.bytes > PICTURES_BYTES {
            let detail = format!("expected at most {PICTURES_LIMIT} pictures of 4 MiB together");
            return Err(Problem::invalid_field(pointer.to_owned(), detail));
        }
        self.first.get_or_insert_with(|| pointer.to_owned());
        Ok(())
    }

    /// Refuses a body that is too large without its pictures.
    ///
    /// # Errors
    /// `too_large`.
    pub(crate) fn check_rest(&self, body_bytes: usize) -> Result<()> {
        if body_bytes.saturating_sub(self.bytes) > TEXT_BYTES {
            let detail = "expected at most 1 MiB beside pictures; send less of the conversation";
            return Err(Problem::new(Code::TooLarge, detail));
        }
        Ok(())
    }
}

/// What a member says: a string, or parts. Texts that follow each other are one.
///
/// # Errors
/// `invalid_body`; with `unsupported_parameter` for sounds, files and addresses of pictures.
pub(crate) fn read(
    message: &JsonObject<'_>,
    name: &str,
    pictures: &mut Pictures,
) -> Result<Vec<Part>> {
    let pointer = message.pointer(name);
    match message.get(name) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Part::Text(text.clone())]),
        Some(Value::Array(parts)) => {
            let mut out = Vec::with_capacity(parts.len());
            for (at, part) in parts.iter().enumerate() {
                let part = JsonObject::new(part, format!("{pointer}/{at}"))?;
                add(&mut out, read_part(&part, pictures)?);
            }
            Ok(out)
        }
        Some(other) => Err(Problem::invalid_field(
            pointer,
            format!("expected a string or an array of parts, got {}", kind(other)),
        )),
    }
}

fn add(parts: &mut Vec<Part>, part: Part) {
    match (parts.last_mut(), part) {
        (Some(Part::Text(before)), Part::Text(text)) => {
            before.push('\n');
            before.push_str(&text);
        }
        (_, part) => parts.push(part),
    }
}

fn read_part(part: &JsonObject<'_>, pictures: &mut Pictures) -> Result<Part> {
    match part.required_text("type")? {
        "text" | "input_text" | "output_text" => {
            Ok(Part::Text(part.required_text("text")?.to_owned()))
        }
        "refusal" => Ok(Part::Text(part.required_text("refusal")?.to_owned())),
        "image_url" => {
            let inner = part.object("image_url")?.ok_or_else(|| {
                let detail = "expected an object with url, got nothing";
                Problem::invalid_field(part.pointer("image_url"), detail)
            })?;
            picture(inner.required_text("url")?, &inner.pointer("url"), pictures)
        }
        "input_image" => {
            picture(part.required_text("image_url")?, &part.pointer("image_url"), pictures)
        }
        other => {
            let detail = format!(
                "expected a part of type text or image_url, got {other:.40?}; sounds and files are not read here"
            );
            Err(unsupported(part.pointer("type"), detail))
        }
    }
}

fn picture(url: &str, pointer: &str, pictures: &mut Pictures) -> Result<Part> {
    let Some(data) = url.strip_prefix("data:") else {
        let detail = "expected a data: URL with the bytes of the picture; nothing here fetches addresses, so send the picture itself";
        return Err(unsupported(pointer, detail));
    };
    let wrong = || {
        let detail = "expected data:image/…;base64, with a PNG, JPEG or WebP of up to 1 MiB";
        Problem::invalid_field(pointer.to_owned(), detail)
    };
    let base64 = data.split_once(";base64,").filter(|(kind, _)| kind.len() < 100);
    let (_, base64) = base64.filter(|it| it.1.len() <= PICTURE_BYTES).ok_or_else(wrong)?;
    pictures.add(pointer, base64.len())?;
    let bytes = STANDARD.decode(base64).map_err(|_| wrong())?;
    // What it is, whatever it is called.
    let kind = picture_type(&bytes).ok_or_else(wrong)?;
    let (media_type, base64) = (kind.to_owned(), base64.to_owned());
    Ok(Part::Image(Image::Data { media_type, base64 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

    fn data(kind: &str, bytes: &[u8]) -> String {
        format!("data:{kind};base64,{}", STANDARD.encode(bytes))
    }

    fn content(value: &Value) -> Result<Vec<Part>> {
        let message = json!({ "content": value });
        read(&JsonObject::new(&message, "/m".to_owned())?, "content", &mut Pictures::default())
    }

    fn seen(url: &str) -> Value {
        json!({ "type": "image_url", "image_url": { "url": url, "detail": "auto" } })
    }

    #[test]
    fn texts_and_pictures_keep_their_order() {
        let url = data("image/png", PNG);
        let text = |text: &str| json!({ "type": "text", "text": text });
        let flat = json!({ "type": "input_image", "image_url": url });
        let parts = content(&json!([text("a"), text("b"), seen(&url), text("c"), flat])).unwrap();
        let image = Part::Image(Image::of_bytes("image/png", PNG));
        let said = |said: &str| Part::Text(said.to_owned());
        assert_eq!(parts, [said("a\nb"), image.clone(), said("c"), image]);
    }

    #[test]
    fn a_picture_is_of_the_kind_that_its_bytes_say() {
        let parts = content(&json!([seen(&data("image/jpg", PNG))])).unwrap();
        assert_eq!(parts, [Part::Image(Image::of_bytes("image/png", PNG))]);
    }

    #[test]
    fn an_address_is_refused_and_not_fetched() {
        for url in ["https://example.org/a.png", "http://127.0.0.1/", "file:///etc/passwd", ""] {
            let problem = content(&json!([seen(url)])).unwrap_err();
            assert_eq!(problem.protocol_code(), Some("unsupported_parameter"), "{url}");
            assert_eq!(problem.fields[0].pointer, "/m/content/0/image_url/url", "{url}");
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let large = [PNG, &vec![0; 1_100_000]].concat();
        for url in [
            data("image/svg+xml", b"<svg/>"),
            data("image/png", b""),
            data("image/png", &large),
            "data:image/png;base64,%%".to_owned(),
            "data:image/png,abc".to_owned(),
        ] {
            let problem = content(&json!([seen(&url)])).unwrap_err();
            assert_eq!(problem.code, Code::InvalidBody, "{url:.40}");
        }
    }

    #[test]
    fn pictures_are_counted_over_the_whole_request() {
        let many =
            |count: usize| content(&Value::Array(vec![seen(&data("image/png", PNG)); count]));
        assert!(many(PICTURES_LIMIT).is_ok());
        let problem = many(PICTURES_LIMIT + 1).unwrap_err();
        assert_eq!(problem.fields[0].pointer, "/m/content/16/image_url/url");
    }

    #[test]
    fn a_body_is_bounded_without_its_pictures() {
        let pictures = Pictures { bytes: 3_000_000, ..Pictures::default() };
        assert!(pictures.check_rest(3_000_000 + TEXT_BYTES).is_ok());
        assert_eq!(pictures.check_rest(3_000_001 + TEXT_BYTES).unwrap_err().code, Code::TooLarge);
    }
}
