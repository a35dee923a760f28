//! The figures as lines of text.

use std::time::Duration;

use super::{ComponentFigures, Figures, Processes};

/// Lines of at most some 90 columns. `before` are the processes of the last look, `between` ago;
/// `problems` says what did not answer.
#[must_use]
pub fn lines(
    figures: &Figures,
    processes: [&Processes; 2],
    between: Duration,
    now: f64,
    problems: &[String],
) -> Vec<String> {
    let mut lines: Vec<String> = problems.iter().map(|problem| format!("!! {problem}")).collect();
    let total = &figures.total;
    lines.push(format!(
        "{:.1} requests/s, p95 {}, {:.1} % failed, {:.1}/s refused, {} in flight with open streams, {} connections",
        total.requests, seconds(total.p95), total.failed * 100.0, figures.refused, figures.in_flight, figures.connections
    ));
    let budget = &figures.budget;
    lines.push(format!(
        "Postgres: {} of {} connections of the host, {} requests wait; {}",
        budget.used,
        budget.limit,
        budget.idle,
        backup(figures.backup_taken, now)
    ));
    lines.push(String::new());
    lines.push(row(["component", "requests/s", "failed", "p95", "instances", "pool"]));
    let mut components: Vec<(&String, &ComponentFigures)> = figures.components.iter().collect();
    components.sort_by(|one, other| other.1.requests.total_cmp(&one.1.requests));
    for (name, figures) in components {
        lines.push(row([
            name,
            &format!("{:.1}", figures.requests),
            &format!("{:.1} %", figures.failed * 100.0),
            &seconds(figures.p95),
            &figures.instances.to_string(),
            &format!("{}/{}", figures.pool.used, figures.pool.limit),
        ]));
    }
    lines.push(String::new());
    lines.extend(queue(figures));
    lines.push(String::new());
    lines.push(row(["process", "number", "memory", "processor", "", ""]));
    let [before, after] = processes;
    for (name, used) in &after.0 {
        let earlier = before.0.get(name).map_or(used.ticks, |earlier| earlier.ticks);
        let ticks = u32::try_from(used.ticks.saturating_sub(earlier)).unwrap_or(u32::MAX);
        let share = f64::from(ticks) / between.as_secs_f64().max(0.001);
        let mebibytes = used.bytes >> 20;
        lines.push(row([
            name,
            &used.processes.to_string(),
            &format!("{mebibytes} MiB"),
            &format!("{share:.0} %"),
            "",
            "",
        ]));
    }
    lines
}

fn queue(figures: &Figures) -> Vec<String> {
    let Some(jobs) = &figures.jobs else {
        return vec![
            "the queue is not known: no worker answers, or its database is away".to_owned(),
        ];
    };
    let mut lines = vec![row(["job", "queued", "running", "dead", "oldest", ""])];
    for (kind, jobs) in jobs {
        lines.push(row([
            kind,
            &jobs.queued.to_string(),
            &jobs.running.to_string(),
            &jobs.dead.to_string(),
            &age(jobs.oldest_queued),
            "",
        ]));
    }
    let slots: Vec<String> =
        figures.slots.iter().map(|(lane, slots)| format!("{lane} {slots}")).collect();
    lines.push(format!("slots of the worker: {}", slots.join(", ")));
    if !figures.breakers.is_empty() {
        lines.push(format!("circuit breakers open: {}", figures.breakers.join(", ")));
    }
    lines
}

fn row(cells: [&str; 6]) -> String {
    let [first, second, third, fourth, fifth, sixth] = cells;
    format!("{first:<24}{second:>12}{third:>12}{fourth:>12}{fifth:>12}{sixth:>12}")
        .trim_end()
        .to_owned()
}

fn seconds(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value < 1.0 => format!("{:.0} ms", value * 1000.0),
        Some(value) => format!("{value:.1} s"),
    }
}

/// A time in its largest unit.
fn age(seconds: f64) -> String {
    match seconds {
        short if short < 120.0 => format!("{short:.0} s"),
        medium if medium < 7200.0 => format!("{:.0} min", medium / 60.0),
        long if long < 172_800.0 => format!("{:.0} h", long / 3600.0),
        longer => format!("{:.0} days", longer / 86_400.0),
    }
}

fn backup(taken: Option<f64>, now: f64) -> String {
    match taken {
        None => "no verified backup is known".to_owned(),
        Some(taken) => format!("newest verified backup {} ago", age((now - taken).max(0.0))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scrape;
    use super::*;

    #[test]
    fn busy_components_come_first_and_what_does_not_answer_is_named() {
        let host = Scrape::read(
            "tessera_http_requests_total{component=\"auth\",method=\"GET\",route=\"/r\",status=\"200\"} 2\n\
             tessera_http_requests_total{component=\"chat\",method=\"GET\",route=\"/r\",status=\"200\"} 8\n",
        );
        let none = Scrape::default();
        let between = Duration::from_secs(2);
        let figures = Figures::new([&none, &none], [&host, &none], between);
        let processes = Processes::default();
        let problems = ["the worker does not answer".to_owned()];
        let text = lines(&figures, [&processes, &processes], between, 0.0, &problems).join("\n");
        assert!(text.starts_with("!! the worker does not answer\n5.0 requests/s"), "{text}");
        assert!(text.find("chat ").unwrap() < text.find("auth ").unwrap(), "{text}");
        assert!(text.contains("the queue is not known"), "{text}");
    }

    #[test]
    fn ages_have_their_largest_unit() {
        for (seconds, text) in
            [(5.0, "5 s"), (600.0, "10 min"), (90_000.0, "25 h"), (1e6, "12 days")]
        {
            assert_eq!(age(seconds), text);
        }
        assert_eq!(backup(Some(1000.0), 1060.0), "newest verified backup 60 s ago");
    }
}
