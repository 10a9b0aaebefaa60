//! safetensors files: one, or the shards that an index file names.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use safetensors::tensor::{Dtype, Metadata};

use super::{Weights, model_error, quantize, read_error};
use crate::Result;
use crate::kernels::PackedMatrix;

/// The longest header that is read; the format itself says 100 MB.
const MAX_HEADER: u64 = 100_000_000;

/// An open set of safetensors files.
pub(crate) struct Safetensors {
    folder: PathBuf,
    shards: Vec<Shard>,
}

struct Shard {
    path: PathBuf,
    metadata: Metadata,
    /// Where the tensors' bytes begin.
    start: u64,
}

impl Shard {
    fn open(path: PathBuf) -> Result<Self> {
        let mut file = File::open(&path).map_err(read_error(&path))?;
        let size = file.metadata().map_err(read_error(&path))?.len();
        let mut length = [0u8; 8];
        file.read_exact(&mut length).map_err(read_error(&path))?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER || length > size {
            return Err(model_error(
                &path,
                format!("its header claims {length} bytes of a file of {size}"),
            ));
        }
        let mut header = vec![0u8; length as usize];
        file.read_exact(&mut header).map_err(read_error(&path))?;
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|e| model_error(&path, format!("not a readable safetensors header: {e}")))?;
        let start = 8 + length;
        let end = metadata
            .tensors()
            .values()
            .map(|t| t.data_offsets.1 as u64)
            .max()
            .unwrap_or(0);
        if end > size - start {
            return Err(model_error(
                &path,
                format!(
                    "cut short: its tensors need {end} bytes, and it has {}",
                    size - start
                ),
            ));
        }
        Ok(Self {
            path,
            metadata,
            start,
        })
    }
}

impl Safetensors {
    /// Opens `model.safetensors`, or the shards of `model.safetensors.index.json`, in a folder.
    pub fn open(folder: &Path) -> Result<Self> {
        #[derive(serde::Deserialize)]
        struct Index {
            weight_map: HashMap<String, String>,
        }
        let index = folder.join("model.safetensors.index.json");
        let names: BTreeSet<String> = if index.is_file() {
            let json = std::fs::read(&index).map_err(read_error(&index))?;
            let index: Index = serde_json::from_slice(&json)
                .map_err(|e| model_error(&index, format!("not a readable index: {e}")))?;
            index.weight_map.into_values().collect()
        } else {
            BTreeSet::from(["model.safetensors".to_owned()])
        };
        let shards = names
            .iter()
            .map(|name| Shard::open(folder.join(name)))
            .collect::<Result<_>>()?;
        Ok(Self {
            folder: folder.to_owned(),
            shards,
        })
    }
}

impl Weights for Safetensors {
    fn has(&self, name: &str) -> bool {
        self.shards.iter().any(|s| s.metadata.info(name).is_some())
    }

    fn read(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let (shard, info) = self
            .shards
            .iter()
            .find_map(|s| Some((s, s.metadata.info(name)?)))
            .ok_or_else(|| model_error(&self.folder, format!("tensor {name} is missing")))?;
        if info.shape != shape {
            return Err(model_error(
                &shard.path,
                format!(
                    "tensor {name} has the shape {:?}, not {shape:?}",
                    info.shape
                ),
            ));
        }
        let dtype = match info.dtype {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            other => {
                return Err(model_error(
                    &shard.path,
                    format!("tensor {name} has the type {other:?}; F32, F16 and BF16 can be read"),
                ));
            }
        };
        let (from, to) = info.data_offsets;
        let size = shape
            .iter()
            .try_fold(dtype.size_in_bytes(), |n, &d| n.checked_mul(d));
        if to.checked_sub(from) != size {
            return Err(model_error(
                &shard.path,
                format!("tensor {name}: bytes {from} to {to} do not hold {dtype:?} of {shape:?}"),
            ));
        }
        let mut bytes = vec![0u8; to - from];
        let mut file = File::open(&shard.path).map_err(read_error(&shard.path))?;
        file.seek(SeekFrom::Start(shard.start + from as u64))
            .map_err(read_error(&shard.path))?;
        file.read_exact(&mut bytes)
            .map_err(read_error(&shard.path))?;
        let tensor = Tensor::from_raw_buffer(&bytes, dtype, shape, &Device::Cpu)
            .map_err(|e| model_error(&shard.path, format!("tensor {name}: {e}")))?;
        Ok(tensor.to_dtype(DType::F32)?)
    }

    fn read_int8(&self, parts: &[(&str, usize)], inner: usize) -> Result<PackedMatrix> {
        let dense = parts
            .iter()
            .map(|&(name, columns)| self.read(name, &[columns, inner]))
            .collect::<Result<Vec<_>>>()?;
        quantize(&dense, inner)
    }
}
