use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use super::cache::{Cache, files_below, names_in};
use super::files::needed_files;
use super::hash::Hashes;
use super::id::ModelId;
use crate::{Error, Result};

/// What was found out about a file in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its name in the repository.
    pub file: String,
    /// What is wrong with it, if it is not what the hub promised.
    pub problem: Option<String>,
}

impl Cache {
    /// Recomputes the hashes of all files of a model's revision, and compares them with those under
    /// which the hub delivered them; says what is missing, too. `file` names the weights where they
    /// are GGUF. `observer` hears of every file how much of it was read, of how much, and cancels by
    /// breaking. Opens no connection.
    ///
    /// # Errors
    /// [`Error::Hub`] if the model is not in the cache; [`Error::Read`]; [`Error::Cancelled`].
    pub fn verify(
        &self,
        id: &ModelId,
        file: Option<&str>,
        observer: &mut dyn FnMut(&str, u64, u64) -> ControlFlow<()>,
    ) -> Result<Vec<Verdict>> {
        let Some(snapshot) = self.snapshot(id) else {
            return Err(Error::Hub {
                model: id.to_string(),
                reason: format!("is not in the cache {}", self.folder().display()),
            });
        };
        let blobs = self.model(id).join("blobs");
        let mut verdicts = Vec::new();
        for path in files_below(&snapshot) {
            let name = path.strip_prefix(&snapshot).unwrap_or(&path);
            let name = name.to_string_lossy().replace('\\', "/");
            let problem = problem(&path, &blobs, &mut |done, all| observer(&name, done, all))?;
            verdicts.push(Verdict {
                file: name,
                problem,
            });
        }
        let names = names_in(&snapshot);
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        if let Err(missing) = needed_files(&names, file) {
            verdicts.push(Verdict {
                file: file.unwrap_or("the model").to_owned(),
                problem: Some(missing),
            });
        }
        Ok(verdicts)
    }
}

fn problem(
    path: &Path,
    blobs: &Path,
    observer: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Option<String>> {
    let target = fs::read_link(path).ok();
    let promise = target.as_deref().and_then(Path::file_name);
    let promise = promise.map(|name| name.to_string_lossy().into_owned());
    let all = match fs::metadata(path) {
        Ok(data) => data.len(),
        Err(_) => return Ok(Some("its content is missing".to_owned())),
    };
    let hashes = match Hashes::of(path, &mut |done| observer(done, all)) {
        Ok(Some(hashes)) => hashes,
        Ok(None) => return Err(Error::Cancelled),
        Err(source) => {
            let path = path.to_owned();
            return Err(Error::Read { path, source });
        }
    };
    let both = [("SHA-256", &hashes.sha256), ("git id", &hashes.git)];
    let Some(promise) = promise else {
        // Where there are no links, the file is a copy of a content.
        let known = both.iter().any(|(_, hash)| blobs.join(hash).exists());
        return Ok((!known).then(|| "the cache does not say what the hub promised".to_owned()));
    };
    let hash = both.iter().find(|(_, hash)| hash.len() == promise.len());
    Ok(match hash {
        Some((_, hash)) if **hash == promise => None,
        Some((kind, hash)) => Some(format!(
            "its {kind} is {hash}, the hub promised {promise} ({} bytes are here)",
            hashes.bytes
        )),
        None => Some(format!(
            "the hub promised {promise}, which is no hash that is known"
        )),
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    const GIT: &str = "ce013625030ba8dba906f756967f9e9ca394464a";
    const SHA256: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

    #[test]
    fn the_file_that_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("models--o--n");
        let snapshot = model.join("snapshots").join(COMMIT);
        for folder in ["refs", "blobs"].map(|name| model.join(name)) {
            fs::create_dir_all(folder).unwrap();
        }
        fs::create_dir_all(&snapshot).unwrap();
        fs::write(model.join("refs/main"), COMMIT).unwrap();
        for (blob, name) in [(GIT, "config.json"), (SHA256, "model.safetensors")] {
            fs::write(model.join("blobs").join(blob), "hello\n").unwrap();
            symlink(format!("../../blobs/{blob}"), snapshot.join(name)).unwrap();
        }
        let cache = Cache::new(folder.path());
        let wrong = || -> Vec<_> {
            let verdicts = cache.verify(&"o/n".parse().unwrap(), None, &mut |_, done, all| {
                assert!(done <= all);
                ControlFlow::Continue(())
            });
            let wrong = verdicts.unwrap().into_iter();
            wrong.filter_map(|v| Some((v.file, v.problem?))).collect()
        };
        assert_eq!(wrong(), []);

        fs::write(model.join("blobs").join(SHA256), "hellp\n").unwrap();
        let found = wrong();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "model.safetensors");
        assert!(found[0].1.contains(SHA256), "{found:?}");

        fs::remove_file(model.join("blobs").join(SHA256)).unwrap();
        fs::write(model.join("blobs").join(GIT), "").unwrap();
        let found = wrong();
        assert_eq!(found[0].0, "config.json");
        assert_eq!(found[1].1, "its content is missing");
        assert!(found[2].1.contains("no weights"), "{found:?}");
    }
}
