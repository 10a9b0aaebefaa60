//! The vocabulary in a GGUF file's metadata.

use candle_core::quantized::gguf_file::Value;
use khulasa_tokenizer::Tokenizer;

use crate::weights::Gguf;
use crate::{Error, Result};

/// Reads the vocabulary that a GGUF file carries.
pub(super) fn of_gguf(gguf: &Gguf) -> Result<Tokenizer> {
    let metadata = Metadata(gguf);
    let kind = match gguf.value("tokenizer.ggml.model") {
        Some(Value::String(kind)) => kind.as_str(),
        _ => return Err(metadata.error("there is no tokenizer.ggml.model".to_owned())),
    };
    let tokens = metadata.strings("tokens")?;
    let kinds = metadata.list("token_type", |v| v.to_i32())?;
    let scores = || metadata.list("scores", |v| v.to_f32());
    let flag = |name, default| metadata.flag(name, default);
    let origin = gguf.path();
    Ok(match kind {
        "llama" => {
            let space = flag("add_space_prefix", true)?;
            Tokenizer::from_gguf_llama(origin, tokens, &scores()?, &kinds, space)?
        }
        "t5" => {
            let charsmap = match gguf.value("tokenizer.ggml.precompiled_charsmap") {
                Some(_) => metadata.bytes("precompiled_charsmap")?,
                None => Vec::new(),
            };
            Tokenizer::from_gguf_t5(
                origin,
                tokens,
                &scores()?,
                &kinds,
                &charsmap,
                flag("add_space_prefix", true)?,
                flag("remove_extra_whitespaces", true)?,
            )?
        }
        "gpt2" => {
            let merges = metadata.strings("merges")?;
            let pre = match gguf.value("tokenizer.ggml.pre") {
                Some(Value::String(pre)) => pre.as_str(),
                _ => "default",
            };
            Tokenizer::from_gguf_gpt2(origin, &tokens, &merges, &kinds, pre)?
        }
        other => {
            return Err(metadata.error(format!(
                "vocabulary type {other:?} is not supported: this version reads llama, t5 and gpt2"
            )));
        }
    })
}

/// The keys below `tokenizer.ggml`.
struct Metadata<'a>(&'a Gguf);

impl Metadata<'_> {
    fn error(&self, reason: String) -> Error {
        Error::Model {
            path: self.0.path().to_owned(),
            reason,
        }
    }

    fn wrong(&self, name: &str) -> Error {
        self.error(format!(
            "tokenizer.ggml.{name} has a value of the wrong type"
        ))
    }

    fn list<T>(
        &self,
        name: &str,
        item: impl Fn(&Value) -> candle_core::Result<T>,
    ) -> Result<Vec<T>> {
        match self.0.value(&format!("tokenizer.ggml.{name}")) {
            Some(Value::Array(values)) => values
                .iter()
                .map(|v| item(v).map_err(|_| self.wrong(name)))
                .collect(),
            _ => Err(self.error(format!("there is no tokenizer.ggml.{name}"))),
        }
    }

    fn strings(&self, name: &str) -> Result<Vec<String>> {
        self.list(name, |v| v.to_string().cloned())
    }

    /// Bytes, which some writers take for signed ones.
    fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        self.list(name, |v| match v {
            Value::I8(byte) => Ok(*byte as u8),
            _ => v.to_u8(),
        })
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.0.value(&format!("tokenizer.ggml.{name}")) {
            Some(value) => value.to_bool().map_err(|_| self.wrong(name)),
            None => Ok(default),
        }
    }
}
