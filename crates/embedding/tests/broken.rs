//! Files of the multilingual model that are not whole or not right: an error, never a panic.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use embedding::{Embedder, InstructionSet, MULTILINGUAL_E5_SMALL, ModelSpec, Options, Tokenizer};

/// A folder that goes when the test does.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join(MULTILINGUAL_E5_SMALL.files[0])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn whole() -> Vec<u8> {
    std::fs::read(super::e5::folder().join(MULTILINGUAL_E5_SMALL.files[0])).unwrap()
}

const SPEC: &ModelSpec = &MULTILINGUAL_E5_SMALL;

fn load(folder: &Path) -> Result<Embedder, String> {
    let options = Options { threads: 1, instructions: InstructionSet::Portable };
    Embedder::load_model(SPEC, folder, options).map_err(|error| error.to_string())
}

#[test]
fn a_file_that_ends_early_is_refused_wherever_it_ends() {
    let (folder, bytes) = (Folder::new("cut"), whole());
    // Close together in header, vocabulary, map and directory, which end at 4.6 MB; then in the
    // tensors.
    let early = (0..80).map(|n| n * 3).chain((0..80).map(|n| 1000 + n * 57_951));
    let late = (1..=40).map(|n| bytes.len() - n * n * 40_000);
    std::fs::write(folder.file(), &bytes).unwrap();
    let file = std::fs::File::options().write(true).open(folder.file()).unwrap();
    let mut lengths: Vec<usize> = early.chain(late).chain([bytes.len() - 1]).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    assert!(lengths.len() > 200);
    for length in lengths {
        file.set_len(length as u64).unwrap();
        let error = load(&folder.0).err().unwrap_or_else(|| panic!("loaded {length} bytes"));
        assert!(error.contains("e5-small-q4.bin"), "{error}");
    }
}

#[test]
fn changed_bytes_are_refused_or_harmless() {
    let (folder, bytes) = (Folder::new("flipped"), whole());
    std::fs::write(folder.file(), &bytes).unwrap();
    let file = std::fs::File::options().write(true).open(folder.file()).unwrap();
    // Every byte of the header, some of the vocabulary, its map and the directory.
    let vocabulary = (0..60).map(|n| 72 + n * 77_003);
    for at in (0..72).chain(vocabulary) {
        for change in [0x80, 0xff] {
            file.write_all_at(&[bytes[at] ^ change], at as u64).unwrap();
            match Tokenizer::load(SPEC, &folder.0) {
                Ok(tokenizer) => {
                    // What says which model it is, how large, and how long its parts are.
                    assert!(
                        !(0..40).contains(&at) && !(44..48).contains(&at),
                        "byte {at} changed by {change}"
                    );
                    let _ = tokenizer.tokens("Årsmötet hålls i maj. 東京 😀 ﬁ");
                }
                Err(error) => {
                    assert!(error.to_string().contains("multilingual-e5-small"), "{error}")
                }
            }
            file.write_all_at(&bytes[at..=at], at as u64).unwrap();
        }
    }
    assert!(Tokenizer::load(SPEC, &folder.0).is_ok());
}

#[test]
fn another_model_of_the_same_form_is_refused() {
    let folder = Folder::new("other");
    let mut bytes = whole();
    // 11 layers instead of 12.
    bytes[12] = 11;
    std::fs::write(folder.file(), &bytes).unwrap();
    let error = load(&folder.0).err().unwrap();
    assert!(error.contains("header") && error.contains("multilingual-e5-small"), "{error}");
    std::fs::remove_file(folder.file()).unwrap();
    assert!(load(&folder.0).is_err());
}
