//! The files that a folder's weights are spread over.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use super::{model_error, read_error};
use crate::Result;

/// One file, or those that an index names.
pub(super) struct Shards {
    /// What names the tensors: the index or the only file.
    pub path: PathBuf,
    pub files: Vec<PathBuf>,
    /// By tensor, its place in `files`; without an index there is only one file.
    index: Option<HashMap<String, usize>>,
}

#[derive(serde::Deserialize)]
struct Index {
    weight_map: HashMap<String, String>,
}

impl Shards {
    /// Only one file.
    pub fn one(path: PathBuf) -> Self {
        Self {
            files: vec![path.clone()],
            path,
            index: None,
        }
    }

    /// Looks in a folder for a file, or for the index of its shards.
    pub fn find(folder: &Path, name: &str) -> Result<Option<Self>> {
        let path = folder.join(name);
        if path.exists() {
            return Ok(Some(Self::one(path)));
        }
        let path = folder.join(format!("{name}.index.json"));
        if !path.exists() {
            return Ok(None);
        }
        let json = std::fs::read(&path).map_err(read_error(&path))?;
        let map = serde_json::from_slice::<Index>(&json)
            .map_err(|e| model_error(&path, format!("not a readable index: {e}")))?
            .weight_map;
        let names: BTreeSet<&String> = map.values().collect();
        let mut files = Vec::new();
        for name in &names {
            let mut parts = Path::new(name).components();
            let plain = matches!(parts.next(), Some(Component::Normal(_)));
            if !plain || parts.next().is_some() {
                return Err(model_error(
                    &path,
                    format!("it names the shard {name:?}, which is not a file beside it"),
                ));
            }
            files.push(folder.join(name));
        }
        let places: HashMap<_, _> = names.iter().zip(0..).collect();
        let index = map
            .iter()
            .filter_map(|(tensor, file)| Some((tensor.clone(), *places.get(&file)?)))
            .collect();
        Ok(Some(Self {
            path,
            files,
            index: Some(index),
        }))
    }

    /// The place of the file that has a tensor, if any may have it.
    pub fn place(&self, tensor: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(tensor).copied(),
            None => Some(0),
        }
    }
}
