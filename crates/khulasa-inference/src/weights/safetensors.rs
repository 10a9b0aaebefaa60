//! safetensors files: one, or the shards that an index names.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use super::values::{Float, Values};
use super::{Shards, Weights, check_shape, model_error, read_error};
use crate::Result;

/// The longest header that is read; the format itself says 100 MB.
const MAX_HEADER: u64 = 100_000_000;

/// An open set of safetensors files.
pub(crate) struct Safetensors {
    shards: Shards,
    headers: Vec<Header>,
}

struct Header {
    metadata: Metadata,
    /// Where the tensors' bytes begin.
    start: u64,
}

impl Header {
    fn read(path: &Path) -> Result<Self> {
        let mut file = File::open(path).map_err(read_error(path))?;
        let size = file.metadata().map_err(read_error(path))?.len();
        let mut length = [0u8; 8];
        file.read_exact(&mut length).map_err(read_error(path))?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER || length > size.saturating_sub(8) {
            return Err(model_error(
                path,
                format!("its header claims {length} bytes of a file of {size}"),
            ));
        }
        let mut header = vec![0u8; length as usize];
        file.read_exact(&mut header).map_err(read_error(path))?;
        // This also checks that the tensors stand one after the other and have the sizes of their
        // shapes.
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|e| model_error(path, format!("not a readable safetensors header: {e}")))?;
        let start = 8 + length;
        let (tensors, left) = (metadata.tensors(), size - start);
        let cut = |info: &&TensorInfo| info.data_offsets.1 as u64 > left;
        if let Some((name, info)) = tensors.iter().find(|(_, info)| cut(info)) {
            return Err(model_error(
                path,
                format!(
                    "cut short: tensor {name} ends at byte {}, and there are {left}",
                    info.data_offsets.1
                ),
            ));
        }
        Ok(Self { metadata, start })
    }
}

impl Safetensors {
    /// Reads the headers.
    pub(super) fn open(shards: Shards) -> Result<Self> {
        let headers = shards.files.iter().map(|path| Header::read(path));
        Ok(Self {
            headers: headers.collect::<Result<_>>()?,
            shards,
        })
    }

    fn find(&self, name: &str) -> Option<(&PathBuf, &Header, &TensorInfo)> {
        let place = self.shards.place(name)?;
        let header = &self.headers[place];
        Some((
            &self.shards.files[place],
            header,
            header.metadata.info(name)?,
        ))
    }
}

#[cfg(test)]
impl Safetensors {
    /// Opens one file.
    pub fn open_file(path: &Path) -> Result<Self> {
        Self::open(Shards::one(path.to_owned()))
    }
}

impl Weights for Safetensors {
    fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Values> {
        let (path, header, info) = self
            .find(name)
            .ok_or_else(|| model_error(&self.shards.path, format!("tensor {name} is missing")))?;
        check_shape(path, name, &info.shape, shape)?;
        let dtype = match info.dtype {
            Dtype::F32 => Float::F32,
            Dtype::F16 => Float::F16,
            Dtype::BF16 => Float::BF16,
            other => {
                return Err(model_error(
                    path,
                    format!("tensor {name} has the type {other:?}; F32, F16 and BF16 can be read"),
                ));
            }
        };
        let start = header.start + info.data_offsets.0 as u64;
        Values::in_file(path, name, start, dtype)
    }
}
