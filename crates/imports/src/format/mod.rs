//! Reads exports of other products, entry by entry and within bounds. Pure but for the reader.

mod archive;
mod chatgpt;
mod clean;
mod foreign;
mod guard;
mod lenient;
mod listed;
mod raw;
mod tree;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    io::{BufReader, Read, Seek},
};

use queue::Failure;
use serde::{
    Deserialize, Deserializer as _,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use foreign::ForeignConversation;
use guard::Guard;
use lenient::Object;
use raw::Entry;

pub(crate) use archive::{Allowance, Stop};
pub(crate) use tree::{ConvertedConversation, build};

/// Bytes read from the file at once.
const BUFFER: usize = 64 << 10;

/// Why reading ended early.
#[derive(Debug)]
pub(crate) enum ReadEnd {
    /// The file is at fault.
    Failed(Failure),
    /// The reader of the conversations wants no more.
    Unwanted,
}

/// Reads an export: a JSON file, or an archive with such files. `take` gets every entry, in order;
/// None is an entry of no product that is known. It returns whether it wants more.
pub(crate) fn read<R: Read + Seek>(
    file: R,
    (allowance, stop): (&Allowance, &Stop),
    take: &mut dyn FnMut(Option<ForeignConversation>) -> bool,
) -> Result<(), ReadEnd> {
    let mut total = 0;
    archive::each_file(file, allowance, &mut |json| read_json(json, (&mut total, stop), take))
}

fn read_json(
    json: &mut dyn Read,
    (total, stop): (&mut u64, &Stop),
    take: &mut dyn FnMut(Option<ForeignConversation>) -> bool,
) -> Result<(), ReadEnd> {
    let mut guard = Guard::new(json, total, stop);
    let mut unwanted = false;
    let mut parser =
        serde_json::Deserializer::from_reader(BufReader::with_capacity(BUFFER, &mut guard));
    // The guard has the bound.
    parser.disable_recursion_limit();
    let found = parser.deserialize_any(TopVisitor { take, unwanted: &mut unwanted });
    let found = found.and_then(|()| parser.end());
    drop(parser);
    match found {
        Ok(()) => Ok(()),
        Err(_) if unwanted => Err(ReadEnd::Unwanted),
        Err(error) => Err(ReadEnd::Failed(failure(&error, guard.exceeded))),
    }
}

fn failure(error: &serde_json::Error, bound: Option<guard::FileLimit>) -> Failure {
    if let Some(bound) = bound {
        let detail = format!("expected an export within the limits; {}", bound.detail());
        return Failure::new(
            "import_too_large",
            detail,
            "export fewer conversations, or split the file",
        );
    }
    if error.is_data() {
        return unknown();
    }
    let (line, column) = (error.line(), error.column());
    let detail =
        format!("expected JSON; it breaks off or is damaged at line {line}, column {column}");
    Failure::new("import_broken", detail, "export again, and upload the file as it is")
}

pub(crate) fn unknown() -> Failure {
    Failure::new(
        "import_unknown",
        "expected an export of ChatGPT, Open WebUI, LibreChat or Tessera, as JSON or as an archive",
        "choose the file `conversations.json`, the archive that has it, or an export of chats as JSON",
    )
}

/// The outermost value: a list of entries, or one entry.
struct TopVisitor<'a> {
    take: &'a mut dyn FnMut(Option<ForeignConversation>) -> bool,
    unwanted: &'a mut bool,
}

impl TopVisitor<'_> {
    fn give<E: de::Error>(&mut self, found: Option<ForeignConversation>) -> Result<(), E> {
        if (self.take)(found) {
            return Ok(());
        }
        *self.unwanted = true;
        Err(E::custom("unwanted"))
    }
}

impl<'de> Visitor<'de> for TopVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of conversations, or one conversation")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(Object(entry)) = list.next_element::<Object<Entry>>()? {
            self.give(entry.and_then(|entry| conversation(*entry)))?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<(), A::Error> {
        let entry = Entry::deserialize(MapAccessDeserializer::new(map))?;
        // A file that is one entry, and not one that is known, is no export.
        let found = conversation(entry).ok_or_else(|| de::Error::custom("unknown"))?;
        self.give(Some(found))
    }
}

/// The entry by its product.
fn conversation(mut entry: Entry) -> Option<ForeignConversation> {
    if entry.mapping.0.is_some() {
        return Some(chatgpt::conversation(entry));
    }
    if let Some(chat) = entry.chat.0.take() {
        return Some(listed::of_open_webui(entry, *chat));
    }
    if let (Some(own), true) = (entry.conversation.0.take(), entry.messages.0.is_some()) {
        return Some(listed::of_our_own(*own, entry.messages));
    }
    let is_libre =
        entry.libre_id.0.is_some() && (entry.messages.0.is_some() || entry.tree.0.is_some());
    is_libre.then(|| listed::of_librechat(entry))
}
