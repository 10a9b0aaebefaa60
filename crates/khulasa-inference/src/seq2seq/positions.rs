//! How tokens know where they are.

use candle_core::{DType, Device, Tensor};

use super::config::{Config, Layers, Positions};
use super::names::{Naming, Side};
use crate::Result;
use crate::ops::{Backend, PositionBias};
use crate::weights::Weights;

/// Reads or makes the vectors that are added to embeddings, `[positions, hidden]`, if there are
/// any.
pub(super) fn table(
    config: &Config,
    weights: &dyn Weights,
    naming: Naming,
    side: Side,
    dtype: DType,
    device: &Device,
) -> Result<Option<Tensor>> {
    let (positions, hidden) = (config.max_positions, config.hidden);
    let table = match config.positions {
        Positions::Relative { .. } => return Ok(None),
        Positions::Learned { offset } => weights
            .read(&naming.positions(side), &[positions + offset, hidden])?
            .narrow(0, offset, positions)?,
        Positions::Sinusoidal { first, steps } => {
            let values = sinusoids(positions, hidden, first, steps);
            Tensor::from_vec(values, (positions, hidden), &Device::Cpu)?
        }
    };
    Ok(Some(
        table.to_dtype(dtype)?.contiguous()?.to_device(device)?,
    ))
}

/// Rows of sines, then cosines, of position × 10000^(−i/steps); a zero if `hidden` is odd.
fn sinusoids(positions: usize, hidden: usize, first: usize, steps: usize) -> Vec<f32> {
    let half = hidden / 2;
    let mut values = vec![0f32; positions * hidden];
    for (p, row) in values.chunks_exact_mut(hidden).enumerate() {
        for i in 0..half {
            let frequency = 10_000f64.powf(-(i as f64) / steps as f64);
            let angle = (p + first) as f64 * frequency;
            row[i] = angle.sin() as f32;
            row[half + i] = angle.cos() as f32;
        }
    }
    values
}

/// Reads the biases of relative positions, if there are any.
pub(super) fn bias(
    config: &Config,
    layers: Layers,
    weights: &dyn Weights,
    naming: Naming,
    side: Side,
    backend: Backend,
    device: &Device,
) -> Result<Option<PositionBias>> {
    let Positions::Relative { buckets, distance } = config.positions else {
        return Ok(None);
    };
    let table = weights.read(&naming.relative(side), &[buckets, layers.heads])?;
    let table = table.to_vec2::<f32>()?;
    let of = |head: usize, offset: isize| {
        table[bucket(offset, side == Side::Encoder, buckets, distance)][head]
    };
    let reach = config.max_positions;
    Ok(Some(PositionBias::new(
        layers.heads,
        reach,
        of,
        backend,
        device,
    )?))
}

/// The bucket of a key that stands `offset` after the query: one each for small distances, then
/// wider ones up to `distance` (Raffel et al. 2020, section 2.1; the arithmetic is in f32, as the
/// models were trained). In both directions each has half of the buckets.
fn bucket(offset: isize, both_directions: bool, buckets: usize, distance: usize) -> usize {
    let (first, buckets, n) = if both_directions {
        let half = buckets / 2;
        let first = if offset > 0 { half } else { 0 };
        (first, half, offset.unsigned_abs())
    } else {
        (0, buckets, (-offset).max(0) as usize)
    };
    let exact = buckets / 2;
    if n < exact {
        return first + n;
    }
    let steps = (n as f32 / exact as f32).ln() / (distance as f32 / exact as f32).ln();
    let wide = exact + (steps * (buckets - exact) as f32) as usize;
    first + wide.min(buckets - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets() {
        // Values of transformers' T5Attention._relative_position_bucket.
        let all = |both| -> Vec<usize> {
            [-500, -128, -40, -16, -8, -1, 0, 1, 7, 8, 40, 500]
                .map(|offset| bucket(offset, both, 32, 128))
                .to_vec()
        };
        assert_eq!(all(true), [15, 15, 12, 10, 8, 1, 0, 17, 23, 24, 28, 31]);
        assert_eq!(all(false), [31, 31, 23, 16, 8, 1, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn rows_of_sines_and_cosines() {
        let rows = sinusoids(2, 4, 0, 2);
        assert_eq!(rows[..4], [0.0, 0.0, 1.0, 1.0]);
        let expected = [1f32.sin(), 0.01f32.sin(), 1f32.cos(), 0.01f32.cos()];
        let pairs = rows[4..].iter().zip(expected);
        assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
