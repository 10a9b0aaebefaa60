//! Objects in JSON files, with errors that say which key is wrong.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The fields of an object, none of which must be there.
pub(crate) fn fields<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(object.clone())).map_err(|error| {
        let is_wrong = |(key, value): &(String, Value)| {
            let alone = Map::from_iter([(key.clone(), value.clone())]);
            serde_json::from_value::<T>(Value::Object(alone)).is_err()
        };
        match object.into_iter().find(is_wrong) {
            Some((key, _)) => format!("{key}: {error}"),
            None => error.to_string(),
        }
    })
}

/// One token or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "a token id or a list of them")]
pub(crate) enum OneOrMany {
    One(u32),
    Many(Vec<u32>),
}

impl OneOrMany {
    /// All of them.
    pub fn into_vec(self) -> Vec<u32> {
        match self {
            Self::One(token) => vec![token],
            Self::Many(tokens) => tokens,
        }
    }
}
