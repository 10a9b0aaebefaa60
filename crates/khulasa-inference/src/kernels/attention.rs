//! Attention of one token over what a cache holds.

use super::Level;
use super::lanes::{LANES, exp, maximum, total};

/// Columns of values that are summed together.
const WIDE: usize = 2 * LANES;

/// What a cache holds: f32, or bf16 as its bits.
pub trait Cell: Copy + Sync {
    /// Its value.
    fn get(self) -> f32;

    /// The nearest cell to a value.
    fn put(value: f32) -> Self;

    /// The products of `G` queries with a key; `q` holds them end to end.
    #[inline(always)]
    fn dots<const G: usize>(_: Level, q: &[f32], key: &[Self]) -> [f32; G] {
        dots(q, key)
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

    #[inline(always)]
    fn put(value: f32) -> Self {
        value
    }
}

impl Cell for i16 {
    #[inline(always)]
    fn get(self) -> f32 {
        f32::from_bits(u32::from(self as u16) << 16)
    }

    #[inline(always)]
    fn put(value: f32) -> Self {
        let bits = value.to_bits();
        (bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16) as i16
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

/// What is added to the scores of one token: for head `h` and position `p`
/// `values[h × stride + at + p]`.
#[derive(Clone, Copy)]
pub struct Bias<'a> {
    /// The values of all heads.
    pub values: &'a [f32],
    /// Values of a head.
    pub stride: usize,
    /// Where position 0 of the first head stands.
    pub at: usize,
}

/// The keys and values of a layer, `[row, capacity, kv_heads × dim]` each, as one token sees them:
/// position `p` of its sequence stands in row `history[p]`, and those before `from` are hidden.
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

impl<'a, T: Cell> Memory<'a, T> {
    #[inline(always)]
    fn head(&self, store: &'a [T], i: usize, kv: usize) -> &'a [T] {
        let position = self.from + i;
        let row = self.history[position] as usize;
        let at = ((row * self.capacity + position) * self.kv_heads + kv) * self.dim;
        &store[at..at + self.dim]
    }

    /// Attention of `G` heads from `first` on, which share key/value head `kv`.
    #[allow(clippy::too_many_arguments)]
    #[inline(always)]
    fn attend_group<const G: usize>(
        &self,
        level: Level,
        q: &[f32],
        first: usize,
        kv: usize,
        scale: f32,
        scores: &mut [f32],
        out: &mut [f32],
    ) {
        let (dim, visible) = (self.dim, self.history.len() - self.from);
        for i in 0..visible {
            let dots = T::dots::<G>(level, q, self.head(self.keys, i, kv));
            for (h, dot) in dots.into_iter().enumerate() {
                scores[h * visible + i] = dot * scale;
            }
        }
        for (h, scores) in scores.chunks_exact_mut(visible).enumerate() {
            if let Some(bias) = self.bias {
                let from = (first + h) * bias.stride + bias.at + self.from;
                for (s, b) in scores.iter_mut().zip(&bias.values[from..from + visible]) {
                    *s += b;
                }
            }
            softmax(scores);
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

    /// Scaled dot-product attention of all heads of one token (grouped queries).
    pub fn attend(
        &self,
        level: Level,
        q: &[f32],
        scale: f32,
        scores: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        let visible = self.history.len() - self.from;
        let group = q.len() / self.dim / self.kv_heads;
        scores.resize(4 * visible, 0.0);
        for kv in 0..self.kv_heads {
            let mut head = kv * group;
            while head < (kv + 1) * group {
                let n = ((kv + 1) * group - head).min(4);
                let range = head * self.dim..(head + n) * self.dim;
                let (q, out) = (&q[range.clone()], &mut out[range]);
                let scores = &mut scores[..n * visible];
                match n {
                    1 => self.attend_group::<1>(level, q, head, kv, scale, scores, out),
                    2 => self.attend_group::<2>(level, q, head, kv, scale, scores, out),
                    3 => self.attend_group::<3>(level, q, head, kv, scale, scores, out),
                    _ => self.attend_group::<4>(level, q, head, kv, scale, scores, out),
                }
                head += n;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::level;

    #[test]
    fn attention_over_a_history_in_two_rows() {
        // Two rows of capacity 2; position 0 stands in row 1, position 1 in row 0.
        let keys = [9.0, 9.0, 0.0, 2.0, 2.0, 0.0, 9.0, 9.0];
        let values = [9.0, 9.0, 3.0, 4.0, 1.0, 2.0, 9.0, 9.0];
        let (keys16, values16) = (keys.map(i16::put), values.map(i16::put));
        let (history, capacity, kv_heads, dim) = (&[1, 0], 2, 1, 2);
        for (from, expected) in [(0, [2.0, 3.0]), (1, [3.0, 4.0])] {
            let (mut scores, mut out) = (Vec::new(), [0.0; 2]);
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
            memory.attend(Level::Plain, &[1.0, 1.0], 1.0, &mut scores, &mut out);
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
            memory.attend(Level::Plain, &[1.0, 1.0], 1.0, &mut scores, &mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn every_path_gives_the_same_bits() {
        for (heads, kv_heads, dim) in [(4, 1, 256), (5, 1, 48), (6, 2, 40)] {
            let noise = |n: usize, k: usize| -> Vec<f32> {
                (0..n).map(|i| ((i * k % 997) as f32).sin()).collect()
            };
            let q = noise(heads * dim, 7);
            let cells = |k| {
                noise(9 * kv_heads * dim, k)
                    .into_iter()
                    .map(i16::put)
                    .collect::<Vec<_>>()
            };
            let (keys, values) = (cells(3), cells(5));
            let memory = Memory {
                keys: &keys,
                values: &values,
                history: &[0; 9],
                from: 2,
                capacity: 9,
                kv_heads,
                dim,
                bias: None,
            };
            let run = |level| {
                let (mut scores, mut out) = (Vec::new(), vec![0.0; heads * dim]);
                memory.attend(level, &q, 0.1, &mut scores, &mut out);
                out
            };
            assert_eq!(run(Level::Plain), run(level()));
        }
    }
}
