//! Pages as their scripts write them: one Chromium for the worker, started when it is needed and
//! ended when it is not.

mod devtools;
mod loading;
mod page;
mod process;
mod tab;

use std::{
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex as StdMutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use bytes::Bytes;
use crawl::{Fetcher, PageUrl};
use platform::log::{self, Level};
use queue::Failure;
use serde_json::json;
use tokio::{
    runtime::Handle,
    sync::{Mutex, Semaphore},
};

use devtools::DevTools;
use process::Process;

/// Pages that are open at the same time, of all runs.
const OPEN_PAGES: usize = 4;
/// Until Chromium answers its first command.
const START: Duration = Duration::from_secs(20);
/// Without a page for so long, it ends.
const IDLE: Duration = Duration::from_secs(60);
/// After it did not start, it is started again no sooner.
const START_AGAIN: Duration = Duration::from_secs(60);
/// A Chromium that has had so many pages makes room for a new one.
const PAGES_OF_ONE: usize = 500;

/// A page that was fetched and is to be rendered.
pub(crate) struct RenderRequest<'a> {
    /// The address that answered.
    pub(crate) url: &'a PageUrl,
    /// The page as it came.
    pub(crate) body: &'a Bytes,
    /// `Content-Type`.
    pub(crate) content_type: Option<&'a str>,
    /// What was dialled for it.
    pub(crate) address: IpAddr,
    /// Its rules are those of the scripts' requests.
    pub(crate) fetcher: &'a Fetcher,
    /// The longest DOM that is taken, in characters.
    pub(crate) longest: usize,
}

/// A page after its scripts.
pub(crate) struct RenderedPage {
    /// The DOM as UTF-8.
    pub(crate) html: Bytes,
    /// Bytes that its scripts moved.
    pub(crate) bytes: u64,
    /// Where it wanted to go instead.
    pub(crate) moved_to: Option<String>,
}

/// Why a page was not rendered.
pub(crate) enum NotRendered {
    /// There is no Chromium: no page is rendered.
    Missing(Failure),
    /// This page failed.
    Failed(Failure),
}

/// Renders pages.
pub(crate) struct Renderer {
    program: Option<PathBuf>,
    /// How long a page may load.
    load: Duration,
    open_pages: Semaphore,
    slot: Arc<Mutex<Slot>>,
}

/// Where the one Chromium is.
enum Slot {
    Empty,
    Running(Arc<Browser>),
    Failed(Instant),
}

/// A running Chromium. It ends when the last page lets go of it.
struct Browser {
    devtools: DevTools,
    process: Option<Process>,
    used: StdMutex<Use>,
}

struct Use {
    pages: usize,
    last: Instant,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Where the worker itself ends, the pipes close and Chromium goes by itself.
        if let (Some(process), Ok(runtime)) = (self.process.take(), Handle::try_current()) {
            runtime.spawn(process.end());
        }
    }
}

impl Browser {
    async fn start(program: &std::path::Path) -> Result<Self, String> {
        let (process, to, from) = Process::start(program).map_err(|error| error.to_string())?;
        let devtools = DevTools::new(to, from);
        let used = StdMutex::new(Use { pages: 0, last: Instant::now() });
        let browser = Self { devtools, process: Some(process), used };
        let version = browser.devtools.call(None, "Browser.getVersion", json!({}));
        if matches!(tokio::time::timeout(START, version).await, Ok(Ok(_))) {
            return Ok(browser);
        }
        Err(browser.process.as_ref().map(Process::complaints).unwrap_or_default())
    }

    fn note_page(&self) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = Use { pages: used.pages + 1, last: Instant::now() };
    }

    fn has_room(&self) -> bool {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.pages < PAGES_OF_ONE && !self.devtools.has_ended()
    }

    fn idle_for(&self) -> Duration {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).last.elapsed()
    }
}

impl Renderer {
    /// A renderer by this program; none: it says so.
    pub(crate) fn new(program: Option<PathBuf>, load: Duration) -> Self {
        Self {
            program,
            load,
            open_pages: Semaphore::new(OPEN_PAGES),
            slot: Arc::new(Mutex::new(Slot::Empty)),
        }
    }

    /// Renders a page.
    ///
    /// # Errors
    /// Why not, in words.
    pub(crate) async fn render(
        &self,
        request: &RenderRequest<'_>,
    ) -> Result<RenderedPage, NotRendered> {
        let program = self.program.as_ref().ok_or_else(|| NotRendered::Missing(missing()))?;
        let _turn = self.open_pages.acquire().await;
        let browser = self.browser(program).await?;
        match page::render(&browser, request, self.load).await {
            // Another page may have made it end.
            Err(_) if browser.devtools.has_ended() => {
                drop(browser);
                let browser = self.browser(program).await?;
                page::render(&browser, request, self.load).await.map_err(NotRendered::Failed)
            }
            rendered => rendered.map_err(NotRendered::Failed),
        }
    }

    async fn browser(&self, program: &std::path::Path) -> Result<Arc<Browser>, NotRendered> {
        let mut slot = self.slot.lock().await;
        match &*slot {
            Slot::Running(browser) if browser.has_room() => {
                browser.note_page();
                return Ok(browser.clone());
            }
            Slot::Failed(at) if at.elapsed() < START_AGAIN => {
                return Err(NotRendered::Missing(not_started()));
            }
            _ => {}
        }
        match Browser::start(program).await {
            Ok(browser) => {
                let browser = Arc::new(browser);
                browser.note_page();
                *slot = Slot::Running(browser.clone());
                tokio::spawn(end_when_idle(Arc::downgrade(&self.slot)));
                Ok(browser)
            }
            Err(complaints) => {
                let about = [("cause", json!(complaints))];
                log::line(Level::Warn, "worker", "Chromium did not start", &about);
                *slot = Slot::Failed(Instant::now());
                Err(NotRendered::Missing(not_started()))
            }
        }
    }
}

/// Ends the Chromium that no page has used for a while.
async fn end_when_idle(slot: Weak<Mutex<Slot>>) {
    loop {
        tokio::time::sleep(IDLE / 4).await;
        let Some(slot) = slot.upgrade() else { return };
        let mut slot = slot.lock().await;
        match &*slot {
            // One holder is the slot.
            Slot::Running(browser)
                if Arc::strong_count(browser) == 1 && browser.idle_for() >= IDLE =>
            {
                *slot = Slot::Empty;
                return;
            }
            Slot::Running(_) => {}
            Slot::Empty | Slot::Failed(_) => return,
        }
    }
}

fn missing() -> Failure {
    Failure::new(
        "chromium_missing",
        "the worker has no Chromium, so pages were read without their scripts",
        "install Chromium and set TESSERA_CHROMIUM, or turn rendering off",
    )
}

fn not_started() -> Failure {
    Failure::new(
        "chromium_failed",
        "Chromium did not start, so pages were read without their scripts",
        "the worker's log says why",
    )
}
