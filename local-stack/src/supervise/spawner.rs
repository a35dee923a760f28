//! The one thread that starts children.
//!
//! The kernel's "signal me when my parent dies" means the parent *thread*: a child started by a
//! thread of the asynchronous runtime would be killed when that thread is retired. This thread
//! lives as long as the process.

use std::io;
use std::sync::mpsc;

use anyhow::{Context, Result};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Starts children; clones share the thread.
#[derive(Clone)]
pub struct Spawner {
    requests: mpsc::Sender<SpawnRequest>,
}

struct SpawnRequest {
    command: Command,
    reply: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    /// Starts the thread; must run inside the runtime whose tasks will wait for the children.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn open() -> Result<Self> {
        let (requests, inbox) = mpsc::channel::<SpawnRequest>();
        let runtime = Handle::current();
        let work = move || {
            let _inside = runtime.enter();
            for mut request in inbox {
                // The caller may be gone; then the child is dropped, which kills it.
                let _ = request.reply.send(request.command.spawn());
            }
        };
        std::thread::Builder::new()
            .name("spawner".to_owned())
            .spawn(work)
            .context("starting the thread that starts processes")?;
        Ok(Self { requests })
    }

    /// Starts a child.
    ///
    /// # Errors
    /// If the program cannot be executed.
    pub async fn spawn(&self, command: Command) -> Result<Child> {
        let (reply, spawned) = oneshot::channel();
        let named = command.as_std().get_program().to_string_lossy().into_owned();
        self.requests
            .send(SpawnRequest { command, reply })
            .ok()
            .context("the thread that starts processes has ended")?;
        let spawned = spawned.await.context("the thread that starts processes has ended")?;
        spawned.with_context(|| format!("starting {named}"))
    }
}
