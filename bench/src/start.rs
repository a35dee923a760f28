//! A warm `./stack up`: from the command to the first answered request.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Instant,
};

use tests::stack::root;

use crate::{Figure, percentiles};

pub(crate) async fn measure() -> Figure {
    // The first one makes the database; it is not counted.
    let mut seconds = Vec::new();
    for n in 0..4 {
        let took = once().await;
        if n > 0 {
            seconds.push(took);
        }
    }
    let (median, _) = percentiles(seconds);
    Figure {
        name: "./stack up, warm, to the first answered request",
        goal: "<= 3 s",
        ours: format!("{median:.2} s"),
        theirs: "11.7 s Open WebUI, second start (measured elsewhere on this kind of machine)"
            .to_owned(),
        result: format!("{median:.2} s"),
    }
}

async fn once() -> f64 {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let begun = Instant::now();
    let mut child = Command::new(root().join("stack"))
        .args(["up", "--listen", &format!("127.0.0.1:{port}")])
        .env("TESSERA_STATE", root().join(".stack/bench-up"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let url = format!("http://127.0.0.1:{port}/api/v1/health");
    let http = reqwest::Client::new();
    while !http.get(&url).send().await.is_ok_and(|answer| answer.status() == 200) {
        assert!(child.try_wait().unwrap().is_none(), "./stack up ended before it answered");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let took = begun.elapsed().as_secs_f64();
    stop(&mut child);
    took
}

fn stop(child: &mut Child) {
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    child.wait().unwrap();
}
