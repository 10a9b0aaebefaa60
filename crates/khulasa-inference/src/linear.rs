//! Linear layers, their weights as they are or as int8.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, DType, Device, Layout, Result, Shape, Tensor};

use crate::kernels::{PackedMatrix, Quantized};
use crate::ops::contiguous;
use crate::weights::{Weights, read_dense};

/// The form that weights take in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// 8-bit integers, on the CPU; what is not a matrix is f32.
    Int8,
    /// Floating point.
    Dense(DType),
}

impl Form {
    /// The type of what is not packed.
    pub fn dtype(self) -> DType {
        match self {
            Form::Int8 => DType::F32,
            Form::Dense(dtype) => dtype,
        }
    }
}

/// A weight matrix `[columns, inner]`.
#[derive(Clone)]
pub(crate) enum Weight {
    /// On any device, in the model's type.
    Dense(Tensor),
    /// Packed int8, for the CPU.
    Int8(Arc<PackedMatrix>),
}

impl Weight {
    /// Reads matrices of `inner` inputs, `(name, columns)` each, as one below the other.
    pub fn load(
        weights: &dyn Weights,
        parts: &[(&str, usize)],
        inner: usize,
        form: Form,
        device: &Device,
    ) -> crate::Result<Self> {
        Ok(match form {
            Form::Int8 => Weight::Int8(weights.read_int8(parts, inner)?.into()),
            Form::Dense(dtype) => Weight::Dense(read_dense(weights, parts, inner, dtype, device)?),
        })
    }

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
                Tensor::from_vec(out, (ids.len(), w.inner()), &Device::Cpu)
            }
        }
    }
}

/// A linear layer: `y = x · Wᵀ + b`.
pub(crate) struct Linear {
    weight: Weight,
    bias: Option<Tensor>,
}

impl Linear {
    /// Reads layers of `inner` inputs, `(name of the weight, columns)` each, as one layer that
    /// gives their outputs side by side. A bias is named as its weight, with `.bias` in place of
    /// `.weight`.
    pub fn load(
        weights: &dyn Weights,
        parts: &[(&str, usize)],
        inner: usize,
        bias: bool,
        form: Form,
        device: &Device,
    ) -> crate::Result<Self> {
        let bias = if bias {
            let biases = parts
                .iter()
                .map(|&(name, columns)| {
                    let name = name.strip_suffix(".weight").unwrap_or(name);
                    weights.read(&format!("{name}.bias"), &[columns])
                })
                .collect::<crate::Result<Vec<_>>>()?;
            let bias = Tensor::cat(&biases, 0)?.to_dtype(form.dtype())?;
            Some(bias.to_device(device)?)
        } else {
            None
        };
        Ok(Self {
            weight: Weight::load(weights, parts, inner, form, device)?,
            bias,
        })
    }

    /// Rows of shape `[tokens, inner]` to `[tokens, columns]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match (&self.weight, &self.bias) {
            (weight, None) => weight.forward(x),
            (Weight::Dense(_), Some(bias)) => self.weight.forward(x)?.broadcast_add(bias),
            (Weight::Int8(weight), Some(bias)) => {
                let columns = weight.columns();
                x.apply_op2_no_bwd(bias, &Multiply { weight, columns })
            }
        }
    }
}

struct Multiply<'a> {
    weight: &'a PackedMatrix,
    columns: usize,
}

impl Multiply<'_> {
    fn run(&self, storage: &CpuStorage, layout: &Layout) -> Result<(Vec<f32>, Shape)> {
        let x = contiguous(storage, layout)?;
        let (rows, inner) = layout.shape().dims2()?;
        if inner != self.weight.inner() {
            candle_core::bail!("{inner} inputs for a matrix of {}", self.weight.inner());
        }
        let y = self
            .weight
            .multiply(&Quantized::new(x, inner), self.columns);
        Ok((y, (rows, self.columns).into()))
    }
}

impl CustomOp1 for Multiply<'_> {
    fn name(&self) -> &'static str {
        "int8 product"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (y, shape) = self.run(storage, layout)?;
        Ok((CpuStorage::F32(y), shape))
    }
}

impl CustomOp2 for Multiply<'_> {
    fn name(&self) -> &'static str {
        "int8 product and bias"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (mut y, shape) = self.run(storage, layout)?;
        let bias = contiguous(bias, bias_layout)?;
        for row in y.chunks_exact_mut(self.columns) {
            for (y, b) in row.iter_mut().zip(bias) {
                *y += b;
            }
        }
        Ok((CpuStorage::F32(y), shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decoder::tests::Noise;

    #[test]
    fn biases_are_added_in_both_forms() {
        let parts = [("a.weight", 5), ("b.weight", 20)];
        let load = |bias, form| Linear::load(&Noise, &parts, 64, bias, form, &Device::Cpu).unwrap();
        let x = Noise.read("x", &[3, 64]).unwrap();
        let bias = Tensor::cat(
            &[
                Noise.read("a.bias", &[5]).unwrap(),
                Noise.read("b.bias", &[20]).unwrap(),
            ],
            0,
        )
        .unwrap();
        for form in [Form::Int8, Form::Dense(DType::F32)] {
            let plain = load(false, form).forward(&x).unwrap();
            let expected = plain.broadcast_add(&bias).unwrap();
            let found = load(true, form).forward(&x).unwrap();
            assert_eq!(
                found.to_vec2::<f32>().unwrap(),
                expected.to_vec2::<f32>().unwrap(),
                "{form:?}"
            );
        }
    }
}
