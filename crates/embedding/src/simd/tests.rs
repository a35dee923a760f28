//! Every kernel against sums done one by one.

use super::*;

/// Numbers without a pattern, the same in every run.
fn noise(count: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(next).collect()
}

struct Collect<'a>(&'a mut Vec<Vec<i32>>);

impl<K: Kernel> Sink<K> for Collect<'_> {
    #[inline(always)]
    fn put(&mut self, row: usize, panel: usize, sums: &Sums) {
        self.0[row][panel * PANEL..(panel + 1) * PANEL].copy_from_slice(sums);
    }
}

struct Multiply<'a, const OFFSET: bool>(
    &'a PackedColumns<OFFSET>,
    &'a [u8],
    usize,
    &'a mut Vec<Vec<i32>>,
);

impl<const OFFSET: bool> Pass for Multiply<'_, OFFSET> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernel>(self) {
        self.0.multiply::<K>(self.1, self.2, &mut Collect(self.3));
    }
}

/// Rows of unsigned values times columns of signed ones, by each instruction set and one by one.
fn compare<const OFFSET: bool>(
    (rows, beyond): (usize, usize),
    inputs: usize,
    columns: usize,
    extreme: bool,
) {
    let clamp = |byte: u8| {
        if extreme { [-127, 127][usize::from(byte & 1)] } else { (byte as i8).max(-127) }
    };
    let weights: Vec<i8> = noise(columns * inputs, 7).into_iter().map(clamp).collect();
    let mut packed = PackedColumns::<OFFSET>::default();
    packed.reset(columns, inputs);
    for (column, values) in weights.chunks(inputs).enumerate() {
        packed.set_column(column, values);
    }
    // Some rows more than are asked for, as buffers that are padded to a whole block have.
    let mut values = noise((rows + beyond) * inputs, 3);
    for value in &mut values {
        *value = if extreme { *value | 254 } else { *value };
        // Rows with an offset hold -127 to 127.
        *value = if OFFSET { (*value).max(1) } else { *value };
    }
    let offset = if OFFSET { 128 } else { 0 };
    for set in InstructionSet::available() {
        let mut sums = vec![vec![0; columns.next_multiple_of(PANEL)]; rows];
        dispatch(set, Multiply(&packed, &values, rows, &mut sums));
        for (row, sums) in values.chunks(inputs).zip(&sums) {
            for (column, sum) in weights.chunks(inputs).zip(sums) {
                let products =
                    row.iter().zip(column).map(|(a, w)| (i32::from(*a) - offset) * i32::from(*w));
                assert_eq!(
                    *sum,
                    products.sum::<i32>(),
                    "{set:?}, {rows} rows, {inputs} inputs, {columns} columns"
                );
            }
        }
    }
}

#[test]
fn all_instruction_sets_give_exact_sums() {
    for rows in [1_usize, 3, 4, 11, 12, 13, 16, 17, 29, 32, 33, 48, 59] {
        for beyond in [0, rows.next_multiple_of(BLOCK_ROWS) - rows] {
            compare::<true>((rows, beyond), 384, 64, false);
            compare::<false>((rows, beyond), 64, 32, false);
            compare::<false>((rows, beyond), 96, 32, false);
        }
    }
    compare::<true>((5, 0), 32, 45, false);
}

#[test]
fn the_greatest_values_do_not_overflow_anywhere() {
    for beyond in [0, 11] {
        compare::<true>((5, beyond), 1536, 32, true);
        compare::<false>((5, beyond), 512, 32, true);
    }
}

struct Lanes<'a>(&'a [f32; 16]);

impl Pass for Lanes<'_> {
    type Output = ([u8; 16], f32, f32, [f32; 16]);

    #[inline(always)]
    fn run<K: Kernel>(self) -> Self::Output {
        let mut mixed = *self.0;
        K::mix(&mut mixed);
        (K::narrow(self.0), K::sum(self.0), K::greatest(self.0), mixed)
    }
}

#[test]
fn all_instruction_sets_round_and_fold_lanes_alike() {
    let lanes = [
        0.0, 0.5, 1.5, 2.5, 254.5, 255.0, 127.5, 128.49, 3.0, 99.9, 64.0, 200.2, 17.7, 1.0, 0.49,
        250.0,
    ];
    let bytes = [0, 0, 2, 2, 254, 255, 128, 128, 3, 100, 64, 200, 18, 1, 0, 250];
    for set in InstructionSet::available() {
        let (narrow, sum, greatest, mixed) = dispatch(set, Lanes(&lanes));
        assert_eq!((narrow, greatest), (bytes, 255.0), "{set:?}");
        assert!((sum - lanes.iter().sum::<f32>()).abs() < 0.01, "{set:?}: {sum}");
        for (row, value) in mixed.iter().enumerate() {
            // Row r of a Hadamard matrix has a minus where r and the column share an odd number of
            // bits.
            let signed = lanes
                .iter()
                .enumerate()
                .map(|(c, v)| if (row & c).count_ones() % 2 == 0 { *v } else { -v });
            assert!((value - signed.sum::<f32>()).abs() < 0.01, "{set:?}, row {row}");
        }
    }
}
