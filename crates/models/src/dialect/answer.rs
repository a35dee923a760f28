//! An answer while it is read: what every dialect's reader puts its findings into, so that bounds
//! and order are the same for all.

use std::collections::VecDeque;

use serde_json::Value;

use super::{
    ChatEvent, Dialect, FinishReason, Opaque, TokenUsage, ToolCallDelta,
    thinking_tag::{Fragment, ThinkingTag},
};
use crate::{ErrorKind, ProviderError};

/// Bytes of text, thoughts, arguments and opaque data of one answer.
const ANSWER_LIMIT: usize = 16 << 20;
/// Tool calls of one answer.
const CALLS_LIMIT: usize = 128;

/// The answer so far.
pub(super) struct AnswerState {
    dialect: Dialect,
    events: VecDeque<ChatEvent>,
    bytes: usize,
    usage: Option<TokenUsage>,
    model_known: bool,
    finish: Option<FinishReason>,
    closed: bool,
    calls: Vec<Call>,
    tag: Option<ThinkingTag>,
}

/// A call whose fragments come.
struct Call {
    /// What the provider tells its fragments by.
    key: u64,
    id: String,
    is_named: bool,
    arguments: String,
}

/// A fragment as a provider sends it.
#[derive(Default)]
pub(super) struct CallFragment<'a> {
    pub(super) key: u64,
    pub(super) id: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) arguments: &'a str,
    pub(super) opaque: Option<Opaque>,
}

impl AnswerState {
    /// `may_tag`: thoughts may stand in the text, in `<think>`.
    pub(super) fn new(dialect: Dialect, may_tag: bool) -> Self {
        Self {
            dialect,
            events: VecDeque::new(),
            bytes: 0,
            usage: None,
            model_known: false,
            finish: None,
            closed: false,
            calls: Vec::new(),
            tag: may_tag.then(ThinkingTag::default),
        }
    }

    pub(super) fn next(&mut self) -> Option<ChatEvent> {
        self.events.pop_front()
    }

    /// Nothing more will come of the server's bytes.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// The model has said that it is done.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some() || self.closed
    }

    /// Whether anything came that a client sees.
    pub(super) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    pub(super) fn text(&mut self, text: &str) {
        match &mut self.tag {
            Some(tag) => {
                let said = tag.push(text);
                said.into_iter().for_each(|one| self.add(one));
            }
            None => self.add(Fragment::Text(text.to_owned())),
        }
    }

    pub(super) fn thinking(&mut self, text: &str) {
        // The server separates them.
        self.flush_tag();
        self.add(Fragment::Thinking(text.to_owned()));
    }

    fn add(&mut self, said: Fragment) {
        let (Fragment::Text(text) | Fragment::Thinking(text)) = &said;
        if text.is_empty() || !self.take_bytes(text.len()) {
            return;
        }
        // Text that came together stays together.
        match (self.events.back_mut(), said) {
            (Some(ChatEvent::Text(before)), Fragment::Text(text))
            | (Some(ChatEvent::Thinking(before)), Fragment::Thinking(text)) => {
                before.push_str(&text)
            }
            (_, Fragment::Text(text)) => self.events.push_back(ChatEvent::Text(text)),
            (_, Fragment::Thinking(text)) => self.events.push_back(ChatEvent::Thinking(text)),
        }
    }

    fn flush_tag(&mut self) {
        if let Some(said) = self.tag.take().and_then(|mut tag| tag.finish()) {
            self.add(said);
        }
    }

    pub(super) fn opaque(&mut self, data: Value) {
        if self.take_bytes(size(&data)) {
            self.events.push_back(ChatEvent::Opaque(Opaque::new(self.dialect, data)));
        }
    }

    /// The first name that is not empty.
    pub(super) fn model(&mut self, name: Option<&str>) {
        if let Some(name) = name.filter(|name| !self.model_known && !name.is_empty()) {
            self.model_known = true;
            self.events.push_back(ChatEvent::Model(name.chars().take(200).collect()));
        }
    }

    pub(super) fn usage(&mut self, usage: TokenUsage) {
        let most = self.usage.unwrap_or_default().max(usage);
        if self.usage != Some(most) {
            self.usage = Some(most);
            // A server that counts in every event would double their number.
            if let Some(ChatEvent::Usage(last)) = self.events.back_mut() {
                *last = most;
            } else {
                self.events.push_back(ChatEvent::Usage(most));
            }
        }
    }

    /// A fragment belongs to the call of its key. One that names a tool after a call of the same
    /// key is complete begins another: some servers number every call 0. Other ids alone begin
    /// none: some proxies make one for each fragment.
    pub(super) fn call(&mut self, fragment: CallFragment<'_>) {
        let name = fragment.name.filter(|name| !name.is_empty());
        let id = fragment.id.filter(|id| !id.is_empty() && *id != "null");
        let known = self.calls.iter().rposition(|call| call.key == fragment.key);
        let known = known.filter(|at| {
            let begins_another =
                name.is_some() && self.calls.get(*at).is_some_and(|call| call.is_complete(id));
            !begins_another
        });
        let opaque_bytes = fragment.opaque.as_ref().map_or(0, |opaque| size(&opaque.data));
        let named = name.map_or(0, str::len) + id.map_or(0, str::len);
        if !self.take_bytes(named + fragment.arguments.len() + opaque_bytes) {
            return;
        }
        let (at, is_new) = match known {
            Some(at) => (at, false),
            None if self.calls.len() == CALLS_LIMIT => {
                return self.fail(ProviderError::new(
                    ErrorKind::TooLong,
                    "more than 128 tool calls in one answer",
                ));
            }
            None => {
                let id = id.map_or_else(|| format!("call_{}", self.calls.len()), str::to_owned);
                self.calls.push(Call {
                    key: fragment.key,
                    id,
                    is_named: false,
                    arguments: String::new(),
                });
                (self.calls.len() - 1, true)
            }
        };
        let Some(call) = self.calls.get_mut(at) else { return };
        call.arguments.push_str(fragment.arguments);
        let name = name.filter(|_| !call.is_named);
        call.is_named |= name.is_some();
        let delta = ToolCallDelta {
            index: at,
            id: is_new.then(|| call.id.clone()),
            name: name.map(str::to_owned),
            arguments: fragment.arguments.to_owned(),
            opaque: fragment.opaque,
        };
        if delta != (ToolCallDelta { index: at, ..ToolCallDelta::default() }) {
            self.flush_tag();
            self.events.push_back(ChatEvent::ToolCall(delta));
        }
    }

    /// A key of no call so far, for calls that come whole and are not numbered.
    pub(super) fn next_key(&self) -> u64 {
        self.calls.iter().map(|call| call.key.saturating_add(1)).max().unwrap_or(0)
    }

    /// Bytes of the arguments that came for a key; none: no such call.
    pub(super) fn arguments_of(&self, key: u64) -> Option<usize> {
        self.calls.iter().rev().find(|call| call.key == key).map(|call| call.arguments.len())
    }

    /// The model is done. What servers report wrongly is put right: calls without `tool_calls`,
    /// `tool_calls` without calls, and calls that were cut off.
    pub(super) fn finish(&mut self, reason: FinishReason) {
        self.flush_tag();
        let cut_off = self
            .calls
            .last()
            .is_some_and(|call| !call.arguments.is_empty() && !is_json(&call.arguments));
        let reason = match reason {
            FinishReason::Stop | FinishReason::ToolCalls if self.has_calls() && cut_off => {
                FinishReason::Length
            }
            FinishReason::Stop if self.has_calls() => FinishReason::ToolCalls,
            FinishReason::ToolCalls if !self.has_calls() => FinishReason::Stop,
            reason => reason,
        };
        // Azure's filter may speak up after the end; nothing else changes why it ended.
        if self.finish.is_none()
            || (reason == FinishReason::ContentFilter && self.finish != Some(reason.clone()))
        {
            self.finish = Some(reason.clone());
            self.events.push_back(ChatEvent::Finish(reason));
        }
    }

    /// The server has said that nothing follows.
    pub(super) fn close(&mut self) {
        self.flush_tag();
        self.closed = true;
    }

    pub(super) fn fail(&mut self, error: ProviderError) {
        self.flush_tag();
        if !std::mem::replace(&mut self.closed, true) {
            self.events.push_back(ChatEvent::Failed(error));
        }
    }

    /// Ends the form at the end of the body.
    pub(super) fn end(&mut self, cause: &str) {
        if self.is_finished() {
            self.close();
        } else {
            self.fail(ProviderError::new(ErrorKind::Truncated, cause));
        }
    }

    /// Whether so many bytes more are within the bound; the answer fails if not. Readers that keep
    /// something of it ask first.
    pub(super) fn take_bytes(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > ANSWER_LIMIT {
            self.fail(ProviderError::new(ErrorKind::TooLong, "an answer of more than 16 MiB"));
        }
        !self.closed
    }
}

impl Call {
    /// A further name cannot belong to it.
    fn is_complete(&self, other_id: Option<&str>) -> bool {
        self.is_named && other_id != Some(self.id.as_str()) && is_json(&self.arguments)
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn size(data: &Value) -> usize {
    match data {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + size(value)).sum()
        }
        _ => 8,
    }
}
