//! Weights in files: found by name, checked against the shape that the model needs, and read one
//! at a time. Files are read, not mapped: a file that shrinks under a running program is an error,
//! not a crash, and no more memory is taken than the tensor at hand needs.

mod gguf;
mod gguf_header;
#[cfg(test)]
mod gguf_tests;
mod keys;
mod pickle;
mod pytorch;
#[cfg(test)]
mod pytorch_tests;
mod safetensors;
mod shards;
mod values;

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

pub(crate) use self::gguf::Gguf;
pub(crate) use self::keys::Keys;
pub(crate) use self::pytorch::PyTorch;
pub(crate) use self::safetensors::Safetensors;
use self::shards::Shards;
pub(crate) use self::values::Values;
use crate::kernels::PackedMatrix;
use crate::{Error, Result};

/// A file's or a folder's tensors.
pub(crate) trait Weights: Sync {
    /// Whether there is a tensor of this name.
    fn has(&self, name: &str) -> bool;

    /// A tensor's values, of the given shape, in row-major order.
    fn values(&self, name: &str, shape: &[usize]) -> Result<Values>;

    /// Reads a tensor as f32 on the CPU, of the given shape.
    fn read(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let mut values = self.values(name, shape)?;
        let mut data = vec![0f32; shape.iter().product()];
        values.fill(&mut data)?;
        Ok(Tensor::from_vec(data, shape, &Device::Cpu)?)
    }

    /// Reads matrices of `inner` inputs, one below the other, as packed int8.
    fn read_int8(&self, parts: &[(&str, usize)], inner: usize) -> Result<PackedMatrix> {
        quantize_parts(self, parts, inner)
    }
}

/// Quantises matrices, one below the other, a few rows at a time.
fn quantize_parts(
    weights: &(impl Weights + ?Sized),
    parts: &[(&str, usize)],
    inner: usize,
) -> Result<PackedMatrix> {
    let parts = open_parts(weights, parts, inner)?;
    let columns = parts.iter().map(|p| p.1).sum();
    let mut parts = parts.into_iter();
    let mut part = parts.next();
    PackedMatrix::quantize_rows(columns, inner, |mut rows| {
        while let Some((values, left)) = &mut part
            && !rows.is_empty()
        {
            let take = (*left).min(rows.len() / inner);
            let (now, later) = std::mem::take(&mut rows).split_at_mut(take * inner);
            values.fill(now)?;
            rows = later;
            *left -= take;
            if *left == 0 {
                part = parts.next();
            }
        }
        Ok(())
    })
}

/// The values of matrices with their numbers of rows: all there, and of the right shapes.
fn open_parts(
    weights: &(impl Weights + ?Sized),
    parts: &[(&str, usize)],
    inner: usize,
) -> Result<Vec<(Values, usize)>> {
    parts
        .iter()
        .map(|&(name, columns)| Ok((weights.values(name, &[columns, inner])?, columns)))
        .collect()
}

/// The matrices one below the other as one dense tensor.
pub(crate) fn read_dense(
    weights: &dyn Weights,
    parts: &[(&str, usize)],
    inner: usize,
    dtype: DType,
    device: &Device,
) -> Result<Tensor> {
    let parts = open_parts(weights, parts, inner)?;
    let columns: usize = parts.iter().map(|p| p.1).sum();
    let mut data = vec![0f32; columns * inner];
    let mut rows = data.as_mut_slice();
    for (mut values, columns) in parts {
        let (now, later) = rows.split_at_mut(columns * inner);
        values.fill(now)?;
        rows = later;
    }
    let tensor = Tensor::from_vec(data, (columns, inner), &Device::Cpu)?;
    Ok(tensor.to_dtype(dtype)?.to_device(device)?)
}

/// What a folder has.
pub(crate) enum Found {
    /// Tensors under the names that Hugging Face's layout gives them.
    HuggingFace(Box<dyn Weights>),
    /// A GGUF file, which has its own configuration and vocabulary.
    Gguf(PathBuf),
}

/// Finds a folder's weights: safetensors before PyTorch's `.bin` before a single GGUF file.
///
/// # Errors
/// [`Error::Read`] and [`Error::Model`].
pub(crate) fn find(folder: &Path) -> Result<Found> {
    if let Some(shards) = Shards::find(folder, "model.safetensors")? {
        return Ok(Found::HuggingFace(Box::new(Safetensors::open(shards)?)));
    }
    if let Some(shards) = Shards::find(folder, "pytorch_model.bin")? {
        return Ok(Found::HuggingFace(Box::new(PyTorch::open(shards)?)));
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read_error(folder))? {
        let path = entry.map_err(read_error(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Of shards, the first leads to the others.
        let later = name.contains("-of-") && !name.contains("-00001-of-");
        if name.ends_with(".gguf") && !later {
            files.push(path);
        }
    }
    files.sort();
    let reason = match files.as_slice() {
        [one] => return Ok(Found::Gguf(one.clone())),
        [] => {
            "it has no weights: model.safetensors, pytorch_model.bin (or shards with an index) or \
             a GGUF file"
        }
        _ => "it has several GGUF files: name one of them",
    };
    Err(model_error(folder, reason))
}

/// The bytes of a tensor of this shape, if the number exists.
fn byte_size(shape: &[usize], dtype: DType) -> Option<usize> {
    shape
        .iter()
        .try_fold(dtype.size_in_bytes(), |n, &d| n.checked_mul(d))
}

fn check_shape(path: &Path, name: &str, found: &[usize], wanted: &[usize]) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    Err(model_error(
        path,
        format!("tensor {name} has the shape {found:?}, not {wanted:?}"),
    ))
}

fn not_finite(path: &Path, name: &str) -> Error {
    model_error(
        path,
        format!("tensor {name} has values that are not finite numbers: the file is damaged"),
    )
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
