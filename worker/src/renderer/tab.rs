//! One page of the browser: a context of its own, with a proxy of its own, gone when it is dropped.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use crawl::{Proxy, ProxyLimits};
use queue::Failure;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use super::{
    Browser, RenderRequest,
    devtools::{CallError, Event},
};

/// What the scripts of one page may cost.
const LIMITS: ProxyLimits = ProxyLimits { bytes: 32 << 20, connections: 100 };
/// Until a page is open.
const OPEN: Duration = Duration::from_secs(10);
/// The longest DOM that is asked for, in characters: as JSON it may be six times as long.
const LONGEST_DOM: usize = 10 << 20;
/// Until the DOM has come, or a script that computes without end was cut.
const READ: Duration = Duration::from_secs(2);

/// What a page could do with another network than its proxy's.
const REMOVE: &str =
    "for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport',
    'WebSocketStream']) delete globalThis[name];";

/// An open page.
pub(super) struct Tab {
    context: Context,
    pub(super) session: String,
    /// The page's own frame, as events call it.
    pub(super) frame: String,
    pub(super) events: Receiver<Event>,
    pub(super) proxy: Proxy,
    pub(super) password: String,
}

/// What the browser keeps for a page and for no other; it forgets it when this is dropped.
struct Context {
    browser: Arc<Browser>,
    id: String,
    session: Option<String>,
}

impl Drop for Context {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (browser, id) = (self.browser.clone(), std::mem::take(&mut self.id));
        if let Some(session) = &self.session {
            browser.devtools.forget(session);
        }
        runtime.spawn(async move {
            let dispose = json!({ "browserContextId": id });
            let disposing = browser.devtools.call(None, "Target.disposeBrowserContext", dispose);
            let _ = tokio::time::timeout(OPEN, disposing).await;
        });
    }
}

/// A page could not be worked with.
pub(super) fn broken(error: CallError) -> Failure {
    let why = match error {
        CallError::Ended => "the browser ended".to_owned(),
        CallError::Refused(why) => why,
    };
    failed(&format!("the browser did not render it: {why:.200}"))
}

pub(super) fn failed(detail: &str) -> Failure {
    Failure { code: "render_failed".to_owned(), detail: detail.to_owned(), hint: None }
}

fn timed_out() -> Failure {
    let detail = "its scripts take longer than they may";
    Failure { code: "render_timeout".to_owned(), detail: detail.to_owned(), hint: None }
}

fn text(answer: &Value, name: &str) -> Result<String, CallError> {
    let text = answer.get(name).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| CallError::Refused(format!("no {name}")))
}

impl Tab {
    /// Opens an empty page.
    pub(super) async fn open(
        browser: &Arc<Browser>,
        request: &RenderRequest<'_>,
        user_agent: &str,
    ) -> Result<Self, Failure> {
        let password = platform::random::bytes::<16>().map_err(|_| failed("no random numbers"))?;
        let password = kernel::hex::encode(&password);
        let proxy = request.fetcher.proxy(request.address, &password, LIMITS).await;
        let proxy = proxy.map_err(|error| failed(&format!("no proxy for it: {error}")))?;
        let opening = Self::open_behind(browser, proxy, password);
        let opened = tokio::time::timeout(OPEN, opening).await.map_err(|_| timed_out())?;
        let tab = opened.map_err(broken)?;
        let preparing = tokio::time::timeout(OPEN, tab.prepare(user_agent)).await;
        preparing.map_err(|_| timed_out())?.map_err(broken)?;
        Ok(tab)
    }

    async fn open_behind(
        browser: &Arc<Browser>,
        proxy: Proxy,
        password: String,
    ) -> Result<Self, CallError> {
        let devtools = &browser.devtools;
        let context = json!({
            "disposeOnDetach": true, "proxyServer": proxy.url(), "proxyBypassList": "<-loopback>"
        });
        let context = devtools.call(None, "Target.createBrowserContext", context).await?;
        let id = text(&context, "browserContextId")?;
        let mut context = Context { browser: browser.clone(), id: id.clone(), session: None };
        let downloads = json!({ "behavior": "deny", "browserContextId": id });
        devtools.call(None, "Browser.setDownloadBehavior", downloads).await?;
        let target = json!({ "url": "about:blank", "browserContextId": id });
        let target = devtools.call(None, "Target.createTarget", target).await?;
        let frame = text(&target, "targetId")?;
        let session = json!({ "targetId": frame, "flatten": true });
        let session = devtools.call(None, "Target.attachToTarget", session).await?;
        let session = text(&session, "sessionId")?;
        context.session = Some(session.clone());
        let events = devtools.events(&session);
        Ok(Self { context, session, frame, events, proxy, password })
    }

    async fn prepare(&self, user_agent: &str) -> Result<(), CallError> {
        let commands = [
            ("Inspector.enable", json!({})),
            ("Page.enable", json!({})),
            ("Page.setLifecycleEventsEnabled", json!({ "enabled": true })),
            ("Emulation.setUserAgentOverride", json!({ "userAgent": user_agent })),
            ("Page.addScriptToEvaluateOnNewDocument", json!({ "source": REMOVE })),
            (
                "Fetch.enable",
                json!({ "patterns": [{ "urlPattern": "*" }], "handleAuthRequests": true }),
            ),
        ];
        for (method, params) in commands {
            self.call(method, params).await?;
        }
        Ok(())
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value, CallError> {
        self.context.browser.devtools.call(Some(&self.session), method, params).await
    }

    /// Sends a command whose answer says nothing.
    pub(super) async fn send(&self, method: &str, params: Value) -> Result<(), Failure> {
        let sent = self.context.browser.devtools.send(&self.session, method, params).await;
        sent.map_err(broken)
    }

    /// The DOM as it is now. A script that computes without end is cut.
    pub(super) async fn html(&self, longest: usize) -> Result<Bytes, Failure> {
        if let Ok(read) = tokio::time::timeout(READ, self.dom(longest)).await {
            return read;
        }
        self.send("Runtime.terminateExecution", json!({})).await?;
        tokio::time::timeout(READ, self.dom(longest)).await.map_err(|_| timed_out())?
    }

    /// Read in a world of its own, where scripts of the page have changed nothing.
    async fn dom(&self, longest: usize) -> Result<Bytes, Failure> {
        let longest = longest.min(LONGEST_DOM);
        let world = json!({ "frameId": self.frame, "worldName": "tessera" });
        let world = self.call("Page.createIsolatedWorld", world).await.map_err(broken)?;
        let expression = format!(
            "(html => html.length > {longest} ? null : '<!DOCTYPE html>' + html)(document.documentElement?.outerHTML ?? '')"
        );
        let question = json!({
            "expression": expression, "contextId": world.get("executionContextId"),
            "returnByValue": true
        });
        let answer = self.call("Runtime.evaluate", question).await.map_err(broken)?;
        match answer.pointer("/result/value") {
            Some(Value::String(html)) => Ok(Bytes::from(html.clone())),
            Some(Value::Null) => Err(Failure {
                code: "page_too_large".to_owned(),
                detail: "with its scripts it is larger than the settings allow".to_owned(),
                hint: None,
            }),
            _ => Err(failed("the browser did not say what is on it")),
        }
    }
}
