//! Reading the model's file (safetensors, 32-bit floats) and quantising it, tensor by tensor, so that the floats are never
//! in memory as a whole.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

use super::rows::{Norm, SPREAD, spread};
use super::{Columns, DIMENSIONS, HEAD, INNER, Layer, Linear, MAX_TOKENS, Model};
use crate::LoadError;
use crate::simd::{InstructionSet, Packed, Portable};

const LAYERS: usize = 6;
/// Longest header that is read; the model's own has 11 kB.
const LONGEST_HEADER: u64 = 1 << 20;

impl Model {
    /// Loads `model.safetensors` from a folder.
    pub(crate) fn load(folder: &Path, instructions: InstructionSet) -> Result<Self, LoadError> {
        let mut file = Tensors::open(&folder.join("model.safetensors"))?;
        let (words, word_scales) = file.words()?;
        let mut positions = file.rows("embeddings.position_embeddings.weight", MAX_TOKENS)?;
        let kinds = file.rows("embeddings.token_type_embeddings.weight", 2)?;
        for (value, kind) in positions.iter_mut().flat_map(|row| row.iter_mut().zip(kinds.iter().flatten())) {
            *value += kind;
        }
        let norm = file.norm("embeddings.LayerNorm")?;
        let layers = (0..LAYERS).map(|number| file.layer(number)).collect::<Result<_, _>>()?;
        Ok(Self { words, word_scales, positions, norm, layers, instructions })
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

/// What the header says of a tensor. The entry that is no tensor (`__metadata__`) has none of these.
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
            return Err(failed(&format!("a header of at most {LONGEST_HEADER} bytes expected, {size} announced")));
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
        let tensor = self.tensors.get(name).ok_or_else(|| self.failed(name, "expected, but not in the file"))?;
        if tensor.dtype != "F32" || tensor.shape != shape {
            let came = format!("F32 of shape {shape:?} expected, {} of {:?} came", tensor.dtype, tensor.shape);
            return Err(self.failed(name, came));
        }
        Ok(self.start + tensor.data_offsets.0)
    }

    /// Reads `count` floats at a position of the file.
    fn floats(&mut self, name: &str, at: u64, count: usize) -> Result<Vec<f32>, LoadError> {
        let mut bytes = vec![0; count * 4];
        let read = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.read_exact(&mut bytes));
        read.map_err(|e| self.failed(name, e))?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
    }

    fn vector(&mut self, name: &str, count: usize) -> Result<Vec<f32>, LoadError> {
        let at = self.find(name, &[count])?;
        self.floats(name, at, count)
    }

    fn rows(&mut self, name: &str, count: usize) -> Result<Vec<[f32; DIMENSIONS]>, LoadError> {
        let at = self.find(name, &[count, DIMENSIONS])?;
        let values = self.floats(name, at, count * DIMENSIONS)?;
        Ok(values.as_chunks::<DIMENSIONS>().0.to_vec())
    }

    fn norm(&mut self, name: &str) -> Result<Norm, LoadError> {
        let weight = self.vector(&format!("{name}.weight"), DIMENSIONS)?;
        Ok(Norm { weight, bias: self.vector(&format!("{name}.bias"), DIMENSIONS)? })
    }

    /// The vectors of the vocabulary: half of the file, so read in pieces.
    fn words(&mut self) -> Result<(Vec<[i8; DIMENSIONS]>, Vec<f32>), LoadError> {
        const NAME: &str = "embeddings.word_embeddings.weight";
        const PIECE: usize = 2048;
        let count = self.tensors.get(NAME).and_then(|t| t.shape.first()).copied().unwrap_or_default();
        let start = self.find(NAME, &[count, DIMENSIONS])?;
        let (mut words, mut scales) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for first in (0..count).step_by(PIECE) {
            let rows = PIECE.min(count - first);
            let values = self.floats(NAME, start + (first * DIMENSIONS * 4) as u64, rows * DIMENSIONS)?;
            for row in values.as_chunks::<DIMENSIONS>().0 {
                let mut bytes = [0; DIMENSIONS];
                scales.push(quantise(row, &mut bytes));
                words.push(bytes);
            }
        }
        Ok((words, scales))
    }

    fn layer(&mut self, number: usize) -> Result<Layer, LoadError> {
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        let parts = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        Ok(Layer {
            project: self.linear(&parts, DIMENSIONS)?,
            output: self.linear(&[name("attention.output.dense")], DIMENSIONS)?,
            output_norm: self.norm(&name("attention.output.LayerNorm"))?,
            up: self.parts_of_outputs(&name("intermediate.dense"))?,
            down: self.parts_of_inputs(&name("output.dense"))?,
            down_norm: self.norm(&name("output.LayerNorm"))?,
        })
    }

    /// Reads matrices of `outputs` rows each and packs them side by side.
    fn linear(&mut self, names: &[String], outputs: usize) -> Result<Linear, LoadError> {
        let (mut rows, mut biases) = (Vec::new(), Vec::new());
        for name in names {
            rows.extend(self.rows(&format!("{name}.weight"), outputs)?);
            biases.extend(self.vector(&format!("{name}.bias"), outputs)?);
        }
        Ok(Linear::pack(rows.iter(), &biases))
    }

    /// Reads a matrix of [`INNER`] outputs and packs it in parts of [`DIMENSIONS`] outputs.
    fn parts_of_outputs(&mut self, name: &str) -> Result<Vec<Linear>, LoadError> {
        let rows = self.rows(&format!("{name}.weight"), INNER)?;
        let biases = self.vector(&format!("{name}.bias"), INNER)?;
        let parts = rows.chunks(DIMENSIONS).zip(biases.chunks(DIMENSIONS));
        Ok(parts.map(|(rows, biases)| Linear::pack(rows.iter(), biases)).collect())
    }

    /// Reads a matrix of [`INNER`] inputs and packs it in parts of [`DIMENSIONS`] inputs.
    fn parts_of_inputs(&mut self, name: &str) -> Result<Vec<Linear>, LoadError> {
        let tensor = format!("{name}.weight");
        let at = self.find(&tensor, &[DIMENSIONS, INNER])?;
        let values = self.floats(&tensor, at, DIMENSIONS * INNER)?;
        let rows = values.as_chunks::<DIMENSIONS>().0;
        let parts = INNER / DIMENSIONS;
        let bias = self.vector(&format!("{name}.bias"), DIMENSIONS)?;
        let none = vec![0.0; DIMENSIONS];
        let part =
            |part: usize| Linear::pack(rows.iter().skip(part).step_by(parts), if part == 0 { &bias } else { &none });
        Ok((0..parts).map(part).collect())
    }
}

impl Linear {
    /// Quantises a matrix, given by the weights of each output.
    fn pack<'a>(rows: impl Iterator<Item = &'a [f32; DIMENSIONS]>, biases: &[f32]) -> Self {
        let mut weights = Packed::default();
        weights.reset(biases.len(), DIMENSIONS);
        let mut scales = Vec::with_capacity(biases.len());
        for row in rows {
            let (mut row, mut bytes) = (*row, [0; DIMENSIONS]);
            spread::<Portable>(&mut row);
            scales.push(quantise(&row, &mut bytes) / SPREAD as f32);
            weights.set_column(scales.len() - 1, &bytes);
        }
        let columns = scales.as_chunks::<HEAD>().0.iter().zip(biases.as_chunks::<HEAD>().0);
        let columns = columns.map(|(scale, bias)| Columns { scale: *scale, bias: *bias }).collect();
        Self { weights, columns }
    }
}

/// Quantises a row to signed bytes from -127 to 127 and returns its scale.
fn quantise(row: &[f32], bytes: &mut [i8]) -> f32 {
    let greatest = row.iter().fold(0.0_f32, |greatest, value| greatest.max(value.abs()));
    let scale = greatest / 127.0;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    for (place, value) in bytes.iter_mut().zip(row) {
        *place = (value * inverse).round().clamp(-127.0, 127.0) as i8;
    }
    scale
}
