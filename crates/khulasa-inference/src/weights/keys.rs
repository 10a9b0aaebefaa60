//! The metadata of GGUF files under the keys of llama.cpp.

use candle_core::quantized::gguf_file::Value;

use super::Gguf;

/// The metadata under an architecture's name.
pub(crate) struct Keys<'a> {
    pub gguf: &'a Gguf,
    pub architecture: &'a str,
}

impl Keys<'_> {
    /// The whole key.
    pub fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    /// A value.
    pub fn find(&self, name: &str) -> Option<&Value> {
        self.gguf.value(&self.key(name))
    }

    /// A size.
    pub fn number(&self, name: &str) -> Result<Option<usize>, String> {
        let Some(value) = self.find(name) else {
            return Ok(None);
        };
        let wrong = |e: String| format!("{}: {e}", self.key(name));
        let value = value.to_u64().map_err(|e| wrong(e.to_string()))?;
        Ok(Some(
            usize::try_from(value).map_err(|e| wrong(e.to_string()))?,
        ))
    }

    /// A size that must be there.
    pub fn needed(&self, name: &str) -> Result<usize, String> {
        self.number(name)?
            .ok_or_else(|| format!("the key {} is missing", self.key(name)))
    }

    /// A real number, which some writers store as an integer.
    pub fn real(&self, name: &str) -> Result<Option<f64>, String> {
        let Some(value) = self.find(name) else {
            return Ok(None);
        };
        if let Ok(value) = value.to_u64() {
            return Ok(Some(value as f64));
        }
        match value.to_f32() {
            Ok(value) => Ok(Some(f64::from(value))),
            Err(e) => Err(format!("{}: {e}", self.key(name))),
        }
    }
}
