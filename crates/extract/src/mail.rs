//! Mail (EML), mailboxes (mbox) and web pages saved as one file (MHT): who wrote whom when about
//! what, the text, and the names of what is attached.

use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::document::{BlockKind, Meta};
use crate::output::{Draft, Output};
use crate::warning::WarningKind;
use crate::{Failure, Format, clean, html, plain};

/// Mails inside mails that are read.
const MAX_DEPTH: usize = 5;

/// Mails of a mailbox, and recipients, bodies and attachments of a mail that are read; others are
/// counted.
const MAX_MESSAGES: usize = 10_000;
const MAX_PARTS: usize = 2_000;

/// Header lines by which mail is known.
const KNOWN: &[&str] = &[
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "sender",
    "reply-to",
    "received",
    "return-path",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "delivered-to",
    "x-mailer",
    "dkim-signature",
    "snapshot-content-location",
];

/// Of these, one that no other text has.
const DISTINCTIVE: &[&str] = &[
    "mime-version",
    "received",
    "message-id",
    "return-path",
    "content-transfer-encoding",
    "dkim-signature",
];

/// True where `bytes` begin as mail does. `is_called_mail`: the name or type says so.
/// `is_called_plain`: the name says it is another text, so that only full headers are believed.
pub(crate) fn begins(bytes: &[u8], is_called_mail: bool, is_called_plain: bool) -> bool {
    let head = bytes.get(..16 * 1024).unwrap_or(bytes);
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let (mut known, mut is_distinctive, mut is_first) = (0, false, true);
    for line in head.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() && !is_first {
            break;
        }
        let begins_mailbox = std::mem::take(&mut is_first) && line.starts_with(b"From ");
        if begins_mailbox || line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { return false };
        let name = line.get(..colon).unwrap_or_default().to_ascii_lowercase();
        if name.is_empty()
            || !name
                .iter()
                .all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        {
            return false;
        }
        known += usize::from(KNOWN.iter().any(|known| known.as_bytes() == name));
        is_distinctive |= DISTINCTIVE.iter().any(|header| header.as_bytes() == name);
    }
    if is_called_mail {
        known > 0
    } else {
        known >= 3 && (is_distinctive || (known >= 4 && !is_called_plain))
    }
}

pub(crate) fn read(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Failure> {
    let mut draft = Draft::default();
    let mut title = None;
    let mut count = 0;
    for mail in messages(bytes) {
        count += 1;
        if count > MAX_MESSAGES {
            draft.warn(WarningKind::SkippedParts, 1);
            continue;
        }
        let Some(message) = MessageParser::default().parse(mail) else {
            draft.warn(WarningKind::SkippedParts, 1);
            continue;
        };
        let found = message_title(&message);
        if is_saved_page(&message) {
            title = title.or(saved_page(&message, &mut draft)?).or(found);
        } else {
            title = title.or(found);
            read_message(&message, 0, &mut draft)?;
        }
    }
    let title = title.filter(|_| count == 1);
    out.meta(Meta { format: Format::Mail, title, page_count: None, paged: false });
    draft.write(out)
}

/// Reads a web page saved as one file that stands inside another document.
pub(crate) fn page_part(bytes: &[u8], draft: &mut Draft) -> Result<(), Failure> {
    match MessageParser::default().parse(bytes) {
        Some(message) => saved_page(&message, draft).map(|_| ()),
        None => {
            draft.warn(WarningKind::SkippedParts, 1);
            Ok(())
        }
    }
}

/// The mails of a mailbox, each of which begins with a line "From …"; other files are one mail.
fn messages(bytes: &[u8]) -> Vec<&[u8]> {
    if !bytes.starts_with(b"From ") {
        return vec![bytes];
    }
    let mut starts: Vec<usize> = vec![0];
    starts.extend(
        bytes
            .windows(7)
            .enumerate()
            .filter(|(_, window)| *window == b"\n\nFrom " || *window == b"\r\nFrom ")
            .map(|(at, _)| at + 2),
    );
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let messages =
        starts.iter().zip(ends).map(|(&start, end)| bytes.get(start..end).unwrap_or_default());
    messages
        .map(|mail| {
            mail.iter()
                .position(|&byte| byte == b'\n')
                .and_then(|end| mail.get(end + 1..))
                .unwrap_or_default()
        })
        .collect()
}

fn message_title(message: &Message<'_>) -> Option<String> {
    message.subject().and_then(clean::title)
}

/// Browsers save a page as a mail without a recipient.
fn is_saved_page(message: &Message<'_>) -> bool {
    let is_related = message.root_part().is_content_type("multipart", "related");
    let is_page = message.root_part().is_content_type("text", "html");
    message.to().is_none() && (is_related || is_page) && message.received().is_none()
}

fn saved_page(message: &Message<'_>, draft: &mut Draft) -> Result<Option<String>, Failure> {
    let mut title = None;
    let mut pages = 0;
    for part in &message.parts {
        if let PartType::Html(source) = &part.body {
            // Frames and advertisements come after the page itself.
            pages += 1;
            if pages == 1 {
                let page = html::page(source.as_bytes(), None)?;
                title = page.title;
                draft.append(page.draft)?;
            }
        }
    }
    if pages == 0 {
        read_bodies(message, draft)?;
    }
    draft.warn(WarningKind::SkippedParts, u64::try_from(pages).unwrap_or(0).saturating_sub(1));
    Ok(title)
}

fn read_message(message: &Message<'_>, depth: usize, draft: &mut Draft) -> Result<(), Failure> {
    if let Some(subject) = message.subject() {
        draft.push(BlockKind::Heading { level: if depth == 0 { 1 } else { 2 } }, subject)?;
    }
    for (name, addresses) in [("From", message.from()), ("To", message.to()), ("Cc", message.cc())]
    {
        let people = addresses.map(|addresses| people(addresses, draft)).unwrap_or_default();
        if !people.is_empty() {
            draft.push(BlockKind::Paragraph, &format!("{name}: {people}"))?;
        }
    }
    if let Some(date) = message.header_raw("Date") {
        draft.push(BlockKind::Paragraph, &format!("Date: {}", date.trim()))?;
    }
    read_bodies(message, draft)?;
    read_attachments(message, depth, draft)
}

/// The first of them; the others count as lost.
fn first<T>(items: impl Iterator<Item = T>, lost: WarningKind, draft: &mut Draft) -> Vec<T> {
    let mut items = items.fuse();
    let first = items.by_ref().take(MAX_PARTS).collect();
    draft.warn(lost, items.count() as u64);
    first
}

fn people(addresses: &Address<'_>, draft: &mut Draft) -> String {
    let addresses = first(addresses.iter(), WarningKind::SkippedParts, draft);
    let people =
        addresses.into_iter().filter_map(|person| match (person.name(), person.address()) {
            (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
            (name, address) => name.or(address).map(str::to_owned),
        });
    people.collect::<Vec<_>>().join(", ")
}

/// The text as it was written; the formatted version only where there is no other, or only a word
/// or two of it.
fn read_bodies(message: &Message<'_>, draft: &mut Draft) -> Result<(), Failure> {
    let length = |part: &MessagePart<'_>| match &part.body {
        PartType::Text(text) => text.trim().len(),
        PartType::Html(source) => source.len() / 8,
        _ => 0,
    };
    let plain: usize = message.text_bodies().map(length).sum();
    let formatted: usize = message.html_bodies().map(length).sum();
    let use_plain = plain * 4 >= formatted;
    let bodies: Vec<&MessagePart<'_>> =
        if use_plain { message.text_bodies().collect() } else { message.html_bodies().collect() };
    for part in first(bodies.into_iter(), WarningKind::SkippedParts, draft) {
        match &part.body {
            PartType::Text(text) => plain::part(&text.replace("\r\n", "\n"), draft)?,
            PartType::Html(source) => draft.append(html::page(source.as_bytes(), None)?.draft)?,
            _ => {}
        }
        if part.is_encoding_problem {
            draft.warn(WarningKind::SkippedParts, 1);
        }
    }
    Ok(())
}

fn read_attachments(message: &Message<'_>, depth: usize, draft: &mut Draft) -> Result<(), Failure> {
    let mut names = Vec::new();
    for part in first(message.attachments(), WarningKind::SkippedAttachments, draft) {
        match &part.body {
            PartType::Message(inner) if depth < MAX_DEPTH => {
                draft.push(BlockKind::Paragraph, "Attached message:")?;
                read_message(inner, depth + 1, draft)?;
            }
            // Pictures that the formatted version shows in its text.
            PartType::InlineBinary(_)
                if part.attachment_name().is_none() || part.content_id().is_some() =>
            {
                draft.warn(WarningKind::PicturesWithoutText, 1);
            }
            _ => {
                names.extend(part.attachment_name().map(str::to_owned));
                draft.warn(WarningKind::SkippedAttachments, 1);
            }
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    draft.push(BlockKind::Paragraph, &format!("Attachments: {}", names.join(", ")))
}
