//! What the hub promises of a file: its hash.
//!
//! Small files are named by their id in git, the SHA-1 of a header with their length and of their
//! content. Large ones are stored beside git and named by the SHA-256 of their content; in git
//! stands a pointer to them, which states hash and length. So the id of the pointer is a promise of
//! the content, too.

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use sha1::{Digest, Sha1};
use sha2::Sha256;

/// The hashes of a file, as lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hashes {
    pub bytes: u64,
    pub git: String,
    pub sha256: String,
}

impl Hashes {
    /// Reads a file; `observer` hears how many bytes were read, and ends it by breaking.
    pub(super) fn of(
        path: &Path,
        observer: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> io::Result<Option<Self>> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let mut git = Sha1::new_with_prefix(format!("blob {bytes}\0"));
        let mut sha256 = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        let mut done = 0;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            git.update(&buffer[..read]);
            sha256.update(&buffer[..read]);
            done += read as u64;
            if observer(done).is_break() {
                return Ok(None);
            }
        }
        Ok(Some(Self {
            bytes: done,
            git: hex(&git.finalize()),
            sha256: hex(&sha256.finalize()),
        }))
    }

    /// The name of the content in the cache, if it is what stands in git under this id.
    #[cfg(feature = "hub")]
    pub(super) fn promised(&self, id: &str) -> Option<&str> {
        if self.git == id {
            return Some(&self.git);
        }
        (pointer_id(&self.sha256, self.bytes) == id).then_some(&self.sha256)
    }
}

/// The id in git of the pointer to a large file.
#[cfg(feature = "hub")]
pub(super) fn pointer_id(sha256: &str, bytes: u64) -> String {
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {bytes}\n");
    let header = format!("blob {}\0", pointer.len());
    hex(&Sha1::new_with_prefix(header)
        .chain_update(pointer)
        .finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `git hash-object` and `sha256sum` print.
    #[test]
    fn hashes_are_those_of_git_and_sha256() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hello\n").unwrap();
        let mut heard = Vec::new();
        let hashes = Hashes::of(file.path(), &mut |bytes| {
            heard.push(bytes);
            ControlFlow::Continue(())
        });
        let hashes = hashes.unwrap().unwrap();
        assert_eq!(hashes.git, "ce013625030ba8dba906f756967f9e9ca394464a");
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert_eq!(hashes.sha256, sha256);
        assert_eq!(heard, [6]);
        let cancelled = Hashes::of(file.path(), &mut |_| ControlFlow::Break(()));
        assert_eq!(cancelled.unwrap(), None);
    }

    /// What `git hash-object` prints for such a pointer.
    #[cfg(feature = "hub")]
    #[test]
    fn pointers_are_those_of_git_lfs() {
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert_eq!(
            pointer_id(sha256, 6),
            "fa61e1ef71c9908c0926776a4aa3504b3a27f159"
        );
        let hashes = Hashes {
            bytes: 6,
            git: "ce013625030ba8dba906f756967f9e9ca394464a".to_owned(),
            sha256: sha256.to_owned(),
        };
        assert_eq!(hashes.promised(&hashes.git), Some(hashes.git.as_str()));
        assert_eq!(hashes.promised(&pointer_id(sha256, 6)), Some(sha256));
        assert_eq!(hashes.promised(&pointer_id(sha256, 7)), None);
    }
}
