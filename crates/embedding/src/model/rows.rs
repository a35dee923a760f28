//! What happens to single rows of floats: quantising, layer norm, GELU, soft-max. Plain Rust in
//! lanes of 16, which the compiler turns into vector instructions of the caller's instruction set.

use crate::simd::Kernel;

const LANES: usize = 16;

/// Adding this to a small float leaves its nearest integer in the low bits of the sum (1.5 * 2^23).
const ROUND: f32 = 12_582_912.0;

/// Greatest magnitude in a row.
#[inline(always)]
fn greatest_magnitude<K: Kernel>(row: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    for chunk in row.as_chunks::<LANES>().0 {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            let magnitude = value.abs();
            *lane = if magnitude > *lane { magnitude } else { *lane };
        }
    }
    K::greatest(&lanes)
}

/// Quantises a row to 8 bits around 128 with a scale of its own, which is returned: value = scale *
/// (byte - 128).
#[inline(always)]
pub(crate) fn quantise<K: Kernel>(row: &[f32], bytes: &mut [u8]) -> f32 {
    let greatest = greatest_magnitude::<K>(row);
    let inverse = if greatest > 0.0 { 127.0 / greatest } else { 0.0 };
    for (chunk, places) in row.as_chunks::<LANES>().0.iter().zip(bytes.as_chunks_mut::<LANES>().0) {
        let mut scaled = [0.0; LANES];
        for (scaled, value) in scaled.iter_mut().zip(chunk) {
            *scaled = (*value).mul_add(inverse, 128.0);
        }
        *places = K::narrow(&scaled);
    }
    greatest / 127.0
}

/// Values that [`spread`] mixes.
pub(crate) const SPREAD: usize = 128;

/// Replaces each 128 values by their sums and differences (an unnormalised Hadamard transform).
///
/// A few channels of the model reach ten times as far as the others, so a common scale would leave
/// the others few of the 256 steps. Spread out, all reach equally far. The transform keeps dot
/// products, but for a factor of 128 where both sides went through it: weights are spread once,
/// when they are loaded. That halves the rounding error of the vectors.
#[inline(always)]
pub(crate) fn spread<K: Kernel>(row: &mut [f32]) {
    for block in row.as_chunks_mut::<SPREAD>().0 {
        across::<{ 4 * LANES }>(block);
        across::<{ 2 * LANES }>(block);
        across::<LANES>(block);
        for lanes in block.as_chunks_mut::<LANES>().0 {
            K::mix(lanes);
        }
    }
}

/// Sums and differences of values that are `STEP`, a multiple of the lanes, apart.
#[inline(always)]
fn across<const STEP: usize>(block: &mut [f32; SPREAD]) {
    for pair in block.chunks_exact_mut(2 * STEP) {
        let (low, high) = pair.split_at_mut(STEP);
        for (low, high) in low.iter_mut().zip(high) {
            (*low, *high) = (*low + *high, *low - *high);
        }
    }
}

/// Quantises a row to signed bytes from -127 to 127 with a scale of its own, which is returned.
#[inline(always)]
pub(crate) fn quantise_signed<K: Kernel>(row: &[f32; 32], bytes: &mut [i8; 32]) -> f32 {
    let mut unsigned = [0; 32];
    let scale = quantise::<K>(row, &mut unsigned);
    *bytes = unsigned.map(|byte| (byte ^ 128) as i8);
    scale
}

/// Quantises each of 32 values with the inverse scale of its own column.
#[inline(always)]
pub(crate) fn quantise_columns<K: Kernel>(row: &[f32; 32], inverse: &[f32; 32]) -> [i8; 32] {
    let mut bytes = [0; 32];
    let columns = row.as_chunks::<LANES>().0.iter().zip(inverse.as_chunks::<LANES>().0);
    for ((values, inverse), places) in columns.zip(bytes.as_chunks_mut::<LANES>().0) {
        let mut scaled = [0.0; LANES];
        for ((scaled, value), inverse) in scaled.iter_mut().zip(values).zip(inverse) {
            *scaled = (*value).mul_add(*inverse, 128.0);
        }
        *places = K::narrow(&scaled).map(|byte| (byte ^ 128) as i8);
    }
    bytes
}

/// Sum of (value - from)^2 over a row with `SQUARE`, else of value - from.
#[inline(always)]
fn sum<K: Kernel, const SQUARE: bool>(row: &[f32], from: f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    for chunk in row.as_chunks::<LANES>().0 {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            let difference = value - from;
            *lane += if SQUARE { difference * difference } else { difference };
        }
    }
    K::sum(&lanes)
}

/// Scale and shift of a layer norm.
pub(crate) struct Norm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    /// What is added to the variance.
    pub(crate) epsilon: f32,
}

impl Norm {
    /// Normalises a row in place.
    #[inline(always)]
    pub(crate) fn apply<K: Kernel>(&self, row: &mut [f32]) {
        let count = row.len() as f32;
        let mean = sum::<K, false>(row, 0.0) / count;
        let inverse = 1.0 / (sum::<K, true>(row, mean) / count + self.epsilon).sqrt();
        for ((value, weight), bias) in row.iter_mut().zip(&self.weight).zip(&self.bias) {
            *value = ((*value - mean) * inverse).mul_add(*weight, *bias);
        }
    }
}

/// x * Φ(x), where Φ is the normal distribution: the GELU of the model's training. Φ - 1/2 is an
/// odd polynomial fitted by least squares between -4 and 4; off by at most 0.0002, a hundredth of
/// what the following quantisation rounds away.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    const FIT: [f32; 6] =
        [1.598_563_8e-6, 4.795_469_4e-5, 8.140_068e-4, 8.772_343e-3, 6.457_3e-2, 0.397_883_27];
    let clamped = x.clamp(-4.0, 4.0);
    let square = clamped * clamped;
    let mut phi: f32 = 2.278_073_5e-8;
    let mut sign: f32 = -1.0;
    for factor in FIT {
        phi = phi.mul_add(square, sign * factor);
        sign = -sign;
    }
    x * clamped.mul_add(phi, 0.5).clamp(0.0, 1.0)
}

/// 2^x for x from -126 to 0, off by at most 0.02 %.
#[inline(always)]
fn power_of_two(x: f32) -> f32 {
    let shifted = x + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole;
    let mut value = rest.mul_add(0.055_875_87, 0.242_296_5);
    value = rest.mul_add(value, 0.693_127_2);
    value = rest.mul_add(value, 0.999_948_14);
    // The integer in the low bits of `shifted`, moved to the exponent, multiplies by that power of
    // two.
    f32::from_bits(value.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// Soft-max in base 2 of `scores * scale`, quantised: writes 255 * 2^(scale * (score - greatest))
/// and returns the sum of what was written. Both slices have the same length, a multiple of 16;
/// scores to leave out are very negative.
#[inline(always)]
pub(crate) fn weigh<K: Kernel>(scores: &[f32], scale: f32, bytes: &mut [u8]) -> f32 {
    let mut greatest = [f32::MIN; LANES];
    for chunk in scores.as_chunks::<LANES>().0 {
        for (lane, score) in greatest.iter_mut().zip(chunk) {
            *lane = if *score > *lane { *score } else { *lane };
        }
    }
    let greatest = K::greatest(&greatest);
    let mut totals = [0.0_f32; LANES];
    for (chunk, places) in
        scores.as_chunks::<LANES>().0.iter().zip(bytes.as_chunks_mut::<LANES>().0)
    {
        let mut weights = [0.0; LANES];
        for ((score, weight), total) in chunk.iter().zip(&mut weights).zip(&mut totals) {
            let exponent = (*score - greatest) * scale;
            let exponent = if exponent > -20.0 { exponent } else { -20.0 };
            *weight = power_of_two(exponent).mul_add(255.0, ROUND) - ROUND;
            *total += *weight;
        }
        *places = K::narrow(&weights);
    }
    K::sum(&totals)
}
