//! Layer norm.

use candle_core::{CpuStorage, CustomOp1, D, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{Backend, contiguous, in_place};
use crate::kernels::{self, rows_a_task};

/// Layer norm (Ba et al. 2016) with its weight and bias.
pub(crate) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
    /// Weight and bias once more, for the kernels; empty off the CPU.
    values: (Vec<f32>, Vec<f32>),
}

impl LayerNorm {
    pub fn new(weight: Tensor, bias: Tensor, epsilon: f32, backend: Backend) -> Result<Self> {
        let values = match backend {
            Backend::Fused => (weight.to_vec1()?, bias.to_vec1()?),
            Backend::Portable => Default::default(),
        };
        Ok(Self {
            weight,
            bias,
            epsilon,
            values,
        })
    }

    pub fn forward(&self, x: &Tensor, backend: Backend) -> Result<Tensor> {
        match backend {
            Backend::Fused => x.apply_op1_no_bwd(&Norm(self)),
            Backend::Portable => {
                let x32 = x.to_dtype(DType::F32)?;
                let x32 = x32.broadcast_sub(&x32.mean_keepdim(D::Minus1)?)?;
                let mean = x32.sqr()?.mean_keepdim(D::Minus1)?;
                x32.broadcast_div(&(mean + f64::from(self.epsilon))?.sqrt()?)?
                    .broadcast_mul(&self.weight.to_dtype(DType::F32)?)?
                    .broadcast_add(&self.bias.to_dtype(DType::F32)?)?
                    .to_dtype(x.dtype())
            }
        }
    }

    /// `norm(x + y)`. With [`Backend::Fused`] `x` itself is changed.
    pub fn after_sum(&self, x: Tensor, y: &Tensor, backend: Backend) -> Result<Tensor> {
        match backend {
            Backend::Fused => {
                let (weight, bias) = &self.values;
                in_place(&x, y, weight.len(), "sum and layer norm", |x, y| {
                    kernels::add_layer_norm(x, y, weight, bias, self.epsilon);
                })?;
                Ok(x)
            }
            Backend::Portable => self.forward(&(x + y)?, backend),
        }
    }
}

struct Norm<'a>(&'a LayerNorm);

impl CustomOp1 for Norm<'_> {
    fn name(&self) -> &'static str {
        "layer norm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = contiguous(storage, layout)?;
        let (weight, bias) = &self.0.values;
        let mut out = vec![0f32; x.len()];
        let piece = rows_a_task(weight.len()) * weight.len();
        out.par_chunks_mut(piece)
            .zip(x.par_chunks(piece))
            .for_each(|(out, x)| kernels::layer_norm(x, weight, bias, self.0.epsilon, out));
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}
