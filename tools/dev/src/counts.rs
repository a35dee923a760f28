//! Counts what the test runners report.

use anyhow::Result;

use local_stack::console::Console;
use local_stack::setup::BuildEnv;
use local_stack::setup::step::{self, Line};
use local_stack::supervise::Invocation;

/// What passed and failed so far.
#[derive(Default, Debug, PartialEq, Eq)]
pub(crate) struct TestCounts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    /// The steps that failed, for the summary.
    pub(crate) failed_steps: Vec<String>,
    /// The failed tests and the beginning of what each said, at most [`MAX_FAILURE_LINES`].
    pub(crate) failures: Vec<String>,
    /// How many more lines belong to the last of `failures`.
    open_lines: usize,
}

/// Lines of all failures together.
const MAX_FAILURE_LINES: usize = 300;

/// Lines of one failure, its name included.
const LINES_OF_A_FAILURE: usize = 10;

impl TestCounts {
    /// Runs a step, shows its output, and counts the tests that it reports; a step that reports
    /// none is one test.
    pub(crate) async fn run(
        &mut self,
        build_env: &BuildEnv,
        label: &str,
        invocation: Invocation,
    ) -> Result<()> {
        build_env.console.print(&format!("== {label}"));
        let log = build_env.paths.logs().join(format!("{}.log", label.replace([' ', '/'], "-")));
        let before = (self.passed, self.failed);
        let ended =
            step::watch(label, &invocation, &log, &build_env.spawner, &build_env.console, |line| {
                self.read(line);
                self.keep_failure(line);
                show(&build_env.console, line)
            });
        let succeeded = ended.await.is_ok();
        if !succeeded && self.failed == before.1 {
            self.failed += 1;
        }
        if succeeded && (self.passed, self.failed) == before {
            self.passed += 1;
        }
        if !succeeded {
            self.failed_steps.push(label.to_owned());
        }
        Ok(())
    }

    /// Counts a step that could not even begin.
    pub(crate) fn fail(&mut self, label: &str, why: &anyhow::Error) {
        self.failed += 1;
        self.failed_steps.push(format!("{label}: {why:#}"));
    }

    /// Keeps the names of failed tests and how their reports begin, for people who read the end of a
    /// long log.
    fn keep_failure(&mut self, line: &str) {
        if begins_a_failure(line) {
            self.open_lines = LINES_OF_A_FAILURE;
        }
        if self.open_lines == 0 || line.trim().is_empty() {
            return;
        }
        self.open_lines -= 1;
        if self.failures.len() < MAX_FAILURE_LINES {
            self.failures.push(line.chars().take(300).collect());
        }
    }

    /// Understands the summary lines of cargo's test harness, Vitest and Playwright.
    fn read(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_summary = match words.as_slice() {
            ["test", "result:", ..] | ["Tests", ..] => true,
            // Playwright: `12 passed (3.4s)`, `1 failed`.
            [count, "passed" | "failed", rest @ ..] => {
                is_number(count) && rest.first().is_none_or(|word| word.starts_with('('))
            }
            _ => false,
        };
        if !is_summary {
            return;
        }
        for pair in words.windows(2) {
            let [count, what] = pair else { continue };
            let Ok(count) = count.parse::<u32>() else { continue };
            match what.trim_end_matches([';', ',']) {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                _ => {}
            }
        }
    }
}

/// The line that begins the report of a failed test: of cargo's harness, Vitest or Playwright.
fn begins_a_failure(line: &str) -> bool {
    let trimmed = line.trim_start();
    let by_cargo = trimmed.starts_with("---- ") && trimmed.ends_with(" stdout ----");
    let by_playwright = trimmed
        .split_once(") ")
        .is_some_and(|(count, rest)| is_number(count) && rest.contains(".e2e.ts:"));
    by_cargo || by_playwright || trimmed.starts_with("FAIL ")
}

fn is_number(word: &str) -> bool {
    word.parse::<u32>().is_ok()
}

/// Everything but cargo's list of crates, of which the count is enough.
fn show(console: &Console, line: &str) -> Line {
    let trimmed = line.trim_start();
    if ["Compiling ", "Checking ", "Downloading ", "Downloaded ", "Fresh "]
        .iter()
        .any(|word| trimmed.starts_with(word))
    {
        return Line::Progress(trimmed.to_owned());
    }
    console.print(line);
    Line::Log
}

#[cfg(test)]
mod tests {
    use super::{LINES_OF_A_FAILURE, TestCounts};

    #[test]
    fn the_summaries_of_all_three_runners_are_added_up() {
        let mut counts = TestCounts::default();
        let lines = [
            "running 3 tests",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "      Tests  1 failed | 11 passed (12)",
            " Test Files  2 passed (2)",
            "  9 passed (30.1s)",
            "  1 failed",
            "3 passed the gate",
        ];
        lines.iter().for_each(|line| counts.read(line));
        assert_eq!((counts.passed, counts.failed), (22, 3));
    }

    #[test]
    fn the_reports_of_failed_tests_are_kept_with_their_first_lines() {
        let mut counts = TestCounts::default();
        let lines = [
            "test rows::a_row_is_read ... ok",
            "---- rows::a_row_is_written stdout ----",
            "",
            "thread 'rows::a_row_is_written' panicked at src/rows.rs:3:5:",
            " FAIL  src/lib/rows.test.ts > a row is drawn",
            "  1) [chromium] › e2e/9-rows.e2e.ts:7:1 › a row is opened",
        ];
        lines.iter().for_each(|line| counts.keep_failure(line));
        let expected: Vec<&str> =
            lines[1..].iter().copied().filter(|line| !line.is_empty()).collect();
        assert_eq!(counts.failures, expected);

        (0..LINES_OF_A_FAILURE).for_each(|_| counts.keep_failure("more"));
        assert_eq!(counts.failures.len(), expected.len() + LINES_OF_A_FAILURE - 1);
    }
}
