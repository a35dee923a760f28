//! The licences of the software of others in a release, each text once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::packages::Package;

/// Beginnings of the names of files with a licence or a notice that must be passed on.
const NAMES: [&str; 6] = ["COPYING", "COPYRIGHT", "LICENCE", "LICENSE", "NOTICE", "UNLICENSE"];

/// A text that a release must have: the packages, then their texts, longest lists first.
///
/// # Errors
/// If a folder or file of a licence cannot be read.
pub(super) fn text(packages: &[Package]) -> Result<String> {
    let mut holders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut without = BTreeSet::new();
    for package in packages {
        let licence = package.licence.as_deref().unwrap_or("licence: see its text");
        let name = format!("{} {} ({licence})", package.name, package.version);
        let files = files_of(&package.texts).with_context(|| format!("the licence of {name}"))?;
        if files.is_empty() {
            without.insert(name.clone());
        }
        for file in files {
            let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").trim_end().to_owned();
            holders.entry(text).or_default().insert(name.clone());
        }
    }
    let mut out = "Software of others in Tessera, and its licences\n".to_owned();
    if !without.is_empty() {
        out.push_str(
            "\nWithout a text of their own in their package; the licence is the one named:\n",
        );
        for name in without {
            out.push_str(&format!("  {name}\n"));
        }
    }
    let mut texts: Vec<_> = holders.into_iter().collect();
    texts.sort_by(|(_, one), (_, other)| one.iter().cmp(other.iter()));
    for (text, names) in texts {
        out.push_str(&format!("\n{}\n", "=".repeat(80)));
        for name in names {
            out.push_str(&format!("{name}\n"));
        }
        out.push_str(&format!("{}\n{text}\n", "-".repeat(80)));
    }
    Ok(out)
}

/// The files of a package with its licence, sorted; `texts` is its folder, or the only file.
fn files_of(texts: &Path) -> Result<Vec<PathBuf>> {
    if texts.is_file() {
        return Ok(vec![texts.to_owned()]);
    }
    let entries = fs::read_dir(texts).with_context(|| format!("reading {}", texts.display()))?;
    let files =
        entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_file());
    let mut files: Vec<PathBuf> = files
        .filter(|path| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().to_uppercase())
                .unwrap_or_default();
            NAMES.iter().any(|beginning| name.starts_with(beginning))
        })
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_printed_once_with_every_package_that_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut packages = Vec::new();
        for (name, text) in [("b", Some("the same\r\n")), ("a", Some("the same\n")), ("c", None)] {
            let texts = folder.path().join(name);
            fs::create_dir(&texts).unwrap();
            fs::write(texts.join("README"), "no licence").unwrap();
            if let Some(text) = text {
                fs::write(texts.join("License-MIT"), text).unwrap();
            }
            packages.push(Package {
                purl: format!("pkg:cargo/{name}@1.0.0"),
                name: name.to_owned(),
                version: "1.0.0".to_owned(),
                licence: Some("MIT".to_owned()),
                texts,
                sha256: None,
                dependencies: BTreeSet::new(),
            });
        }
        let listed = text(&packages).unwrap();
        assert_eq!(listed.matches("the same").count(), 1, "{listed}");
        assert!(listed.contains("a 1.0.0 (MIT)\nb 1.0.0 (MIT)\n---"), "{listed}");
        assert!(listed.contains("the one named:\n  c 1.0.0 (MIT)\n"), "{listed}");
        assert!(!listed.contains("no licence"), "{listed}");
    }
}
