//! The software bill of materials of a release: CycloneDX 1.6 as JSON
//! (<https://cyclonedx.org/docs/1.6/json/>). The same release has the same bytes: no time, and a
//! serial number made of the contents.

use local_stack::release::Release;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::packages::Package;

/// The bill of a release with these packages of others.
///
/// # Errors
/// None that can happen: the values are text.
pub(super) fn text(release: &Release, packages: &[Package]) -> serde_json::Result<String> {
    let mut packages: Vec<&Package> = packages.iter().collect();
    packages.sort_by(|one, other| one.purl.cmp(&other.purl));
    packages.dedup_by(|one, other| one.purl == other.purl);
    let own = format!("pkg:generic/tessera@{}", release.version);
    let components: Vec<Value> = packages.iter().map(|package| component(package)).collect();
    let purls: Vec<&str> = packages.iter().map(|package| package.purl.as_str()).collect();
    let mut dependencies = vec![json!({ "ref": own, "dependsOn": purls })];
    for package in &packages {
        // What is only for another platform is not in the list.
        let known = package.dependencies.iter().filter(|purl| purls.contains(&purl.as_str()));
        dependencies.push(json!({ "ref": package.purl, "dependsOn": known.collect::<Vec<_>>() }));
    }
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "tessera",
                "version": release.version,
                "purl": own,
                "licenses": [{ "expression": "Apache-2.0" }],
                "properties": [{ "name": "tessera:platform", "value": release.platform }],
            },
        },
        "components": components,
        "dependencies": dependencies,
    });
    let serial = serial_number(&serde_json::to_vec(&document)?);
    if let Some(members) = document.as_object_mut() {
        members.insert("serialNumber".to_owned(), Value::String(serial));
    }
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn component(package: &Package) -> Value {
    let model = package.purl.contains("minilm") || package.purl.contains("e5-small");
    let mut component = json!({
        "type": if model { "machine-learning-model" } else { "library" },
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
    });
    if let Some(members) = component.as_object_mut() {
        if let Some(licence) = &package.licence {
            members.insert("licenses".to_owned(), json!([{ "expression": licence }]));
        }
        if let Some(hash) = &package.sha256 {
            members.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": hash }]));
        }
    }
    component
}

/// A UUID of version 8 (RFC 9562), whose bits are a hash of the contents.
fn serial_number(contents: &[u8]) -> String {
    let mut bytes: Vec<u8> = Sha256::digest(contents).iter().copied().take(16).collect();
    for (at, byte) in bytes.iter_mut().enumerate() {
        match at {
            6 => *byte = (*byte & 0x0f) | 0x80,
            8 => *byte = (*byte & 0x3f) | 0x80,
            _ => {}
        }
    }
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        Package {
            purl: format!("pkg:cargo/{name}@1.0.0"),
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: Some("MIT".to_owned()),
            texts: PathBuf::new(),
            sha256: None,
            dependencies: dependencies
                .iter()
                .map(|name| format!("pkg:cargo/{name}@1.0.0"))
                .collect(),
        }
    }

    fn release() -> Release {
        Release { version: "0.1.0".to_owned(), platform: "x86_64-linux".to_owned() }
    }

    #[test]
    fn the_order_of_packages_does_not_matter_and_their_contents_make_the_serial_number() {
        let (one, other) = (package("a", &["b", "windows"]), package("b", &[]));
        let first = text(&release(), &[one.clone(), other.clone()]).unwrap();
        assert_eq!(first, text(&release(), &[other.clone(), one, other.clone()]).unwrap());
        let another: Value = serde_json::from_str(&text(&release(), &[other]).unwrap()).unwrap();
        let first: Value = serde_json::from_str(&first).unwrap();
        assert_ne!(first["serialNumber"], another["serialNumber"]);
        let serial = first["serialNumber"].as_str().unwrap();
        assert!(serial.len() == 45 && serial.get(23..24) == Some("8"), "{serial}");
    }

    #[test]
    fn every_reference_names_a_component() {
        let bill: Value = serde_json::from_str(
            &text(&release(), &[package("a", &["b", "windows"]), package("b", &[])]).unwrap(),
        )
        .unwrap();
        assert_eq!(bill["specVersion"], "1.6");
        assert_eq!(
            bill["dependencies"][1],
            json!({ "ref": "pkg:cargo/a@1.0.0", "dependsOn": ["pkg:cargo/b@1.0.0"] })
        );
    }
}
