//! Two scrapes and the time between them, as figures.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Scrape;

/// A component in the time between two scrapes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComponentFigures {
    /// Requests a second.
    pub requests: f64,
    /// The part of them that ended with 5xx, from 0 to 1.
    pub failed: f64,
    /// The 95th percentile of the time to the response's head, in seconds; None: no requests.
    pub p95: Option<f64>,
    /// Instances now.
    pub instances: f64,
    /// Its connections to Postgres now.
    pub pool: PoolUse,
}

/// Connections to Postgres.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoolUse {
    /// Used by a request.
    pub used: f64,
    /// Open and not used.
    pub idle: f64,
    /// The most.
    pub limit: f64,
}

/// Jobs of a kind now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobFigures {
    /// Due.
    pub queued: f64,
    /// In work.
    pub running: f64,
    /// Given up.
    pub dead: f64,
    /// How long the oldest of those that are due waits, in seconds.
    pub oldest_queued: f64,
}

/// The state of an installation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// All components together; instances and pool are sums.
    pub total: ComponentFigures,
    /// By component; `host` is what the host answered itself.
    pub components: BTreeMap<String, ComponentFigures>,
    /// Requests with a permit, open streams among them.
    pub in_flight: f64,
    /// Open connections of clients.
    pub connections: f64,
    /// Requests a second that got no permit.
    pub refused: f64,
    /// Connections to Postgres of the host's budget; `idle`: requests that wait for one.
    pub budget: PoolUse,
    /// By kind. None: the queue could not be counted.
    pub jobs: Option<BTreeMap<String, JobFigures>>,
    /// Slots of the worker, by lane.
    pub slots: BTreeMap<String, f64>,
    /// Models whose circuit breaker is not closed.
    pub breakers: Vec<String>,
    /// The newest backup, in seconds since 1970; None: there is none, or it is not known.
    pub backup_taken: Option<f64>,
}

impl Figures {
    /// Of the scrapes of host and worker (empty ones if they do not answer) `before` and `now`.
    #[must_use]
    pub fn new(before: [&Scrape; 2], now: [&Scrape; 2], between: Duration) -> Self {
        let ([host_before, _], [host, worker]) = (before, now);
        let seconds = between.as_secs_f64().max(0.001);
        let mut figures = Self {
            total: component(host_before, host, seconds, None),
            in_flight: host.sum("tessera_http_requests_in_flight", |_| true),
            connections: host.sum("tessera_http_connections", |_| true),
            refused: increase(host_before, host, "tessera_http_requests_refused_total", None)
                / seconds,
            backup_taken: worker
                .of("tessera_backup_taken_timestamp_seconds")
                .map(|sample| sample.value)
                .find(|taken| *taken > 0.0),
            ..Self::default()
        };
        let state = |state: &str| {
            host.sum("tessera_postgres_budget", |sample| sample.label("state") == state)
        };
        figures.budget =
            PoolUse { used: state("used"), idle: state("waiting"), limit: state("limit") };
        for metric in ["tessera_http_requests_total", "tessera_postgres_connections"] {
            for name in host.of(metric).map(|sample| sample.label("component").to_owned()) {
                if let std::collections::btree_map::Entry::Vacant(entry) =
                    figures.components.entry(name.clone())
                {
                    let own = component(host_before, host, seconds, Some(&name));
                    entry.insert(own);
                }
            }
        }
        for sample in worker.of("tessera_job_slots") {
            figures.slots.insert(sample.label("lane").to_owned(), sample.value);
        }
        figures.jobs = (worker.sum("tessera_queue_known", |_| true) > 0.0).then(|| jobs(worker));
        let open = worker.of("tessera_model_breaker").filter(|sample| sample.value > 0.0);
        figures.breakers = open.map(|sample| sample.label("model").to_owned()).collect();
        figures
    }
}

fn component(before: &Scrape, now: &Scrape, seconds: f64, name: Option<&str>) -> ComponentFigures {
    let is_own = |label: &str| name.is_none_or(|name| name == label);
    let all = increase(before, now, "tessera_http_requests_total", name);
    let failing = |scrape: &Scrape| {
        scrape.sum("tessera_http_requests_total", |sample| {
            is_own(sample.label("component")) && sample.label("status").starts_with('5')
        })
    };
    let failed = (failing(now) - failing(before)).max(0.0);
    let pool = |state: &str| {
        now.sum("tessera_postgres_connections", |sample| {
            is_own(sample.label("component")) && sample.label("state") == state
        })
    };
    ComponentFigures {
        requests: all / seconds,
        failed: if all > 0.0 { failed / all } else { 0.0 },
        p95: p95(before, now, name),
        instances: now.sum("tessera_instances", |sample| is_own(sample.label("component"))),
        pool: PoolUse { used: pool("used"), idle: pool("idle"), limit: pool("limit") },
    }
}

/// How much a counter of a component (None: of all) grew; one that began again counts from 0.
fn increase(before: &Scrape, now: &Scrape, metric: &str, name: Option<&str>) -> f64 {
    let sum = |scrape: &Scrape| {
        scrape.sum(metric, |sample| name.is_none_or(|name| name == sample.label("component")))
    };
    let (before, now) = (sum(before), sum(now));
    if now < before { now } else { now - before }
}

/// As Prometheus computes it: linear within the bucket.
fn p95(before: &Scrape, now: &Scrape, name: Option<&str>) -> Option<f64> {
    const BUCKETS: &str = "tessera_http_request_seconds_bucket";
    let mut buckets: Vec<(f64, f64)> = Vec::new();
    let mut add = |scrape: &Scrape, sign: f64| {
        for sample in scrape.of(BUCKETS) {
            if name.is_some_and(|name| name != sample.label("component")) {
                continue;
            }
            let Ok(bound) = sample.label("le").parse::<f64>() else { continue };
            match buckets.iter_mut().find(|(known, _)| known.total_cmp(&bound).is_eq()) {
                Some((_, count)) => *count += sign * sample.value,
                None => buckets.push((bound, sign * sample.value)),
            }
        }
    };
    add(now, 1.0);
    add(before, -1.0);
    buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    let total = buckets.last()?.1;
    if total <= 0.0 {
        return None;
    }
    let rank = total * 0.95;
    let (mut below, mut counted) = (0.0, 0.0);
    for (bound, count) in buckets {
        if count >= rank {
            if bound.is_infinite() {
                return Some(below);
            }
            let within = if count > counted { (rank - counted) / (count - counted) } else { 1.0 };
            return Some(below + (bound - below) * within);
        }
        (below, counted) = (bound, count);
    }
    None
}

fn jobs(worker: &Scrape) -> BTreeMap<String, JobFigures> {
    let mut kinds: BTreeMap<String, JobFigures> = BTreeMap::new();
    for sample in worker.of("tessera_jobs") {
        let figures = kinds.entry(sample.label("kind").to_owned()).or_default();
        match sample.label("status") {
            "queued" => figures.queued += sample.value,
            "running" => figures.running += sample.value,
            "dead" => figures.dead += sample.value,
            _ => {}
        }
    }
    for sample in worker.of("tessera_job_oldest_seconds") {
        if sample.label("status") == "queued" {
            let figures = kinds.entry(sample.label("kind").to_owned()).or_default();
            figures.oldest_queued = figures.oldest_queued.max(sample.value);
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(requests: u32, failed: u32, fast: u32, all: u32) -> Scrape {
        let labels = "component=\"chat\",method=\"GET\",route=\"/r\"";
        Scrape::read(&format!(
            "tessera_http_requests_total{{{labels},status=\"200\"}} {requests}\n\
             tessera_http_requests_total{{{labels},status=\"503\"}} {failed}\n\
             tessera_http_request_seconds_bucket{{{labels},le=\"0.1\"}} {fast}\n\
             tessera_http_request_seconds_bucket{{{labels},le=\"0.2\"}} {all}\n\
             tessera_http_request_seconds_bucket{{{labels},le=\"+Inf\"}} {all}\n\
             tessera_instances{{component=\"chat\"}} 2\n\
             tessera_postgres_connections{{component=\"chat\",state=\"used\"}} 3\n\
             tessera_postgres_connections{{component=\"chat\",state=\"limit\"}} 16\n\
             tessera_postgres_connections{{component=\"quiet\",state=\"limit\"}} 16\n\
             tessera_postgres_budget{{state=\"used\"}} 5\n"
        ))
    }

    #[test]
    fn rates_and_percentiles_are_of_the_time_between_the_scrapes() {
        let (before, now, worker) =
            (host(100, 0, 90, 100), host(190, 10, 140, 200), Scrape::default());
        let figures = Figures::new([&before, &worker], [&now, &worker], Duration::from_secs(10));
        let chat = &figures.components["chat"];
        assert_eq!((chat.requests, chat.failed, chat.instances), (10.0, 0.1, 2.0));
        // 50 of 100 took up to 0.1 s, and 50 up to 0.2: the 95th is nine tenths through the second.
        assert!((chat.p95.unwrap() - 0.19).abs() < 1e-9, "{chat:?}");
        assert_eq!((chat.pool.used, chat.pool.limit, figures.budget.used), (3.0, 16.0, 5.0));
        assert_eq!(figures.components["quiet"].p95, None);
        assert_eq!(figures.jobs, None, "no worker answered");
    }

    #[test]
    fn jobs_are_counted_by_kind_and_a_host_that_began_again_counts_from_zero() {
        let worker = Scrape::read(
            "tessera_jobs{kind=\"ingest\",lane=\"short\",status=\"queued\"} 3\n\
             tessera_jobs{kind=\"ingest\",lane=\"long\",status=\"queued\"} 2\n\
             tessera_jobs{kind=\"ingest\",lane=\"long\",status=\"dead\"} 1\n\
             tessera_job_oldest_seconds{kind=\"ingest\",lane=\"long\",status=\"queued\"} 40\n\
             tessera_queue_known{} 1\n\
             tessera_model_breaker{model=\"big\"} 2\n\
             tessera_backup_taken_timestamp_seconds{} 1700000000\n",
        );
        let (before, now) = (host(1000, 0, 10, 10), host(20, 0, 1, 1));
        let figures = Figures::new([&before, &worker], [&now, &worker], Duration::from_secs(2));
        assert_eq!(figures.components["chat"].requests, 10.0);
        let jobs = figures.jobs.unwrap();
        let expected = JobFigures { queued: 5.0, running: 0.0, dead: 1.0, oldest_queued: 40.0 };
        assert_eq!(jobs["ingest"], expected);
        assert_eq!((figures.breakers, figures.backup_taken), (vec!["big".to_owned()], Some(1.7e9)));
    }
}
