//! Plain Rust: correct everywhere, and the reference the other kernels are tested against.

use super::{Kernel, PanelStep, STEP, Sums};

/// No assumption about the machine.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

impl Kernel for Portable {
    const FUSED: bool = cfg!(target_arch = "aarch64");

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
                for (total, [w, x, y, z]) in sum.iter_mut().zip(step.as_chunks::<STEP>().0) {
                    *total += a * i32::from(*w) + b * i32::from(*x) + c * i32::from(*y) + d * i32::from(*z);
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
        lanes.iter().sum()
    }

    #[inline(always)]
    fn greatest(lanes: &[f32; 16]) -> f32 {
        lanes.iter().copied().fold(f32::MIN, f32::max)
    }
}
