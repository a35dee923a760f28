//! Memory and processor time of `up` and the processes below it, from /proc.

use std::collections::BTreeMap;
use std::fs;

/// What the processes of one name use together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessUse {
    /// How many.
    pub processes: usize,
    /// Their memory in bytes; what they share is divided among them where the kernel says so.
    pub bytes: u64,
    /// Their processor time since they began, in hundredths of a second.
    pub ticks: u64,
}

/// By name of the program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Processes(pub BTreeMap<String, ProcessUse>);

impl Processes {
    /// The process and all below it. Without /proc there are none.
    #[must_use]
    pub fn below(root: u32) -> Self {
        let all: Vec<(u32, u32, String, u64)> = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(stat)
            .collect();
        let mut ours = vec![root];
        let mut at = 0;
        while let Some(parent) = ours.get(at).copied() {
            let children = all.iter().filter(|(_, of, ..)| *of == parent).map(|(id, ..)| *id);
            ours.extend(children);
            at += 1;
        }
        let mut found = Self::default();
        for (id, _, name, ticks) in all {
            if ours.contains(&id) {
                let name = if id == root { "host".to_owned() } else { name };
                let sum = found.0.entry(name).or_default();
                sum.processes += 1;
                sum.bytes += memory(id);
                sum.ticks += ticks;
            }
        }
        found
    }
}

/// Process, parent, name and processor time.
fn stat(id: u32) -> Option<(u32, u32, String, u64)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (before, after) = text.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let parent = u32::try_from(number(1)?).ok()?;
    Some((id, parent, name, number(11)? + number(12)?))
}

/// The share of the memory that is its own (PSS), else all that it uses (RSS).
fn memory(id: u32) -> u64 {
    let field = |file: &str, name: &str| {
        let text = fs::read_to_string(format!("/proc/{id}/{file}")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    field("smaps_rollup", "Pss:").or_else(|| field("status", "VmRSS:")).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_found_below_its_parent_with_its_memory() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let found = Processes::below(std::process::id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.0["host"].bytes > 1 << 20, "{found:?}");
        assert!(found.0["sleep"].processes >= 1 && found.0["sleep"].bytes > 0, "{found:?}");
    }
}
