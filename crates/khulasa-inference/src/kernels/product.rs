//! Products of int8 activations with int8 weights.

use std::ops::Range;

use rayon::prelude::*;

use super::int8::{BLOCK, GGUF_BLOCK, PANEL, PackedMatrix, Quantized, quantize};
use super::{Activation, Level, activate, gated, level};

/// Rows of activations that are computed together.
const ROWS: usize = 6;
/// Rows whose intermediate results are kept while they are still warm.
const WARM: usize = 48;

impl PackedMatrix {
    /// Multiplies rows of activations by the first `columns` columns, and adds a bias if there is
    /// one: `[rows, inner]` to `[rows, columns]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn multiply(&self, x: &Quantized, columns: usize, bias: Option<&[f32]>) -> Vec<f32> {
        self.multiply_at(level(), x, columns, bias)
    }

    pub(super) fn multiply_at(
        &self,
        level: Level,
        x: &Quantized,
        columns: usize,
        bias: Option<&[f32]>,
    ) -> Vec<f32> {
        assert!(x.fits(self) && columns <= self.columns());
        assert!(bias.is_none_or(|bias| bias.len() >= columns));
        let mut out = Vec::with_capacity(x.rows() * columns);
        let target = Out(out.as_mut_ptr());
        each_piece(columns.div_ceil(PANEL), |panels| {
            for panel in panels {
                let (from, width) = (panel * PANEL, PANEL.min(columns - panel * PANEL));
                // SAFETY: all rows of these columns lie inside `out`'s capacity, and no other task
                // writes them.
                unsafe {
                    let first = target.at(from);
                    self.multiply_panel(level, x, 0..x.rows(), panel, width, first, columns);
                    if let Some(bias) = bias {
                        add_bias(first, x.rows(), columns, &bias[from..from + width]);
                    }
                }
            }
        });
        // SAFETY: every panel of every row was written.
        unsafe { out.set_len(x.rows() * columns) };
        out
    }

    /// The first half of a feed-forward layer: `activation(x · Wᵀ + bias)`, or of a gated one
    /// `activation(gate) × up` of its left and right columns (Shazeer 2020), quantised for `next`.
    /// What lies between never leaves a core's cache.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn multiply_activate(
        &self,
        x: &Quantized,
        bias: Option<&[f32]>,
        activation: Activation,
        is_gated: bool,
        next: &Self,
    ) -> Quantized {
        let (width, block) = (next.inner(), next.block());
        assert!(x.fits(self) && width * (1 + usize::from(is_gated)) == self.columns());
        assert!(bias.is_none_or(|bias| bias.len() == self.columns()));
        assert!(!is_gated || self.gates_apart());
        let mut out = Quantized::empty(x.rows(), width, block);
        let row_blocks = width.div_ceil(block);
        let values = Out(out.values.as_mut_ptr());
        let scales = Out(out.scales.as_mut_ptr());
        let corrections = Out(out.corrections.as_mut_ptr());
        let level = level();
        each_piece(row_blocks, |blocks| {
            let mut sides = [vec![0f32; WARM * block], vec![0f32; WARM * block]];
            let mut active = vec![0f32; block];
            let mut both = vec![0f32; 2 * block];
            for (index, from) in blocks.flat_map(|b| {
                let rows = (0..x.rows()).step_by(WARM);
                rows.map(move |from| (b, from))
            }) {
                let rows = from..(from + WARM).min(x.rows());
                let columns = index * block..width.min((index + 1) * block);
                for (side, values) in sides.iter_mut().take(1 + usize::from(is_gated)).enumerate() {
                    for column in columns.clone().step_by(PANEL) {
                        let first = side * width + column;
                        let wide = PANEL.min(columns.end - column);
                        // SAFETY: `values` has room for `WARM` rows of a block.
                        unsafe {
                            let to = values.as_mut_ptr().add(column - columns.start);
                            self.multiply_panel(
                                level,
                                x,
                                rows.clone(),
                                first / PANEL,
                                wide,
                                to,
                                block,
                            );
                            if let Some(bias) = bias {
                                add_bias(to, rows.len(), block, &bias[first..first + wide]);
                            }
                        }
                    }
                }
                for (i, row) in rows.enumerate() {
                    let part = i * block..i * block + columns.len();
                    let active = &mut active[..columns.len()];
                    if is_gated {
                        let both = &mut both[..2 * columns.len()];
                        let (gate, up) = both.split_at_mut(columns.len());
                        gate.copy_from_slice(&sides[0][part.clone()]);
                        up.copy_from_slice(&sides[1][part]);
                        gated(both, columns.len(), activation, active);
                    } else {
                        activate(&sides[0][part], activation, active);
                    }
                    let mut whole = [0f32; BLOCK];
                    whole[..columns.len()].copy_from_slice(active);
                    let at = row * row_blocks + index;
                    // SAFETY: this block of this row is no other task's.
                    unsafe {
                        quantize(
                            level,
                            block,
                            &whole[..block],
                            std::slice::from_raw_parts_mut(values.at(at * block), block),
                            std::slice::from_raw_parts_mut(scales.at(at), 1),
                            std::slice::from_raw_parts_mut(corrections.at(at), 1),
                        );
                    }
                }
            }
        });
        out
    }

    /// Whether gates and what they gate, a half of the columns each, stand in panels of their own.
    pub fn gates_apart(&self) -> bool {
        (self.columns() / 2).is_multiple_of(PANEL)
    }

    /// Writes the product of some rows with one panel.
    ///
    /// # Safety
    /// `out` has room for `rows` rows of `width` columns, `stride` apart.
    #[allow(clippy::too_many_arguments)]
    pub(super) unsafe fn multiply_panel(
        &self,
        level: Level,
        x: &Quantized,
        rows: Range<usize>,
        panel: usize,
        width: usize,
        out: *mut f32,
        stride: usize,
    ) {
        let (blocks, inner) = (self.blocks(), self.blocks() * self.block());
        let panel = self.panel(panel);
        let tiles = rows.len().div_ceil(ROWS);
        for t in 0..tiles {
            // Tiles of nearly the same height: 32 rows are 6, 6, 5, 5, 5, 5.
            let at = |t: usize| rows.start + t * rows.len() / tiles;
            let (from, to) = (at(t), at(t + 1));
            let tile = Tile {
                x: &x.values[from * inner..to * inner],
                x_scales: &x.scales[from * blocks..to * blocks],
                corrections: &x.corrections[from * blocks..to * blocks],
                weights: panel.weights,
                scales: panel.scales,
                blocks,
                block: self.block(),
                width,
            };
            // SAFETY: the caller's promise.
            unsafe {
                let first = out.add((from - rows.start) * stride);
                tile.run(level, to - from, first, stride);
            }
        }
    }
}

/// Shares `0..n` among the threads: two pieces each even out what their speeds differ by.
pub(super) fn each_piece(n: usize, task: impl Fn(Range<usize>) + Sync) {
    let piece = n.div_ceil(2 * rayon::current_num_threads()).max(1);
    (0..n.div_ceil(piece))
        .into_par_iter()
        .for_each(|p| task(p * piece..((p + 1) * piece).min(n)));
}

/// Adds a bias to some columns of rows that are `stride` apart.
///
/// # Safety
/// They are there.
unsafe fn add_bias(first: *mut f32, rows: usize, stride: usize, bias: &[f32]) {
    for row in 0..rows {
        // SAFETY: the caller's promise.
        let row = unsafe { std::slice::from_raw_parts_mut(first.add(row * stride), bias.len()) };
        for (y, b) in row.iter_mut().zip(bias) {
            *y += b;
        }
    }
}

/// Where the tasks of one product write: each its own places.
pub(super) struct Out<T>(pub *mut T);
// SAFETY: the tasks write disjoint places, and the vector outlives them.
unsafe impl<T> Sync for Out<T> {}

impl<T> Out<T> {
    /// # Safety
    /// The place exists.
    pub unsafe fn at(&self, place: usize) -> *mut T {
        // SAFETY: the caller's promise.
        unsafe { self.0.add(place) }
    }
}

/// The product of a few rows with one panel.
pub(super) struct Tile<'a> {
    pub x: &'a [i8],
    pub x_scales: &'a [f32],
    pub corrections: &'a [i32],
    pub weights: &'a [u8],
    pub scales: &'a [f32],
    pub blocks: usize,
    pub block: usize,
    pub width: usize,
}

impl Tile<'_> {
    /// # Safety
    /// `out` has room for `rows` rows of `width` columns, `stride` apart.
    unsafe fn run(&self, level: Level, rows: usize, out: *mut f32, stride: usize) {
        #[cfg(target_arch = "x86_64")]
        match level {
            // SAFETY (both): `level()` found the instructions, and the caller made room.
            Level::Avx512 => unsafe {
                return match self.block {
                    GGUF_BLOCK => self.run_avx512::<GGUF_BLOCK>(rows, out, stride),
                    _ => self.run_avx512::<BLOCK>(rows, out, stride),
                };
            },
            Level::Avx2 => unsafe { return super::x86::tile_avx2(self, rows, out, stride) },
            Level::Plain => {}
        }
        let _ = level;
        let inner = self.blocks * self.block;
        for row in 0..rows {
            for column in 0..self.width {
                let mut sum = 0f32;
                for block in 0..self.blocks {
                    let mut dot = 0i32;
                    let weights = &self.weights[block * PANEL * self.block..];
                    for i in 0..self.block {
                        let weight = (weights[(i / 4 * PANEL + column) * 4 + i % 4] ^ 0x80) as i8;
                        dot += i32::from(weight)
                            * i32::from(self.x[row * inner + block * self.block + i]);
                    }
                    let scale = self.scales[block * PANEL + column]
                        * self.x_scales[row * self.blocks + block];
                    sum = (dot as f32).mul_add(scale, sum);
                }
                // SAFETY: the caller's promise.
                unsafe { *out.add(row * stride + column) = sum };
            }
        }
    }

    /// # Safety
    /// As [`Self::run`]; the processor has AVX-512.
    #[cfg(target_arch = "x86_64")]
    unsafe fn run_avx512<const BLOCK: usize>(&self, rows: usize, out: *mut f32, stride: usize) {
        use super::x86::tile_avx512;
        // SAFETY: the caller's promise.
        unsafe {
            match rows {
                1 => tile_avx512::<1, BLOCK>(self, out, stride),
                2 => tile_avx512::<2, BLOCK>(self, out, stride),
                3 => tile_avx512::<3, BLOCK>(self, out, stride),
                4 => tile_avx512::<4, BLOCK>(self, out, stride),
                5 => tile_avx512::<5, BLOCK>(self, out, stride),
                _ => tile_avx512::<ROWS, BLOCK>(self, out, stride),
            }
        }
    }
}
