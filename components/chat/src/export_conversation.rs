//! `GET /api/v1/conversations/{conversation_id}/export`: the path that is shown as a file, while
//! the caller may read it.

use api::{Call, Reply, Watch, kind};
use conversations::{Conversation, Message, Order, Role, Source, TextSpan};
use http::header;
use kernel::{Code, PageRequest, Problem, Result, id::ConversationId};
use platform::{
    Cx,
    serve::{self, Writer},
    task,
};
use serde_json::json;

use crate::{
    conversation::ConversationBody,
    message::{MessageBody, MessageView, Web, sources},
};

contract::words! {
    FormatName = ["markdown", "json"];
}

contract::shape! {
    pub(crate) struct ExportParameters {
        #[schema(as = FormatName, extend("default" = "markdown"))]
        format: Option<String>,
    }

    /// A conversation with all messages of the path that is shown.
    pub(crate) struct ConversationExport {
        conversation: ConversationBody,
        messages: Vec<MessageBody>,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Markdown,
    Json,
}

fn format(asked: Option<&str>) -> Result<Format> {
    match asked {
        None | Some("markdown") => Ok(Format::Markdown),
        Some("json") => Ok(Format::Json),
        Some(_) => Err(Problem::new(Code::InvalidQuery, "format: expected markdown or json")),
    }
}

/// What a file ends with if the caller lost the right to read on, or the database failed: a file
/// that ends early must not look complete.
const BROKEN: &str =
    "\n\n---\n\nThis export is incomplete: it was interrupted. Export the conversation again.\n";

pub(crate) async fn export_conversation(
    mut call: Call,
) -> Result<Reply<(kind::Bytes<kind::Markdown>, kind::Status<200, ConversationExport>)>> {
    let id: ConversationId = call.param("conversation_id")?;
    let format = format(call.query("format").as_deref())?;
    let conversation = conversations::get_conversation(call.cx()?, id).await?;
    let web = Web::from_config().await?;
    let watch = Watch::of(&call)?;
    let (writer, body) = serve::streaming();
    let export = Export { cx: call.take_cx()?, conversation, web, format };
    task::spawn(export.write(writer, watch));
    let (kind, name) = match format {
        Format::Markdown => ("text/markdown; charset=utf-8", "conversation.md"),
        Format::Json => ("application/json", "conversation.json"),
    };
    http::Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
        .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
        .body(body)
        .map(Reply::new)
        .map_err(Problem::internal)
}

/// What the mark of [`marked`] means.
const UNCITED: &str = "\n† No source for this sentence\n";

struct Export {
    cx: Cx,
    conversation: Conversation,
    web: Web,
    format: Format,
}

impl Export {
    /// Writes the file page by page. A JSON document that is cut has no end, so no reader takes it
    /// for complete.
    async fn write(self, mut writer: Writer, mut watch: Watch) {
        let mut piece = self.head();
        let mut after = None;
        let mut is_last = false;
        loop {
            let writing = self.cx.db.released_while(writer.write(std::mem::take(&mut piece)));
            let sent = watch
                .guard(&self.conversation.id, |id, cx| Box::pin(may_read(cx, *id)), writing)
                .await;
            match sent {
                Ok(true) if is_last => return,
                Ok(true) => {}
                // The client has gone.
                Ok(false) => return,
                Err(_) => return self.break_off(&mut writer).await,
            }
            let request = PageRequest { limit: PageRequest::MAX_LIMIT, after };
            let page = conversations::list_messages(
                &self.cx,
                self.conversation.id,
                Order::OldestFirst,
                request,
            )
            .await;
            let Ok(page) = page else { return self.break_off(&mut writer).await };
            let is_first = after.is_none();
            for (at, message) in page.items.into_iter().enumerate() {
                piece.push_str(&self.message(message, is_first && at == 0));
            }
            after = page.next;
            is_last = after.is_none();
            if is_last && self.format == Format::Json {
                piece.push_str("]}");
            }
        }
    }

    async fn break_off(&self, writer: &mut Writer) {
        if self.format == Format::Markdown {
            writer.write(BROKEN).await;
        }
    }

    fn head(&self) -> String {
        match self.format {
            Format::Json => {
                format!(
                    "{{\"conversation\":{},\"messages\":[",
                    json!(ConversationBody::from(&self.conversation))
                )
            }
            Format::Markdown => {
                let title = self.conversation.title.as_deref().unwrap_or("Conversation");
                let tags: Vec<String> =
                    self.conversation.tags.iter().map(|tag| line(tag)).collect();
                let tags = match tags.as_slice() {
                    [] => String::new(),
                    tags => format!("\nTags: {}\n", tags.join(", ")),
                };
                format!("# {}\n\n{}\n{tags}", line(title), self.conversation.created_at)
            }
        }
    }

    fn message(&self, message: Message, is_first: bool) -> String {
        match self.format {
            Format::Json => {
                let view = MessageView { message, web: self.web.clone() };
                let comma = if is_first { "" } else { "," };
                format!("{comma}{}", json!(MessageBody::from(&view)))
            }
            Format::Markdown => {
                let author = match (message.role, message.imported_from) {
                    (Role::User, _) => "Question".to_owned(),
                    (Role::Assistant, None) => "Answer".to_owned(),
                    (Role::Assistant, Some(source)) => {
                        format!("Answer (imported from {})", source.name())
                    }
                };
                let sources: String =
                    message.sources.iter().map(|source| self.source(source)).collect();
                let attached: String =
                    message.attachments.iter().map(|file| attached(&file.name)).collect();
                let gap = |list: &str| if list.is_empty() { "" } else { "\n" };
                let uncited = message.uncited();
                let legend = if uncited.is_empty() { "" } else { UNCITED };
                let marked = marked(&message.content, &uncited);
                let (content, before, after) = (marked.trim(), gap(&attached), gap(&sources));
                format!("\n## {author}\n\n{content}\n{legend}{before}{attached}{after}{sources}")
            }
        }
    }

    /// A source as a line of a list.
    fn source(&self, source: &Source) -> String {
        if !source.available {
            return format!("* [{}] no longer available\n", source.n);
        }
        let url = sources(std::slice::from_ref(source), &self.web)
            .pop()
            .map(|body| body.url)
            .unwrap_or_default();
        let page = source.page.map(|page| format!(", page {page}")).unwrap_or_default();
        format!("* [{}] {}{page}: <{url}>\n", source.n, line(&source.title))
    }
}

/// The text with a dagger behind each sentence that cites no source.
fn marked(text: &str, uncited: &[TextSpan]) -> String {
    let mut ends = uncited.iter().map(|span| span.end).peekable();
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        if ends.next_if_eq(&at).is_some() {
            out.push('†');
        }
        out.push(c);
    }
    out.extend(ends.map(|_| '†'));
    out
}

/// The name of an attachment as a line of a list.
fn attached(name: &str) -> String {
    format!("* Attached: {}\n", line(name))
}

async fn may_read(cx: &Cx, conversation: ConversationId) -> Result<()> {
    conversations::get_conversation(cx, conversation).await.map(|_| ())
}

/// A title on one line, without the signs that Markdown reads.
fn line(text: &str) -> String {
    let one = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one.chars().filter(|c| !matches!(c, '[' | ']' | '<' | '>' | '`' | '*' | '#')).collect()
}
