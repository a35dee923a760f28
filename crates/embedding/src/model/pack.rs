//! From the floats of a file to packed 8-bit layers.

use super::rows::{Norm, SPREAD, spread};
use super::{Columns, DIMENSIONS, HEAD, INNER, Layer, Linear};
use crate::LoadError;
use crate::simd::{PackedColumns, Portable};

/// A file with the tensors of a model.
pub(super) trait Weights {
    /// What the names of weights end with.
    const WEIGHT: &str;
    /// What those of biases end with.
    const BIAS: &str;

    /// The values of a tensor, which must have this shape.
    fn floats(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError>;
}

/// A matrix of rows as long as the model has dimensions.
pub(super) fn rows(
    file: &mut impl Weights,
    name: &str,
    count: usize,
) -> Result<Vec<[f32; DIMENSIONS]>, LoadError> {
    Ok(file.floats(name, &[count, DIMENSIONS])?.as_chunks::<DIMENSIONS>().0.to_vec())
}

fn weights<W: Weights>(
    file: &mut W,
    name: &str,
    outputs: usize,
) -> Result<Vec<[f32; DIMENSIONS]>, LoadError> {
    rows(file, &format!("{name}{}", W::WEIGHT), outputs)
}

fn bias<W: Weights>(file: &mut W, name: &str, outputs: usize) -> Result<Vec<f32>, LoadError> {
    file.floats(&format!("{name}{}", W::BIAS), &[outputs])
}

pub(super) fn norm<W: Weights>(file: &mut W, name: &str, epsilon: f32) -> Result<Norm, LoadError> {
    let weight = file.floats(&format!("{name}{}", W::WEIGHT), &[DIMENSIONS])?;
    Ok(Norm { weight, bias: bias(file, name, DIMENSIONS)?, epsilon })
}

/// Builds a layer from its parts: query, key, value, output and its norm, the two halves of the
/// feed-forward step and their norm.
pub(super) fn layer<W: Weights>(
    file: &mut W,
    parts: &[String; 8],
    epsilon: f32,
) -> Result<Layer, LoadError> {
    let [query, key, value, output, output_norm, up, down, down_norm] = parts;
    Ok(Layer {
        project: linear(file, &[query, key, value])?,
        output: linear(file, &[output])?,
        output_norm: norm(file, output_norm, epsilon)?,
        up: parts_of_outputs(file, up)?,
        down: parts_of_inputs(file, down)?,
        down_norm: norm(file, down_norm, epsilon)?,
    })
}

/// Reads square matrices and packs them side by side.
fn linear<W: Weights>(file: &mut W, names: &[&String]) -> Result<Linear, LoadError> {
    let (mut rows, mut biases) = (Vec::new(), Vec::new());
    for name in names {
        rows.extend(weights(file, name, DIMENSIONS)?);
        biases.extend(bias(file, name, DIMENSIONS)?);
    }
    Ok(Linear::pack(rows.iter(), &biases))
}

/// Reads a matrix of [`INNER`] outputs and packs it in parts of [`DIMENSIONS`] outputs.
fn parts_of_outputs<W: Weights>(file: &mut W, name: &str) -> Result<Vec<Linear>, LoadError> {
    let (rows, biases) = (weights(file, name, INNER)?, bias(file, name, INNER)?);
    let parts = rows.chunks(DIMENSIONS).zip(biases.chunks(DIMENSIONS));
    Ok(parts.map(|(rows, biases)| Linear::pack(rows.iter(), biases)).collect())
}

/// Reads a matrix of [`INNER`] inputs and packs it in parts of [`DIMENSIONS`] inputs.
fn parts_of_inputs<W: Weights>(file: &mut W, name: &str) -> Result<Vec<Linear>, LoadError> {
    let values = file.floats(&format!("{name}{}", W::WEIGHT), &[DIMENSIONS, INNER])?;
    let rows = values.as_chunks::<DIMENSIONS>().0;
    let parts = INNER / DIMENSIONS;
    let bias = bias(file, name, DIMENSIONS)?;
    let none = vec![0.0; DIMENSIONS];
    let part = |part: usize| {
        Linear::pack(rows.iter().skip(part).step_by(parts), if part == 0 { &bias } else { &none })
    };
    Ok((0..parts).map(part).collect())
}

impl Linear {
    /// Quantises a matrix, given by the weights of each output.
    fn pack<'a>(rows: impl Iterator<Item = &'a [f32; DIMENSIONS]>, biases: &[f32]) -> Self {
        let mut weights = PackedColumns::default();
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
pub(super) fn quantise(row: &[f32], bytes: &mut [i8]) -> f32 {
    let greatest = row.iter().fold(0.0_f32, |greatest, value| greatest.max(value.abs()));
    let scale = greatest / 127.0;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    for (place, value) in bytes.iter_mut().zip(row) {
        *place = (value * inverse).round().clamp(-127.0, 127.0) as i8;
    }
    scale
}
