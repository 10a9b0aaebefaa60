//! Linear layers, their weights as they are or as int8.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, DType, Device, Layout, Result, Shape, Storage, Tensor};

use crate::kernels::{PackedMatrix, Quantized, Selected, Wanted};
use crate::ops::{self, Activation, Backend, contiguous};
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

    fn columns(&self) -> usize {
        match self {
            Weight::Dense(w) => w.dims()[0],
            Weight::Int8(w) => w.columns(),
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

/// A bias, and once more as a slice for the kernels.
#[derive(Clone)]
struct Bias {
    tensor: Tensor,
    values: Vec<f32>,
}

impl Bias {
    fn new(bias: &Tensor, form: Form, device: &Device) -> Result<Self> {
        Ok(Self {
            tensor: bias.to_dtype(form.dtype())?.to_device(device)?,
            values: match form {
                Form::Int8 => bias.flatten_all()?.to_vec1()?,
                Form::Dense(_) => Vec::new(),
            },
        })
    }
}

/// A linear layer: `y = x · Wᵀ + b`.
pub(crate) struct Linear {
    weight: Weight,
    /// The columns that are computed.
    columns: usize,
    bias: Option<Bias>,
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
            Some(Bias::new(&Tensor::cat(&biases, 0)?, form, device)?)
        } else {
            None
        };
        let weight = Weight::load(weights, parts, inner, form, device)?;
        Ok(Self {
            columns: weight.columns(),
            weight,
            bias,
        })
    }

    /// A layer that makes logits of the first `columns` rows of an embedding, or of a matrix of its
    /// own.
    pub fn head(
        weight: Weight,
        columns: usize,
        bias: Option<&Tensor>,
        form: Form,
        device: &Device,
    ) -> Result<Self> {
        let bias = bias.map(|bias| Bias::new(bias, form, device)).transpose()?;
        Ok(Self {
            weight,
            columns,
            bias,
        })
    }

    /// Rows of shape `[tokens, inner]` to `[tokens, columns]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match &self.weight {
            Weight::Int8(_) => x.apply_op1_no_bwd(&Multiply(self)),
            Weight::Dense(weight) => {
                let y = x.matmul(&weight.narrow(0, 0, self.columns)?.t()?)?;
                match &self.bias {
                    Some(bias) => y.broadcast_add(&bias.tensor),
                    None => Ok(y),
                }
            }
        }
    }

    /// Whether [`Self::select`] can be asked.
    pub fn is_packed(&self) -> bool {
        matches!(self.weight, Weight::Int8(_))
    }

    /// Of the outputs for each row of `x` only what is wanted; of packed weights.
    pub fn select(&self, x: &Tensor, wanted: &[Wanted<'_>]) -> Result<Vec<Selected>> {
        let Weight::Int8(weight) = &self.weight else {
            candle_core::bail!("weights that are not packed");
        };
        let (storage, layout) = x.storage_and_layout();
        let Storage::Cpu(storage) = &*storage else {
            candle_core::bail!("packed weights stand on the CPU");
        };
        let x = quantized(storage, layout, weight)?;
        Ok(weight.select(&x, self.columns, self.bias(), wanted))
    }

    fn bias(&self) -> Option<&[f32]> {
        self.bias.as_ref().map(|bias| bias.values.as_slice())
    }
}

/// Rows of activations as a matrix wants them.
fn quantized(storage: &CpuStorage, layout: &Layout, weight: &PackedMatrix) -> Result<Quantized> {
    let inner = layout.shape().dims2()?.1;
    if inner != weight.inner() {
        candle_core::bail!("{inner} inputs for a matrix of {}", weight.inner());
    }
    Ok(Quantized::new(contiguous(storage, layout)?, weight))
}

struct Multiply<'a>(&'a Linear);

impl CustomOp1 for Multiply<'_> {
    fn name(&self) -> &'static str {
        "int8 product"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Weight::Int8(weight) = &self.0.weight else {
            candle_core::bail!("weights that are not packed");
        };
        let x = quantized(storage, layout, weight)?;
        let columns = self.0.columns;
        let y = weight.multiply(&x, columns, self.0.bias());
        Ok((
            CpuStorage::F32(y),
            (layout.shape().dims2()?.0, columns).into(),
        ))
    }
}

/// A feed-forward layer: a product, an activation, a product.
pub(crate) struct FeedForward {
    /// Gate and up side by side, or up alone.
    pub first: Linear,
    pub activation: Activation,
    pub gated: bool,
    pub down: Linear,
}

impl FeedForward {
    /// Rows of shape `[tokens, hidden]` to the same.
    pub fn forward(&self, x: &Tensor, backend: Backend) -> Result<Tensor> {
        if let (Weight::Int8(first), Weight::Int8(down)) = (&self.first.weight, &self.down.weight)
            && (!self.gated || first.gates_apart())
        {
            return x.apply_op1_no_bwd(&Packed {
                layer: self,
                first,
                down,
            });
        }
        let h = self.first.forward(x)?;
        let h = if self.gated {
            ops::gated(&h, self.activation, backend)?
        } else {
            ops::activate(&h, self.activation, backend)?
        };
        self.down.forward(&h)
    }
}

struct Packed<'a> {
    layer: &'a FeedForward,
    first: &'a PackedMatrix,
    down: &'a PackedMatrix,
}

impl CustomOp1 for Packed<'_> {
    fn name(&self) -> &'static str {
        "int8 feed-forward"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let FeedForward {
            first,
            activation,
            gated,
            down,
        } = self.layer;
        let x = quantized(storage, layout, self.first)?;
        let h = self
            .first
            .multiply_activate(&x, first.bias(), *activation, *gated, self.down);
        let y = self.down.multiply(&h, down.columns, down.bias());
        Ok((
            CpuStorage::F32(y),
            (layout.shape().dims2()?.0, down.columns).into(),
        ))
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
