//! What a folder says of its tokenizer: `config.json`, `tokenizer_config.json`,
//! `special_tokens_map.json`.

use std::path::Path;

use serde_json::Value;

use crate::Result;
use crate::tokenizer::{failed, read};

/// The configuration of a tokenizer.
#[derive(Debug)]
pub(super) struct Config {
    tokenizer: Value,
    special: Value,
    /// `model_type` of `config.json`.
    pub model_type: String,
    /// `vocab_size` of `config.json`.
    pub vocab_size: Option<u64>,
}

impl Config {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let optional = |name: &str| {
            let path = folder.join(name);
            if path.is_file() {
                json(&path)
            } else {
                Ok(Value::Null)
            }
        };
        let model = optional("config.json")?;
        Ok(Self {
            tokenizer: optional("tokenizer_config.json")?,
            special: optional("special_tokens_map.json")?,
            model_type: model["model_type"].as_str().unwrap_or_default().to_owned(),
            vocab_size: model["vocab_size"].as_u64(),
        })
    }

    /// A setting of the tokenizer; null where there is none.
    pub(super) fn setting(&self, name: &str) -> &Value {
        &self.tokenizer[name]
    }

    /// The special token of a role such as `eos_token`.
    pub(super) fn special_token(&self, role: &str, default: &str) -> String {
        let given = [&self.tokenizer[role], &self.special[role]];
        let given = given.into_iter().find_map(content);
        given.unwrap_or_else(|| default.to_owned())
    }

    /// The special tokens without a role of their own.
    pub(super) fn additional_tokens(&self) -> Vec<String> {
        let names = ["extra_special_tokens", "additional_special_tokens"];
        let lists = [&self.tokenizer, &self.special].map(|v| names.map(|n| v[n].as_array()));
        let list = lists.into_iter().flatten().flatten().next();
        list.into_iter().flatten().filter_map(content).collect()
    }

    /// Every special token: those of the roles, each with its default, and the others.
    pub(super) fn all_special(&self, roles: &[(&str, &str)]) -> Vec<String> {
        let roles = roles.iter();
        let roles = roles.map(|(role, default)| self.special_token(role, default));
        roles.chain(self.additional_tokens()).collect()
    }
}

/// A token is given as a string or as an object around one.
fn content(token: &Value) -> Option<String> {
    let text = token.as_str().or_else(|| token["content"].as_str());
    text.map(str::to_owned)
}

/// Reads a file that holds one JSON object.
pub(super) fn json(path: &Path) -> Result<Value> {
    let value: Value =
        serde_json::from_slice(&read(path)?).map_err(|e| failed(path, e.to_string()))?;
    if !value.is_object() {
        return Err(failed(path, "it is not a JSON object"));
    }
    Ok(value)
}
