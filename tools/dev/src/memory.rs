//! Resident memory of this process and of programs that it started, as Linux counts it.

use std::fs;

/// MiB of this process, which holds the built-in host.
#[must_use]
pub(crate) fn of_this() -> Option<u64> {
    resident("/proc/self/status")
}

/// MiB of all children of this process with that program name.
#[must_use]
pub(crate) fn of_children(name: &str) -> Option<u64> {
    let me = format!("PPid:\t{}", std::process::id());
    let mut total = None;
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let path = entry.path().join("status");
        let Ok(status) = fs::read_to_string(&path) else { continue };
        let is_it = status
            .lines()
            .next()
            .is_some_and(|line| line.trim_start_matches("Name:").trim() == name);
        if is_it && status.lines().any(|line| line == me) {
            total = Some(total.unwrap_or_default() + parse(&status)?);
        }
    }
    total
}

fn resident(status: &str) -> Option<u64> {
    parse(&fs::read_to_string(status).ok()?)
}

fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_some_memory_and_no_child_of_a_made_up_name() {
        assert!(of_this().is_some_and(|mib| mib > 0));
        assert_eq!(of_children("no-such-program"), None);
    }

    #[test]
    fn the_kernels_form_is_read() {
        assert_eq!(parse("Name:\tworker\nVmRSS:\t  204800 kB\n"), Some(200));
        assert_eq!(parse("Name:\tkthreadd\n"), None);
    }
}
