//! A cold start: every request gets an instance of its own, so the whole round trip of the smallest
//! endpoint holds one.

use std::{path::Path, time::Instant};

use tests::stack::Stack;

use crate::{Figure, percentiles};

pub(crate) async fn measure(stack: &Stack) -> Figure {
    let cold = stack.another_host(|config| config.runtime.instances.reuse = 1).await;
    let (cold_url, warm_url) =
        (format!("http://{}/api/v1/health", cold.addr()), format!("{}/api/v1/health", stack.url));
    let http = reqwest::Client::new();
    let (mut colds, mut warms) = (Vec::new(), Vec::new());
    for n in 0..1_100 {
        let (cold, warm) = (once(&http, &cold_url).await, once(&http, &warm_url).await);
        if n >= 100 {
            colds.push(cold);
            warms.push(warm);
        }
    }
    cold.shutdown().await;
    let ((cold, cold95), (warm, warm95)) = (percentiles(colds), percentiles(warms));
    Figure {
        name: "request to first byte in a new instance, p50 / p95",
        goal: "<= 1 ms",
        ours: format!("{cold:.2} / {cold95:.2} ms"),
        theirs: format!("{warm:.2} / {warm95:.2} ms in a running instance"),
        result: format!("{cold:.2} ms"),
    }
}

async fn once(http: &reqwest::Client, url: &str) -> f64 {
    let begun = Instant::now();
    let answer = http.get(url).send().await.unwrap();
    let took = begun.elapsed().as_secs_f64() * 1e3;
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap();
    took
}

/// Resident memory of this process, MiB.
pub(crate) fn resident_mib() -> f64 {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
