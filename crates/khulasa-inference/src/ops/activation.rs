//! What stands between the two products of a feed-forward layer.

use candle_core::{CpuStorage, CustomOp1, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{Backend, contiguous};
pub(crate) use crate::kernels::Activation;
use crate::kernels::{self, rows_a_task};

/// `activation(x)`.
pub(crate) fn activate(x: &Tensor, activation: Activation, backend: Backend) -> Result<Tensor> {
    match backend {
        Backend::Fused => x.apply_op1_no_bwd(&Activate(activation)),
        Backend::Portable => portable(x, activation),
    }
}

/// `[tokens, 2 × width]` (gate, up) to `activation(gate) × up`.
pub(crate) fn gated(gate_up: &Tensor, activation: Activation, backend: Backend) -> Result<Tensor> {
    match backend {
        Backend::Fused => gate_up.apply_op1_no_bwd(&Gated(activation)),
        Backend::Portable => {
            let parts = gate_up.chunk(2, D::Minus1)?;
            portable(&parts[0], activation)? * &parts[1]
        }
    }
}

fn portable(x: &Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::Relu => x.relu(),
        Activation::Silu => x.silu(),
        Activation::Gelu => x.gelu_erf(),
        Activation::GeluTanh => x.gelu(),
    }
}

struct Activate(Activation);

impl CustomOp1 for Activate {
    fn name(&self) -> &'static str {
        "activation"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = contiguous(storage, layout)?;
        let (_, width) = layout.shape().dims2()?;
        let mut out = vec![0f32; x.len()];
        out.par_chunks_mut(rows_a_task(width) * width)
            .zip(x.par_chunks(rows_a_task(width) * width))
            .for_each(|(out, x)| kernels::activate(x, self.0, out));
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

struct Gated(Activation);

impl CustomOp1 for Gated {
    fn name(&self) -> &'static str {
        "gated activation"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = contiguous(storage, layout)?;
        let (rows, twice) = layout.shape().dims2()?;
        let width = twice / 2;
        let mut out = vec![0f32; rows * width];
        out.par_chunks_mut(rows_a_task(width) * width)
            .zip(x.par_chunks(rows_a_task(width) * twice))
            .for_each(|(out, x)| kernels::gated(x, width, self.0, out));
        Ok((CpuStorage::F32(out), (rows, width).into()))
    }
}
