//! Attention of one token over what a cache holds.

use super::Level;
use super::lanes::{LANES, exp, maximum, total};

/// Columns of values that are summed together.
const WIDE: usize = 2 * LANES;

/// What a cache holds: f32, or bf16 as its bits.
pub trait Cell: Copy + Sync {
    /// Its value.
    fn get(self) -> f32;

    /// The nearest cells to values.
    fn put(values: &[f32], cells: &mut [Self]);

    /// The products of `G` queries with a key; `q` holds them end to end.
    #[inline(always)]
    fn dots<const G: usize>(_: Level, q: &[f32], key: &[Self]) -> [f32; G] {
        dots(q, key)
    }

    /// Attention of all heads of one token, each with keys and values of its own, if there is a
    /// faster way than one head after another: a position's heads stand together in memory.
    #[inline(always)]
    fn attend_heads(
        _: Level,
        _: &Memory<'_, Self>,
        _: &Query<'_>,
        _: f32,
        _: &mut Vec<f32>,
        _: &mut [f32],
    ) -> bool {
        false
    }

    /// For `G` heads, the weighted sum of columns `from..from + WIDE` (or to the end) of the
    /// values, into rows of `dim`.
    #[inline(always)]
    fn weigh<'a, const G: usize>(
        _: Level,
        weights: &[f32],
        visible: usize,
        value: impl Fn(usize) -> &'a [Self],
        from: usize,
        dim: usize,
        out: &mut [f32],
    ) where
        Self: 'a,
    {
        weigh::<Self, G>(weights, visible, value, from, dim, out);
    }
}

impl Cell for f32 {
    #[inline(always)]
    fn get(self) -> f32 {
        self
    }

    fn put(values: &[f32], cells: &mut [Self]) {
        cells.copy_from_slice(values);
    }
}

impl Cell for i16 {
    #[inline(always)]
    fn get(self) -> f32 {
        f32::from_bits(u32::from(self as u16) << 16)
    }

    fn put(values: &[f32], cells: &mut [Self]) {
        round(values, cells);
    }

    #[inline(always)]
    fn dots<const G: usize>(level: Level, q: &[f32], key: &[Self]) -> [f32; G] {
        #[cfg(target_arch = "x86_64")]
        if level == Level::Avx512 && key.len().is_multiple_of(LANES) {
            // SAFETY: `level()` found the instructions.
            return unsafe { super::x86::dots_bf16(q, key) };
        }
        let _ = level;
        dots(q, key)
    }

    #[inline(always)]
    fn attend_heads(
        level: Level,
        memory: &Memory<'_, Self>,
        query: &Query<'_>,
        scale: f32,
        scores: &mut Vec<f32>,
        out: &mut [f32],
    ) -> bool {
        #[cfg(target_arch = "x86_64")]
        if level == Level::Avx512
            && memory.dim.is_multiple_of(LANES)
            && memory.kv_heads.is_multiple_of(4)
            && 256 % memory.dim == 0
            && out.len().is_multiple_of(256)
        {
            memory.attend_heads_avx512(query, scale, scores, out);
            return true;
        }
        let _ = (level, memory, query, scale, scores, out);
        false
    }

    #[inline(always)]
    fn weigh<'a, const G: usize>(
        level: Level,
        weights: &[f32],
        visible: usize,
        value: impl Fn(usize) -> &'a [Self],
        from: usize,
        dim: usize,
        out: &mut [f32],
    ) {
        #[cfg(target_arch = "x86_64")]
        if level == Level::Avx512 && from + WIDE <= dim {
            // SAFETY: `level()` found the instructions.
            return unsafe { super::x86::weigh_bf16::<G>(weights, visible, value, from, dim, out) };
        }
        let _ = level;
        weigh::<Self, G>(weights, visible, value, from, dim, out);
    }
}

#[inline(always)]
fn dots<T: Cell, const G: usize>(q: &[f32], key: &[T]) -> [f32; G] {
    let mut sums = [[0f32; LANES]; G];
    for (c, key_chunk) in key.chunks(LANES).enumerate() {
        for (h, sum) in sums.iter_mut().enumerate() {
            let q = &q[h * key.len() + c * LANES..];
            for ((s, &q), k) in sum.iter_mut().zip(q).zip(key_chunk) {
                *s = q.mul_add(k.get(), *s);
            }
        }
    }
    sums.map(total)
}

#[inline(always)]
fn weigh<'a, T: Cell + 'a, const G: usize>(
    weights: &[f32],
    visible: usize,
    value: impl Fn(usize) -> &'a [T],
    from: usize,
    dim: usize,
    out: &mut [f32],
) {
    let to = (from + WIDE).min(dim);
    for h in 0..G {
        let out = &mut out[h * dim + from..h * dim + to];
        out.fill(0.0);
        for i in 0..visible {
            let p = weights[h * visible + i];
            for (o, v) in out.iter_mut().zip(&value(i)[from..to]) {
                *o = p.mul_add(v.get(), *o);
            }
        }
    }
}

super::lanes::dispatch! {
    /// Rounds to bf16; of two that are as near, to the even one.
    fn round(values: &[f32], cells: &mut [i16]) {
        for (cell, value) in cells.iter_mut().zip(values) {
            let bits = value.to_bits();
            *cell = (bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16) as i16;
        }
    }
}

super::lanes::dispatch! {
    fn softmax(scores: &mut [f32]) {
        let largest = maximum(scores);
        for s in scores.iter_mut() {
            *s = exp(*s - largest);
        }
        let mut sum = 0f32;
        for &s in scores.iter() {
            sum += s;
        }
        for s in scores.iter_mut() {
            *s /= sum;
        }
    }
}

/// What is added to the scores: for head `h`, a query at `query` and position `p`
/// `values[h × (2 × reach − 1) + p − query + reach − 1]`.
#[derive(Clone, Copy)]
pub struct Bias<'a> {
    /// The values of all heads.
    pub values: &'a [f32],
    /// Distances are below it.
    pub reach: usize,
}

/// The keys and values of a layer, `[row, capacity, kv_heads × dim]` each, as some tokens see them:
/// position `p` of their sequence stands in row `history[p]`, and those before `from` are hidden.
#[derive(Clone, Copy)]
pub struct Memory<'a, T> {
    /// The keys.
    pub keys: &'a [T],
    /// The values.
    pub values: &'a [T],
    /// The row of each position.
    pub history: &'a [u32],
    /// The first visible position.
    pub from: usize,
    /// Positions in a row.
    pub capacity: usize,
    /// Key/value heads.
    pub kv_heads: usize,
    /// A head's width.
    pub dim: usize,
    /// What is added to the scores.
    pub bias: Option<Bias<'a>>,
}

/// A token that attends.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// Its heads, end to end.
    pub heads: &'a [f32],
    /// Its position.
    pub position: usize,
}

/// Memory that attention needs on the way.
#[derive(Default)]
pub struct Scratch {
    scores: Vec<f32>,
    queries: Vec<f32>,
    out: Vec<f32>,
}

/// Queries whose products with a key are computed together, once the key is read.
pub const TOGETHER: usize = 4;

impl<'a, T: Cell> Memory<'a, T> {
    #[inline(always)]
    fn head(&self, store: &'a [T], i: usize, kv: usize) -> &'a [T] {
        let position = self.from + i;
        let row = self.history[position] as usize;
        let at = ((row * self.capacity + position) * self.kv_heads + kv) * self.dim;
        &store[at..at + self.dim]
    }

    /// Makes weights of the scores of a head of a token.
    #[inline(always)]
    fn weights(&self, scores: &mut [f32], head: usize, position: usize) {
        if let Some(bias) = self.bias {
            let first = head * (2 * bias.reach - 1) + bias.reach - 1;
            let from = first + self.from - position;
            for (s, b) in scores.iter_mut().zip(&bias.values[from..]) {
                *s += b;
            }
        }
        softmax(scores);
    }

    /// Attention of `G` queries, end to end, over key/value head `kv`. `of(i)` is the head and the
    /// position of the `i`-th.
    #[allow(clippy::too_many_arguments)]
    #[inline(always)]
    fn attend_group<const G: usize>(
        &self,
        level: Level,
        q: &[f32],
        kv: usize,
        of: impl Fn(usize) -> (usize, usize),
        scale: f32,
        scores: &mut [f32],
        out: &mut [f32],
    ) {
        let (dim, visible) = (self.dim, self.history.len() - self.from);
        let scores = &mut scores[..G * visible];
        for i in 0..visible {
            let dots = T::dots::<G>(level, q, self.head(self.keys, i, kv));
            for (h, dot) in dots.into_iter().enumerate() {
                scores[h * visible + i] = dot * scale;
            }
        }
        for (i, scores) in scores.chunks_exact_mut(visible).enumerate() {
            let (head, position) = of(i);
            self.weights(scores, head, position);
        }
        for from in (0..dim).step_by(WIDE) {
            T::weigh::<G>(
                level,
                scores,
                visible,
                |i| self.head(self.values, i, kv),
                from,
                dim,
                out,
            );
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn attend_up_to_4(
        &self,
        level: Level,
        n: usize,
        q: &[f32],
        kv: usize,
        of: impl Fn(usize) -> (usize, usize),
        scale: f32,
        scores: &mut [f32],
        out: &mut [f32],
    ) {
        match n {
            1 => self.attend_group::<1>(level, q, kv, of, scale, scores, out),
            2 => self.attend_group::<2>(level, q, kv, of, scale, scores, out),
            3 => self.attend_group::<3>(level, q, kv, of, scale, scores, out),
            _ => self.attend_group::<TOGETHER>(level, q, kv, of, scale, scores, out),
        }
    }

    /// Scaled dot-product attention of all heads (grouped queries) of up to [`TOGETHER`] tokens that
    /// see the same, into rows.
    pub fn attend(
        &self,
        level: Level,
        queries: &[Query<'_>],
        scale: f32,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let width = queries[0].heads.len();
        let (dim, group) = (self.dim, width / self.dim / self.kv_heads);
        scratch
            .scores
            .resize(TOGETHER * (self.history.len() - self.from), 0.0);
        let scores = &mut scratch.scores;
        if let ([query], 1) = (queries, group)
            && T::attend_heads(level, self, query, scale, scores, out)
        {
            return;
        }
        if group > 1 || queries.len() == 1 {
            // Heads share a key: those of one token stand together already.
            for (query, out) in queries.iter().zip(out.chunks_exact_mut(width)) {
                for kv in 0..self.kv_heads {
                    for first in (kv * group..(kv + 1) * group).step_by(TOGETHER) {
                        let n = ((kv + 1) * group - first).min(TOGETHER);
                        let range = first * dim..(first + n) * dim;
                        let (q, out) = (&query.heads[range.clone()], &mut out[range]);
                        let of = |i| (first + i, query.position);
                        self.attend_up_to_4(level, n, q, kv, of, scale, scores, out);
                    }
                }
            }
            return;
        }
        // Only tokens share a key: their heads are put together.
        let n = queries.len();
        scratch.queries.resize(TOGETHER * dim, 0.0);
        scratch.out.resize(TOGETHER * dim, 0.0);
        for head in 0..self.kv_heads {
            let range = head * dim..(head + 1) * dim;
            let together = scratch.queries.chunks_exact_mut(dim);
            for (to, query) in together.zip(queries) {
                to.copy_from_slice(&query.heads[range.clone()]);
            }
            let of = |i: usize| (head, queries[i].position);
            let found = &mut scratch.out[..n * dim];
            let q = &scratch.queries[..n * dim];
            self.attend_up_to_4(level, n, q, head, of, scale, scores, found);
            let rows = out.chunks_exact_mut(width);
            for (row, found) in rows.zip(found.chunks_exact(dim)) {
                row[range.clone()].copy_from_slice(found);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Memory<'_, i16> {
    /// Attention of all heads of one token, each with keys and values of its own: four heads, and
    /// 256 columns of whole heads, at once.
    fn attend_heads_avx512(
        &self,
        query: &Query<'_>,
        scale: f32,
        scores: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        let (dim, visible) = (self.dim, self.history.len() - self.from);
        let width = self.kv_heads * dim;
        let position = |store: &'_ [i16], i: usize| -> usize {
            let at = self.from + i;
            let at = (self.history[at] as usize * self.capacity + at) * width;
            assert!(at + width <= store.len());
            at
        };
        scores.resize(self.kv_heads * visible, 0.0);
        for i in 0..visible {
            let at = position(self.keys, i);
            let key = &self.keys[at..at + width];
            let heads = query
                .heads
                .chunks_exact(4 * dim)
                .zip(key.chunks_exact(4 * dim));
            for (four, (q, key)) in heads.enumerate() {
                // SAFETY: the caller found the instructions.
                let dots = unsafe { super::x86::dots_of_heads_bf16(q, key, dim) };
                for (h, dot) in dots.into_iter().enumerate() {
                    scores[(4 * four + h) * visible + i] = dot * scale;
                }
            }
        }
        for (head, scores) in scores.chunks_exact_mut(visible).enumerate() {
            self.weights(scores, head, query.position);
        }
        for (part, out) in out.chunks_exact_mut(256).enumerate() {
            let value = |i: usize| {
                let at = position(self.values, i) + 256 * part;
                &self.values[at..at + 256]
            };
            let weights = &scores[part * 256 / dim * visible..];
            // SAFETY: the caller found the instructions.
            unsafe { super::x86::weigh_heads_bf16(weights, visible, value, dim, out) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::level;

    fn rounded(values: &[f32]) -> Vec<i16> {
        let mut cells = vec![0; values.len()];
        i16::put(values, &mut cells);
        cells
    }

    #[test]
    fn values_are_rounded_to_the_nearest() {
        let halfway = [0x3f80_8000u32, 0x3f81_8000, 0x3f80_8001, 0xbf80_7fff].map(f32::from_bits);
        assert_eq!(
            rounded(&halfway),
            [0x3f80, 0x3f82, 0x3f81, 0xbf80u16 as i16]
        );
    }

    #[test]
    fn attention_over_a_history_in_two_rows() {
        // Two rows of capacity 2; position 0 stands in row 1, position 1 in row 0.
        let keys = [9.0, 9.0, 0.0, 2.0, 2.0, 0.0, 9.0, 9.0];
        let values = [9.0, 9.0, 3.0, 4.0, 1.0, 2.0, 9.0, 9.0];
        let (keys16, values16) = (rounded(&keys), rounded(&values));
        let (history, capacity, kv_heads, dim) = (&[1, 0], 2, 1, 2);
        for (from, expected) in [(0, [2.0, 3.0]), (1, [3.0, 4.0])] {
            let (mut scratch, mut out) = (Scratch::default(), [0.0; 2]);
            let query = [Query {
                heads: &[1.0, 1.0],
                position: 1,
            }];
            let memory = Memory {
                keys: &keys,
                values: &values,
                history,
                from,
                capacity,
                kv_heads,
                dim,
                bias: None,
            };
            memory.attend(Level::Plain, &query, 1.0, &mut scratch, &mut out);
            assert_eq!(out, expected);
            let memory = Memory {
                keys: &keys16,
                values: &values16,
                history,
                from,
                capacity,
                kv_heads,
                dim,
                bias: None,
            };
            memory.attend(Level::Plain, &query, 1.0, &mut scratch, &mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn every_path_gives_the_same_bits() {
        for (heads, kv_heads, dim) in [(4, 1, 256), (5, 1, 48), (6, 2, 40), (3, 3, 64), (8, 8, 64)]
        {
            let noise = |n: usize, k: usize| -> Vec<f32> {
                (0..n).map(|i| ((i * k % 997) as f32).sin()).collect()
            };
            let q = noise(3 * heads * dim, 7);
            let values = noise(heads * 21, 17);
            let queries: Vec<_> = (q.chunks(heads * dim).zip(4..))
                .map(|(heads, position)| Query { heads, position })
                .collect();
            let bias = Bias {
                values: &values,
                reach: 11,
            };
            let cells = |k| rounded(&noise(9 * kv_heads * dim, k));
            let (keys, values) = (cells(3), cells(5));
            let memory = Memory {
                keys: &keys,
                values: &values,
                history: &[0; 9],
                from: 2,
                capacity: 9,
                kv_heads,
                dim,
                bias: Some(bias),
            };
            let run = |level, queries: &[Query<'_>]| {
                let mut scratch = Scratch::default();
                let mut out = vec![0.0; queries.len() * heads * dim];
                memory.attend(level, queries, 0.1, &mut scratch, &mut out);
                out
            };
            let plain = run(Level::Plain, &queries);
            assert_eq!(plain, run(level(), &queries));
            let alone = queries.iter().flat_map(|&query| run(level(), &[query]));
            assert_eq!(plain, alone.collect::<Vec<_>>());
        }
    }
}
