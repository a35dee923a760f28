//! Intel's matrix extension (AMX): tiles of 16 rows by 64 bytes, four times the products of AVX-512
//! in the same time.
//!
//! Rust's intrinsics for it are not stable, inline assembly is. The compiler never uses tiles, so
//! what they hold between two blocks of assembly is ours; each block nevertheless loads all that it
//! needs and stores all that it makes.
#![expect(unsafe_code, reason = "inline assembly, and a system call that no library wraps")]

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::LazyLock;

use super::x86::Avx512;
use super::{BLOCK_ROWS, BLOCK_STEPS, Kernel, PANEL, PanelStep, STEP, Sums};

/// AVX-512 with VNNI, and AMX for all rows that fill tiles.
#[derive(Clone, Copy)]
pub(crate) struct Amx;

/// Whether the processor has it and the system lets this process use it: Linux from 5.16 on, on
/// request.
pub(super) static ALLOWED: LazyLock<bool> = LazyLock::new(|| {
    const TILE_AND_INT8: u32 = 1 << 24 | 1 << 25;
    const REQUEST_PERMISSION: libc::c_long = 0x1023;
    const TILE_DATA: libc::c_long = 18;
    let has =
        __cpuid_count(0, 0).eax >= 7 && __cpuid_count(7, 0).edx & TILE_AND_INT8 == TILE_AND_INT8;
    // SAFETY: asks the kernel for a right of this process; it reads and writes no memory of ours.
    has && unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) } == 0
});

/// What `ldtilecfg` reads.
#[repr(C, align(64))]
struct TileShapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

/// All eight tiles are whole.
static WHOLE: TileShapes = TileShapes {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    row_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// Sets up the tiles of this thread.
///
/// # Safety
/// [`ALLOWED`] says yes.
pub(super) unsafe fn set_up() {
    // SAFETY: the caller has asked; the shapes are those of palette 1.
    unsafe {
        asm!("ldtilecfg [{0}]", in(reg) &raw const WHOLE, options(nostack, preserves_flags, readonly))
    };
}

/// Gives the tiles back: the system then has less to save for this thread.
///
/// # Safety
/// After [`set_up`], on the same thread.
pub(super) unsafe fn give_back() {
    // SAFETY: there are tiles, and nothing is left in them.
    unsafe { asm!("tilerelease", options(nostack, preserves_flags, nomem)) };
}

impl Kernel for Amx {
    #[inline(always)]
    fn dot<const ROWS: usize, const OFFSET: bool>(
        rows: &[u8],
        stride: usize,
        panel: &[PanelStep],
        init: &Sums,
    ) -> [Sums; ROWS] {
        Avx512::dot::<ROWS, OFFSET>(rows, stride, panel, init)
    }

    #[inline(always)]
    fn block(
        rows: &[u8],
        count: usize,
        stride: usize,
        panel: &[PanelStep],
        init: &Sums,
        ahead: &[PanelStep],
        sums: &mut [Sums; BLOCK_ROWS],
    ) -> usize {
        let whole = panel.len().is_multiple_of(BLOCK_STEPS)
            && !panel.is_empty()
            && panel.len() * STEP <= stride;
        if !whole || rows.len() < BLOCK_ROWS * stride {
            return 0;
        }
        // SAFETY: this type is only named between `set_up` and `give_back`. The rows reach as far
        // as the tiles that are read, and both the panel and the sums have lines of 128 bytes.
        unsafe { multiply(rows, stride, panel, init, ahead, sums) };
        count.min(BLOCK_ROWS)
    }

    #[inline(always)]
    fn narrow(values: &[f32; 16]) -> [u8; 16] {
        Avx512::narrow(values)
    }

    #[inline(always)]
    fn sum(lanes: &[f32; 16]) -> f32 {
        Avx512::sum(lanes)
    }

    #[inline(always)]
    fn greatest(lanes: &[f32; 16]) -> f32 {
        Avx512::greatest(lanes)
    }

    #[inline(always)]
    fn mix(lanes: &mut [f32; 16]) {
        Avx512::mix(lanes);
    }
}

/// 32 rows by the 32 columns of a panel: the sums in tiles 0 to 3, which begin as `init` in each
/// row. Calls for the weights `ahead`, wherever they end: to prefetch what is not there does
/// nothing.
///
/// # Safety
/// After [`set_up`]; `rows` has 32 rows of `stride` bytes, the panel as many steps as a row has
/// whole tiles.
#[inline(always)]
unsafe fn multiply(
    rows: &[u8],
    stride: usize,
    panel: &[PanelStep],
    init: &Sums,
    ahead: &[PanelStep],
    sums: &mut [Sums; BLOCK_ROWS],
) {
    // SAFETY: see above.
    unsafe {
        asm!(
            "tileloadd tmm0, [{init} + {none}*1]",
            "tileloadd tmm1, [{init} + {none}*1 + 64]",
            "tileloadd tmm2, [{init} + {none}*1]",
            "tileloadd tmm3, [{init} + {none}*1 + 64]",
            "2:",
            "tileloadd tmm4, [{upper} + {stride}*1]",
            "tileloadd tmm6, [{weights} + {line}*1]",
            "tileloadd tmm7, [{weights} + {line}*1 + 64]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tileloadd tmm5, [{lower} + {stride}*1]",
            "prefetcht1 [{ahead}]",
            "prefetcht1 [{ahead} + 64]",
            "tdpbusd tmm1, tmm4, tmm7",
            "prefetcht1 [{ahead} + 128]",
            "prefetcht1 [{ahead} + 192]",
            "tdpbusd tmm2, tmm5, tmm6",
            "prefetcht1 [{ahead} + 256]",
            "prefetcht1 [{ahead} + 320]",
            "tdpbusd tmm3, tmm5, tmm7",
            "prefetcht1 [{ahead} + 384]",
            "prefetcht1 [{ahead} + 448]",
            "add {ahead}, 512",
            "add {upper}, 64",
            "add {lower}, 64",
            "add {weights}, 2048",
            "dec {tiles}",
            "jnz 2b",
            "tilestored [{sums} + {line}*1], tmm0",
            "tilestored [{sums} + {line}*1 + 64], tmm1",
            "tilestored [{sums} + {line}*1 + 2048], tmm2",
            "tilestored [{sums} + {line}*1 + 2112], tmm3",
            init = in(reg) init.as_ptr(),
            none = in(reg) 0_usize,
            upper = inout(reg) rows.as_ptr() => _,
            ahead = inout(reg) ahead.as_ptr() => _,
            lower = inout(reg) rows.as_ptr().add(BLOCK_ROWS / 2 * stride) => _,
            stride = in(reg) stride,
            weights = inout(reg) panel.as_ptr() => _,
            line = in(reg) PANEL * STEP,
            tiles = inout(reg) panel.len() / BLOCK_STEPS => _,
            sums = in(reg) sums.as_mut_ptr(),
            options(nostack),
        );
    }
}
