//! Weights in files: found by name, checked against the shape that the model needs, and read one
//! at a time. Files are read, not mapped: a file that shrinks under a running program is an error,
//! not a crash, and no more memory is taken than the tensor at hand needs.

mod gguf;
mod safetensors;

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

pub(crate) use self::gguf::Gguf;
pub(crate) use self::safetensors::Safetensors;
use crate::kernels::PackedMatrix;
use crate::{Error, Result};

/// A file's or a folder's tensors.
pub(crate) trait Weights {
    /// Whether there is a tensor of this name.
    fn has(&self, name: &str) -> bool;

    /// Reads a tensor as f32 on the CPU, of the given shape.
    fn read(&self, name: &str, shape: &[usize]) -> Result<Tensor>;

    /// Reads matrices of `inner` inputs, one below the other, as packed int8.
    fn read_int8(&self, parts: &[(&str, usize)], inner: usize) -> Result<PackedMatrix>;
}

/// The matrices one below the other as one dense tensor.
pub(crate) fn read_dense(
    weights: &dyn Weights,
    parts: &[(&str, usize)],
    inner: usize,
    dtype: DType,
    device: &Device,
) -> Result<Tensor> {
    let tensors = parts
        .iter()
        .map(|&(name, columns)| Ok(weights.read(name, &[columns, inner])?.to_dtype(dtype)?))
        .collect::<Result<Vec<_>>>()?;
    Ok(Tensor::cat(&tensors, 0)?.to_device(device)?)
}

/// Packs f32 matrices, one below the other, as int8.
fn quantize(tensors: &[Tensor], inner: usize) -> Result<PackedMatrix> {
    let mut values = Vec::new();
    for tensor in tensors {
        values.extend(tensor.flatten_all()?.to_vec1::<f32>()?);
    }
    Ok(PackedMatrix::quantize(&values, values.len() / inner, inner))
}

fn model_error(path: &Path, reason: impl Into<String>) -> Error {
    Error::Model {
        path: path.to_path_buf(),
        reason: reason.into(),
    }
}

fn read_error(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = PathBuf::from(path);
    move |source| Error::Read { path, source }
}
