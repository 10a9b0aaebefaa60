//! Matrices of 8-bit weights with one scale per 32 of them, and their product with activations
//! that are quantised the same way on the fly.
//!
//! The weights are those of GGUF's Q8_0 (and, exactly, of Q5_0 and Q4_0), only in another order:
//! [`PANEL`] output columns stand side by side, so that one instruction serves 16 of them.

use rayon::prelude::*;

use super::{Level, level};

/// Weights that share a scale.
pub const BLOCK: usize = 32;
/// Output columns that are computed together; the number of columns is padded to it.
pub const PANEL: usize = 32;
/// Bytes of one block of one panel.
const PANEL_BLOCK: usize = PANEL * BLOCK;
/// Rows of activations that are computed together.
const ROWS: usize = 6;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct CacheLine([u8; 64]);

/// A matrix of `columns × inner` int8 weights, packed for [`PackedMatrix::multiply`].
///
/// Within a panel's block, byte `((step × PANEL) + column) × 4 + i` is the weight of inner index
/// `4 × step + i`, plus 128 (so that it is unsigned, as the dot-product instruction wants).
pub struct PackedMatrix {
    columns: usize,
    inner: usize,
    lines: Vec<CacheLine>,
    /// `[panel][block][column]`
    scales: Vec<f32>,
}

/// Rows of activations as int8, one scale per block.
pub struct Quantized {
    rows: usize,
    inner: usize,
    values: Vec<i8>,
    scales: Vec<f32>,
    /// −128 × the sum of each block: what the weights' offset of 128 adds, taken back.
    corrections: Vec<i32>,
}

impl PackedMatrix {
    /// Packs a matrix of `columns` outputs and `inner` inputs. `block(column, index, values)`
    /// writes the weights of one block and returns their scale; of a column's last block, what
    /// lies behind `inner` must be 0.
    pub fn pack(
        columns: usize,
        inner: usize,
        block: impl Fn(usize, usize, &mut [i8; BLOCK]) -> f32 + Sync,
    ) -> Self {
        let mut matrix = Self::empty(columns, inner);
        matrix.fill(0, columns, block);
        matrix
    }

    fn empty(columns: usize, inner: usize) -> Self {
        let (panels, blocks) = (columns.div_ceil(PANEL), inner.div_ceil(BLOCK));
        Self {
            columns,
            inner,
            lines: vec![CacheLine([0; 64]); panels * blocks * (PANEL_BLOCK / 64)],
            scales: vec![0f32; panels * blocks * PANEL],
        }
    }

    /// Packs the columns from `from`, where a panel begins, to `to`, where one ends or all end.
    fn fill(
        &mut self,
        from: usize,
        to: usize,
        block: impl Fn(usize, usize, &mut [i8; BLOCK]) -> f32 + Sync,
    ) {
        let blocks = self.inner.div_ceil(BLOCK);
        let (panel_lines, panel_scales) = (blocks * (PANEL_BLOCK / 64), blocks * PANEL);
        if blocks == 0 {
            return;
        }
        let panels = from / PANEL..to.div_ceil(PANEL);
        self.lines[panels.start * panel_lines..panels.end * panel_lines]
            .par_chunks_mut(panel_lines)
            .zip(
                self.scales[panels.start * panel_scales..panels.end * panel_scales]
                    .par_chunks_mut(panel_scales),
            )
            .enumerate()
            .for_each(|(panel, (lines, scales))| {
                let mut values = [0i8; BLOCK];
                let first = from + panel * PANEL;
                for place in 0..PANEL.min(to - first) {
                    for index in 0..blocks {
                        scales[index * PANEL + place] = block(first + place, index, &mut values);
                        for (step, four) in values.chunks_exact(4).enumerate() {
                            let byte = index * PANEL_BLOCK + (step * PANEL + place) * 4;
                            let line = &mut lines[byte / 64].0[byte % 64..byte % 64 + 4];
                            for (to, &value) in line.iter_mut().zip(four) {
                                *to = (value as u8) ^ 0x80;
                            }
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
        let mut matrix = Self::empty(columns, inner);
        let mut rows = vec![0f32; inner * columns.min(PANELS * PANEL)];
        for from in (0..columns).step_by(PANELS * PANEL) {
            let to = columns.min(from + PANELS * PANEL);
            next(&mut rows[..(to - from) * inner])?;
            matrix.fill(from, to, |column, index, values| {
                let row = &rows[(column - from) * inner..][..inner];
                let part = &row[index * BLOCK..inner.min((index + 1) * BLOCK)];
                let mut block = [0f32; BLOCK];
                block[..part.len()].copy_from_slice(part);
                quantize_block(&block, values).0
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

    /// Writes the weights of one output column as f32 (an embedding's row).
    pub fn column(&self, column: usize, into: &mut [f32]) {
        let (panel, place) = (column / PANEL, column % PANEL);
        let blocks = self.inner.div_ceil(BLOCK);
        for (index, chunk) in into.chunks_mut(BLOCK).enumerate() {
            let at = panel * blocks + index;
            let scale = self.scales[at * PANEL + place];
            for (i, value) in chunk.iter_mut().enumerate() {
                let byte = at * PANEL_BLOCK + (i / 4 * PANEL + place) * 4 + i % 4;
                *value = f32::from((self.lines[byte / 64].0[byte % 64] ^ 0x80) as i8) * scale;
            }
        }
    }

    /// Multiplies rows of activations by the first `columns` columns: `[rows, inner]` to
    /// `[rows, columns]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn multiply(&self, x: &Quantized, columns: usize) -> Vec<f32> {
        self.multiply_at(level(), x, columns)
    }

    pub(super) fn multiply_at(&self, level: Level, x: &Quantized, columns: usize) -> Vec<f32> {
        assert_eq!(x.inner, self.inner);
        assert!(columns <= self.columns);
        let mut out = vec![0f32; x.rows * columns];
        let target = Out(out.as_mut_ptr());
        let panels = columns.div_ceil(PANEL);
        // Two pieces a thread even out what the threads' speeds differ by.
        let piece = panels.div_ceil(2 * rayon::current_num_threads());
        (0..panels.div_ceil(piece)).into_par_iter().for_each(|p| {
            for panel in p * piece..((p + 1) * piece).min(panels) {
                self.multiply_panel(level, x, columns, panel, &target);
            }
        });
        out
    }

    fn multiply_panel(&self, level: Level, x: &Quantized, columns: usize, panel: usize, out: &Out) {
        let blocks = self.inner.div_ceil(BLOCK);
        let at = panel * blocks;
        let weights = &self.lines[at * PANEL_BLOCK / 64..][..blocks * PANEL_BLOCK / 64];
        let scales = &self.scales[at * PANEL..][..blocks * PANEL];
        let width = PANEL.min(columns - panel * PANEL);
        let tiles = x.rows.div_ceil(ROWS);
        for t in 0..tiles {
            // Tiles of nearly the same height: 32 rows are 6, 6, 5, 5, 5, 5.
            let (from, to) = (t * x.rows / tiles, (t + 1) * x.rows / tiles);
            let tile = Tile {
                x: &x.values[from * blocks * BLOCK..to * blocks * BLOCK],
                x_scales: &x.scales[from * blocks..to * blocks],
                corrections: &x.corrections[from * blocks..to * blocks],
                // SAFETY: `CacheLine` is 64 plain bytes.
                weights: unsafe {
                    std::slice::from_raw_parts(weights.as_ptr().cast::<u8>(), weights.len() * 64)
                },
                scales,
                blocks,
                width,
            };
            // SAFETY: rows `from..to` and columns `panel × PANEL..+ width` lie inside `out`, and
            // no other task writes this panel's columns.
            let first = unsafe { out.0.add(from * columns + panel * PANEL) };
            tile.run(level, to - from, first, columns);
        }
    }
}

/// Where the tasks of one product write: each its own columns.
struct Out(*mut f32);
// SAFETY: the tasks write disjoint places, and the vector outlives them.
unsafe impl Sync for Out {}

/// The product of a few rows with one panel.
pub(super) struct Tile<'a> {
    pub x: &'a [i8],
    pub x_scales: &'a [f32],
    pub corrections: &'a [i32],
    pub weights: &'a [u8],
    pub scales: &'a [f32],
    pub blocks: usize,
    pub width: usize,
}

impl Tile<'_> {
    fn run(&self, level: Level, rows: usize, out: *mut f32, stride: usize) {
        #[cfg(target_arch = "x86_64")]
        match level {
            // SAFETY (all): `level()` found the instructions, and `out` has room for `rows` rows
            // of `width` columns, `stride` apart.
            Level::Avx512 => unsafe {
                return match rows {
                    1 => super::x86::tile_avx512::<1>(self, out, stride),
                    2 => super::x86::tile_avx512::<2>(self, out, stride),
                    3 => super::x86::tile_avx512::<3>(self, out, stride),
                    4 => super::x86::tile_avx512::<4>(self, out, stride),
                    5 => super::x86::tile_avx512::<5>(self, out, stride),
                    _ => super::x86::tile_avx512::<ROWS>(self, out, stride),
                };
            },
            Level::Avx2 => unsafe { return super::x86::tile_avx2(self, rows, out, stride) },
            Level::Plain => {}
        }
        let _ = level;
        self.run_plain(rows, out, stride);
    }

    fn run_plain(&self, rows: usize, out: *mut f32, stride: usize) {
        let inner = self.blocks * BLOCK;
        for row in 0..rows {
            for column in 0..self.width {
                let mut sum = 0f32;
                for block in 0..self.blocks {
                    let mut dot = 0i32;
                    for i in 0..BLOCK {
                        let byte = block * PANEL_BLOCK + (i / 4 * PANEL + column) * 4 + i % 4;
                        let weight = (self.weights[byte] ^ 0x80) as i8;
                        dot +=
                            i32::from(weight) * i32::from(self.x[row * inner + block * BLOCK + i]);
                    }
                    let scale = self.scales[block * PANEL + column]
                        * self.x_scales[row * self.blocks + block];
                    sum = (dot as f32).mul_add(scale, sum);
                }
                // SAFETY: the caller gives room for `rows` rows of `width`, `stride` apart.
                unsafe { *out.add(row * stride + column) = sum };
            }
        }
    }
}

/// Quantises a block to int8 and returns its scale and the sum of its integers.
#[inline(always)]
fn quantize_block(x: &[f32; BLOCK], values: &mut [i8; BLOCK]) -> (f32, i32) {
    // Adding 1.5 × 2²³ leaves the nearest integer in the low bits of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    let mut lanes = [0f32; BLOCK];
    for (lane, v) in lanes.iter_mut().zip(x) {
        *lane = v.abs();
    }
    let mut half = BLOCK / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = if lanes[i + half] > lanes[i] {
                lanes[i + half]
            } else {
                lanes[i]
            };
        }
        half /= 2;
    }
    let largest = lanes[0];
    let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    let mut sum = 0i32;
    for (value, &v) in values.iter_mut().zip(x) {
        let integer = ((v * inverse + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
        *value = integer as i8;
        sum = sum.wrapping_add(integer);
    }
    (largest / 127.0, sum)
}

super::lanes::dispatch! {
    fn quantize_rows(x: &[f32], values: &mut [i8], scales: &mut [f32], corrections: &mut [i32]) {
        let blocks = x.as_chunks().0.iter().zip(values.as_chunks_mut().0);
        for ((x, values), (scale, correction)) in blocks.zip(scales.iter_mut().zip(corrections)) {
            let sum;
            (*scale, sum) = quantize_block(x, values);
            *correction = sum.wrapping_mul(-128);
        }
    }
}

impl Quantized {
    /// Quantises `rows × inner` activations.
    ///
    /// # Panics
    /// If `x` is no whole number of rows.
    pub fn new(x: &[f32], inner: usize) -> Self {
        assert!(inner > 0 && x.len().is_multiple_of(inner));
        if !inner.is_multiple_of(BLOCK) {
            let mut padded = vec![0f32; x.len() / inner * inner.next_multiple_of(BLOCK)];
            let rows = padded.chunks_exact_mut(inner.next_multiple_of(BLOCK));
            for (to, from) in rows.zip(x.chunks_exact(inner)) {
                to[..inner].copy_from_slice(from);
            }
            let blocks = Self::new(&padded, inner.next_multiple_of(BLOCK));
            return Self { inner, ..blocks };
        }
        let mut it = Self {
            rows: x.len() / inner,
            inner,
            values: vec![0; x.len()],
            scales: vec![0.0; x.len() / BLOCK],
            corrections: vec![0; x.len() / BLOCK],
        };
        // Pieces of a few rows, so that a single row costs no hand-over to another thread.
        let piece = 8 * inner;
        x.par_chunks(piece)
            .zip(it.values.par_chunks_mut(piece))
            .zip(it.scales.par_chunks_mut(piece / BLOCK))
            .zip(it.corrections.par_chunks_mut(piece / BLOCK))
            .for_each(|(((x, values), scales), corrections)| {
                quantize_rows(x, values, scales, corrections);
            });
        it
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
        ] {
            let w = packed(&noise(columns * inner, 1), columns, inner);
            let x = Quantized::new(&noise(rows * inner, 2), inner);
            let plain = w.multiply_at(Level::Plain, &x, columns);
            for path in [Level::Avx2, Level::Avx512] {
                if path <= level() {
                    assert_eq!(w.multiply_at(path, &x, columns), plain, "{path:?}");
                }
            }
        }
    }

    #[test]
    fn product_is_near_the_exact_one() {
        let (rows, columns, inner) = (5, 40, 320);
        let (w, x) = (noise(columns * inner, 3), noise(rows * inner, 4));
        let packed = packed(&w, columns, inner);
        let y = packed.multiply(&Quantized::new(&x, inner), columns);
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
        let (rows, columns, inner, whole) = (7, 70, 75, 96);
        let pad = |values: &[f32]| -> Vec<f32> {
            let zeros = vec![0.0; whole - inner];
            let rows = values.chunks_exact(inner);
            rows.flat_map(|row| row.iter().chain(&zeros).copied())
                .collect()
        };
        let (w, x) = (noise(columns * inner, 9), noise(rows * inner, 10));
        let odd = packed(&w, columns, inner);
        let even = packed(&pad(&w), columns, whole);
        let y = odd.multiply(&Quantized::new(&x, inner), columns);
        assert_eq!(y, even.multiply(&Quantized::new(&pad(&x), whole), columns));
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
        let all = w.multiply(&Quantized::new(&x, inner), columns);
        for r in 0..9 {
            let one = w.multiply(
                &Quantized::new(&x[r * inner..(r + 1) * inner], inner),
                columns,
            );
            assert_eq!(one, all[r * columns..(r + 1) * columns]);
        }
    }

    #[test]
    fn a_prefix_of_the_columns_and_a_column_read_back() {
        let (columns, inner) = (70, 64);
        let weights = noise(columns * inner, 7);
        let w = packed(&weights, columns, inner);
        let x = Quantized::new(&noise(inner, 8), inner);
        assert_eq!(w.multiply(&x, 37), w.multiply(&x, columns)[..37]);
        let mut row = vec![0.0; inner];
        w.column(69, &mut row);
        for (a, b) in row.iter().zip(&weights[69 * inner..]) {
            assert!((a - b).abs() < 0.01);
        }
    }
}
