//! A look at a GGUF file's metadata before candle reads it: candle trusts the alignment, and
//! takes 32 bytes of memory for an array's every value, be it a byte in the file.

use std::io::{BufReader, Read, Seek};

use candle_core::quantized::gguf_file::Value;

/// Memory that metadata may take even if the file is smaller.
const FREE: u64 = 16 << 20;
/// How deep arrays lie in each other; llama.cpp knows no arrays of arrays.
const MAX_DEPTH: usize = 4;

const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// Checks the metadata of a file of `size` bytes from its beginning.
pub(super) fn check(reader: &mut BufReader<impl Read + Seek>, size: u64) -> Result<(), String> {
    let mut scan = Scan {
        reader,
        at: 0,
        size,
        wide: true,
        values: 0,
    };
    scan.magic()?;
    let (_tensors, entries) = (scan.length()?, scan.length()?);
    for _ in 0..entries {
        let length = scan.length()?;
        if length > 1 << 16 {
            return Err(format!("a metadata key of {length} bytes"));
        }
        let mut key = vec![0; length as usize];
        scan.bytes(&mut key)?;
        let kind = scan.u32()?;
        if key == b"general.alignment" {
            let mut value = [0; 8];
            let width = width(kind).filter(|_| kind != ARRAY).unwrap_or(0);
            scan.bytes(&mut value[..width as usize])?;
            if !u64::from_le_bytes(value).is_power_of_two() {
                return Err("general.alignment is not a power of two".to_owned());
            }
        } else {
            let key = String::from_utf8_lossy(&key).into_owned();
            scan.skip(kind, 0).map_err(|e| format!("{key}: {e}"))?;
        }
    }
    Ok(())
}

struct Scan<'a, R> {
    reader: &'a mut BufReader<R>,
    /// Where the reader stands.
    at: u64,
    size: u64,
    /// Whether lengths have 64 bits, as since version 2.
    wide: bool,
    /// Values seen in arrays.
    values: u64,
}

/// The bytes of a value whose type alone says how many.
fn width(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

impl<R: Read + Seek> Scan<'_, R> {
    fn bytes(&mut self, into: &mut [u8]) -> Result<(), String> {
        self.at += into.len() as u64;
        self.reader.read_exact(into).map_err(|e| e.to_string())
    }

    fn u32(&mut self) -> Result<u32, String> {
        let mut bytes = [0; 4];
        self.bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn length(&mut self) -> Result<u64, String> {
        let low = u64::from(self.u32()?);
        let high = if self.wide { u64::from(self.u32()?) } else { 0 };
        Ok(high << 32 | low)
    }

    fn magic(&mut self) -> Result<(), String> {
        let mut magic = [0; 4];
        self.bytes(&mut magic)?;
        match (&magic, self.u32()?) {
            (b"GGUF", version @ 1..=3) => self.wide = version > 1,
            (b"GGUF", version) => return Err(format!("version {version} is not known")),
            _ => return Err("it does not begin with GGUF".to_owned()),
        }
        Ok(())
    }

    fn jump(&mut self, bytes: Option<u64>) -> Result<(), String> {
        let to = bytes
            .and_then(|bytes| self.at.checked_add(bytes))
            .filter(|to| *to <= self.size)
            .ok_or("it ends behind the end of the file")?;
        let step = i64::try_from(to - self.at).map_err(|e| e.to_string())?;
        self.at = to;
        // What is buffered stays so.
        self.reader.seek_relative(step).map_err(|e| e.to_string())
    }

    fn skip(&mut self, kind: u32, depth: usize) -> Result<(), String> {
        match kind {
            STRING => {
                let length = self.length()?;
                self.jump(Some(length))
            }
            ARRAY if depth == MAX_DEPTH => Err("arrays lie too deep in each other".to_owned()),
            ARRAY => {
                let (kind, count) = (self.u32()?, self.length()?);
                self.values = self.values.saturating_add(count);
                let memory = self.values.saturating_mul(size_of::<Value>() as u64);
                if memory > self.size.max(FREE) {
                    return Err(format!("an array of {count} values"));
                }
                match width(kind) {
                    Some(width) => self.jump(count.checked_mul(width)),
                    None => (0..count).try_for_each(|_| self.skip(kind, depth + 1)),
                }
            }
            _ => {
                let width = width(kind).ok_or_else(|| format!("a value of type {kind}"))?;
                self.jump(Some(width))
            }
        }
    }
}
