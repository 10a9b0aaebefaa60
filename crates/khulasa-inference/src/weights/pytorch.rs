//! PyTorch's own files (`.bin`): zip archives of a pickle and a file for each storage, or, from
//! before PyTorch 1.6, pickles with the storages behind them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use zip::{CompressionMethod, ZipArchive};

use super::pickle::{Input, Machine, Object, Stored};
use super::values::{Float, Values};
use super::{Shards, Weights, byte_size, check_shape, model_error, read_error};
use crate::Result;

/// The number with which files from before PyTorch 1.6 begin, as a pickle.
const OLD: &[u8; 15] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
/// How often the tensors of a file may share its values: those that are tied do.
const SHARING: u64 = 8;

/// What a file's parts are read as; the caller adds the file's path to a reason.
type Parsed<T> = std::result::Result<T, String>;

/// An open set of PyTorch files.
pub(crate) struct PyTorch {
    shards: Shards,
    contents: Vec<Contents>,
}

#[derive(Default)]
struct Contents {
    tensors: HashMap<String, Arc<Stored>>,
    storages: HashMap<String, Place>,
}

/// Where a storage stands in its file.
#[derive(Clone, Copy)]
struct Place {
    start: u64,
    bytes: u64,
}

impl PyTorch {
    /// Reads what the files say of their tensors.
    pub(super) fn open(shards: Shards) -> Result<Self> {
        let contents = shards.files.iter().map(|path| Contents::read(path));
        Ok(Self {
            contents: contents.collect::<Result<_>>()?,
            shards,
        })
    }

    fn find(&self, name: &str) -> Option<(&Path, &Contents, &Stored)> {
        let place = self.shards.place(name)?;
        let contents = &self.contents[place];
        let stored = contents.tensors.get(name)?;
        Some((&self.shards.files[place], contents, stored))
    }
}

impl Weights for PyTorch {
    fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Values> {
        let (path, contents, stored) = self
            .find(name)
            .ok_or_else(|| model_error(&self.shards.path, format!("tensor {name} is missing")))?;
        check_shape(path, name, &stored.shape, shape)?;
        let error = |reason: &str| model_error(path, format!("tensor {name}: {reason}"));
        let storage = &stored.storage;
        let dtype = match storage.class.as_str() {
            "FloatStorage" => Float::F32,
            "HalfStorage" => Float::F16,
            "BFloat16Storage" => Float::BF16,
            other => {
                return Err(error(&format!(
                    "its values are a {other}; Float, Half and BFloat16 can be read"
                )));
            }
        };
        let size = dtype.dtype().size_in_bytes() as u64;
        let place = contents
            .storages
            .get(&storage.key)
            .ok_or_else(|| error(&format!("its storage {} is missing", storage.key)))?;
        let available = storage.elements.min(place.bytes / size);
        let span = span(stored).filter(|span| {
            let end = stored.offset.checked_add(*span);
            end.is_some_and(|end| end <= available)
        });
        let count = byte_size(shape, dtype.dtype()).map(|bytes| bytes as u64 / size);
        let (Some(span), Some(true)) = (span, count.map(|n| n <= available)) else {
            return Err(error("it lies outside its storage"));
        };
        let start = place.start + stored.offset * size;
        let values = Values::in_file(path, name, start, dtype)?;
        if contiguous(stored) {
            return Ok(values);
        }
        gather(values, span as usize, stored)
            .map(|gathered| Values::in_memory(path, name, gathered))
    }
}

/// How many values of its storage a tensor reaches over.
fn span(tensor: &Stored) -> Option<u64> {
    if tensor.shape.len() != tensor.stride.len() {
        return None;
    }
    if tensor.shape.contains(&0) {
        return Some(0);
    }
    let mut pairs = tensor.shape.iter().zip(&tensor.stride);
    pairs.try_fold(1u64, |span, (&d, &stride)| {
        span.checked_add((d as u64 - 1).checked_mul(stride)?)
    })
}

/// Whether its values stand in row-major order without gaps.
fn contiguous(tensor: &Stored) -> bool {
    let mut expected = 1u64;
    tensor
        .shape
        .iter()
        .zip(&tensor.stride)
        .rev()
        .all(|(&d, &stride)| {
            let fits = d == 1 || stride == expected;
            expected = expected.saturating_mul(d as u64);
            fits
        })
}

/// Puts the values of a transposed or otherwise strided tensor into row-major order.
fn gather(mut values: Values, span: usize, tensor: &Stored) -> Result<Vec<f32>> {
    let mut from = vec![0f32; span];
    values.fill(&mut from)?;
    let count = tensor.shape.iter().product();
    let mut gathered = Vec::with_capacity(count);
    let mut index = vec![0usize; tensor.shape.len()];
    for _ in 0..count {
        let pairs = index.iter().zip(&tensor.stride);
        let at: u64 = pairs.map(|(&i, &stride)| i as u64 * stride).sum();
        gathered.push(from[at as usize]);
        for (i, &d) in index.iter_mut().zip(&tensor.shape).rev() {
            *i += 1;
            if *i < d {
                break;
            }
            *i = 0;
        }
    }
    Ok(gathered)
}

/// The bytes of a value in a storage of this type.
fn element_size(class: &str) -> Option<u64> {
    Some(match class {
        "DoubleStorage" | "LongStorage" | "ComplexFloatStorage" => 8,
        "FloatStorage" | "IntStorage" => 4,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
        "CharStorage" | "ByteStorage" | "BoolStorage" => 1,
        _ => return None,
    })
}

impl Contents {
    fn read(path: &Path) -> Result<Self> {
        let mut file = File::open(path).map_err(read_error(path))?;
        let size = file.metadata().map_err(read_error(path))?.len();
        let mut first = Vec::new();
        file.by_ref()
            .take(OLD.len() as u64)
            .read_to_end(&mut first)
            .map_err(read_error(path))?;
        file.seek(SeekFrom::Start(0)).map_err(read_error(path))?;
        let mut file = BufReader::new(file);
        let contents = if first == OLD {
            Self::read_old(&mut file, size)
        } else if first.starts_with(b"PK") {
            Self::read_zip(file, size)
        } else {
            Err("not a PyTorch file: convert it to safetensors".to_owned())
        };
        let contents = contents.map_err(|e| model_error(path, e))?;
        let claimed = contents.tensors.values().map(|t| {
            let element = element_size(&t.storage.class).unwrap_or(1);
            let count = t
                .shape
                .iter()
                .try_fold(element, |n, &d| n.checked_mul(d as u64));
            count.unwrap_or(u64::MAX)
        });
        let claimed = claimed.fold(0u64, u64::saturating_add);
        if claimed > size.saturating_mul(SHARING) {
            return Err(model_error(
                path,
                format!("its tensors claim {claimed} bytes of a file of {size}"),
            ));
        }
        Ok(contents)
    }

    fn read_zip(file: BufReader<File>, size: u64) -> Parsed<Self> {
        let text = |e: std::io::Error| e.to_string();
        let bad = |e: zip::result::ZipError| format!("not a readable zip archive: {e}");
        let mut archive = ZipArchive::new(file).map_err(bad)?;
        let (mut storages, mut pickle, mut order) = (HashMap::new(), None, None);
        for i in 0..archive.len() {
            let entry = archive.by_index_raw(i).map_err(bad)?;
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            let (start, bytes) = (entry.data_start(), entry.size());
            let Some(start) = start.filter(|s| s.checked_add(bytes).is_some_and(|end| end <= size))
            else {
                return Err(format!("cut short: {name} ends behind the end of the file"));
            };
            if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
                return Err(format!("{name} is compressed, which PyTorch never does"));
            }
            let place = Place { start, bytes };
            if let Some((_, key)) = name.rsplit_once("/data/") {
                storages.insert(key.to_owned(), place);
            } else if name.ends_with("/data.pkl") {
                pickle = Some(place);
            } else if name.ends_with("/byteorder") {
                order = Some(place);
            }
        }
        let mut file = archive.into_inner();
        if let Some(place) = order {
            let mut order = String::new();
            file.seek(SeekFrom::Start(place.start)).map_err(text)?;
            let mut part = file.by_ref().take(place.bytes.min(16));
            part.read_to_string(&mut order).map_err(text)?;
            if order != "little" {
                return Err(format!(
                    "its byte order is {order:?}: save it as safetensors"
                ));
            }
        }
        let place = pickle.ok_or("it has no data.pkl: it is not a PyTorch file")?;
        file.seek(SeekFrom::Start(place.start)).map_err(text)?;
        let mut machine = Machine::default();
        let state = machine
            .run(&mut Input::new(&mut file, place.bytes))
            .map_err(|e| format!("data.pkl: {e}"))?;
        Ok(Self {
            tensors: tensors(&machine, &state)?,
            storages,
        })
    }

    /// Reads the four pickles (the format's version, the machine's properties, the tensors, the
    /// storages' keys) and where the storages stand behind them.
    fn read_old(file: &mut BufReader<File>, size: u64) -> Parsed<Self> {
        let text = |e: std::io::Error| e.to_string();
        file.seek(SeekFrom::Start(OLD.len() as u64)).map_err(text)?;
        let mut input = Input::new(&mut *file, size - OLD.len() as u64);
        if !matches!(Machine::default().run(&mut input)?, Object::Int(1001)) {
            return Err("its version is not 1001".to_owned());
        }
        let mut system = Machine::default();
        let properties = system.run(&mut input)?;
        for property in system.dict(&properties) {
            if let (Object::Text(name), Object::Bool(false)) = property
                && &**name == "little_endian"
            {
                return Err("its byte order is big-endian: save it as safetensors".to_owned());
            }
        }
        let mut machine = Machine::default();
        let state = machine.run(&mut input)?;
        let tensors = tensors(&machine, &state)?;
        let mut keys = Machine::default();
        let list = keys.run(&mut input)?;
        let mut start = size - input.left();
        let mut storages = HashMap::new();
        for key in keys.list(&list) {
            let Object::Text(key) = key else {
                return Err("a storage's key is not text".to_owned());
            };
            let Some(storage) = machine.storages.get(&**key) else {
                return Err(format!("storage {key} belongs to no tensor"));
            };
            let element = element_size(&storage.class)
                .ok_or_else(|| format!("storage {key} is a {}", storage.class))?;
            // Each begins with its number of values.
            let mut count = [0; 8];
            file.seek(SeekFrom::Start(start)).map_err(text)?;
            file.read_exact(&mut count)
                .map_err(|_| format!("cut short before storage {key}"))?;
            start += 8;
            let bytes = storage.elements.checked_mul(element);
            let bytes = bytes.filter(|b| *b <= size.saturating_sub(start));
            let (Some(bytes), true) = (bytes, u64::from_le_bytes(count) == storage.elements) else {
                return Err(format!(
                    "cut short: storage {key} should have {} values",
                    storage.elements
                ));
            };
            storages.insert(key.to_string(), Place { start, bytes });
            start += bytes;
        }
        Ok(Self { tensors, storages })
    }
}

/// The tensors of a state dictionary by name.
fn tensors(machine: &Machine, state: &Object) -> Parsed<HashMap<String, Arc<Stored>>> {
    let mut tensors = HashMap::new();
    for (name, value) in machine.dict(state) {
        if let (Object::Text(name), Object::Tensor(tensor)) = (name, value)
            && tensors.insert(name.to_string(), tensor.clone()).is_some()
        {
            return Err(format!("tensor {name} occurs twice"));
        }
    }
    if tensors.is_empty() {
        return Err("there is no tensor in it: it is not a model's state dictionary".to_owned());
    }
    Ok(tensors)
}
