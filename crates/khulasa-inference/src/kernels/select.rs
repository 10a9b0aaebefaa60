//! The last product and what search needs of it, without the logits ever being in memory.

use super::int8::{PANEL, PackedMatrix, Quantized};
use super::lanes::{LANES, add, exp, maximum, total};
use super::level;
use super::product::{Out, each_piece};

/// Columns whose logits are together in a core's cache, and whose exponentials are summed
/// together.
const CHUNK: usize = 16 * PANEL;

/// What is wanted of a row of logits.
pub struct Wanted<'a> {
    /// How many of the largest.
    pub count: usize,
    /// Tokens that rules change, in order, each once.
    pub changed: &'a [u32],
}

/// Some of a row's logits.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Selected {
    /// How many there are.
    pub vocab: usize,
    /// The largest of the tokens that rules leave alone: best first, of equals the lower token. What
    /// is not a number is none of them.
    pub best: Vec<(u32, f32)>,
    /// Those of the tokens that rules change, in the order of the tokens.
    pub changed: Vec<(u32, f32)>,
    /// The logarithm of the sum of the exponentials of all logits.
    pub log_sum_exp: f32,
    /// The same over the tokens that rules leave alone.
    pub unchanged_log_sum_exp: f32,
}

/// A largest value and the sum of the exponentials of what is below it.
#[derive(Clone, Copy)]
struct Sum {
    largest: f32,
    sum: f32,
}

impl PackedMatrix {
    /// Multiplies as [`PackedMatrix::multiply`] does, and finds what is wanted of each row.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn select(
        &self,
        x: &Quantized,
        columns: usize,
        bias: Option<&[f32]>,
        wanted: &[Wanted<'_>],
    ) -> Vec<Selected> {
        assert!(x.fits(self) && columns <= self.columns() && wanted.len() == x.rows());
        assert!(bias.is_none_or(|bias| bias.len() >= columns));
        let (rows, level) = (x.rows(), level());
        let chunks = columns.div_ceil(CHUNK);
        let none = Sum {
            largest: f32::NEG_INFINITY,
            sum: 0.0,
        };
        // `[chunk][row]`: all, and those that rules leave alone. Chunks are fixed, so that the sums do not
        // depend on the threads.
        let mut sums = vec![[none; 2]; chunks * rows];
        let target = Out(sums.as_mut_ptr());
        let found = std::sync::Mutex::new(vec![Selected::default(); rows]);
        each_piece(chunks, |chunks| {
            // Not zeroed: every chunk writes what it reads.
            let mut buffer = Vec::<f32>::with_capacity(rows * CHUNK);
            let first = Out(buffer.as_mut_ptr());
            let mut mine = vec![Selected::default(); rows];
            for chunk in chunks {
                let from = chunk * CHUNK;
                let to = columns.min(from + CHUNK);
                for column in (from..to).step_by(PANEL) {
                    // SAFETY: there is room for all rows of a chunk.
                    unsafe {
                        let out = first.at(column - from);
                        let width = PANEL.min(to - column);
                        self.multiply_panel(level, x, 0..rows, column / PANEL, width, out, CHUNK);
                    }
                }
                for (row, (wanted, found)) in wanted.iter().zip(&mut mine).enumerate() {
                    // SAFETY: these columns of this row were just written.
                    let logits =
                        unsafe { std::slice::from_raw_parts_mut(first.at(row * CHUNK), to - from) };
                    if let Some(bias) = bias {
                        add(logits, &bias[from..to]);
                    }
                    let sums = found.look(logits, from as u32, wanted);
                    // SAFETY: this chunk of this row is no other task's.
                    unsafe { *target.at(chunk * rows + row) = sums };
                }
            }
            let mut found = found
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            for ((found, mine), wanted) in found.iter_mut().zip(mine).zip(wanted) {
                found.changed.extend(mine.changed);
                for (token, logit) in mine.best {
                    found.offer(token, logit, wanted.count);
                }
            }
        });
        let mut found = found
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        for (row, found) in found.iter_mut().enumerate() {
            found.vocab = columns;
            found.changed.sort_unstable_by_key(|&(token, _)| token);
            let of = |i: usize| log_of((0..chunks).map(|chunk| sums[chunk * rows + row][i]));
            (found.log_sum_exp, found.unchanged_log_sum_exp) = (of(0), of(1));
        }
        found
    }
}

impl Selected {
    /// Looks at the logits of the tokens from `first` on; takes those of changed tokens out.
    fn look(&mut self, logits: &mut [f32], first: u32, wanted: &Wanted<'_>) -> [Sum; 2] {
        let all = sum(logits);
        let mut unchanged = all;
        let from = wanted.changed.partition_point(|&t| t < first);
        let to = wanted
            .changed
            .partition_point(|&t| (t as usize) < first as usize + logits.len());
        if from < to {
            for &token in &wanted.changed[from..to] {
                let logit = &mut logits[(token - first) as usize];
                self.changed.push((token, *logit));
                *logit = f32::NEG_INFINITY;
            }
            unchanged = sum(logits);
        }
        if self.wants(unchanged.largest, wanted.count) {
            for (token, part) in (first..).step_by(PANEL).zip(logits.chunks(PANEL)) {
                if self.wants(largest(part), wanted.count) {
                    for (token, &logit) in (token..).zip(part) {
                        self.offer(token, logit, wanted.count);
                    }
                }
            }
        }
        [all, unchanged]
    }

    /// Whether a logit may be among the largest.
    fn wants(&self, logit: f32, count: usize) -> bool {
        match count.checked_sub(1).map(|last| self.best.get(last)) {
            Some(Some(last)) => logit >= last.1,
            Some(None) => logit > f32::NEG_INFINITY,
            None => false,
        }
    }

    fn offer(&mut self, token: u32, logit: f32, count: usize) {
        if self.wants(logit, count) {
            let at = self
                .best
                .partition_point(|&(t, l)| l > logit || (l == logit && t < token));
            self.best.insert(at, (token, logit));
            self.best.truncate(count);
        }
    }
}

/// The logarithm of what sums of exponentials stand for together.
fn log_of(sums: impl Iterator<Item = Sum> + Clone) -> f32 {
    let largest = sums
        .clone()
        .fold(f32::NEG_INFINITY, |a, s| a.max(s.largest));
    if largest == f32::NEG_INFINITY {
        return largest;
    }
    let sum: f32 = sums.map(|s| s.sum * (s.largest - largest).exp()).sum();
    largest + sum.ln()
}

super::lanes::dispatch! {
    fn largest(logits: &[f32]) -> f32 {
        maximum(logits)
    }
}

super::lanes::dispatch! {
    fn sum(logits: &[f32]) -> Sum {
        let largest = maximum(logits);
        // The exponential of −∞ is not quite 0 here.
        if largest == f32::NEG_INFINITY {
            return Sum { largest, sum: 0.0 };
        }
        let mut lanes = [0f32; LANES];
        let chunks = logits.chunks_exact(LANES);
        let rest = chunks.remainder();
        for chunk in chunks {
            for (lane, &logit) in lanes.iter_mut().zip(chunk) {
                *lane += exp(logit - largest);
            }
        }
        for (lane, &logit) in lanes.iter_mut().zip(rest) {
            *lane += exp(logit - largest);
        }
        Sum { largest, sum: total(lanes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::log_sum_exp;

    #[test]
    fn it_is_what_a_look_at_all_logits_finds() {
        let (rows, columns, inner) = (5, 1600, 64);
        let noise = |n: usize, k: usize| -> Vec<f32> {
            (0..n).map(|i| ((i * k % 9973) as f32).sin()).collect()
        };
        let weights = noise(columns * inner, 7);
        let mut rest = weights.as_slice();
        let matrix = PackedMatrix::quantize_rows(columns, inner, |rows| {
            let (now, later) = rest.split_at(rows.len());
            rows.copy_from_slice(now);
            rest = later;
            Ok::<_, ()>(())
        })
        .unwrap();
        let x = Quantized::new(&noise(rows * inner, 11), &matrix);
        let bias = noise(columns, 13);
        // Fewer columns than there are, and not whole chunks or panels.
        let columns = 1543;
        let logits = matrix.multiply(&x, columns, Some(&bias));
        let changed: [&[u32]; 5] = [&[], &[0, 511, 512, 1542], &[3], &[700, 701], &[]];
        let counts = [1, 3, 8, 0, 2];
        let wanted: Vec<_> = changed
            .iter()
            .zip(counts)
            .map(|(&changed, count)| Wanted { count, changed })
            .collect();
        let found = matrix.select(&x, columns, Some(&bias), &wanted);
        for ((row, wanted), found) in logits.chunks_exact(columns).zip(&wanted).zip(&found) {
            let mut sorted: Vec<_> = (0..).zip(row.iter().copied()).collect();
            sorted.retain(|(t, _)| !wanted.changed.contains(t));
            let left: Vec<_> = sorted.iter().map(|&(_, l)| l).collect();
            sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            sorted.truncate(wanted.count);
            assert_eq!(found.best, sorted);
            let changed: Vec<_> = wanted
                .changed
                .iter()
                .map(|&t| (t, row[t as usize]))
                .collect();
            assert_eq!(found.changed, changed);
            assert!((found.log_sum_exp - log_sum_exp(row)).abs() < 1e-5);
            assert!((found.unchanged_log_sum_exp - log_sum_exp(&left)).abs() < 1e-5);
        }
        let one = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let alone = one.install(|| matrix.select(&x, columns, Some(&bias), &wanted));
        assert_eq!(alone, found);
    }
}
