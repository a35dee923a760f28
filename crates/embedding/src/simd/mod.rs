//! Integer dot products of 8-bit rows with packed 8-bit columns: the one thing the model spends its
//! time on.
//!
//! Every implementation computes exactly the same integers, so a machine's instruction set changes
//! speed, never which neighbours are found. [`Kernel`] is a compile-time parameter of the whole
//! forward pass: everything else (layer norm, soft-max, GELU) is plain Rust that the compiler
//! vectorises for the instruction set of its caller.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use portable::Portable;

/// Columns in one packed panel.
pub(crate) const PANEL: usize = 32;
/// Input values that one step of a dot product consumes.
pub(crate) const STEP: usize = 4;

/// Rows that matrix instructions take at once, two tiles of them: buffers of rows end with a whole
/// block.
pub(crate) const BLOCK_ROWS: usize = 32;
/// Steps in a tile.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
const BLOCK_STEPS: usize = 16;

/// Sums for one row and the columns of one panel.
pub(crate) type Sums = [i32; PANEL];
/// The weights of one step: [`STEP`] consecutive inputs for each column of a panel, column after
/// column.
pub(crate) type PanelStep = Lines<[i8; PANEL * STEP]>;

/// Bytes in a cache line, at most.
pub(crate) const LINE: usize = 64;

/// Begins on a cache line: matrix instructions take several times as long for what lies across two
/// of them.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Lines<T>(pub(crate) T);

/// An instruction set the forward pass can be compiled for.
pub(crate) trait Kernel: Copy {
    /// Adds to `init` the products of `ROWS` rows with one panel. Row `r` begins at `rows[r *
    /// stride]` and has `panel.len() * STEP` unsigned values. With `OFFSET` these are signed values
    /// from -127 on plus 128, for which `init` makes up.
    fn dot<const ROWS: usize, const OFFSET: bool>(
        rows: &[u8],
        stride: usize,
        panel: &[PanelStep],
        init: &Sums,
    ) -> [Sums; ROWS];

    /// As [`Kernel::dot`], for the first of `count` rows, by instructions for whole matrices.
    /// Writes their sums and says of how many rows; none where there are no such instructions, or
    /// the panel or what lies behind the rows is no multiple of a tile. What is `ahead` is brought
    /// nearer meanwhile, a quarter as much as the panel.
    #[inline(always)]
    fn block(
        _rows: &[u8],
        _count: usize,
        _stride: usize,
        _panel: &[PanelStep],
        _init: &Sums,
        _ahead: &[PanelStep],
        _sums: &mut [Sums; BLOCK_ROWS],
    ) -> usize {
        0
    }

    /// Rounds floats from 0 to 255 to bytes. An instruction of its own, as the compiler narrows one
    /// by one.
    fn narrow(values: &[f32; 16]) -> [u8; 16];

    /// Sum of 16 lanes. This and the next are instructions of their own so that the compiler keeps
    /// the loops before them in whole vectors.
    fn sum(lanes: &[f32; 16]) -> f32;

    /// Greatest of 16 lanes.
    fn greatest(lanes: &[f32; 16]) -> f32;

    /// Replaces 16 lanes by their sums and differences: those 8 apart first, then 4, 2 and 1 apart.
    fn mix(lanes: &mut [f32; 16]);
}

/// The instruction sets to choose from, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// AMX, with AVX-512 for the rest: Intel Xeon since Sapphire Rapids, under Linux.
    Amx,
    /// AVX-512 with VNNI: Intel since Ice Lake, AMD since Zen 4.
    Avx512Vnni,
    /// 256-bit VNNI: Intel since Alder Lake, AMD since Zen 5.
    AvxVnni,
    /// AVX2 with FMA: nearly every x86-64 machine in use.
    Avx2,
    /// NEON with the dot product of bytes: nearly every 64-bit ARM server in use.
    Neon,
    /// Whatever the compiler makes of plain Rust.
    Portable,
}

impl InstructionSet {
    /// Those this machine can run, best first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vnni");
            #[cfg(target_os = "linux")]
            if avx2 && avx512 && *amx::ALLOWED {
                found.push(Self::Amx);
            }
            if avx2 && avx512 {
                found.push(Self::Avx512Vnni);
            }
            if avx2 && is_x86_feature_detected!("avxvnni") {
                found.push(Self::AvxVnni);
            }
            if avx2 {
                found.push(Self::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("dotprod") {
            found.push(Self::Neon);
        }
        found.push(Self::Portable);
        found
    }

    /// The best one this machine can run.
    #[must_use]
    pub fn best() -> Self {
        Self::available().first().copied().unwrap_or(Self::Portable)
    }
}

/// Columns packed for [`Kernel::dot`]. With `OFFSET` the rows they are multiplied with carry 128 in
/// every value.
#[derive(Default)]
pub(crate) struct PackedColumns<const OFFSET: bool> {
    /// Steps in each panel: inputs / [`STEP`], rounded up.
    steps: usize,
    panels: Vec<PanelStep>,
    /// What each sum starts from: takes back the offset of the rows.
    init: Vec<Lines<Sums>>,
}

impl<const OFFSET: bool> PackedColumns<OFFSET> {
    /// Makes room for a matrix of zeros.
    pub(crate) fn reset(&mut self, columns: usize, inputs: usize) {
        self.steps = inputs.div_ceil(STEP);
        let panels = columns.div_ceil(PANEL);
        self.panels.clear();
        self.panels.resize(panels * self.steps, Lines([0; PANEL * STEP]));
        self.init.clear();
        self.init.resize(panels, Lines([0; PANEL]));
    }

    /// Puts signed values (-127 to 127) into column `column`, from input 0 on.
    #[inline(always)]
    pub(crate) fn set_column(&mut self, column: usize, values: &[i8]) {
        let (panel, lane) = (column / PANEL, column % PANEL);
        let mut sum = 0;
        let steps = self.panels.iter_mut().skip(panel * self.steps);
        for (step, quad) in steps.zip(values.chunks(STEP)) {
            for (place, value) in step.0.iter_mut().skip(lane * STEP).zip(quad) {
                *place = *value;
                sum += i32::from(*value);
            }
        }
        if OFFSET && let Some(init) = self.init.get_mut(panel).and_then(|i| i.0.get_mut(lane)) {
            *init = -128 * sum;
        }
    }

    /// Puts signed values into input `input` of the columns from 0 to 31. Not for matrices with
    /// `OFFSET`.
    #[inline(always)]
    pub(crate) fn set_input(&mut self, input: usize, values: &[i8; PANEL]) {
        if let Some(step) = self.panels.get_mut(input / STEP) {
            for (quad, value) in step.0.as_chunks_mut::<STEP>().0.iter_mut().zip(values) {
                if let Some(place) = quad.get_mut(input % STEP) {
                    *place = *value;
                }
            }
        }
    }

    /// Values each row must have: inputs rounded up to a whole step.
    pub(crate) fn width(&self) -> usize {
        self.steps * STEP
    }

    /// Gives `sink` the dot products of the first `count` rows (`width()` values each, one after
    /// the other) with all columns. Whatever else there is in `rows` up to a whole block saves the
    /// last rows from being done one by one.
    #[inline(always)]
    pub(crate) fn multiply<K: Kernel>(&self, rows: &[u8], count: usize, sink: &mut impl Sink<K>) {
        let mut sums = Lines([[0; PANEL]; BLOCK_ROWS]);
        for (panel, (steps, init)) in
            self.panels.chunks_exact(self.steps).zip(&self.init).enumerate()
        {
            let init = &init.0;
            let mut done = 0;
            while done < count {
                let rest = rows.get(done * self.width()..).unwrap_or_default();
                // Weights come from memory far away. Four blocks of rows are done with a panel:
                // each calls for a quarter of the next.
                let quarter = (panel + 1) * self.steps + done / BLOCK_ROWS * self.steps / 4;
                let ahead = self.panels.get(quarter..).unwrap_or_default();
                let block =
                    K::block(rest, count - done, self.width(), steps, init, ahead, &mut sums.0);
                for (row, sums) in sums.0.iter().take(block).enumerate() {
                    sink.put(done + row, panel, sums);
                }
                done += block;
                if block == 0 {
                    break;
                }
            }
            let (twelves, rest) = ((count - done) / 12, (count - done) % 12);
            tiles::<K, 12, OFFSET>(rows, done, twelves, steps, init, panel, sink);
            tiles::<K, 4, OFFSET>(rows, count - rest, rest / 4, steps, init, panel, sink);
            tiles::<K, 1, OFFSET>(rows, count - rest % 4, rest % 4, steps, init, panel, sink);
        }
    }
}

/// Takes the sums of a multiplication. A trait, as the compiler can be told to inline its method
/// into the loop that is compiled for an instruction set, which it does not do with a closure.
pub(crate) trait Sink<K: Kernel> {
    /// Takes the sums of the columns of panel `panel` for row `row`. Must be `#[inline(always)]`.
    fn put(&mut self, row: usize, panel: usize, sums: &Sums);
}

/// Does `groups` groups of `ROWS` rows from row `first` on.
#[inline(always)]
fn tiles<K: Kernel, const ROWS: usize, const OFFSET: bool>(
    rows: &[u8],
    first: usize,
    groups: usize,
    steps: &[PanelStep],
    init: &Sums,
    panel: usize,
    sink: &mut impl Sink<K>,
) {
    let width = steps.len() * STEP;
    let rows = rows.get(first * width..).unwrap_or_default();
    for (number, group) in rows.chunks_exact(ROWS * width).take(groups).enumerate() {
        for (row, sums) in K::dot::<ROWS, OFFSET>(group, width, steps, init).iter().enumerate() {
            sink.put(first + number * ROWS + row, panel, sums);
        }
    }
}

/// Checks once per tile what the pointer arithmetic of the kernels relies on.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[inline(always)]
fn check(rows: &[u8], count: usize, stride: usize, panel: &[PanelStep]) {
    assert!(
        panel.len() * STEP <= stride && rows.len() >= count * stride,
        "{count} rows of {stride} values and a panel of {} steps expected, {} values came",
        panel.len(),
        rows.len()
    );
}

/// Work that is compiled once for each instruction set.
pub(crate) trait Pass {
    /// What the work results in.
    type Output;

    /// Does the work. Must be `#[inline(always)]`, like all it calls in its loops, to be compiled
    /// for the instruction set.
    fn run<K: Kernel>(self) -> Self::Output;
}

/// Does `pass` with the instructions of `set`; with plain Rust if this machine does not have them.
pub(crate) fn dispatch<P: Pass>(set: InstructionSet, pass: P) -> P::Output {
    match set {
        #[cfg(target_arch = "x86_64")]
        _ if set != InstructionSet::Portable && InstructionSet::available().contains(&set) => {
            x86::run(set, pass)
        }
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon if InstructionSet::available().contains(&set) => neon::run(pass),
        _ => pass.run::<Portable>(),
    }
}
