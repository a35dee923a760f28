//! What a page may ask for while it loads: only what reads text, by GET, a bounded number of times.

use base64::{Engine, engine::general_purpose::STANDARD};
use queue::Failure;
use serde_json::{Value, json};

use super::{
    RenderRequest,
    devtools::Event,
    tab::{Tab, failed},
};

/// Requests of one page.
const MOST_REQUESTS: usize = 200;

/// The page's document comes with these rules, beside its own: no frames, workers, plugins, forms,
/// popups or downloads, no WebSocket (which is no http), and nothing that is only looked at.
const POLICY: &str = "default-src http: https: data: blob: 'unsafe-inline' 'unsafe-eval'; \
    connect-src http: https: data: blob:; img-src data:; font-src data:; media-src 'none'; \
    object-src 'none'; frame-src 'none'; worker-src 'none'; manifest-src 'none'; form-action 'none'; \
    sandbox allow-scripts allow-same-origin";

/// Kinds of requests that scripts and styles of a page need.
const KINDS: [&str; 6] = ["Script", "Stylesheet", "XHR", "Fetch", "Preflight", "Other"];

/// How a page's loading stands.
#[derive(Default)]
pub(super) struct Loading {
    /// Whether the document was handed over.
    has_document: bool,
    /// What the browser calls this loading of the document.
    loader: Option<String>,
    requests: usize,
    /// Loaded, and nothing more was asked for half a second.
    pub(super) is_quiet: bool,
    /// Where it wanted to go instead.
    pub(super) moved_to: Option<String>,
}

impl Loading {
    /// Whether the page is open at all.
    pub(super) fn has_begun(&self) -> bool {
        self.loader.is_some()
    }

    pub(super) async fn receive(
        &mut self,
        tab: &Tab,
        request: &RenderRequest<'_>,
        event: &Event,
    ) -> Result<(), Failure> {
        let params = &event.params;
        match event.method.as_str() {
            "Fetch.requestPaused" => self.decide(tab, request, params).await,
            "Fetch.authRequired" => authenticate(tab, params).await,
            "Inspector.targetCrashed" => Err(failed("its scripts made the browser's page crash")),
            "Page.lifecycleEvent" if word(params, "/frameId") == tab.frame => {
                let loader = word(params, "/loaderId");
                match word(params, "/name") {
                    "init" if self.has_document && self.loader.is_none() => {
                        self.loader = Some(loader.to_owned());
                    }
                    "networkIdle" if self.loader.as_deref() == Some(loader) => self.is_quiet = true,
                    _ => {}
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Hands over the document that the crawler fetched, lets pass what may pass, and refuses the
    /// rest.
    async fn decide(
        &mut self,
        tab: &Tab,
        request: &RenderRequest<'_>,
        params: &Value,
    ) -> Result<(), Failure> {
        let id = word(params, "/requestId");
        let (url, method) = (word(params, "/request/url"), word(params, "/request/method"));
        let is_document =
            word(params, "/resourceType") == "Document" && word(params, "/frameId") == tab.frame;
        if is_document && !self.has_document {
            self.has_document = true;
            // A header that the browser does not take would leave the page empty.
            let kind = request.content_type.unwrap_or_default();
            let is_header = kind.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            let kind = if is_header && !kind.is_empty() { kind } else { "text/html" };
            let document = json!({
                "requestId": id, "responseCode": 200, "body": STANDARD.encode(request.body),
                "responseHeaders": [
                    { "name": "Content-Type", "value": kind },
                    { "name": "Content-Security-Policy", "value": POLICY },
                ],
            });
            return tab.send("Fetch.fulfillRequest", document).await;
        }
        if is_document && method == "GET" && self.moved_to.is_none() {
            self.moved_to = Some(url.to_owned());
        }
        self.requests += 1;
        let may_pass = !is_document
            && (url.starts_with("https://") || url.starts_with("http://"))
            && matches!(method, "GET" | "HEAD" | "OPTIONS")
            && KINDS.contains(&word(params, "/resourceType"))
            && self.requests <= MOST_REQUESTS;
        if may_pass {
            tab.send("Fetch.continueRequest", json!({ "requestId": id })).await
        } else {
            let refused = json!({ "requestId": id, "errorReason": "BlockedByClient" });
            tab.send("Fetch.failRequest", refused).await
        }
    }
}

/// The proxy is told that this is its page; servers that ask who it is are told nothing.
async fn authenticate(tab: &Tab, params: &Value) -> Result<(), Failure> {
    let is_ours = word(params, "/authChallenge/source") == "Proxy"
        && word(params, "/authChallenge/origin") == tab.proxy.url();
    let response = if is_ours {
        json!({
            "response": "ProvideCredentials", "username": tab.proxy.user(),
            "password": tab.password
        })
    } else {
        json!({ "response": "CancelAuth" })
    };
    let answer = json!({
        "requestId": word(params, "/requestId"), "authChallengeResponse": response
    });
    tab.send("Fetch.continueWithAuth", answer).await
}

fn word<'a>(params: &'a Value, pointer: &str) -> &'a str {
    params.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
