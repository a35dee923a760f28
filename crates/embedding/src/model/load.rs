//! Reading a model's file and quantising it, tensor by tensor, so that the floats are never in
//! memory as a whole.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

use super::pack::{Weights, layer, norm, quantise, rows};
use super::token_table::{PackedRows, TokenTable};
use super::{DIMENSIONS, Layer, Model};
use crate::LoadError;
use crate::packed::{BLOCK, BLOCK_BYTES, PackedFile};
use crate::simd::InstructionSet;
use crate::spec::{Format, ModelSpec};

/// Longest header that is read; the model's own has 11 kB.
const LONGEST_HEADER: u64 = 1 << 20;
/// Parts of a layer in the order of [`layer`], as the files call them.
const BERT: [&str; 8] = [
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];
const E5S1: [&str; 8] = ["q", "k", "v", "ao", "aln", "fi", "fo", "oln"];

impl Model {
    /// Loads the model from its folder.
    pub(crate) fn load(
        spec: &ModelSpec,
        folder: &Path,
        instructions: InstructionSet,
    ) -> Result<Self, LoadError> {
        match spec.format {
            Format::Safetensors => {
                let mut file = Tensors::open(&folder.join(spec.file()))?;
                let words = file.words()?;
                let names =
                    ["position_embeddings.weight", "token_type_embeddings.weight", "LayerNorm"]
                        .map(|part| format!("embeddings.{part}"));
                let prefix = |number| format!("encoder.layer.{number}.");
                Self::build(spec, &mut file, words, &names, (prefix, BERT), instructions)
            }
            Format::E5s1 => {
                // A mapping of its own, which ends here: what was read to build the layers does not
                // stay in memory.
                let mut file = PackedFile::open(folder, spec)?;
                let words = TokenTable::Packed(packed_rows(&PackedFile::open(folder, spec)?)?);
                let names = ["emb.pos", "emb.type", "emb.ln"].map(str::to_owned);
                Self::build(
                    spec,
                    &mut file,
                    words,
                    &names,
                    (|number| format!("l{number}."), E5S1),
                    instructions,
                )
            }
        }
    }

    /// Builds the rest; `names` are those of position vectors, vectors of the token types and first
    /// norm.
    fn build<W: Weights>(
        spec: &ModelSpec,
        file: &mut W,
        words: TokenTable,
        [positions, types, first_norm]: &[String; 3],
        (prefix, parts): (impl Fn(usize) -> String, [&str; 8]),
        instructions: InstructionSet,
    ) -> Result<Self, LoadError> {
        let mut positions = rows(file, positions, spec.window)?;
        let types = rows(file, types, 2)?;
        // A text is all of type 0.
        let kind = types.first().copied().unwrap_or([0.0; DIMENSIONS]);
        for (value, kind) in positions.iter_mut().flat_map(|row| row.iter_mut().zip(&kind)) {
            *value += kind;
        }
        let norm = norm(file, first_norm, spec.epsilon)?;
        let layers: Result<Vec<Layer>, LoadError> = (0..spec.layers)
            .map(|number| {
                layer(file, &parts.map(|part| format!("{}{part}", prefix(number))), spec.epsilon)
            })
            .collect();
        Ok(Self { words, positions, norm, layers: layers?, instructions })
    }
}

/// The vocabulary's vectors, which stay in the file.
fn packed_rows(file: &PackedFile) -> Result<PackedRows, LoadError> {
    let (range, packed) = file.find("emb.word", file.rows * DIMENSIONS)?;
    if !packed || range.len() != file.rows * (DIMENSIONS / BLOCK) * BLOCK_BYTES {
        return Err(file.failed("tensor emb.word: 4-bit blocks expected"));
    }
    Ok(PackedRows { bytes: file.bytes.clone().single_pages(), start: range.start, rows: file.rows })
}

impl Weights for PackedFile {
    const WEIGHT: &str = ".w";
    const BIAS: &str = ".b";

    fn floats(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        PackedFile::floats(self, name, shape.iter().product())
    }
}

impl Weights for Tensors {
    const WEIGHT: &str = ".weight";
    const BIAS: &str = ".bias";

    fn floats(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let at = self.find(name, shape)?;
        self.floats_at(name, at, shape.iter().product())
    }
}

/// An open safetensors file.
struct Tensors {
    file: File,
    path: String,
    /// Where the data begins.
    start: u64,
    tensors: HashMap<String, Tensor>,
}

/// What the header says of a tensor. The entry that is no tensor (`__metadata__`) has none of
/// these.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Tensor {
    dtype: String,
    shape: Vec<usize>,
    /// First byte and the byte after the last, counted from the end of the header.
    data_offsets: (u64, u64),
}

impl Tensors {
    fn open(path: &Path) -> Result<Self, LoadError> {
        let failed = |e: &dyn std::fmt::Display| LoadError::file(path, e);
        let mut file = File::open(path).map_err(|e| failed(&e))?;
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|e| failed(&e))?;
        let size = u64::from_le_bytes(length);
        if size > LONGEST_HEADER {
            return Err(failed(&format!(
                "a header of at most {LONGEST_HEADER} bytes expected, {size} announced"
            )));
        }
        let mut header = Vec::new();
        (&mut file).take(size).read_to_end(&mut header).map_err(|e| failed(&e))?;
        let tensors = serde_json::from_slice(&header).map_err(|e| failed(&e))?;
        Ok(Self { file, path: path.display().to_string(), start: 8 + size, tensors })
    }

    fn failed(&self, name: &str, what: impl std::fmt::Display) -> LoadError {
        LoadError::file(Path::new(&self.path), &format!("tensor {name}: {what}"))
    }

    /// Finds a tensor and checks that it has the shape of this model.
    fn find(&self, name: &str, shape: &[usize]) -> Result<u64, LoadError> {
        let tensor = self
            .tensors
            .get(name)
            .ok_or_else(|| self.failed(name, "expected, but not in the file"))?;
        if tensor.dtype != "F32" || tensor.shape != shape {
            let came = format!(
                "F32 of shape {shape:?} expected, {} of {:?} came",
                tensor.dtype, tensor.shape
            );
            return Err(self.failed(name, came));
        }
        Ok(self.start + tensor.data_offsets.0)
    }

    /// Reads `count` floats at a position of the file.
    fn floats_at(&mut self, name: &str, at: u64, count: usize) -> Result<Vec<f32>, LoadError> {
        let mut bytes = vec![0; count * 4];
        let read =
            self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.read_exact(&mut bytes));
        read.map_err(|e| self.failed(name, e))?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
    }

    /// The vectors of the vocabulary: half of the file, so read in pieces.
    fn words(&mut self) -> Result<TokenTable, LoadError> {
        const NAME: &str = "embeddings.word_embeddings.weight";
        const PIECE: usize = 2048;
        let count =
            self.tensors.get(NAME).and_then(|t| t.shape.first()).copied().unwrap_or_default();
        let start = self.find(NAME, &[count, DIMENSIONS])?;
        let (mut words, mut scales) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for first in (0..count).step_by(PIECE) {
            let rows = PIECE.min(count - first);
            let values =
                self.floats_at(NAME, start + (first * DIMENSIONS * 4) as u64, rows * DIMENSIONS)?;
            for row in values.as_chunks::<DIMENSIONS>().0 {
                let mut bytes = [0; DIMENSIONS];
                scales.push(quantise(row, &mut bytes));
                words.push(bytes);
            }
        }
        Ok(TokenTable::Bytes { rows: words, scales })
    }
}
