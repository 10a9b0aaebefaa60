//! A tensor's values on their way from a file to memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::DType;

use super::{not_finite, read_error};
use crate::Result;

/// Bytes that are read at once.
const PIECE: usize = 1 << 18;

/// The values of one tensor, to be read once, in order, as f32.
pub(crate) struct Values {
    path: PathBuf,
    name: String,
    source: Source,
}

enum Source {
    File { file: File, dtype: Float },
    Memory(std::vec::IntoIter<f32>),
}

/// The types that values have in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Float {
    F32,
    F16,
    BF16,
}

impl Float {
    pub fn dtype(self) -> DType {
        match self {
            Float::F32 => DType::F32,
            Float::F16 => DType::F16,
            Float::BF16 => DType::BF16,
        }
    }
}

impl Values {
    /// Values that stand one after the other in a file, little-endian, from `start`.
    pub(super) fn in_file(path: &Path, name: &str, start: u64, dtype: Float) -> Result<Self> {
        let mut file = File::open(path).map_err(read_error(path))?;
        file.seek(SeekFrom::Start(start))
            .map_err(read_error(path))?;
        Ok(Self {
            path: path.to_owned(),
            name: name.to_owned(),
            source: Source::File { file, dtype },
        })
    }

    /// Values that have been read already.
    pub fn in_memory(path: &Path, name: &str, values: Vec<f32>) -> Self {
        Self {
            path: path.to_owned(),
            name: name.to_owned(),
            source: Source::Memory(values.into_iter()),
        }
    }

    /// Reads the next values.
    ///
    /// # Errors
    /// [`Error::Read`](crate::Error::Read) if the file ends,
    /// [`Error::Model`](crate::Error::Model) if a value is not a finite number.
    pub fn fill(&mut self, into: &mut [f32]) -> Result<()> {
        match &mut self.source {
            Source::Memory(values) => {
                for (to, from) in into.iter_mut().zip(values.by_ref()) {
                    *to = from;
                }
            }
            Source::File { file, dtype } => {
                let size = dtype.dtype().size_in_bytes();
                let mut bytes = vec![0u8; PIECE.min(into.len() * size)];
                for into in into.chunks_mut(PIECE / size) {
                    let bytes = &mut bytes[..into.len() * size];
                    file.read_exact(bytes).map_err(|source| {
                        let at = format!("tensor {}: {source}", self.name);
                        read_error(&self.path)(std::io::Error::new(source.kind(), at))
                    })?;
                    decode(*dtype, bytes, into);
                }
            }
        }
        if into.iter().all(|v| v.is_finite()) {
            return Ok(());
        }
        Err(not_finite(&self.path, &self.name))
    }
}

fn decode(dtype: Float, bytes: &[u8], into: &mut [f32]) {
    match dtype {
        Float::F32 => {
            for (to, from) in into.iter_mut().zip(bytes.as_chunks().0) {
                *to = f32::from_le_bytes(*from);
            }
        }
        Float::F16 => {
            for (to, from) in into.iter_mut().zip(bytes.as_chunks().0) {
                *to = half::f16::from_le_bytes(*from).to_f32();
            }
        }
        Float::BF16 => {
            for (to, from) in into.iter_mut().zip(bytes.as_chunks().0) {
                *to = half::bf16::from_le_bytes(*from).to_f32();
            }
        }
    }
}
