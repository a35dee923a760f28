//! A folder of HTML files, served on loopback for the crawler.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::{Router, routing::get};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running server; it ends when it is dropped.
pub(crate) struct FileServer {
    pub(crate) port: u16,
    server: JoinHandle<()>,
}

impl FileServer {
    /// Serves the files directly in `folder` on a free port; `/` is `index.html`.
    ///
    /// # Errors
    /// When no port is free.
    pub(crate) async fn start(folder: PathBuf) -> Result<Self> {
        let listener =
            TcpListener::bind("127.0.0.1:0").await.context("a port for the website of the demo")?;
        let port = listener.local_addr()?.port();
        let routes = Router::new()
            .route(
                "/",
                get(async |State(folder): State<Arc<PathBuf>>| file(&folder, "index.html").await),
            )
            .route(
                "/{name}",
                get(async |State(folder): State<Arc<PathBuf>>, Path(name): Path<String>| {
                    file(&folder, &name).await
                }),
            )
            .with_state(Arc::new(folder));
        let server = tokio::spawn(async move { drop(axum::serve(listener, routes).await) });
        Ok(Self { port, server })
    }

    /// Of `index.html`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn file(folder: &std::path::Path, name: &str) -> Response {
    if name.contains(['/', '\\']) || name.starts_with('.') {
        return StatusCode::NOT_FOUND.into_response();
    }
    match tokio::fs::read_to_string(folder.join(name)).await {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
