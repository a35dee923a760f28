//! The forward pass over the tokens of some sequences, laid one after the other.

use super::attention::{Attention, attend};
use super::rows::{gelu, quantise, spread};
use super::{Columns, DIMENSIONS, HEAD, HEADS, Layer, Linear, Model, Vector};
use crate::kernel::{Kernel, Sink, Sums};

/// Rows that go through a layer together: their intermediate values stay in the second-level cache while the weights pass by.
const BLOCK: usize = 48;

/// Room for the values of a pass, kept between passes.
#[derive(Default)]
pub(crate) struct Scratch {
    /// The vector of each token.
    hidden: Vec<[f32; DIMENSIONS]>,
    attention: Attention,
    /// Quantised rows of one block and their scales.
    bytes: Vec<u8>,
    scales: Vec<f32>,
    inner: Vec<[f32; DIMENSIONS]>,
}

/// Embeds `sequences`.
#[inline(always)]
pub(super) fn forward<K: Kernel>(model: &Model, sequences: &[&[u32]], scratch: &mut Scratch) -> Vec<Vector> {
    look_up::<K>(model, sequences, &mut scratch.hidden);
    scratch.attention.reset(scratch.hidden.len());
    for layer in &model.layers {
        project::<K>(layer, scratch);
        let mut start = 0;
        for sequence in sequences {
            for head in 0..HEADS {
                attend::<K>(&mut scratch.attention, head, start..start + sequence.len());
            }
            start += sequence.len();
        }
        rest_of_layer::<K>(layer, scratch);
    }
    let mut hidden = scratch.hidden.as_slice();
    let mut vectors = Vec::with_capacity(sequences.len());
    for sequence in sequences {
        let (own, after) = hidden.split_at(sequence.len().min(hidden.len()));
        vectors.push(pool(own));
        hidden = after;
    }
    vectors
}

/// Token vector + position vector, normalised. Ids outside the vocabulary cannot come from the tokenizer; they count as 0.
#[inline(always)]
fn look_up<K: Kernel>(model: &Model, sequences: &[&[u32]], hidden: &mut Vec<[f32; DIMENSIONS]>) {
    hidden.clear();
    for sequence in sequences {
        for (id, position) in sequence.iter().zip(&model.positions) {
            let mut row = *position;
            let id = *id as usize;
            if let (Some(word), Some(scale)) = (model.words.get(id), model.word_scales.get(id)) {
                for (value, byte) in row.iter_mut().zip(word) {
                    *value = f32::from(*byte).mul_add(*scale, *value);
                }
            }
            model.norm.apply::<K>(&mut row);
            hidden.push(row);
        }
    }
}

/// Spreads and quantises rows into `bytes`, their scales into `scales`.
#[inline(always)]
fn quantise_rows<K: Kernel>(rows: &[[f32; DIMENSIONS]], bytes: &mut Vec<u8>, scales: &mut Vec<f32>) {
    bytes.resize(rows.len() * DIMENSIONS, 0);
    scales.clear();
    for (row, place) in rows.iter().zip(bytes.chunks_exact_mut(DIMENSIONS)) {
        let mut row = *row;
        spread::<K>(&mut row);
        scales.push(quantise::<K>(&row, place));
    }
}

impl Linear {
    /// Multiplies quantised rows and gives `values` the finished values.
    #[inline(always)]
    fn apply<K: Kernel>(&self, bytes: &[u8], scales: &[f32], values: impl Values<K>) {
        self.weights.multiply::<K>(bytes, &mut Finish { columns: &self.columns, scales, values });
    }
}

/// Takes the values of a [`Linear`]: those of one row and one panel at a time.
trait Values<K: Kernel> {
    /// Must be `#[inline(always)]`, see [`Sink`].
    fn put(&mut self, row: usize, panel: usize, values: &[f32; HEAD]);
}

/// Makes values of sums.
struct Finish<'a, V> {
    columns: &'a [Columns],
    scales: &'a [f32],
    values: V,
}

impl<K: Kernel, V: Values<K>> Sink<K> for Finish<'_, V> {
    #[inline(always)]
    fn put(&mut self, row: usize, panel: usize, sums: &Sums) {
        let (Some(columns), Some(row_scale)) = (self.columns.get(panel), self.scales.get(row)) else { return };
        let mut values = columns.bias;
        for ((value, scale), sum) in values.iter_mut().zip(&columns.scale).zip(sums) {
            *value = (*sum as f32).mul_add(*row_scale * *scale, *value);
        }
        self.values.put(row, panel, &values);
    }
}

/// Keeps queries, keys and values for the attention.
struct Project<'a> {
    attention: &'a mut Attention,
    /// Token of row 0.
    first: usize,
}

impl<K: Kernel> Values<K> for Project<'_> {
    #[inline(always)]
    fn put(&mut self, row: usize, panel: usize, values: &[f32; HEAD]) {
        self.attention.put::<K>(panel / HEADS, panel % HEADS, self.first + row, values);
    }
}

/// Adds to rows.
struct Add<'a>(&'a mut [[f32; DIMENSIONS]]);

impl<K: Kernel> Values<K> for Add<'_> {
    #[inline(always)]
    fn put(&mut self, row: usize, panel: usize, values: &[f32; HEAD]) {
        if let Some(place) = self.0.get_mut(row).and_then(|r| r.as_chunks_mut::<HEAD>().0.get_mut(panel)) {
            // A copy cannot overlap the values, so the compiler adds vectors.
            let mut sums = *place;
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value;
            }
            *place = sums;
        }
    }
}

/// Writes the GELU of the values, [`DIMENSIONS`] columns of all rows after the other.
struct Activate<'a> {
    rows: usize,
    inner: &'a mut [[f32; DIMENSIONS]],
}

impl<K: Kernel> Values<K> for Activate<'_> {
    #[inline(always)]
    fn put(&mut self, row: usize, panel: usize, values: &[f32; HEAD]) {
        let (part, panel) = (panel / HEADS, panel % HEADS);
        let row = self.inner.get_mut(part * self.rows + row);
        if let Some(place) = row.and_then(|r| r.as_chunks_mut::<HEAD>().0.get_mut(panel)) {
            let mut active = *values;
            for value in &mut active {
                *value = gelu(*value);
            }
            *place = active;
        }
    }
}

/// Query, key and value of every token, for every head.
#[inline(always)]
fn project<K: Kernel>(layer: &Layer, scratch: &mut Scratch) {
    let Scratch { hidden, attention, bytes, scales, .. } = scratch;
    for (block, rows) in hidden.chunks(BLOCK).enumerate() {
        quantise_rows::<K>(rows, bytes, scales);
        layer.project.apply::<K>(bytes, scales, Project { attention, first: block * BLOCK });
    }
}

/// Everything after the attention: its output projection and the feed-forward step, each added to what was and normalised.
#[inline(always)]
fn rest_of_layer<K: Kernel>(layer: &Layer, scratch: &mut Scratch) {
    let Scratch { hidden, attention, bytes, scales, inner } = scratch;
    for (rows, attended) in hidden.chunks_mut(BLOCK).zip(attention.attended.chunks(BLOCK)) {
        quantise_rows::<K>(attended, bytes, scales);
        layer.output.apply::<K>(bytes, scales, Add(rows));
        for row in rows.iter_mut() {
            layer.output_norm.apply::<K>(row);
        }
        quantise_rows::<K>(rows, bytes, scales);
        let count = rows.len();
        inner.resize(count * layer.down.len(), [0.0; DIMENSIONS]);
        layer.up.apply::<K>(bytes, scales, Activate { rows: count, inner });
        for (part, down) in inner.chunks_exact(count).zip(&layer.down) {
            quantise_rows::<K>(part, bytes, scales);
            down.apply::<K>(bytes, scales, Add(rows));
        }
        for row in rows.iter_mut() {
            layer.down_norm.apply::<K>(row);
        }
    }
}

/// Average of the token vectors, brought to length 1.
#[inline(always)]
fn pool(rows: &[[f32; DIMENSIONS]]) -> Vector {
    let mut total = [0.0; DIMENSIONS];
    for row in rows {
        for (sum, value) in total.iter_mut().zip(row) {
            *sum += value;
        }
    }
    let length = total.iter().map(|v| v * v).sum::<f32>().sqrt();
    let inverse = if length > 0.0 { 1.0 / length } else { 0.0 };
    total.map(|v| v * inverse)
}
