//! What a decoder layer does besides its products, as one pass over memory each on the CPU, and
//! as compositions of candle's operations elsewhere.
//!
//! A forward pass runs over the tokens of all sequences laid end to end, `[tokens, width]`:
//! there is no padding, and only attention knows which token belongs to which sequence.

mod activation;
mod attention;
mod layer_norm;

use candle_core::{
    CpuStorage, CustomOp1, D, DType, InplaceOp1, InplaceOp2, Layout, Result, Shape, Tensor,
};
use rayon::prelude::*;

pub(crate) use self::activation::{Activation, activate, gated};
pub(crate) use self::attention::{Attention, Pass, PositionBias, Reach, Store, attend, write};
pub(crate) use self::layer_norm::LayerNorm;
use crate::kernels::{self, rows_a_task};

/// Which implementation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// This crate's kernels: f32 on the CPU.
    Fused,
    /// candle's operations, on any device in any type.
    Portable,
}

/// The slice that a contiguous f32 tensor is.
pub(crate) fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&storage.as_slice::<f32>()?[from..to]),
        None => candle_core::bail!("a contiguous tensor is needed"),
    }
}

fn contiguous_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(data), Some((from, to))) => Ok(&mut data[from..to]),
        _ => candle_core::bail!("a contiguous f32 tensor is needed"),
    }
}

/// `x + y`. With [`Backend::Fused`] `x` itself is changed.
pub(crate) fn sum(x: Tensor, y: &Tensor, backend: Backend) -> Result<Tensor> {
    match backend {
        Backend::Fused => {
            in_place(&x, y, 1, "sum", kernels::add)?;
            Ok(x)
        }
        Backend::Portable => x + y,
    }
}

/// Changes rows of `x`, of `width` each, by those of `y`: contiguous f32 on the CPU.
fn in_place(
    x: &Tensor,
    y: &Tensor,
    width: usize,
    name: &'static str,
    change: impl Fn(&mut [f32], &[f32]) + Sync,
) -> Result<()> {
    x.inplace_op2(
        y,
        &InPlace {
            name,
            width,
            change,
        },
    )
}

struct InPlace<F> {
    name: &'static str,
    width: usize,
    change: F,
}

impl<F: Fn(&mut [f32], &[f32]) + Sync> InplaceOp2 for InPlace<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        x_layout: &Layout,
        y: &CpuStorage,
        y_layout: &Layout,
    ) -> Result<()> {
        let (x, y) = (contiguous_mut(x, x_layout)?, contiguous(y, y_layout)?);
        let piece = rows_a_task(self.width) * self.width;
        x.par_chunks_mut(piece)
            .zip(y.par_chunks(piece))
            .for_each(|(x, y)| (self.change)(x, y));
        Ok(())
    }
}

/// Root-mean-square norm with its weight.
pub(crate) struct RmsNorm {
    pub weight: Tensor,
    pub epsilon: f32,
    /// The weight once more, for the kernels; empty off the CPU.
    values: Vec<f32>,
}

impl RmsNorm {
    pub fn new(weight: Tensor, epsilon: f32, backend: Backend) -> Result<Self> {
        let values = match backend {
            Backend::Fused => weight.to_vec1::<f32>()?,
            Backend::Portable => Vec::new(),
        };
        Ok(Self {
            weight,
            epsilon,
            values,
        })
    }

    pub fn forward(&self, x: &Tensor, backend: Backend) -> Result<Tensor> {
        match backend {
            Backend::Fused => x.apply_op1_no_bwd(&Norm(self)),
            Backend::Portable => {
                let x32 = x.to_dtype(DType::F32)?;
                let mean = x32.sqr()?.mean_keepdim(D::Minus1)?;
                let y = x32.broadcast_div(&(mean + f64::from(self.epsilon))?.sqrt()?)?;
                y.broadcast_mul(&self.weight.to_dtype(DType::F32)?)?
                    .to_dtype(x.dtype())
            }
        }
    }

    /// `x + norm(y)`. With [`Backend::Fused`] `x` itself is changed.
    pub fn add(&self, x: Tensor, y: &Tensor, backend: Backend) -> Result<Tensor> {
        match backend {
            Backend::Fused => {
                in_place(&x, y, self.values.len(), "add rms norm", |x, y| {
                    kernels::add_rms_norm(x, y, &self.values, self.epsilon);
                })?;
                Ok(x)
            }
            Backend::Portable => x + self.forward(y, backend)?,
        }
    }
}

struct Norm<'a>(&'a RmsNorm);

impl CustomOp1 for Norm<'_> {
    fn name(&self) -> &'static str {
        "rms norm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = contiguous(storage, layout)?;
        let mut out = vec![0f32; x.len()];
        let piece = rows_a_task(self.0.values.len()) * self.0.values.len();
        out.par_chunks_mut(piece)
            .zip(x.par_chunks(piece))
            .for_each(|(out, x)| {
                kernels::rms_norm(x, &self.0.values, self.0.epsilon, out);
            });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

/// Cosines and sines of the rotary angles, `[position][dim / 2]`.
pub(crate) struct Angles {
    half: usize,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl Angles {
    /// Positions `0..positions`, at so many radians a position for each pair.
    pub fn new(positions: usize, frequencies: &[f32]) -> Self {
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for position in 0..positions {
            for &f in frequencies {
                let angle = f64::from(position as f32 * f);
                cos.push(angle.cos() as f32);
                sin.push(angle.sin() as f32);
            }
        }
        let half = frequencies.len();
        Self { half, cos, sin }
    }

    fn at(&self, position: usize) -> (&[f32], &[f32]) {
        let range = position * self.half..(position + 1) * self.half;
        (&self.cos[range.clone()], &self.sin[range])
    }
}

/// Normalises (where the model does) and rotates the queries and keys in `[tokens, width]` rows
/// of queries, keys and values.
pub(crate) fn rotate(
    qkv: Tensor,
    attention: &Attention,
    norms: Option<&(RmsNorm, RmsNorm)>,
    angles: &Angles,
    pass: &Pass,
    backend: Backend,
) -> Result<Tensor> {
    if backend == Backend::Fused {
        qkv.inplace_op1(&Rotate {
            attention,
            norms,
            angles,
            pass,
        })?;
        return Ok(qkv);
    }
    let (tokens, _) = qkv.dims2()?;
    let (q_width, kv_width) = (
        attention.heads * attention.dim,
        attention.kv_heads * attention.dim,
    );
    let table = |values: &[f32]| -> Result<Tensor> {
        let rows: Vec<f32> = pass
            .tokens()
            .iter()
            .flat_map(|&(_, p)| &values[p * angles.half..(p + 1) * angles.half])
            .copied()
            .collect();
        Tensor::from_vec(rows, (tokens, 1, angles.half), qkv.device())
    };
    let (cos, sin) = (table(&angles.cos)?, table(&angles.sin)?);
    let turn = |from: usize, width: usize, norm: Option<&RmsNorm>| -> Result<Tensor> {
        let mut x = qkv
            .narrow(1, from, width)?
            .reshape((tokens, (), attention.dim))?;
        if let Some(norm) = norm {
            x = norm.forward(&x, backend)?;
        }
        let x = x.to_dtype(DType::F32)?;
        let halves = x.chunk(2, D::Minus1)?;
        let (a, b) = (&halves[0], &halves[1]);
        let left = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
        let right = (b.broadcast_mul(&cos)? + a.broadcast_mul(&sin)?)?;
        Tensor::cat(&[left, right], D::Minus1)?
            .reshape((tokens, width))?
            .to_dtype(qkv.dtype())
    };
    let q = turn(0, q_width, norms.map(|n| &n.0))?;
    let k = turn(q_width, kv_width, norms.map(|n| &n.1))?;
    Tensor::cat(&[q, k, qkv.narrow(1, q_width + kv_width, kv_width)?], 1)
}

struct Rotate<'a> {
    attention: &'a Attention,
    norms: Option<&'a (RmsNorm, RmsNorm)>,
    angles: &'a Angles,
    pass: &'a Pass,
}

impl InplaceOp1 for Rotate<'_> {
    fn name(&self) -> &'static str {
        "rotary embedding"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let Attention {
            heads,
            kv_heads,
            dim,
            ..
        } = *self.attention;
        let rows = contiguous_mut(storage, layout)?;
        let norm = |n: &'_ RmsNorm| n.epsilon;
        rows.par_chunks_mut(self.attention.width())
            .zip(self.pass.tokens())
            .with_min_len(rows_a_task(self.attention.width()))
            .for_each(|(row, &(_, position))| {
                let (cos, sin) = self.angles.at(position);
                for (h, head) in row.chunks_exact_mut(dim).take(heads + kv_heads).enumerate() {
                    let norm = self.norms.map(|(q, k)| {
                        let n = if h < heads { q } else { k };
                        (n.values.as_slice(), norm(n))
                    });
                    kernels::rope(head, norm, cos, sin);
                }
            });
        Ok(())
    }
}
