//! Requests per second, by `wrk`, in turns against both servers.

use std::process::Command;

use tests::stack::Stack;

use crate::{Figure, baseline};

/// Requests per second of one run of five seconds with 16 connections.
fn wrk(url: &str, token: Option<&str>) -> f64 {
    let mut command = Command::new("wrk");
    command.args(["-t1", "-c16", "-d5s", url]);
    if let Some(token) = token {
        command.args(["-H", &format!("authorization: Bearer {token}")]);
    }
    rate(command)
}

/// The requests per second that a command of `wrk` prints; every answer must be a success.
pub(crate) fn rate(mut command: Command) -> f64 {
    let out = command.output().expect("wrk: install Debian's package `wrk`");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(!text.contains("Non-2xx"), "{text}");
    let line = text
        .lines()
        .find_map(|l| l.trim().strip_prefix("Requests/sec:"))
        .unwrap_or_else(|| panic!("{text}"));
    line.trim().parse().unwrap()
}

/// The better of three runs each, in turns, so that a disturbance hits both.
async fn compare(stack: &Stack, path: &str, token: Option<&str>) -> (f64, f64) {
    let native = baseline::start(stack).await;
    let (ours, theirs) = (format!("{}{path}", stack.url), format!("{native}{path}"));
    let token = token.map(str::to_owned);
    let runs = move || {
        let mut best = (0.0_f64, 0.0_f64);
        for _ in 0..3 {
            best.1 = best.1.max(wrk(&theirs, token.as_deref()));
            best.0 = best.0.max(wrk(&ours, token.as_deref()));
        }
        best
    };
    tokio::task::spawn_blocking(runs).await.unwrap()
}

fn figure(name: &'static str, goal: &'static str, (ours, theirs): (f64, f64)) -> Figure {
    Figure {
        name,
        goal,
        ours: format!("{ours:.0} req/s"),
        theirs: format!("{theirs:.0} req/s native axum"),
        result: format!("{:.2}", ours / theirs),
    }
}

/// The health answer.
pub(crate) async fn health(stack: &Stack) -> Figure {
    figure("GET /api/v1/health", ">= 0.6", compare(stack, "/api/v1/health", None).await)
}

/// Who am I: one query.
pub(crate) async fn me(stack: &Stack) -> Figure {
    let (client, _) = stack.person("bench").await;
    figure("GET /api/v1/me", ">= 0.8", compare(stack, "/api/v1/me", client.token.as_deref()).await)
}
