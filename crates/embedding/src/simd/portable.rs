//! Plain Rust: correct everywhere, and the reference the other kernels are tested against.

use super::{Kernel, PanelStep, STEP, Sums};

/// No assumption about the machine.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

impl Kernel for Portable {
    #[inline(always)]
    fn dot<const ROWS: usize, const OFFSET: bool>(
        rows: &[u8],
        stride: usize,
        panel: &[PanelStep],
        init: &Sums,
    ) -> [Sums; ROWS] {
        let mut sums = [*init; ROWS];
        for (row, sum) in rows.chunks(stride).zip(&mut sums) {
            for (quad, step) in row.as_chunks::<STEP>().0.iter().zip(panel) {
                let [a, b, c, d] = quad.map(i32::from);
                for (total, [w, x, y, z]) in sum.iter_mut().zip(step.0.as_chunks::<STEP>().0) {
                    *total += a * i32::from(*w)
                        + b * i32::from(*x)
                        + c * i32::from(*y)
                        + d * i32::from(*z);
                }
            }
        }
        sums
    }

    #[inline(always)]
    fn narrow(values: &[f32; 16]) -> [u8; 16] {
        // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
        values.map(|value| (value + 12_582_912.0).to_bits() as u8)
    }

    #[inline(always)]
    fn sum(lanes: &[f32; 16]) -> f32 {
        // By halves, like the vector instructions: the order decides the last bit.
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *lanes;
        let [a, b, c, d, e, f, g, h] = [a + i, b + j, c + k, d + l, e + m, f + n, g + o, h + p];
        let [a, b, c, d] = [a + e, b + f, c + g, d + h];
        (a + c) + (b + d)
    }

    #[inline(always)]
    fn greatest(lanes: &[f32; 16]) -> f32 {
        lanes.iter().copied().fold(f32::MIN, f32::max)
    }

    #[inline(always)]
    fn mix(lanes: &mut [f32; 16]) {
        for step in [8, 4, 2, 1] {
            for pair in lanes.chunks_exact_mut(2 * step) {
                let (low, high) = pair.split_at_mut(step);
                for (low, high) in low.iter_mut().zip(high) {
                    (*low, *high) = (*low + *high, *low - *high);
                }
            }
        }
    }
}
