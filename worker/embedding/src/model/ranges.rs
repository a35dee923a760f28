//! How far the values of each channel reach.
//!
//! A few of the 384 channels reach ten times as far as the others, so a scale for the whole token leaves the others few of
//! the 256 steps. Before a row is quantised, each channel is therefore divided by the square root of its range, and the
//! weights that it meets are multiplied by it: the product stays, the rounding error is more than halved. The ranges
//! were measured once, see `bench/embedding/ranges.py`; they need not be exact.

use super::DIMENSIONS;

/// For each layer the square roots of the ranges before its attention and before its feed-forward step, as 16 * log2 + 128.
const RANGES: &[u8; 12 * DIMENSIONS] = include_bytes!("ranges.bin");

/// What the channels before a step of a layer are divided by; `step` is 0 for the attention, 1 for the feed-forward step.
pub(super) fn divisors(layer: usize, step: usize) -> [f32; DIMENSIONS] {
    let ranges = RANGES.as_chunks::<DIMENSIONS>().0.get(2 * layer + step);
    ranges.map_or([1.0; DIMENSIONS], |bytes| bytes.map(|byte| ((f32::from(byte) - 128.0) / 16.0).exp2()))
}
