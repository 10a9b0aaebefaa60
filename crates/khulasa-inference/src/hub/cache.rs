use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::needed_files;
use super::id::ModelId;
use crate::{Error, Result};

/// The folder in which models from the hub are kept, in the layout of the hub's Python library:
/// `models--OWNER--NAME` with `blobs` (contents, named by their hash), `refs` (revisions, naming a
/// commit) and `snapshots` (a folder of links a commit). Looking into it opens no connection.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

/// A repository in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedModel {
    /// Its name, without a revision.
    pub id: ModelId,
    /// Its folder in the cache.
    pub folder: PathBuf,
    /// The revisions that are there, by name.
    pub revisions: Vec<String>,
    /// What it takes on the disk, in bytes.
    pub bytes: u64,
}

impl Cache {
    /// The cache in this folder, which need not exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder with a model's files, if all that are needed are there. `file` names the
    /// weights where they are GGUF.
    pub fn find(&self, id: &ModelId, file: Option<&str>) -> Option<PathBuf> {
        let snapshot = self.snapshot(id)?;
        let names = names_in(&snapshot);
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let needed = needed_files(&names, file).ok()?;
        let shards_missing = needed
            .iter()
            .filter(|name| name.ends_with(".index.json"))
            .any(|index| {
                !shards(&snapshot.join(index)).is_some_and(|shards| {
                    shards.iter().all(|shard| names.contains(&shard.as_str()))
                })
            });
        (!shards_missing).then_some(snapshot)
    }

    /// The folder of a model's revision, whatever is in it.
    pub fn snapshot(&self, id: &ModelId) -> Option<PathBuf> {
        let model = self.model(id);
        let revision = id.revision();
        let commit = match is_commit(revision) {
            true => revision.to_owned(),
            false => {
                let commit = fs::read_to_string(model.join("refs").join(revision)).ok()?;
                let commit = commit.trim();
                // It becomes a path.
                is_commit(commit).then(|| commit.to_owned())?
            }
        };
        let snapshot = model.join("snapshots").join(commit);
        snapshot.is_dir().then_some(snapshot)
    }

    /// The models that are there, by name.
    pub fn models(&self) -> Vec<CachedModel> {
        let mut models: Vec<_> = entries(&self.folder)
            .filter_map(|entry| {
                let folder = entry.path();
                let id = ModelId::of_folder(entry.file_name().to_str()?)?;
                let mut revisions = BTreeMap::new();
                let refs = folder.join("refs");
                for path in files_below(&refs) {
                    if let (Ok(name), Ok(commit)) =
                        (path.strip_prefix(&refs), fs::read_to_string(&path))
                    {
                        let name = name.to_string_lossy().replace('\\', "/");
                        revisions.insert(name, commit.trim().to_owned());
                    }
                }
                let commits = entries(&folder.join("snapshots"));
                for commit in commits.filter_map(|e| e.file_name().into_string().ok()) {
                    if revisions.values().all(|known| *known != commit) {
                        revisions.insert(commit.clone(), commit);
                    }
                }
                let bytes = files_below(&folder).into_iter().filter_map(|path| {
                    let data = fs::symlink_metadata(path).ok()?;
                    data.is_file().then_some(data.len())
                });
                let bytes = bytes.sum();
                Some(CachedModel {
                    id,
                    revisions: revisions.into_keys().collect(),
                    bytes,
                    folder,
                })
            })
            .collect();
        models.sort_by_key(|model| model.id.repository());
        models
    }

    /// Removes a model in all its revisions, and says how many bytes that freed.
    ///
    /// # Errors
    /// [`Error::Hub`] if it is not there or being fetched; [`Error::Write`].
    pub fn remove(&self, id: &ModelId) -> Result<u64> {
        let hub = |reason: String| Error::Hub {
            model: id.to_string(),
            reason,
        };
        let cached = self.models();
        let Some(model) = cached.iter().find(|model| model.id.same_repository(id)) else {
            return Err(hub(format!(
                "is not in the cache {}, so there is nothing to remove",
                self.folder.display()
            )));
        };
        let lock = self.lock_file(id)?;
        if lock.try_lock().is_err() {
            return Err(hub("is being fetched by another process".to_owned()));
        }
        fs::remove_dir_all(&model.folder).map_err(write_error(&model.folder))?;
        Ok(model.bytes)
    }

    /// The folder of a model.
    pub(super) fn model(&self, id: &ModelId) -> PathBuf {
        self.folder.join(id.folder())
    }

    /// The file that whoever changes a model holds locked.
    pub(super) fn lock_file(&self, id: &ModelId) -> Result<fs::File> {
        let folder = self.folder.join(".locks").join(id.folder());
        fs::create_dir_all(&folder).map_err(write_error(&folder))?;
        let path = folder.join("khulasa.lock");
        fs::File::create(&path).map_err(write_error(&path))
    }
}

/// Whether it is the full name of a commit.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn write_error(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Write { path, source }
}

/// The paths of the files in a folder whose contents are there, relative to it.
pub(super) fn names_in(folder: &Path) -> Vec<String> {
    let relative = |path: PathBuf| {
        let name = path.strip_prefix(folder).ok()?.to_str()?;
        path.is_file().then(|| name.replace('\\', "/"))
    };
    files_below(folder)
        .into_iter()
        .filter_map(relative)
        .collect()
}

/// Everything below a folder that is no folder, dangling links included, in order.
pub(super) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in entries(&folder) {
            // Links to folders are not followed, so that this ends.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => files.push(entry.path()),
            }
        }
    }
    files.sort();
    files
}

fn entries(folder: &Path) -> impl Iterator<Item = fs::DirEntry> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

/// The files that an index of sharded weights names.
fn shards(index: &Path) -> Option<Vec<String>> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let index: Index = serde_json::from_slice(&fs::read(index).ok()?).ok()?;
    Some(index.weight_map.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn cache(revision: &str, files: &[(&str, &str)]) -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("models--o--n");
        let reference = model.join("refs").join(revision);
        fs::create_dir_all(reference.parent().unwrap()).unwrap();
        fs::write(reference, COMMIT).unwrap();
        let snapshot = model.join("snapshots").join(COMMIT);
        fs::create_dir_all(&snapshot).unwrap();
        for (name, content) in files {
            fs::write(snapshot.join(name), content).unwrap();
        }
        let cache = Cache::new(folder.path());
        (folder, cache)
    }

    fn id(text: &str) -> ModelId {
        text.parse().unwrap()
    }

    #[test]
    fn models_are_found_by_revision_and_commit() {
        let files = [("config.json", "{}"), ("model.safetensors", "12345")];
        let (folder, cache) = cache("refs/pr/6", &files);
        let snapshot = folder.path().join("models--o--n/snapshots").join(COMMIT);
        for name in ["o/n@refs/pr/6", &format!("o/n@{COMMIT}")] {
            assert_eq!(cache.find(&id(name), None), Some(snapshot.clone()));
        }
        for name in ["o/n", "o/m@refs/pr/6"] {
            assert_eq!(cache.find(&id(name), None), None);
        }
        let models = cache.models();
        assert_eq!(models.len(), 1);
        assert_eq!(models[0].revisions, ["refs/pr/6"]);
        assert_eq!(models[0].bytes, 7 + 40);
    }

    #[test]
    fn what_is_incomplete_is_not_found() {
        let config = ("config.json", "{}");
        let index = |shards: &str| format!(r#"{{"weight_map": {{{shards}}}}}"#);
        let both = index(
            r#""a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors""#,
        );
        let index = ("model.safetensors.index.json", both.as_str());
        let first = ("model-00001-of-00002.safetensors", "1");
        let second = ("model-00002-of-00002.safetensors", "2");
        for (files, found) in [
            (&[config][..], false),
            (&[config, index, first], false),
            (&[config, index, first, second], true),
        ] {
            let (_folder, cache) = cache("main", files);
            assert_eq!(cache.find(&id("o/n"), None).is_some(), found, "{files:?}");
            assert_eq!(cache.find(&id("o/n"), Some("x.gguf")), None);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_without_its_content_is_no_file() {
        let (folder, cache) = cache("main", &[("config.json", "{}")]);
        let snapshot = folder.path().join("models--o--n/snapshots").join(COMMIT);
        std::os::unix::fs::symlink("../../blobs/none", snapshot.join("model.safetensors")).unwrap();
        assert_eq!(cache.find(&id("o/n"), None), None);
    }

    #[test]
    fn a_reference_cannot_lead_out_of_the_cache() {
        let (folder, cache) = cache("main", &[("config.json", "{}")]);
        fs::write(folder.path().join("models--o--n/refs/main"), "../../..").unwrap();
        assert_eq!(cache.snapshot(&id("o/n")), None);
    }

    #[test]
    fn one_model_is_removed() {
        let (folder, cache) = cache("main", &[("config.json", "{}")]);
        fs::create_dir_all(folder.path().join("models--o--other/blobs")).unwrap();
        assert_eq!(cache.remove(&id("o/n")).unwrap(), 42);
        let left: Vec<_> = cache.models().into_iter().map(|m| m.id).collect();
        assert_eq!(left, [id("o/other")]);
        let error = cache.remove(&id("o/n")).unwrap_err().to_string();
        assert!(error.contains("nothing to remove"), "{error}");
    }
}
