//! The kernel for 64-bit ARM: NEON with the dot product of bytes, which every server of the last
//! years has (Graviton 2, Ampere, Apple).
//!
//! `unsafe` here: vector loads through pointers, and calls of functions compiled for instructions
//! that the caller has checked the machine to have. The intrinsics of the dot product are not
//! stable in Rust yet, so it is one line of assembly.
#![expect(
    unsafe_code,
    reason = "SIMD loads take pointers, and calling a target_feature function is unsafe"
)]
#![expect(
    clippy::indexing_slicing,
    reason = "indices below a constant length, which the compiler unrolls into registers"
)]

use std::arch::aarch64::*;
use std::arch::asm;

use super::{Kernel, PanelStep, Pass, STEP, Sums, check};

/// NEON with the dot product.
#[derive(Clone, Copy)]
pub(crate) struct Neon;

/// Rows that are done together: 8 registers of sums each, of 32 registers.
const TOGETHER: usize = 3;

/// Does `pass` with these instructions, which the caller has found to be available.
pub(super) fn run<P: Pass>(pass: P) -> P::Output {
    #[target_feature(enable = "neon,dotprod")]
    fn run_neon<P: Pass>(pass: P) -> P::Output {
        pass.run::<Neon>()
    }
    // SAFETY: `dispatch`, the only caller, asked the processor for these features.
    unsafe { run_neon(pass) }
}

impl Kernel for Neon {
    #[inline(always)]
    fn dot<const ROWS: usize, const OFFSET: bool>(
        rows: &[u8],
        stride: usize,
        panel: &[PanelStep],
        init: &Sums,
    ) -> [Sums; ROWS] {
        check(rows, ROWS, stride, panel);
        let mut sums = [*init; ROWS];
        let (groups, rest) = sums.as_chunks_mut::<TOGETHER>();
        for (number, group) in groups.iter_mut().enumerate() {
            // SAFETY: this type is only named by the forward pass for `InstructionSet::Neon`, which
            // is offered where the features were detected; the lengths were checked above.
            unsafe {
                dot_rows::<TOGETHER, OFFSET>(rows, number * TOGETHER * stride, stride, panel, group)
            }
        }
        for (number, sum) in rest.iter_mut().enumerate() {
            let row = ROWS / TOGETHER * TOGETHER + number;
            // SAFETY: as above.
            unsafe {
                dot_rows::<1, OFFSET>(rows, row * stride, stride, panel, std::array::from_mut(sum))
            }
        }
        sums
    }

    #[inline(always)]
    fn narrow(values: &[f32; 16]) -> [u8; 16] {
        // SAFETY: as for `dot`.
        unsafe { narrow(values) }
    }

    #[inline(always)]
    fn sum(lanes: &[f32; 16]) -> f32 {
        // SAFETY: as for `dot`.
        unsafe { sum(lanes) }
    }

    #[inline(always)]
    fn greatest(lanes: &[f32; 16]) -> f32 {
        // SAFETY: as for `dot`.
        unsafe { greatest(lanes) }
    }

    #[inline(always)]
    fn mix(lanes: &mut [f32; 16]) {
        // SAFETY: as for `dot`.
        unsafe { mix(lanes) }
    }
}

/// Adds to each of four sums the products of four signed bytes.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn add_dots(mut sums: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: registers only.
    unsafe {
        asm!("sdot {0:v}.4s, {1:v}.16b, {2:v}.16b", inout(vreg) sums, in(vreg) a, in(vreg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    sums
}

/// Adds the products of the `ROWS` rows that begin at `at` to `sums`.
///
/// The dot product takes signed bytes on both sides. Rows that carry an offset of 128 are made
/// signed again, so their `init` is not needed; from other rows 128 is taken, and the weights' sums
/// times 128 are added.
///
/// # Safety
/// All rows from `at` on have as many values as the panel.
#[inline]
#[target_feature(enable = "neon,dotprod")]
unsafe fn dot_rows<const ROWS: usize, const OFFSET: bool>(
    rows: &[u8],
    at: usize,
    stride: usize,
    panel: &[PanelStep],
    sums: &mut [Sums; ROWS],
) {
    let flip = vdupq_n_u8(128);
    let ones = vdupq_n_s8(1);
    let mut totals = [[vdupq_n_s32(0); 8]; ROWS];
    let mut weight_sums = [vdupq_n_s32(0); 8];
    for (s, step) in panel.iter().enumerate() {
        let mut quads = [vdupq_n_s8(0); ROWS];
        for (r, quad) in quads.iter_mut().enumerate() {
            // SAFETY: within the rows, see above.
            let four = unsafe {
                rows.as_ptr().add(at + r * stride + s * STEP).cast::<u32>().read_unaligned()
            };
            *quad = vreinterpretq_s8_u8(veorq_u8(vreinterpretq_u8_u32(vdupq_n_u32(four)), flip));
        }
        for c in 0..8 {
            // SAFETY: a step has 128 weights.
            let weights = unsafe { vld1q_s8(step.0.as_ptr().add(16 * c)) };
            for r in 0..ROWS {
                totals[r][c] = add_dots(totals[r][c], weights, quads[r]);
            }
            if !OFFSET {
                weight_sums[c] = add_dots(weight_sums[c], weights, ones);
            }
        }
    }
    for (total, sum) in totals.iter().zip(sums) {
        for ((total, weights), part) in
            total.iter().zip(weight_sums).zip(sum.as_chunks_mut::<4>().0)
        {
            // SAFETY: four sums.
            let init = if OFFSET { vdupq_n_s32(0) } else { unsafe { vld1q_s32(part.as_ptr()) } };
            let whole = vaddq_s32(vaddq_s32(init, *total), vshlq_n_s32::<7>(weights));
            // SAFETY: four sums.
            unsafe { vst1q_s32(part.as_mut_ptr(), whole) }
        }
    }
}

/// The 16 lanes in four registers.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn load(lanes: &[f32; 16]) -> [float32x4_t; 4] {
    // SAFETY: 16 floats.
    [0, 4, 8, 12].map(|at| unsafe { vld1q_f32(lanes.as_ptr().add(at)) })
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
fn narrow(values: &[f32; 16]) -> [u8; 16] {
    let [a, b, c, d] = load(values);
    let pair =
        |low, high| vcombine_u16(vqmovn_u32(vcvtnq_u32_f32(low)), vqmovn_u32(vcvtnq_u32_f32(high)));
    let all = vcombine_u8(vqmovn_u16(pair(a, b)), vqmovn_u16(pair(c, d)));
    let mut bytes = [0; 16];
    // SAFETY: 16 bytes.
    unsafe { vst1q_u8(bytes.as_mut_ptr(), all) }
    bytes
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
fn sum(lanes: &[f32; 16]) -> f32 {
    // By halves, in the order of the other kernels.
    let [a, b, c, d] = load(lanes);
    let four = vaddq_f32(vaddq_f32(a, c), vaddq_f32(b, d));
    vpadds_f32(vadd_f32(vget_low_f32(four), vget_high_f32(four)))
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
fn greatest(lanes: &[f32; 16]) -> f32 {
    let [a, b, c, d] = load(lanes);
    vmaxvq_f32(vmaxq_f32(vmaxq_f32(a, b), vmaxq_f32(c, d)))
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
fn mix(lanes: &mut [f32; 16]) {
    let [a, b, c, d] = load(lanes);
    let (a, b, c, d) = (vaddq_f32(a, c), vaddq_f32(b, d), vsubq_f32(a, c), vsubq_f32(b, d));
    let quarters = [vaddq_f32(a, b), vsubq_f32(a, b), vaddq_f32(c, d), vsubq_f32(c, d)];
    for (quarter, place) in quarters.into_iter().zip(lanes.as_chunks_mut::<4>().0) {
        let (low, high) = (vget_low_f32(quarter), vget_high_f32(quarter));
        let two = vcombine_f32(vadd_f32(low, high), vsub_f32(low, high));
        let (even, odd) = (vuzp1q_f32(two, two), vuzp2q_f32(two, two));
        let one = vzip1q_f32(vaddq_f32(even, odd), vsubq_f32(even, odd));
        // SAFETY: four floats.
        unsafe { vst1q_f32(place.as_mut_ptr(), one) }
    }
}
