//! The x86-64 kernels. With `amx` the only file of this crate with `unsafe`: vector loads through
//! pointers, and calls of functions for instructions that the caller has found on the machine.
#![expect(
    unsafe_code,
    reason = "SIMD loads take pointers, and calling a target_feature function is unsafe"
)]
#![expect(clippy::indexing_slicing, reason = "constant lengths, unrolled into registers")]

use std::arch::x86_64::*;

use super::{InstructionSet, Kernel, PanelStep, Pass, Portable, STEP, Sums, check};

/// AVX-512 with VNNI.
#[derive(Clone, Copy)]
pub(crate) struct Avx512;
/// 256-bit VNNI.
#[derive(Clone, Copy)]
pub(crate) struct AvxVnni;
/// AVX2 with FMA.
#[derive(Clone, Copy)]
pub(crate) struct Avx2;

/// Does `pass` with the instructions of `set`, which the caller has found to be available.
pub(super) fn run<P: Pass>(set: InstructionSet, pass: P) -> P::Output {
    // SAFETY: `dispatch`, the only caller, asked the processor for these features.
    unsafe {
        match set {
            #[cfg(target_os = "linux")]
            InstructionSet::Amx => run_amx(pass),
            #[cfg(not(target_os = "linux"))]
            InstructionSet::Amx => run_avx512(pass),
            InstructionSet::Avx512Vnni => run_avx512(pass),
            InstructionSet::AvxVnni => run_avx_vnni(pass),
            InstructionSet::Avx2 => run_avx2(pass),
            InstructionSet::Neon | InstructionSet::Portable => pass.run::<Portable>(),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn run_avx512<P: Pass>(pass: P) -> P::Output {
    pass.run::<Avx512>()
}

#[cfg(target_os = "linux")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn run_amx<P: Pass>(pass: P) -> P::Output {
    // SAFETY: `dispatch` has asked for the permission, too.
    unsafe { super::amx::set_up() };
    let output = pass.run::<super::amx::Amx>();
    // SAFETY: set up above.
    unsafe { super::amx::give_back() };
    output
}

#[target_feature(enable = "avxvnni,avx2,fma")]
fn run_avx_vnni<P: Pass>(pass: P) -> P::Output {
    pass.run::<AvxVnni>()
}

#[target_feature(enable = "avx2,fma")]
fn run_avx2<P: Pass>(pass: P) -> P::Output {
    pass.run::<Avx2>()
}

/// The methods on 16 lanes, from functions of one instruction set.
macro_rules! lanes {
    ($narrow:ident, $sum:ident, $greatest:ident, $mix:ident) => {
        #[inline(always)]
        fn narrow(values: &[f32; 16]) -> [u8; 16] {
            // SAFETY: as for `dot`.
            unsafe { $narrow(values) }
        }

        #[inline(always)]
        fn sum(lanes: &[f32; 16]) -> f32 {
            // SAFETY: as for `dot`.
            unsafe { $sum(lanes) }
        }

        #[inline(always)]
        fn greatest(lanes: &[f32; 16]) -> f32 {
            // SAFETY: as for `dot`.
            unsafe { $greatest(lanes) }
        }

        #[inline(always)]
        fn mix(lanes: &mut [f32; 16]) {
            // SAFETY: as for `dot`.
            unsafe { $mix(lanes) }
        }
    };
}

impl Kernel for Avx512 {
    #[inline(always)]
    fn dot<const ROWS: usize, const OFFSET: bool>(
        rows: &[u8],
        stride: usize,
        panel: &[PanelStep],
        init: &Sums,
    ) -> [Sums; ROWS] {
        check(rows, ROWS, stride, panel);
        // SAFETY: this type is only named by the forward pass for `InstructionSet::Avx512Vnni`,
        // which is offered where the features were detected; the lengths were checked above.
        unsafe { dot_avx512::<ROWS>(rows, stride, panel, init) }
    }

    lanes!(narrow_avx512, sum_avx512, greatest_avx512, mix_avx512);
}

impl Kernel for AvxVnni {
    #[inline(always)]
    fn dot<const ROWS: usize, const OFFSET: bool>(
        rows: &[u8],
        stride: usize,
        panel: &[PanelStep],
        init: &Sums,
    ) -> [Sums; ROWS] {
        check(rows, ROWS, stride, panel);
        let mut sums = [*init; ROWS];
        let (pairs, single) = sums.as_chunks_mut::<2>();
        for (p, pair) in pairs.iter_mut().enumerate() {
            // SAFETY: as above, for `InstructionSet::AvxVnni`.
            unsafe { dot_avx_vnni(rows, 2 * p * stride, stride, panel, pair) }
        }
        if let [last] = single {
            // SAFETY: as above.
            unsafe {
                dot_avx_vnni(rows, (ROWS - 1) * stride, stride, panel, std::array::from_mut(last))
            }
        }
        sums
    }

    lanes!(narrow_avx2, sum_avx2, greatest_avx2, mix_avx2);
}

impl Kernel for Avx2 {
    #[inline(always)]
    fn dot<const ROWS: usize, const OFFSET: bool>(
        rows: &[u8],
        stride: usize,
        panel: &[PanelStep],
        init: &Sums,
    ) -> [Sums; ROWS] {
        check(rows, ROWS, stride, panel);
        let mut sums = [*init; ROWS];
        for (r, sum) in sums.iter_mut().enumerate() {
            // SAFETY: as above, for `InstructionSet::Avx2`.
            unsafe { dot_avx2::<OFFSET>(rows, r * stride, panel, sum) }
        }
        sums
    }

    lanes!(narrow_avx2, sum_avx2, greatest_avx2, mix_avx2);
}

/// The four values at `at`, as the instructions want them: one 32-bit number.
///
/// # Safety
/// `at + 4 <= rows.len()`.
#[inline(always)]
unsafe fn quad(rows: &[u8], at: usize) -> i32 {
    unsafe { rows.as_ptr().add(at).cast::<i32>().read_unaligned() }
}

/// # Safety
/// The lengths are as [`check`] demands.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
unsafe fn dot_avx512<const ROWS: usize>(
    rows: &[u8],
    stride: usize,
    panel: &[PanelStep],
    init: &Sums,
) -> [Sums; ROWS] {
    unsafe {
        let start = init.as_ptr();
        let mut low = [_mm512_loadu_si512(start.cast()); ROWS];
        let mut high = [_mm512_loadu_si512(start.add(16).cast()); ROWS];
        for (s, step) in panel.iter().enumerate() {
            let weights = step.0.as_ptr();
            let w0 = _mm512_loadu_si512(weights.cast());
            let w1 = _mm512_loadu_si512(weights.add(64).cast());
            for r in 0..ROWS {
                let a = _mm512_set1_epi32(quad(rows, r * stride + s * STEP));
                low[r] = _mm512_dpbusd_epi32(low[r], a, w0);
                high[r] = _mm512_dpbusd_epi32(high[r], a, w1);
            }
        }
        let mut sums = [[0; 32]; ROWS];
        for ((sum, low), high) in sums.iter_mut().zip(low).zip(high) {
            _mm512_storeu_si512(sum.as_mut_ptr().cast(), low);
            _mm512_storeu_si512(sum.as_mut_ptr().add(16).cast(), high);
        }
        sums
    }
}

/// Adds the products of the `ROWS` rows that begin at `at` to `sums`.
///
/// # Safety
/// The lengths are as [`check`] demands, for the rows from `at` on.
#[inline]
#[target_feature(enable = "avxvnni,avx2,fma")]
unsafe fn dot_avx_vnni<const ROWS: usize>(
    rows: &[u8],
    at: usize,
    stride: usize,
    panel: &[PanelStep],
    sums: &mut [Sums; ROWS],
) {
    unsafe {
        let mut totals = [[_mm256_setzero_si256(); 4]; ROWS];
        for (total, sum) in totals.iter_mut().zip(sums.iter()) {
            for (t, part) in total.iter_mut().zip(sum.as_chunks::<8>().0) {
                *t = _mm256_loadu_si256(part.as_ptr().cast());
            }
        }
        for (s, step) in panel.iter().enumerate() {
            let weights =
                [0, 32, 64, 96].map(|o| _mm256_loadu_si256(step.0.as_ptr().add(o).cast()));
            for (r, total) in totals.iter_mut().enumerate() {
                let a = _mm256_set1_epi32(quad(rows, at + r * stride + s * STEP));
                for (t, w) in total.iter_mut().zip(weights) {
                    *t = _mm256_dpbusd_avx_epi32(*t, a, w);
                }
            }
        }
        for (total, sum) in totals.iter().zip(sums) {
            for (t, part) in total.iter().zip(sum.as_chunks_mut::<8>().0) {
                _mm256_storeu_si256(part.as_mut_ptr().cast(), *t);
            }
        }
    }
}

/// Adds the products of the row that begins at `at` to `sums`.
///
/// The multiply-add of unsigned with signed bytes saturates at 16 bits, which two products of 255 *
/// 127 exceed. Rows that carry an offset are made signed again and multiplied by magnitude (127 *
/// 127 twice fits), so their `init` is not needed; other rows have their even and odd bytes
/// multiplied apart.
///
/// # Safety
/// The lengths are as [`check`] demands, for the row at `at`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn dot_avx2<const OFFSET: bool>(
    rows: &[u8],
    at: usize,
    panel: &[PanelStep],
    sums: &mut Sums,
) {
    unsafe {
        let ones = _mm256_set1_epi16(1);
        let mut totals = [_mm256_setzero_si256(); 4];
        if !OFFSET {
            for (t, part) in totals.iter_mut().zip(sums.as_chunks::<8>().0) {
                *t = _mm256_loadu_si256(part.as_ptr().cast());
            }
        }
        for (s, step) in panel.iter().enumerate() {
            let a = _mm256_set1_epi32(quad(rows, at + s * STEP));
            let weights =
                [0, 32, 64, 96].map(|o| _mm256_loadu_si256(step.0.as_ptr().add(o).cast()));
            if OFFSET {
                let signed = _mm256_xor_si256(a, _mm256_set1_epi8(-128));
                let magnitude = _mm256_abs_epi8(signed);
                for (t, w) in totals.iter_mut().zip(weights) {
                    let products = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(w, signed));
                    *t = _mm256_add_epi32(*t, _mm256_madd_epi16(products, ones));
                }
            } else {
                let even = _mm256_and_si256(a, _mm256_set1_epi16(0xff));
                let odd = _mm256_andnot_si256(_mm256_set1_epi16(0xff), a);
                for (t, w) in totals.iter_mut().zip(weights) {
                    let e = _mm256_madd_epi16(_mm256_maddubs_epi16(even, w), ones);
                    let o = _mm256_madd_epi16(_mm256_maddubs_epi16(odd, w), ones);
                    *t = _mm256_add_epi32(*t, _mm256_add_epi32(e, o));
                }
            }
        }
        for (t, part) in totals.iter().zip(sums.as_chunks_mut::<8>().0) {
            _mm256_storeu_si256(part.as_mut_ptr().cast(), *t);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn narrow_avx512(values: &[f32; 16]) -> [u8; 16] {
    let mut bytes = [0; 16];
    // SAFETY: both arrays have the length of the vectors.
    unsafe {
        let whole = _mm512_cvtps_epi32(_mm512_loadu_ps(values.as_ptr()));
        _mm_storeu_si128(bytes.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(whole));
    }
    bytes
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn narrow_avx2(values: &[f32; 16]) -> [u8; 16] {
    let mut bytes = [0; 16];
    // SAFETY: both arrays have the length of the vectors, in two halves.
    unsafe {
        let low = _mm256_cvtps_epi32(_mm256_loadu_ps(values.as_ptr()));
        let high = _mm256_cvtps_epi32(_mm256_loadu_ps(values.as_ptr().add(8)));
        // Packing works within halves of 128 bits, so the middle quarters change places.
        let words = _mm256_permute4x64_epi64::<0b1101_1000>(_mm256_packs_epi32(low, high));
        let packed =
            _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
        _mm_storeu_si128(bytes.as_mut_ptr().cast(), packed);
    }
    bytes
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn sum_avx512(lanes: &[f32; 16]) -> f32 {
    // SAFETY: the array has the length of the vector.
    unsafe { _mm512_reduce_add_ps(_mm512_loadu_ps(lanes.as_ptr())) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn greatest_avx512(lanes: &[f32; 16]) -> f32 {
    // SAFETY: the array has the length of the vector.
    unsafe { _mm512_reduce_max_ps(_mm512_loadu_ps(lanes.as_ptr())) }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn sum_avx2(lanes: &[f32; 16]) -> f32 {
    // SAFETY: the array has the length of the vectors, in two halves.
    let all = unsafe {
        _mm256_add_ps(_mm256_loadu_ps(lanes.as_ptr()), _mm256_loadu_ps(lanes.as_ptr().add(8)))
    };
    let four = _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps::<1>(all));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn greatest_avx2(lanes: &[f32; 16]) -> f32 {
    // SAFETY: the array has the length of the vectors, in two halves.
    let all = unsafe {
        _mm256_max_ps(_mm256_loadu_ps(lanes.as_ptr()), _mm256_loadu_ps(lanes.as_ptr().add(8)))
    };
    let four = _mm_max_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps::<1>(all));
    let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn mix_avx512(lanes: &mut [f32; 16]) {
    // The lanes that keep their sign in a difference; multiplying by one or minus one rounds
    // nothing.
    let sign = |mask| _mm512_mask_blend_ps(mask, _mm512_set1_ps(1.0), _mm512_set1_ps(-1.0));
    // SAFETY: the array has the length of the vector.
    let mut all = unsafe { _mm512_loadu_ps(lanes.as_ptr()) };
    all = _mm512_fmadd_ps(all, sign(0xff00), _mm512_shuffle_f32x4::<0b0100_1110>(all, all));
    all = _mm512_fmadd_ps(all, sign(0xf0f0), _mm512_shuffle_f32x4::<0b1011_0001>(all, all));
    all = _mm512_fmadd_ps(all, sign(0xcccc), _mm512_permute_ps::<0b0100_1110>(all));
    all = _mm512_fmadd_ps(all, sign(0xaaaa), _mm512_permute_ps::<0b1011_0001>(all));
    // SAFETY: as above.
    unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), all) }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn mix_avx2(lanes: &mut [f32; 16]) {
    let (one, less) = (_mm256_set1_ps(1.0), _mm256_set1_ps(-1.0));
    // SAFETY: the array has the length of the vectors, in two halves.
    let (low, high) =
        unsafe { (_mm256_loadu_ps(lanes.as_ptr()), _mm256_loadu_ps(lanes.as_ptr().add(8))) };
    let halves = [_mm256_add_ps(low, high), _mm256_sub_ps(low, high)];
    for (half, place) in halves.into_iter().zip(lanes.as_chunks_mut::<8>().0) {
        let four = _mm256_blend_ps::<0xf0>(one, less);
        let mut half = _mm256_fmadd_ps(half, four, _mm256_permute2f128_ps::<1>(half, half));
        half = _mm256_fmadd_ps(
            half,
            _mm256_blend_ps::<0xcc>(one, less),
            _mm256_permute_ps::<0b0100_1110>(half),
        );
        half = _mm256_fmadd_ps(
            half,
            _mm256_blend_ps::<0xaa>(one, less),
            _mm256_permute_ps::<0b1011_0001>(half),
        );
        // SAFETY: the chunk has the length of the vector.
        unsafe { _mm256_storeu_ps(place.as_mut_ptr(), half) }
    }
}
