//! GGUF files, whole or in the shards that llama.cpp splits them into.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};

use super::values::Values;
use super::{
    Weights, check_shape, gguf_header, model_error, not_finite, quantize_parts, read_error,
};
use crate::Result;
use crate::kernels::{GGUF_BLOCK, PackedMatrix};

/// An open GGUF file with its shards.
pub(crate) struct Gguf {
    shards: Vec<Shard>,
    /// Llama's head dimension: llama.cpp interleaves the rows of this architecture's queries and
    /// keys, so that the two that rotate together are neighbours. They are read in the order that
    /// they had before, in which the halves of a head rotate together, as everywhere else.
    interleaved: Option<usize>,
    /// The bytes of the matrix that is being packed, one after the other.
    bytes: Mutex<Vec<u8>>,
}

struct Shard {
    path: PathBuf,
    content: Content,
    file: Mutex<BufReader<File>>,
}

impl Shard {
    fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(read_error(path))?;
        let size = file.metadata().map_err(read_error(path))?.len();
        let mut file = BufReader::new(file);
        let bad = |e: String| model_error(path, format!("not a readable GGUF file: {e}"));
        gguf_header::check(&mut file, size).map_err(bad)?;
        file.rewind().map_err(read_error(path))?;
        let content = Content::read(&mut file).map_err(|e| bad(e.to_string()))?;
        check_tensors(&content, size).map_err(|e| model_error(path, e))?;
        Ok(Self {
            path: path.to_owned(),
            content,
            file: Mutex::new(file),
        })
    }
}

impl Gguf {
    /// Opens a file; of a file named `…-00001-of-00003.gguf`, the other shards too.
    pub fn open(path: &Path) -> Result<Self> {
        let first = Shard::open(path)?;
        let mut shards = vec![first];
        let count = match shards[0].content.metadata.get("split.count") {
            Some(Value::U16(count)) => usize::from(*count),
            _ => 1,
        };
        if count > 1 {
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default();
            let stem = name
                .strip_suffix(&format!("-00001-of-{count:05}.gguf"))
                .ok_or_else(|| {
                    model_error(
                        path,
                        format!("it is one of {count} shards: name the first of them"),
                    )
                })?;
            for i in 2..=count {
                let shard = path.with_file_name(format!("{stem}-{i:05}-of-{count:05}.gguf"));
                shards.push(Shard::open(&shard)?);
            }
        }
        let interleaved = interleaved(&shards[0].content.metadata);
        Ok(Self {
            shards,
            interleaved,
            bytes: Mutex::default(),
        })
    }

    /// The first shard's path, for messages.
    pub fn path(&self) -> &Path {
        &self.shards[0].path
    }

    /// The file once more, for readers of their own.
    ///
    /// # Errors
    /// It is one of several shards.
    pub fn reopen(&self) -> Result<(Content, BufReader<File>)> {
        if self.shards.len() > 1 {
            return Err(model_error(
                self.path(),
                "this architecture is read from one file only: merge the shards",
            ));
        }
        let file = File::open(self.path()).map_err(read_error(self.path()))?;
        let mut file = BufReader::new(file);
        let content = Content::read(&mut file)
            .map_err(|e| model_error(self.path(), format!("not a readable GGUF file: {e}")))?;
        Ok((content, file))
    }

    /// A metadata value; they all stand in the first shard.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.shards[0].content.metadata.get(key)
    }

    fn find(&self, name: &str) -> Option<&Shard> {
        self.shards
            .iter()
            .find(|s| s.content.tensor_infos.contains_key(name))
    }

    /// The shard that has a tensor of this shape.
    fn shard(&self, name: &str, shape: &[usize]) -> Result<&Shard> {
        let shard = self
            .find(name)
            .ok_or_else(|| model_error(self.path(), format!("tensor {name} is missing")))?;
        let found = shard.content.tensor_infos[name].shape.dims();
        check_shape(&shard.path, name, found, shape)?;
        Ok(shard)
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<(&Shard, QTensor)> {
        let shard = self.shard(name, shape)?;
        let bad = |e| model_error(&shard.path, format!("tensor {name}: {e}"));
        let mut file = shard.file.lock().unwrap_or_else(PoisonError::into_inner);
        let tensor = shard
            .content
            .tensor(&mut *file, name, &Device::Cpu)
            .map_err(bad)?;
        let Some(dim) = self.interleaved_in(name) else {
            return Ok((shard, tensor));
        };
        let sorted = tensor
            .data()
            .and_then(|data| deinterleave(&data, tensor.shape().dims()[0], dim))
            .map_err(bad)?;
        let storage =
            QStorage::from_data(sorted.into(), &Device::Cpu, tensor.dtype()).map_err(bad)?;
        let tensor = QTensor::new(storage, tensor.shape().clone()).map_err(bad)?;
        Ok((shard, tensor))
    }

    /// Puts the bytes of a matrix behind `bytes`.
    fn append(&self, name: &str, shape: &[usize], bytes: &mut Vec<u8>) -> Result<GgmlDType> {
        let shard = self.shard(name, shape)?;
        let info = &shard.content.tensor_infos[name];
        let from = bytes.len();
        let count = shape.iter().product::<usize>() / info.ggml_dtype.block_size();
        // `check_tensors` found that the file is as long.
        bytes.resize(from + count * info.ggml_dtype.type_size(), 0);
        let place = SeekFrom::Start(shard.content.tensor_data_offset + info.offset);
        let mut file = shard.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(place)
            .and_then(|_| file.read_exact(&mut bytes[from..]))
            .map_err(read_error(&shard.path))?;
        if let Some(dim) = self.interleaved_in(name) {
            let sorted = deinterleave(&bytes[from..], shape[0], dim)
                .map_err(|e| model_error(&shard.path, format!("tensor {name}: {e}")))?;
            bytes[from..].copy_from_slice(&sorted);
        }
        Ok(info.ggml_dtype)
    }

    /// The dimension of the heads whose rows are interleaved in a tensor.
    fn interleaved_in(&self, name: &str) -> Option<usize> {
        let has = name.contains(".attn_q.") || name.contains(".attn_k.");
        self.interleaved.filter(|_| has)
    }
}

/// Whether every tensor lies in its file and they take no more than the file has.
fn check_tensors(content: &Content, size: u64) -> std::result::Result<(), String> {
    let available = size.saturating_sub(content.tensor_data_offset);
    let mut sum = 0u64;
    for (name, info) in &content.tensor_infos {
        let (block, bytes) = (info.ggml_dtype.block_size(), info.ggml_dtype.type_size());
        let mut dims = info.shape.dims().iter();
        let count = dims.try_fold(1usize, |n, &d| n.checked_mul(d));
        let bytes = count.and_then(|n| (n / block).checked_mul(bytes));
        let end = bytes.and_then(|bytes| info.offset.checked_add(bytes as u64));
        if end.is_none_or(|end| end > available) {
            return Err(format!(
                "tensor {name} ({:?} of {:?}) ends behind the end of the file",
                info.ggml_dtype,
                info.shape.dims()
            ));
        }
        sum = sum.saturating_add(bytes.unwrap_or_default() as u64);
    }
    if sum > available {
        return Err(format!(
            "its tensors claim {sum} bytes, and it has {available}: they overlap"
        ));
    }
    Ok(())
}

impl Weights for Gguf {
    fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Values> {
        let (shard, tensor) = self.tensor(name, shape)?;
        let values = tensor.dequantize(&Device::Cpu)?.flatten_all()?;
        Ok(Values::in_memory(&shard.path, name, values.to_vec1()?))
    }

    fn read_int8(&self, parts: &[(&str, usize)], inner: usize) -> Result<PackedMatrix> {
        let exact = |name: &str| {
            let info = self.find(name)?.content.tensor_infos.get(name)?;
            block_bytes(info.ggml_dtype)
        };
        if !inner.is_multiple_of(GGUF_BLOCK) || !parts.iter().all(|(name, _)| exact(name).is_some())
        {
            return quantize_parts(self, parts, inner);
        }
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.clear();
        let (mut packed, mut columns) = (Vec::new(), 0);
        for &(name, n) in parts {
            let from = bytes.len();
            let dtype = self.append(name, &[n, inner], &mut bytes)?;
            let size = block_bytes(dtype).unwrap_or(1);
            let mut scales = bytes[from..].chunks_exact(size).map(|b| [b[0], b[1]]);
            if !scales.all(|scale| half::f16::from_le_bytes(scale).is_finite()) {
                return Err(not_finite(&self.shard(name, &[n, inner])?.path, name));
            }
            packed.push(Part {
                columns: columns..columns + n,
                dtype,
                bytes: from..bytes.len(),
            });
            columns += n;
        }
        Ok(repack(&packed, &bytes, inner))
    }
}

/// The head dimension of a file of the architecture `llama`.
fn interleaved(metadata: &HashMap<String, Value>) -> Option<usize> {
    match metadata.get("general.architecture") {
        Some(Value::String(name)) if name == "llama" => {}
        _ => return None,
    }
    let number = |key: &str| metadata.get(&format!("llama.{key}"))?.to_u64().ok();
    let dim = number("attention.key_length")
        .or_else(|| number("embedding_length")?.checked_div(number("attention.head_count")?))?;
    usize::try_from(dim).ok()
}

/// Puts the rows of each head, of `dim` rows, from the order 0, dim/2, 1, dim/2 + 1, … into their
/// own order.
fn deinterleave(data: &[u8], rows: usize, dim: usize) -> candle_core::Result<Vec<u8>> {
    if rows == 0 || dim == 0 || !dim.is_multiple_of(2) || !rows.is_multiple_of(dim) {
        candle_core::bail!("its {rows} rows are no heads of {dim}");
    }
    let width = data.len() / rows;
    let mut sorted = Vec::with_capacity(data.len());
    for head in data.chunks_exact(dim * width) {
        for half in 0..2 {
            for pair in head.chunks_exact(2 * width) {
                sorted.extend_from_slice(&pair[half * width..][..width]);
            }
        }
    }
    Ok(sorted)
}

/// Rows of a matrix, as they stand in a file.
struct Part {
    columns: Range<usize>,
    dtype: GgmlDType,
    bytes: Range<usize>,
}

/// The size of a block of the types whose weights are `scale × integer`, exactly representable.
fn block_bytes(dtype: GgmlDType) -> Option<usize> {
    match dtype {
        GgmlDType::Q4_0 => Some(18),
        GgmlDType::Q5_0 => Some(22),
        GgmlDType::Q8_0 => Some(34),
        _ => None,
    }
}

/// Packs blocks of Q8_0, Q5_0 and Q4_0 without loss. The layouts are ggml's: a half-precision
/// scale, for Q5_0 32 high bits, then the integers; of 4-bit ones the low halves come first.
fn repack(parts: &[Part], bytes: &[u8], inner: usize) -> PackedMatrix {
    let columns = parts.last().map_or(0, |part| part.columns.end);
    let blocks = inner / GGUF_BLOCK;
    PackedMatrix::pack(columns, inner, |column, index, values| {
        let part = &parts[parts.partition_point(|part| part.columns.end <= column)];
        let size = block_bytes(part.dtype).unwrap_or_default();
        let at = ((column - part.columns.start) * blocks + index) * size;
        let block = &bytes[part.bytes.clone()][at..][..size];
        let scale = half::f16::from_le_bytes([block[0], block[1]]).to_f32();
        match part.dtype {
            GgmlDType::Q8_0 => {
                for (value, &byte) in values.iter_mut().zip(&block[2..]) {
                    *value = byte as i8;
                }
            }
            GgmlDType::Q5_0 => {
                let high = u32::from_le_bytes([block[2], block[3], block[4], block[5]]);
                for (i, &byte) in block[6..].iter().enumerate() {
                    let bit = |i: usize| (((high >> i) & 1) << 4) as i8;
                    values[i] = ((byte & 15) as i8 | bit(i)) - 16;
                    values[i + 16] = ((byte >> 4) as i8 | bit(i + 16)) - 16;
                }
            }
            _ => {
                for (i, &byte) in block[2..].iter().enumerate() {
                    values[i] = (byte & 15) as i8 - 8;
                    values[i + 16] = (byte >> 4) as i8 - 8;
                }
            }
        }
        scale
    })
}

#[cfg(test)]
mod tests {
    use candle_core::Tensor;

    use super::*;

    #[test]
    fn repacking_loses_nothing() {
        let (columns, inner) = (37, 64);
        let values: Vec<f32> = (0..columns * inner)
            .map(|i| ((i * 37 % 101) as f32).sin())
            .collect();
        let dense = Tensor::from_vec(values, (columns, inner), &Device::Cpu).unwrap();
        for dtype in [GgmlDType::Q4_0, GgmlDType::Q5_0, GgmlDType::Q8_0] {
            let tensor = QTensor::quantize(&dense, dtype).unwrap();
            let expected = tensor
                .dequantize(&Device::Cpu)
                .unwrap()
                .to_vec2::<f32>()
                .unwrap();
            let data = tensor.data().unwrap();
            let part = Part {
                columns: 0..columns,
                dtype,
                bytes: 0..data.len(),
            };
            let packed = repack(&[part], &data, inner);
            let mut row = vec![0.0; inner];
            for (column, expected) in expected.iter().enumerate() {
                packed.column(column, &mut row);
                assert_eq!(&row, expected, "{dtype:?} column {column}");
            }
        }
    }
}
