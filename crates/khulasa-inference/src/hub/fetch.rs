use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::StreamExt;

use super::cache::{Cache, is_commit, write_error};
use super::client::{Hub, HubFile, Listing};
use super::failure::{Failure, Retries};
use super::hash::{Hashes, pointer_id};
use crate::{Error, Result};

/// How often the observer is asked while nothing happens.
const TICK: Duration = Duration::from_millis(100);

/// What is heard while a model is fetched.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Another process is fetching the model; this one waits for it.
    Locked,
    /// So many bytes of a file are here.
    Progress {
        /// The file.
        file: &'a str,
        /// The bytes that are here.
        done: u64,
        /// All its bytes.
        bytes: u64,
    },
    /// A file is here, and is what the hub promised.
    Done {
        /// The file.
        file: &'a str,
        /// All its bytes.
        bytes: u64,
    },
    /// Something went wrong, and is tried again after a pause.
    Retry {
        /// The file.
        file: &'a str,
        /// What went wrong.
        reason: &'a str,
        /// How long it waits.
        pause: Duration,
    },
    /// Nothing has happened for a moment.
    Tick,
}

type Observer<'a> = dyn FnMut(Event<'_>) -> ControlFlow<()> + 'a;

/// Why the bytes of a file did not come.
enum Broken {
    Network(Failure),
    Error(Error),
}

impl Hub {
    /// Fetches the files of a listing that are not in the cache, and returns their folder. What was
    /// left half done, by this or another process, is continued; every file is checked against what
    /// the hub promised before it is used. The revision is named in the cache when all is there.
    /// `observer` cancels by breaking; what has come until then is kept.
    ///
    /// # Errors
    /// [`Error::Hub`] where the hub or the network fails for good; [`Error::Write`];
    /// [`Error::Cancelled`].
    pub fn fetch(&self, listing: &Listing, observer: &mut Observer<'_>) -> Result<PathBuf> {
        let cache = Cache::new(&self.settings.cache);
        let lock = cache.lock_file(&listing.id)?;
        if lock.try_lock().is_err() {
            hear(observer, Event::Locked)?;
            while lock.try_lock().is_err() {
                pause(TICK, observer)?;
            }
        }
        let model = cache.model(&listing.id);
        let snapshot = model.join("snapshots").join(&listing.commit);
        for file in &listing.files {
            let link = snapshot.join(&file.name);
            // A damaged file is fetched again; `verify` finds those of the right size.
            if fs::metadata(&link).is_ok_and(|data| data.len() == file.bytes) {
                hear(observer, done(file))?;
                continue;
            }
            let blob = self.blob(listing, file, &model.join("blobs"), observer)?;
            place(&blob, &link)?;
            hear(observer, done(file))?;
        }
        let revision = listing.id.revision();
        if !is_commit(revision) {
            write(
                &model.join("refs").join(revision),
                listing.commit.as_bytes(),
            )?;
        }
        Ok(snapshot)
    }

    /// The content of a file, which is here already or fetched.
    fn blob(
        &self,
        listing: &Listing,
        file: &HubFile,
        blobs: &Path,
        observer: &mut Observer<'_>,
    ) -> Result<PathBuf> {
        fs::create_dir_all(blobs).map_err(write_error(blobs))?;
        if let Some(blob) = known_blob(blobs, file) {
            return Ok(blob);
        }
        let partial = blobs.join(format!("{}.incomplete", file.git));
        let mut fresh = !partial.exists();
        loop {
            self.bytes(listing, file, &partial, observer)?;
            let hashes = Hashes::of(&partial, &mut |_| observer(Event::Tick));
            let hashes = hashes
                .map_err(write_error(&partial))?
                .ok_or(Error::Cancelled)?;
            if let Some(name) = hashes.promised(&file.git) {
                let blob = blobs.join(name);
                fs::rename(&partial, &blob).map_err(write_error(&blob))?;
                return Ok(blob);
            }
            fs::remove_file(&partial).map_err(write_error(&partial))?;
            if fresh {
                return Err(Error::Hub {
                    model: listing.id.to_string(),
                    reason: format!(
                        "{} came with other content than the hub promised (git id {}, or a pointer \
                         to it): something on the way damages it. Try again",
                        file.name, file.git
                    ),
                });
            }
            // What was continued may have been damaged before.
            fresh = true;
        }
    }

    /// Fetches the bytes of a file that are not yet in `partial`.
    fn bytes(
        &self,
        listing: &Listing,
        file: &HubFile,
        partial: &Path,
        observer: &mut Observer<'_>,
    ) -> Result<()> {
        let mut options = OpenOptions::new();
        let out = options.append(true).create(true).open(partial);
        let mut out = out.map_err(write_error(partial))?;
        let here = |out: &File| match out.metadata() {
            Ok(data) => Ok(data.len()),
            Err(error) => Err(write_error(partial)(error)),
        };
        let mut retries = Retries::default();
        loop {
            let start = match here(&out)? {
                start if start > file.bytes => {
                    out.set_len(0).map_err(write_error(partial))?;
                    0
                }
                start => start,
            };
            hear(observer, progress(file, start))?;
            if start == file.bytes {
                return Ok(());
            }
            let copied = self
                .runtime
                .block_on(self.copy(listing, file, start, &mut out, observer));
            let failure = match copied {
                Ok(()) => Failure::passing("the hub sent fewer bytes than it promised"),
                Err(Broken::Error(error)) => return Err(error),
                Err(Broken::Network(failure)) => failure,
            };
            match here(&out)? {
                end if end == file.bytes => continue,
                end if end > start => retries.reset(),
                _ => {}
            }
            let reason = failure.reason().to_owned();
            let wait = failure.again(&mut retries, &listing.id)?;
            let event = Event::Retry {
                file: &file.name,
                reason: &reason,
                pause: wait,
            };
            hear(observer, event)?;
            pause(wait, observer)?;
        }
    }

    /// Appends the bytes of a file from `start` on.
    async fn copy(
        &self,
        listing: &Listing,
        file: &HubFile,
        start: u64,
        out: &mut File,
        observer: &mut Observer<'_>,
    ) -> std::result::Result<(), Broken> {
        let network = |error| Broken::Network(Failure::of(error, &listing.id, &self.settings));
        let model = self.client.model(listing.id.owner(), listing.id.name());
        let (length, mut stream) = model
            .download_file_stream()
            .filename(&file.name)
            .revision(&listing.commit)
            .maybe_range((start > 0).then_some(start..file.bytes))
            .send()
            .await
            .map_err(network)?;
        let mut here = start;
        if start > 0 && length == Some(file.bytes) {
            // The whole file comes, whatever was asked for.
            out.set_len(0)
                .map_err(|error| Broken::Error(self.no_room(listing, file, error)))?;
            here = 0;
        }
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(network)?;
            here += bytes.len() as u64;
            if here > file.bytes {
                return Err(Broken::Network(Failure::Final(format!(
                    "{} is longer than the {} bytes that the hub promised",
                    file.name, file.bytes
                ))));
            }
            out.write_all(&bytes)
                .map_err(|error| Broken::Error(self.no_room(listing, file, error)))?;
            hear(observer, progress(file, here)).map_err(Broken::Error)?;
        }
        Ok(())
    }

    /// What a failure to write means.
    fn no_room(&self, listing: &Listing, file: &HubFile, error: io::Error) -> Error {
        let cache = self.settings.cache.display();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Hub {
                model: listing.id.to_string(),
                reason: format!(
                    "there is no room for {} ({} bytes) in {cache}: make some, or set HF_HUB_CACHE \
                     to a folder that has more. What was fetched is kept",
                    file.name, file.bytes
                ),
            },
            _ => write_error(&self.settings.cache)(error),
        }
    }
}

fn progress(file: &HubFile, done: u64) -> Event<'_> {
    Event::Progress {
        file: &file.name,
        done,
        bytes: file.bytes,
    }
}

fn done(file: &HubFile) -> Event<'_> {
    Event::Done {
        file: &file.name,
        bytes: file.bytes,
    }
}

fn hear(observer: &mut Observer<'_>, event: Event<'_>) -> Result<()> {
    match observer(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Cancelled),
    }
}

fn pause(length: Duration, observer: &mut Observer<'_>) -> Result<()> {
    let end = Instant::now() + length;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        hear(observer, Event::Tick)?;
        std::thread::sleep(left.min(TICK));
    }
    Ok(())
}

/// The content of a file, if another revision has it, too.
fn known_blob(blobs: &Path, file: &HubFile) -> Option<PathBuf> {
    let entries = fs::read_dir(blobs).ok()?.flatten();
    let is_content = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        let same_size = entry.metadata().is_ok_and(|data| data.len() == file.bytes);
        same_size && (name == file.git || pointer_id(name, file.bytes) == file.git)
    };
    entries
        .into_iter()
        .find(is_content)
        .map(|entry| entry.path())
}

/// Makes a content stand under its name in a snapshot: a relative link, or a copy where there are
/// no links.
fn place(blob: &Path, link: &Path) -> Result<()> {
    let folder = link.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(write_error(folder))?;
    match fs::remove_file(link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(write_error(link)(error));
        }
        _ => {}
    }
    #[cfg(unix)]
    {
        // From models--O--N/snapshots/COMMIT/NAME to models--O--N/blobs/HASH.
        let model = blob
            .parent()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""));
        let depth = folder
            .strip_prefix(model)
            .map_or(0, |path| path.components().count());
        let mut target: PathBuf = std::iter::repeat_n("..", depth).collect();
        target.push("blobs");
        target.push(blob.file_name().unwrap_or_default());
        std::os::unix::fs::symlink(target, link).map_err(write_error(link))
    }
    #[cfg(not(unix))]
    {
        fs::copy(blob, link).map(drop).map_err(write_error(link))
    }
}

/// Writes a small file at once, or not at all.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(write_error(folder))?;
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    fs::write(&new, content)
        .and_then(|()| fs::rename(&new, path))
        .map_err(write_error(path))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_every_depth() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("models--o--n");
        let blob = model.join("blobs/abc");
        fs::create_dir_all(blob.parent().unwrap()).unwrap();
        fs::write(&blob, "content").unwrap();
        for name in ["a", "b/c/d"] {
            let link = model.join("snapshots/123").join(name);
            for _ in 0..2 {
                place(&blob, &link).unwrap();
                assert_eq!(fs::read_to_string(&link).unwrap(), "content");
                assert!(fs::read_link(&link).unwrap().is_relative());
            }
        }
        write(&model.join("refs/refs/pr/6"), b"x").unwrap();
        assert_eq!(
            fs::read_to_string(model.join("refs/refs/pr/6")).unwrap(),
            "x"
        );
    }
}
