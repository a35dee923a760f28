//! The forward pass over the tokens of some sequences, laid one after the other.

use super::attention::{Attention, attend};
use super::rows::{gelu, quantise, spread};
use super::{
    Columns, DIMENSIONS, HEAD, HEADS, KeptTokens, Layer, Linear, Model, TextEmbedding, Vector,
};
use crate::simd::{BLOCK_ROWS, Kernel, LINE, Sink, Sums};

/// Rows that go through a layer together: few enough that what is made of them stays in the
/// second-level cache while the weights pass by, enough that the weights, which come from further
/// away, are there in time.
const BLOCK: usize = 128;

/// Room for the values of a pass, kept between passes.
#[derive(Default)]
pub(crate) struct Scratch {
    /// The vector of each token.
    hidden: Vec<[f32; DIMENSIONS]>,
    attention: Attention,
    /// The rows of one block.
    outer: QuantisedRows,
    /// Those of a part of the feed-forward step.
    inner: Vec<[f32; DIMENSIONS]>,
    inner_quantised: QuantisedRows,
}

/// Embeds `sequences`.
#[inline(always)]
pub(super) fn forward<K: Kernel>(
    model: &Model,
    sequences: &[&[u32]],
    kept: Option<KeptTokens>,
    scratch: &mut Scratch,
) -> Vec<TextEmbedding> {
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
    let mut embedded = Vec::with_capacity(sequences.len());
    for sequence in sequences {
        let (own, after) = hidden.split_at(sequence.len().min(hidden.len()));
        let bits = |kept: KeptTokens| kept.late_interaction.token_bits(sequence, own, kept.prefix);
        let token_bits = kept.map(bits).unwrap_or_default();
        embedded.push(TextEmbedding { vector: pool(own), token_bits });
        hidden = after;
    }
    embedded
}

/// Token vector + position vector, normalised. Ids outside the vocabulary cannot come from the
/// tokenizer; they count as 0.
#[inline(always)]
fn look_up<K: Kernel>(model: &Model, sequences: &[&[u32]], hidden: &mut Vec<[f32; DIMENSIONS]>) {
    hidden.clear();
    for sequence in sequences {
        for (id, position) in sequence.iter().zip(&model.positions) {
            let mut row = *position;
            model.words.add(*id as usize, &mut row);
            model.norm.apply::<K>(&mut row);
            hidden.push(row);
        }
    }
}

/// Rows in 8 bits, spread out.
#[derive(Default)]
struct QuantisedRows {
    /// From `start` on the rows, then those that complete a block.
    bytes: Vec<u8>,
    start: usize,
    /// A scale for each row.
    scales: Vec<f32>,
}

impl QuantisedRows {
    /// Takes these rows instead of those before.
    #[inline(always)]
    fn fill<K: Kernel>(&mut self, rows: &[[f32; DIMENSIONS]]) {
        let length = rows.len().next_multiple_of(BLOCK_ROWS) * DIMENSIONS;
        self.bytes.resize(length + LINE, 0);
        self.start = self.bytes.as_ptr().align_offset(LINE).min(LINE);
        self.scales.clear();
        let places =
            self.bytes.get_mut(self.start..).unwrap_or_default().chunks_exact_mut(DIMENSIONS);
        for (row, place) in rows.iter().zip(places) {
            let mut row = *row;
            spread::<K>(&mut row);
            self.scales.push(quantise::<K>(&row, place));
        }
    }
}

impl Linear {
    /// Multiplies quantised rows and gives `values` the finished values.
    #[inline(always)]
    fn apply<K: Kernel>(&self, rows: &QuantisedRows, values: impl Values<K>) {
        let bytes = rows.bytes.get(rows.start..).unwrap_or_default();
        let mut finish = Finish { columns: &self.columns, scales: &rows.scales, values };
        self.weights.multiply::<K>(bytes, rows.scales.len(), &mut finish);
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
        let (Some(columns), Some(row_scale)) = (self.columns.get(panel), self.scales.get(row))
        else {
            return;
        };
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
        if let Some(place) =
            self.0.get_mut(row).and_then(|r| r.as_chunks_mut::<HEAD>().0.get_mut(panel))
        {
            // A copy cannot overlap the values, so the compiler adds vectors.
            let mut sums = *place;
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value;
            }
            *place = sums;
        }
    }
}

/// Writes the GELU of the values.
struct Activate<'a>(&'a mut [[f32; DIMENSIONS]]);

impl<K: Kernel> Values<K> for Activate<'_> {
    #[inline(always)]
    fn put(&mut self, row: usize, panel: usize, values: &[f32; HEAD]) {
        if let Some(place) =
            self.0.get_mut(row).and_then(|r| r.as_chunks_mut::<HEAD>().0.get_mut(panel))
        {
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
    let Scratch { hidden, attention, outer, .. } = scratch;
    for (block, rows) in hidden.chunks(BLOCK).enumerate() {
        outer.fill::<K>(rows);
        layer.project.apply::<K>(outer, Project { attention, first: block * BLOCK });
    }
}

/// Everything after the attention: its output projection and the feed-forward step, each added to
/// what was and normalised.
#[inline(always)]
fn rest_of_layer<K: Kernel>(layer: &Layer, scratch: &mut Scratch) {
    let Scratch { hidden, attention, outer, inner, inner_quantised } = scratch;
    for (rows, attended) in hidden.chunks_mut(BLOCK).zip(attention.attended.chunks(BLOCK)) {
        outer.fill::<K>(attended);
        layer.output.apply::<K>(outer, Add(rows));
        for row in rows.iter_mut() {
            layer.output_norm.apply::<K>(row);
        }
        outer.fill::<K>(rows);
        inner.resize(rows.len(), [0.0; DIMENSIONS]);
        for (up, down) in layer.up.iter().zip(&layer.down) {
            up.apply::<K>(outer, Activate(inner));
            inner_quantised.fill::<K>(inner);
            down.apply::<K>(inner_quantised, Add(rows));
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
