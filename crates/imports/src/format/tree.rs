//! Makes the tree of messages of a foreign conversation into one of ours: questions and answers
//! only, with new places, within the bounds of a conversation.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use conversations::{DEPTH, ImportSource, QUESTION_CHARS, Role, VERSIONS};
use kernel::Timestamp;
use sha2::{Digest, Sha256};

use super::foreign::{Author, ForeignConversation, ForeignMessage, Losses};
use crate::{
    LeftOut,
    imported::{ImportedConversation, ImportedMessage},
};

/// The most messages of a conversation.
const MESSAGES: usize = 20_000;
/// The most characters of an answer, with what was joined to it. A question has no more than one
/// that is asked here, since another answer to it sends it to a model.
const ANSWER_CHARS: usize = 500_000;
/// The most characters of all messages of a conversation.
const CONVERSATION_CHARS: usize = 20_000_000;
/// The most characters of a title, and of a model's name.
const LINE_CHARS: usize = 200;

/// A conversation and what was not taken of it; none if it has no question and no answer.
pub(crate) struct ConvertedConversation {
    pub(crate) source: ImportSource,
    pub(crate) title: Option<String>,
    pub(crate) conversation: Option<ImportedConversation>,
    pub(crate) losses: Losses,
}

/// `now` is the time of what has none.
pub(crate) fn build(foreign: ForeignConversation, now: Timestamp) -> ConvertedConversation {
    let (key, source) = (key(&foreign), foreign.source);
    let mut losses = Losses::new();
    let title = foreign.title.as_deref().and_then(line);
    let start = foreign.created_at.or_else(|| foreign.messages.iter().filter_map(|m| m.at).min());
    let start = start.unwrap_or(now).min(now);
    let mut grown = grow(foreign.messages, &mut losses);
    join_answers(&mut grown);
    let (messages, places) = placed(grown.kept, start, &mut losses);
    // The message that was shown last, or the newest one.
    let shown = foreign.current.and_then(|id| grown.places.get(&id).copied().flatten());
    let shown = shown.and_then(|at| places.get(at).copied().flatten());
    let newest = (0..messages.len()).max_by_key(|at| messages.get(*at).map(|m| (m.at, *at)));
    let Some(head) = shown.or(newest) else {
        return ConvertedConversation { source, title, conversation: None, losses };
    };
    let first = messages.first().map(|message| message.content.as_str()).unwrap_or_default();
    let last = messages.iter().map(|message| message.at).max().unwrap_or(start);
    let conversation = ImportedConversation {
        source,
        key,
        title: title.clone().unwrap_or_else(|| conversations::title_of(first)),
        tags: conversations::usable_tags(&foreign.tags),
        created_at: start,
        updated_at: foreign.updated_at.unwrap_or(last).clamp(start, now.max(start)),
        messages,
        head,
    };
    ConvertedConversation {
        source,
        title: Some(conversation.title.clone()),
        conversation: Some(conversation),
        losses,
    }
}

/// What tells this conversation from all others of its source: the id there, or its beginning.
fn key(foreign: &ForeignConversation) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(foreign.source.as_str());
    match &foreign.id {
        Some(id) => hash.update(format!("\0id\0{id}")),
        None => {
            let title = foreign.title.as_deref().map(|title| beginning(title, LINE_CHARS));
            hash.update(format!("\0{title:?}\0{:?}", foreign.created_at));
            for message in foreign.messages.iter().take(2) {
                hash.update("\0");
                hash.update(&message.text);
            }
        }
    }
    hash.finalize().to_vec()
}

/// A message that is kept, below another one.
struct TreeMessage {
    parent: Option<usize>,
    role: Role,
    text: String,
    model: Option<String>,
    at: Option<Timestamp>,
    /// It is a part of its parent now.
    joined: bool,
}

struct MessageTree {
    /// Parents before what is below them.
    kept: Vec<TreeMessage>,
    /// For each id of the export: the message itself, or the one that it would follow.
    places: HashMap<Rc<str>, Option<usize>>,
}

/// Walks from the first messages down, and leaves out what is neither question nor answer: what is
/// below it follows the message above it.
fn grow(mut messages: Vec<ForeignMessage>, losses: &mut Losses) -> MessageTree {
    let (mut ids, all) = (HashSet::new(), messages.len());
    messages.retain(|message| ids.insert(Rc::clone(&message.id)));
    lose(losses, LeftOut::Other, all - messages.len());
    let mut below: HashMap<Option<Rc<str>>, Vec<usize>> = HashMap::new();
    for (at, message) in messages.iter().enumerate() {
        let parent = message.parent.clone().filter(|id| ids.contains(id));
        below.entry(parent).or_default().push(at);
    }
    let mut grown = MessageTree { kept: Vec::new(), places: HashMap::new() };
    let mut waiting: Vec<(usize, Option<usize>)> =
        below.remove(&None).into_iter().flatten().rev().map(|first| (first, None)).collect();
    while let Some((at, above)) = waiting.pop() {
        let Some(message) = messages.get_mut(at) else { continue };
        let place = keep(&mut grown.kept, message, above, losses);
        grown.places.insert(Rc::clone(&message.id), place);
        let next = below.remove(&Some(Rc::clone(&message.id))).into_iter().flatten().rev();
        waiting.extend(next.map(|next| (next, place)));
    }
    // What no first message leads to: parents in a circle.
    lose(losses, LeftOut::Other, messages.len() - grown.places.len());
    grown
}

/// The place of the message if it is kept, or of the one above it. Takes its text.
fn keep(
    kept: &mut Vec<TreeMessage>,
    message: &mut ForeignMessage,
    above: Option<usize>,
    losses: &mut Losses,
) -> Option<usize> {
    for kind in &message.losses {
        lose(losses, *kind, 1);
    }
    let text = std::mem::take(&mut message.text).replace('\0', "");
    let text = text.trim();
    let role = match message.author {
        Author::User => Role::User,
        Author::Assistant => Role::Assistant,
        Author::Neither(kind) => {
            // Exports have empty messages as roots.
            lose(losses, kind, usize::from(!text.is_empty()));
            return above;
        }
    };
    if text.is_empty() {
        return above;
    }
    if kept.len() >= MESSAGES {
        lose(losses, LeftOut::TooMany, 1);
        return above;
    }
    let (model, at) = (message.model.as_deref().and_then(line), message.at);
    kept.push(TreeMessage { parent: above, role, text: text.to_owned(), model, at, joined: false });
    Some(kept.len() - 1)
}

/// An answer that follows an answer, with calls of tools between them, was one answer to its
/// reader.
fn join_answers(grown: &mut MessageTree) {
    let mut followers = vec![0_u32; grown.kept.len()];
    for parent in grown.kept.iter().filter_map(|kept| kept.parent) {
        if let Some(count) = followers.get_mut(parent) {
            *count += 1;
        }
    }
    // Where each message is now.
    let mut now: Vec<usize> = Vec::with_capacity(grown.kept.len());
    for at in 0..grown.kept.len() {
        let (before, rest) = grown.kept.split_at_mut(at);
        let Some(one) = rest.first_mut() else { break };
        let alone = one.parent.is_some_and(|parent| followers.get(parent) == Some(&1));
        one.parent = one.parent.and_then(|parent| now.get(parent).copied());
        let above = one.parent.and_then(|parent| before.get_mut(parent).map(|it| (parent, it)));
        match above {
            Some((parent, above))
                if alone && one.role == Role::Assistant && above.role == Role::Assistant =>
            {
                above.text.push_str("\n\n");
                above.text.push_str(&std::mem::take(&mut one.text));
                one.joined = true;
                now.push(parent);
            }
            _ => now.push(at),
        }
    }
    for place in grown.places.values_mut() {
        *place = place.and_then(|at| now.get(at).copied());
    }
}

/// The messages with their depths, and where each kept one is among them; beyond the bounds of a
/// conversation, none, and none of what is below it.
fn placed(
    kept: Vec<TreeMessage>,
    start: Timestamp,
    losses: &mut Losses,
) -> (Vec<ImportedMessage>, Vec<Option<usize>>) {
    let mut messages: Vec<ImportedMessage> = Vec::with_capacity(kept.len());
    let mut places: Vec<Option<usize>> = Vec::with_capacity(kept.len());
    let mut versions: HashMap<(Option<usize>, bool), i64> = HashMap::new();
    let mut room = CONVERSATION_CHARS;
    for one in kept {
        if one.joined {
            places.push(None);
            continue;
        }
        let above = one.parent.map(|parent| places.get(parent).copied().flatten());
        let parent = above.flatten();
        let depth = parent.and_then(|at| messages.get(at)).map_or(0, |it| it.depth) + 1;
        let count = versions.entry((parent, one.role == Role::User)).or_default();
        // A parent that was left out takes along what is below it.
        if above == Some(None) || depth > DEPTH || *count >= VERSIONS || room == 0 {
            lose(losses, LeftOut::TooMany, 1);
            places.push(None);
            continue;
        }
        *count += 1;
        // Messages without a time of their own are in the order of the export.
        let order = i64::try_from(messages.len()).unwrap_or_default();
        let at = one.at.unwrap_or(Timestamp(start.0.saturating_add(order)));
        places.push(Some(messages.len()));
        let (role, mut content, model) = (one.role, one.text, one.model);
        let most = if role == Role::User { QUESTION_CHARS } else { ANSWER_CHARS };
        if cut(&mut content, most.min(room)) {
            lose(losses, LeftOut::CutText, 1);
        }
        room = room.saturating_sub(content.chars().count());
        messages.push(ImportedMessage { parent, depth, role, content, model, at });
    }
    (messages, places)
}

/// Cuts a text to so many characters; whether it was longer.
fn cut(text: &mut String, most: usize) -> bool {
    if text.chars().nth(most).is_none() {
        return false;
    }
    let mut short = beginning(text, most.saturating_sub(1)).to_owned();
    short.push('…');
    *text = short;
    true
}

/// The first characters of a text.
fn beginning(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn lose(losses: &mut Losses, kind: LeftOut, number: usize) {
    if number > 0 {
        *losses.entry(kind).or_default() += u32::try_from(number).unwrap_or(u32::MAX);
    }
}

/// One line as titles are stored; none if nothing is left.
fn line(text: &str) -> Option<String> {
    let text = kernel::text::normalized(beginning(text, 10 * LINE_CHARS));
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .collect();
    let line: String = words.join(" ").chars().take(LINE_CHARS).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
