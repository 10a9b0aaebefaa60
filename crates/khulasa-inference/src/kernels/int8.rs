//! Matrices of 8-bit weights with one scale a block of them, and activations that are quantised the
//! same way on the fly.
//!
//! The weights of a GGUF's Q8_0 (and, exactly, of Q5_0 and Q4_0) keep their blocks of
//! [`GGUF_BLOCK`], only in another order; weights that are quantised here get blocks of [`BLOCK`].
//! [`PANEL`] output columns stand side by side, so that one instruction serves 16 of them.

use rayon::prelude::*;

use super::bytes::Bytes;
use super::{Level, level};

/// Weights that share a scale, where they are quantised here: a quarter of the scales of Q8_0 cost
/// a quarter of the time that goes into them, and their error is between Q8_0's and that of one
/// scale a column.
pub const BLOCK: usize = 128;
/// Weights that share a scale in Q8_0, Q5_0 and Q4_0.
pub const GGUF_BLOCK: usize = 32;
/// Output columns that are computed together; the number of columns is padded to it.
pub const PANEL: usize = 32;

/// A matrix of `columns × inner` int8 weights, packed for products with [`Quantized`] rows.
///
/// Within a panel's block, byte `((step × PANEL) + column) × 4 + i` is the weight of inner index
/// `4 × step + i`, plus 128 (so that it is unsigned, as the dot-product instruction wants).
pub struct PackedMatrix {
    columns: usize,
    inner: usize,
    block: usize,
    weights: Bytes,
    /// `[panel][block][column]`
    scales: Vec<f32>,
}

/// One panel of a matrix.
pub(super) struct Panel<'a> {
    pub weights: &'a [u8],
    /// `[block][column]`
    pub scales: &'a [f32],
}

/// Rows of activations as int8, one scale per block.
pub struct Quantized {
    rows: usize,
    inner: usize,
    block: usize,
    pub(super) values: Vec<i8>,
    pub(super) scales: Vec<f32>,
    /// −128 × the sum of each block: what the weights' offset of 128 adds, taken back.
    pub(super) corrections: Vec<i32>,
}

impl PackedMatrix {
    /// Packs a matrix of `columns` outputs and `inner` inputs. `pack(column, index, values)`
    /// writes the weights of one block of [`GGUF_BLOCK`] and returns their scale.
    ///
    /// # Panics
    /// If `inner` is no whole number of blocks.
    pub fn pack(
        columns: usize,
        inner: usize,
        pack: impl Fn(usize, usize, &mut [i8]) -> f32 + Sync,
    ) -> Self {
        assert!(inner.is_multiple_of(GGUF_BLOCK));
        let mut matrix = Self::empty(columns, inner, GGUF_BLOCK);
        matrix.fill(0, columns, pack);
        matrix
    }

    fn empty(columns: usize, inner: usize, block: usize) -> Self {
        let (panels, blocks) = (columns.div_ceil(PANEL), inner.div_ceil(block));
        Self {
            columns,
            inner,
            block,
            weights: Bytes::zeroed(panels * blocks * PANEL * block),
            scales: vec![0f32; panels * blocks * PANEL],
        }
    }

    /// Packs the columns from `from`, where a panel begins, to `to`, where one ends or all end.
    fn fill(
        &mut self,
        from: usize,
        to: usize,
        pack: impl Fn(usize, usize, &mut [i8]) -> f32 + Sync,
    ) {
        let (block, blocks) = (self.block, self.blocks());
        let (panel_bytes, panel_scales) = (blocks * PANEL * block, blocks * PANEL);
        if blocks == 0 {
            return;
        }
        let panels = from / PANEL..to.div_ceil(PANEL);
        self.weights.as_mut()[panels.start * panel_bytes..panels.end * panel_bytes]
            .par_chunks_mut(panel_bytes)
            .zip(
                self.scales[panels.start * panel_scales..panels.end * panel_scales]
                    .par_chunks_mut(panel_scales),
            )
            .enumerate()
            .for_each(|(panel, (weights, scales))| {
                let mut values = [0i8; BLOCK];
                let values = &mut values[..block];
                let first = from + panel * PANEL;
                for place in 0..PANEL.min(to - first) {
                    for index in 0..blocks {
                        scales[index * PANEL + place] = pack(first + place, index, values);
                        for (step, four) in values.chunks_exact(4).enumerate() {
                            let byte = index * PANEL * block + (step * PANEL + place) * 4;
                            let four = [0, 1, 2, 3].map(|i| four[i] as u8);
                            let unsigned = u32::from_ne_bytes(four) ^ 0x8080_8080;
                            weights[byte..byte + 4].copy_from_slice(&unsigned.to_ne_bytes());
                        }
                    }
                }
            });
    }

    /// Packs the rows of an f32 matrix `[columns, inner]`, quantising each block as Q8_0 does.
    /// `next` writes the next rows into what it gets; not all are in memory at once.
    pub fn quantize_rows<E>(
        columns: usize,
        inner: usize,
        mut next: impl FnMut(&mut [f32]) -> Result<(), E>,
    ) -> Result<Self, E> {
        // Panels at once: enough for many threads.
        const PANELS: usize = 16;
        let (mut matrix, level) = (Self::empty(columns, inner, BLOCK), level());
        let mut rows = vec![0f32; inner * columns.min(PANELS * PANEL)];
        for from in (0..columns).step_by(PANELS * PANEL) {
            let to = columns.min(from + PANELS * PANEL);
            next(&mut rows[..(to - from) * inner])?;
            matrix.fill(from, to, |column, index, values| {
                let row = &rows[(column - from) * inner..][..inner];
                let part = &row[index * BLOCK..inner.min((index + 1) * BLOCK)];
                let mut block = [0f32; BLOCK];
                block[..part.len()].copy_from_slice(part);
                let mut scale = [0f32];
                quantize(level, BLOCK, &block, values, &mut scale, &mut [0]);
                scale[0]
            });
        }
        Ok(matrix)
    }

    /// Outputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Inputs.
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// Weights that share a scale.
    pub fn block(&self) -> usize {
        self.block
    }

    /// Blocks of a column.
    pub(super) fn blocks(&self) -> usize {
        self.inner.div_ceil(self.block)
    }

    pub(super) fn panel(&self, index: usize) -> Panel<'_> {
        let (blocks, bytes) = (self.blocks(), self.blocks() * PANEL * self.block);
        Panel {
            weights: &self.weights.as_ref()[index * bytes..][..bytes],
            scales: &self.scales[index * blocks * PANEL..][..blocks * PANEL],
        }
    }

    /// Writes the weights of one output column as f32 (an embedding's row).
    pub fn column(&self, column: usize, into: &mut [f32]) {
        let (panel, place) = (self.panel(column / PANEL), column % PANEL);
        for (index, chunk) in into.chunks_mut(self.block).enumerate() {
            let scale = panel.scales[index * PANEL + place];
            let weights = &panel.weights[index * PANEL * self.block..];
            for (i, value) in chunk.iter_mut().enumerate() {
                let byte = weights[(i / 4 * PANEL + place) * 4 + i % 4];
                *value = f32::from((byte ^ 0x80) as i8) * scale;
            }
        }
    }
}

/// Adding 1.5 × 2²³ leaves the nearest integer in the low bits of the mantissa.
pub(super) const ROUND: f32 = 12_582_912.0;

/// Quantises a block to int8; returns its largest value and the sum of its integers.
fn quantize_block<const N: usize>(level: Level, x: &[f32; N], values: &mut [i8; N]) -> (f32, i32) {
    #[cfg(target_arch = "x86_64")]
    if level == Level::Avx512 {
        // SAFETY: `level()` found the instructions.
        return unsafe { super::x86::quantize_block(x, values) };
    }
    let _ = level;
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let largest = x.iter().map(|v| v.abs()).fold(0f32, larger);
    let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    let mut sum = 0i32;
    for (value, &v) in values.iter_mut().zip(x) {
        let integer = ((v * inverse + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
        *value = integer as i8;
        sum = sum.wrapping_add(integer);
    }
    (largest, sum)
}

fn quantize_blocks<const N: usize>(
    level: Level,
    x: &[f32],
    values: &mut [i8],
    scales: &mut [f32],
    corrections: &mut [i32],
) {
    let blocks = x.as_chunks().0.iter().zip(values.as_chunks_mut().0);
    for ((x, values), (scale, correction)) in blocks.zip(scales.iter_mut().zip(corrections)) {
        let (largest, sum) = quantize_block::<N>(level, x, values);
        *scale = largest / 127.0;
        *correction = sum.wrapping_mul(-128);
    }
}

/// Quantises whole blocks.
pub(super) fn quantize(
    level: Level,
    block: usize,
    x: &[f32],
    values: &mut [i8],
    scales: &mut [f32],
    corrections: &mut [i32],
) {
    match block {
        GGUF_BLOCK => quantize_blocks::<GGUF_BLOCK>(level, x, values, scales, corrections),
        _ => quantize_blocks::<BLOCK>(level, x, values, scales, corrections),
    }
}

impl Quantized {
    /// Room for `rows × inner` activations in blocks of `block`.
    pub(super) fn empty(rows: usize, inner: usize, block: usize) -> Self {
        let blocks = inner.div_ceil(block);
        Self {
            rows,
            inner,
            block,
            values: vec![0; rows * blocks * block],
            scales: vec![0.0; rows * blocks],
            corrections: vec![0; rows * blocks],
        }
    }

    /// Quantises rows of activations as a matrix wants them.
    ///
    /// # Panics
    /// If `x` is no whole number of rows.
    pub fn new(x: &[f32], matrix: &PackedMatrix) -> Self {
        let (inner, block) = (matrix.inner, matrix.block);
        assert!(inner > 0 && x.len().is_multiple_of(inner));
        let (rows, width) = (x.len() / inner, inner.next_multiple_of(block));
        let mut padded = Vec::new();
        let x = if width == inner {
            x
        } else {
            padded.resize(rows * width, 0f32);
            for (to, from) in padded.chunks_exact_mut(width).zip(x.chunks_exact(inner)) {
                to[..inner].copy_from_slice(from);
            }
            &padded
        };
        let mut it = Self::empty(rows, inner, block);
        let level = level();
        // Pieces of a few rows, so that a few rows cost no hand-over to another thread.
        let piece = super::rows_a_task(width) * width;
        x.par_chunks(piece)
            .zip(it.values.par_chunks_mut(piece))
            .zip(it.scales.par_chunks_mut(piece / block))
            .zip(it.corrections.par_chunks_mut(piece / block))
            .for_each(|(((x, values), scales), corrections)| {
                quantize(level, block, x, values, scales, corrections);
            });
        it
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Whether it is made for a matrix.
    pub(super) fn fits(&self, matrix: &PackedMatrix) -> bool {
        (self.inner, self.block) == (matrix.inner, matrix.block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, seed: u64) -> Vec<f32> {
        let mut s = seed;
        (0..n)
            .map(|_| {
                s = s
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                ((s >> 40) as f32 / (1u64 << 24) as f32 - 0.5) * 4.0
            })
            .collect()
    }

    fn packed(weights: &[f32], columns: usize, inner: usize) -> PackedMatrix {
        let mut rest = weights;
        let next = |rows: &mut [f32]| {
            rows.copy_from_slice(&rest[..rows.len()]);
            rest = &rest[rows.len()..];
            Ok::<_, ()>(())
        };
        PackedMatrix::quantize_rows(columns, inner, next).unwrap()
    }

    #[test]
    fn every_path_gives_the_same_bits() {
        for (rows, columns, inner) in [
            (1, 33, 64),
            (7, 70, 96),
            (32, 64, 640),
            (13, 5, 32),
            (9, 40, 47),
            (2, 1030, 5),
            (9, 40, 300),
        ] {
            let w = packed(&noise(columns * inner, 1), columns, inner);
            let x = Quantized::new(&noise(rows * inner, 2), &w);
            let plain = w.multiply_at(Level::Plain, &x, columns, None);
            for path in [Level::Avx2, Level::Avx512] {
                if path <= level() {
                    assert_eq!(w.multiply_at(path, &x, columns, None), plain, "{path:?}");
                }
            }
        }
    }

    #[test]
    fn every_path_quantises_alike() {
        for x in [noise(256, 1), vec![0.0; 256], vec![-3.0; 256]] {
            for block in [GGUF_BLOCK, BLOCK] {
                let run = |level| {
                    let (mut values, n) = (vec![0; 256], 256 / block);
                    let (mut scales, mut corrections) = (vec![0.0; n], vec![0; n]);
                    quantize(level, block, &x, &mut values, &mut scales, &mut corrections);
                    (values, scales, corrections)
                };
                assert_eq!(run(Level::Plain), run(level()));
            }
        }
    }

    #[test]
    fn product_is_near_the_exact_one() {
        let (rows, columns, inner) = (5, 40, 320);
        let (w, x) = (noise(columns * inner, 3), noise(rows * inner, 4));
        let packed = packed(&w, columns, inner);
        let y = packed.multiply(&Quantized::new(&x, &packed), columns, None);
        for r in 0..rows {
            for c in 0..columns {
                let exact: f32 = (0..inner)
                    .map(|i| x[r * inner + i] * w[c * inner + i])
                    .sum();
                assert!(
                    (y[r * columns + c] - exact).abs() < 0.6,
                    "{} {exact}",
                    y[r * columns + c]
                );
            }
        }
    }

    #[test]
    fn an_inner_size_of_no_whole_blocks_is_as_if_padded_with_zeros() {
        let (rows, columns, inner, whole) = (7, 70, 75, 128);
        let pad = |values: &[f32]| -> Vec<f32> {
            let zeros = vec![0.0; whole - inner];
            let rows = values.chunks_exact(inner);
            rows.flat_map(|row| row.iter().chain(&zeros).copied())
                .collect()
        };
        let (w, x) = (noise(columns * inner, 9), noise(rows * inner, 10));
        let odd = packed(&w, columns, inner);
        let even = packed(&pad(&w), columns, whole);
        let y = odd.multiply(&Quantized::new(&x, &odd), columns, None);
        assert_eq!(
            y,
            even.multiply(&Quantized::new(&pad(&x), &even), columns, None)
        );
        let (mut row, mut padded) = (vec![0.0; inner], vec![0.0; whole]);
        odd.column(69, &mut row);
        even.column(69, &mut padded);
        assert_eq!(row, padded[..inner]);
    }

    #[test]
    fn a_row_does_not_depend_on_its_neighbours() {
        let (columns, inner) = (64, 96);
        let w = packed(&noise(columns * inner, 5), columns, inner);
        let x = noise(9 * inner, 6);
        let all = w.multiply(&Quantized::new(&x, &w), columns, None);
        for r in 0..9 {
            let one = w.multiply(
                &Quantized::new(&x[r * inner..(r + 1) * inner], &w),
                columns,
                None,
            );
            assert_eq!(one, all[r * columns..(r + 1) * columns]);
        }
    }

    #[test]
    fn a_prefix_of_the_columns_and_a_column_read_back() {
        let (columns, inner) = (70, 64);
        let weights = noise(columns * inner, 7);
        let w = packed(&weights, columns, inner);
        let x = Quantized::new(&noise(inner, 8), &w);
        assert_eq!(
            w.multiply(&x, 37, None),
            w.multiply(&x, columns, None)[..37]
        );
        let mut row = vec![0.0; inner];
        w.column(69, &mut row);
        for (a, b) in row.iter().zip(&weights[69 * inner..]) {
            assert!((a - b).abs() < 0.01);
        }
    }
}
