//! A linear layer, its weights as they are or as int8.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use crate::kernels::{PackedMatrix, Quantized};
use crate::ops::contiguous;

/// A weight matrix `[columns, inner]`.
#[derive(Clone)]
pub(crate) enum Weight {
    /// On any device, in the model's type.
    Dense(Tensor),
    /// Packed int8, for the CPU.
    Int8(Arc<PackedMatrix>),
}

impl Weight {
    /// `y = x · Wᵀ` for rows `x` of shape `[tokens, inner]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.multiply(x, self.columns())
    }

    fn columns(&self) -> usize {
        match self {
            Weight::Dense(w) => w.dims()[0],
            Weight::Int8(w) => w.columns(),
        }
    }

    /// The product with the first `columns` columns only: `[tokens, inner]` to
    /// `[tokens, columns]`.
    pub fn multiply(&self, x: &Tensor, columns: usize) -> Result<Tensor> {
        match self {
            Weight::Dense(w) => x.matmul(&w.narrow(0, 0, columns)?.t()?),
            Weight::Int8(w) => x.apply_op1_no_bwd(&Multiply { weight: w, columns }),
        }
    }

    /// The rows of an embedding: token ids to `[tokens, inner]`.
    pub fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        match self {
            Weight::Dense(w) => {
                let ids = Tensor::from_slice(ids, ids.len(), w.device())?;
                w.index_select(&ids, 0)
            }
            Weight::Int8(w) => {
                let mut out = vec![0f32; ids.len() * w.inner()];
                for (&id, row) in ids.iter().zip(out.chunks_exact_mut(w.inner())) {
                    if id as usize >= w.columns() {
                        candle_core::bail!("token {id} of a vocabulary of {}", w.columns());
                    }
                    w.column(id as usize, row);
                }
                Tensor::from_vec(out, (ids.len(), w.inner()), &candle_core::Device::Cpu)
            }
        }
    }
}

struct Multiply<'a> {
    weight: &'a PackedMatrix,
    columns: usize,
}

impl CustomOp1 for Multiply<'_> {
    fn name(&self) -> &'static str {
        "int8 product"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = contiguous(storage, layout)?;
        let (rows, inner) = layout.shape().dims2()?;
        if inner != self.weight.inner() {
            candle_core::bail!("{inner} inputs for a matrix of {}", self.weight.inner());
        }
        let y = self
            .weight
            .multiply(&Quantized::new(x, inner), self.columns);
        Ok((CpuStorage::F32(y), (rows, self.columns).into()))
    }
}
