//! Attention of one head over one sequence, in 8-bit integers: query · key with a scale for each
//! row, and soft-max weights (0 to 255, so unsigned by nature) · value with a scale for each
//! column.

use std::ops::Range;

use super::rows::{quantise, quantise_columns, quantise_signed, weigh};
use super::{DIMENSIONS, HEAD, HEADS};
use crate::simd::{Kernel, PANEL, PackedColumns, Sink, Sums};

/// Queries that are answered together.
const QUERIES: usize = 12;
/// A score that leaves a key out.
const NEVER: f32 = -1e30;

/// Queries, keys and values of the tokens of a pass, head by head, and what attention makes of
/// them.
#[derive(Default)]
pub(super) struct Attention {
    tokens: usize,
    queries: Vec<[u8; HEAD]>,
    query_scales: Vec<f32>,
    keys: Vec<[i8; HEAD]>,
    key_scales: Vec<f32>,
    values: Vec<[f32; HEAD]>,
    /// One row per token: the heads' results side by side.
    pub(super) attended: Vec<[f32; DIMENSIONS]>,
    packed_keys: PackedColumns<true>,
    packed_values: PackedColumns<false>,
    scores: Vec<f32>,
    weights: Vec<u8>,
}

impl Attention {
    /// Makes room for `tokens` tokens.
    pub(super) fn reset(&mut self, tokens: usize) {
        self.tokens = tokens;
        let rows = tokens * HEADS;
        self.queries.resize(rows, [0; HEAD]);
        self.query_scales.resize(rows, 0.0);
        self.keys.resize(rows, [0; HEAD]);
        self.key_scales.resize(rows, 0.0);
        self.values.resize(rows, [0.0; HEAD]);
        self.attended.resize(tokens, [0.0; DIMENSIONS]);
    }

    /// Stores the query (`part` 0), key (1) or value (2) of a token for a head.
    #[inline(always)]
    pub(super) fn put<K: Kernel>(
        &mut self,
        part: usize,
        head: usize,
        token: usize,
        values: &[f32; HEAD],
    ) {
        /// log2(e) / √32: soft-max is computed in base 2, of scores divided by the root of the
        /// head's width.
        const SCALE: f32 = std::f32::consts::LOG2_E * 0.176_776_7;
        let row = head * self.tokens + token;
        match part {
            0 => {
                if let (Some(bytes), Some(scale)) =
                    (self.queries.get_mut(row), self.query_scales.get_mut(row))
                {
                    *scale = quantise::<K>(values, bytes) * SCALE;
                }
            }
            1 => {
                if let (Some(bytes), Some(scale)) =
                    (self.keys.get_mut(row), self.key_scales.get_mut(row))
                {
                    *scale = quantise_signed::<K>(values, bytes);
                }
            }
            _ => {
                if let Some(place) = self.values.get_mut(row) {
                    *place = *values;
                }
            }
        }
    }
}

/// Fills the rows `tokens` of `attended`, columns of `head`.
#[inline(always)]
pub(super) fn attend<K: Kernel>(attention: &mut Attention, head: usize, tokens: Range<usize>) {
    let from = head * attention.tokens;
    let rows = from + tokens.start..from + tokens.end;
    let Attention { queries, query_scales, keys, key_scales, values, attended, .. } = attention;
    let (packed_keys, packed_values) = (&mut attention.packed_keys, &mut attention.packed_values);
    let (
        Some(queries),
        Some(query_scales),
        Some(keys),
        Some(key_scales),
        Some(values),
        Some(attended),
    ) = (
        queries.get(rows.clone()),
        query_scales.get(rows.clone()),
        keys.get(rows.clone()),
        key_scales.get(rows.clone()),
        values.get(rows),
        attended.get_mut(tokens),
    )
    else {
        return;
    };
    pack_keys(packed_keys, keys);
    let column_scales = pack_values::<K>(packed_values, values);
    let padded = keys.len().next_multiple_of(PANEL);
    attention.scores.resize(QUERIES * padded, 0.0);
    attention.weights.resize(QUERIES * padded, 0);
    let places = attended.chunks_mut(QUERIES);
    for ((queries, scales), places) in
        queries.chunks(QUERIES).zip(query_scales.chunks(QUERIES)).zip(places)
    {
        let scores = &mut attention.scores;
        let mut scores = Score { key_scales, padded, scores };
        packed_keys.multiply::<K>(queries.as_flattened(), queries.len(), &mut scores);
        let mut inverses = [0.0; QUERIES];
        let rows =
            attention.scores.chunks_exact(padded).zip(attention.weights.chunks_exact_mut(padded));
        for (((scores, weights), scale), inverse) in rows.zip(scales).zip(&mut inverses) {
            *inverse = 1.0 / weigh::<K>(scores, *scale, weights);
        }
        let weights = attention.weights.get(..queries.len() * padded).unwrap_or_default();
        let mut mix = Mix { head, column_scales: &column_scales, inverses, places };
        packed_values.multiply::<K>(weights, queries.len(), &mut mix);
    }
}

/// Writes scores of queries for keys, without the queries' own scale.
struct Score<'a> {
    key_scales: &'a [f32],
    /// Scores of a query: those of keys beyond the last are to leave out.
    padded: usize,
    scores: &'a mut [f32],
}

impl<K: Kernel> Sink<K> for Score<'_> {
    #[inline(always)]
    fn put(&mut self, row: usize, panel: usize, sums: &Sums) {
        let at = row * self.padded + panel * PANEL;
        let scales = self.key_scales.get(panel * PANEL..).unwrap_or_default();
        let Some(place) =
            self.scores.get_mut(at..).and_then(|scores| scores.first_chunk_mut::<PANEL>())
        else {
            return;
        };
        // Written to an array of its own first, which cannot overlap what is read: only then the
        // compiler uses vectors.
        let mut scores = [NEVER; PANEL];
        if let Some(scales) = scales.first_chunk::<PANEL>() {
            for ((score, sum), scale) in scores.iter_mut().zip(sums).zip(scales) {
                *score = *sum as f32 * scale;
            }
        } else {
            for ((score, sum), scale) in scores.iter_mut().zip(sums).zip(scales) {
                *score = *sum as f32 * scale;
            }
        }
        *place = scores;
    }
}

/// Writes the weighted averages of the values.
struct Mix<'a> {
    head: usize,
    column_scales: &'a [f32; HEAD],
    /// 1 / sum of the weights of each query.
    inverses: [f32; QUERIES],
    places: &'a mut [[f32; DIMENSIONS]],
}

impl<K: Kernel> Sink<K> for Mix<'_> {
    #[inline(always)]
    fn put(&mut self, row: usize, _: usize, sums: &Sums) {
        let Some(place) =
            self.places.get_mut(row).and_then(|r| r.as_chunks_mut::<HEAD>().0.get_mut(self.head))
        else {
            return;
        };
        let inverse = self.inverses.get(row).copied().unwrap_or_default();
        let mut mixed = [0.0; HEAD];
        for ((value, sum), scale) in mixed.iter_mut().zip(sums).zip(self.column_scales) {
            *value = *sum as f32 * (scale * inverse);
        }
        *place = mixed;
    }
}

#[inline(always)]
fn pack_keys(packed: &mut PackedColumns<true>, keys: &[[i8; HEAD]]) {
    packed.reset(keys.len(), HEAD);
    for (column, key) in keys.iter().enumerate() {
        packed.set_column(column, key);
    }
}

/// Returns the scale of each column.
#[inline(always)]
fn pack_values<K: Kernel>(
    packed: &mut PackedColumns<false>,
    values: &[[f32; HEAD]],
) -> [f32; HEAD] {
    let mut greatest = [0.0_f32; HEAD];
    for row in values {
        for (greatest, value) in greatest.iter_mut().zip(row) {
            let magnitude = value.abs();
            *greatest = if magnitude > *greatest { magnitude } else { *greatest };
        }
    }
    let inverse = greatest.map(|g| if g > 0.0 { 127.0 / g } else { 0.0 });
    // As many inputs as there are scores: those beyond the last token stay 0.
    packed.reset(HEAD, values.len().next_multiple_of(PANEL));
    for (input, row) in values.iter().enumerate() {
        packed.set_input(input, &quantise_columns::<K>(row, &inverse));
    }
    greatest.map(|g| g / 127.0)
}
