//! What must hold of a `tokenizer.json` before `tokenizers` may read it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::Result;
use crate::sentencepiece::Charsmap;

#[derive(Deserialize)]
struct File {
    normalizer: Option<Value>,
}

/// Checks compiled rules of normalisation, on which `tokenizers` panics where they are broken.
/// Everything else it checks itself.
pub(crate) fn check(bytes: &[u8]) -> Result<(), String> {
    let file: File = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let mut waiting = Vec::from_iter(file.normalizer);
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(values) => waiting.extend(values),
            Value::Object(map) => {
                if let Some(Value::String(rules)) = map.get("precompiled_charsmap") {
                    let rules = BASE64_STANDARD.decode(rules).map_err(|e| e.to_string())?;
                    Charsmap::new(&rules)?;
                }
                waiting.extend(map.into_iter().map(|(_, value)| value));
            }
            _ => {}
        }
    }
    Ok(())
}
