//! Spans: named parts of a trace, given to a recorder when they end.

use std::{
    borrow::Cow,
    sync::OnceLock,
    time::{Duration, Instant, SystemTime},
};

use crate::{TraceContext, current, scope};

/// What a span is to the one that caused it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpanKind {
    /// A part of the work of this process.
    Internal,
    /// A request that this process answers.
    Server,
    /// A request that it sends, and waits for.
    Client,
    /// Work that something else has queued.
    Consumer,
}

/// The value of an attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AttributeValue {
    /// A text.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
}

impl From<&'static str> for AttributeValue {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u16> for AttributeValue {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<i32> for AttributeValue {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

/// A span that has ended. Its texts are words of the code and names of servers: never a path, a
/// query, an id of a person, or what a user wrote.
#[derive(Clone, Debug)]
pub struct FinishedSpan {
    /// What was done.
    pub name: Cow<'static, str>,
    /// What it is to its parent.
    pub kind: SpanKind,
    /// Its own context.
    pub trace: TraceContext,
    /// The context that it began in; None: its trace begins with it.
    pub parent: Option<TraceContext>,
    /// When it began.
    pub began: SystemTime,
    /// How long it took.
    pub duration: Duration,
    /// Names of OpenTelemetry's conventions, or of our own with `tessera.` before them.
    pub attributes: Vec<(&'static str, AttributeValue)>,
    /// Whether it failed.
    pub failed: bool,
}

/// A span that runs.
#[derive(Debug)]
pub struct Span {
    span: FinishedSpan,
    clock: Instant,
}

impl Span {
    /// Begins a span that something in the trace has caused.
    #[must_use]
    pub fn child_of(
        parent: TraceContext,
        kind: SpanKind,
        name: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::begin(parent.child(), Some(parent), kind, name.into())
    }

    /// Begins the span that `trace` names.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "a span is on the system's time, whatever a test has set"
    )]
    pub fn begin(
        trace: TraceContext,
        parent: Option<TraceContext>,
        kind: SpanKind,
        name: Cow<'static, str>,
    ) -> Self {
        let (began, duration) = (SystemTime::now(), Duration::ZERO);
        let (attributes, failed) = (Vec::new(), false);
        let span = FinishedSpan { name, kind, trace, parent, began, duration, attributes, failed };
        Self { span, clock: Instant::now() }
    }

    /// Its context, for what it causes.
    #[must_use]
    pub fn context(&self) -> TraceContext {
        self.span.trace
    }

    /// Replaces its name.
    pub fn rename(&mut self, name: String) {
        self.span.name = name.into();
    }

    /// Adds an attribute.
    pub fn set(&mut self, name: &'static str, value: impl Into<AttributeValue>) {
        self.span.attributes.push((name, value.into()));
    }

    /// The same with an attribute.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<AttributeValue>) -> Self {
        self.set(name, value);
        self
    }

    /// Marks it as failed.
    pub fn fail(&mut self) {
        self.span.failed = true;
    }

    /// Ends it now.
    #[must_use]
    pub fn end(self) -> FinishedSpan {
        FinishedSpan { duration: self.clock.elapsed(), ..self.span }
    }
}

type Recorder = Box<dyn Fn(FinishedSpan) + Send + Sync>;

static RECORDER: OnceLock<Recorder> = OnceLock::new();

/// Gives every finished span of a sampled trace to `recorder`, which must not block. False if the
/// process has one already.
pub fn record_spans(recorder: impl Fn(FinishedSpan) + Send + Sync + 'static) -> bool {
    RECORDER.set(Box::new(recorder)).is_ok()
}

/// Runs the future as a span of the current trace. Without a trace, or without a recorder, it only
/// runs.
pub async fn in_span<F: Future>(name: &'static str, future: F) -> F::Output {
    let begin = |parent| Span::child_of(parent, SpanKind::Internal, name);
    observed(begin, Box::pin(future), |_, _| {}).await
}

/// Runs the future as the span that `begin` makes in the current trace; `end` sees what came of it.
/// Without a trace, or without a recorder, it only runs. Box a future that is not small: the one
/// that awaits it holds it three times.
pub async fn observed<F: Future>(
    begin: impl FnOnce(TraceContext) -> Span,
    future: F,
    end: impl FnOnce(&F::Output, &mut Span),
) -> F::Output {
    let (Some(parent), Some(record)) =
        (current().filter(|trace| trace.is_sampled()), RECORDER.get())
    else {
        return future.await;
    };
    let mut span = begin(parent);
    let output = scope(Some(span.context()), future).await;
    end(&output, &mut span);
    record(span.end());
    output
}
