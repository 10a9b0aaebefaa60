//! Where results go: standard output, a file, or a folder with one file for each article.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::args::OutputArgs;
use crate::inputs::Inputs;
use crate::stop::Stop;

/// Where results go.
#[derive(Debug)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// A file, which appears under its name when everything is in it.
    File {
        /// Its name.
        path: PathBuf,
        /// What is in it by now; nothing yet if `None`.
        partial: Option<NamedTempFile>,
    },
    /// A device or a pipe, which is written as it is.
    Device {
        /// Its name.
        path: PathBuf,
        /// It.
        file: File,
    },
    /// A folder, in which each article's result has a file.
    Folder {
        /// Its name.
        path: PathBuf,
        /// The ending of the files in it.
        extension: &'static str,
        /// The names that no other result may have.
        taken: HashSet<OsString>,
    },
}

impl Output {
    /// Opens what `--output` names; the articles are never overwritten.
    ///
    /// # Errors
    /// [`Stop::Unusable`] for what cannot be written to.
    pub fn open(args: &OutputArgs, articles: &Inputs) -> Result<Self, Stop> {
        let Some(path) = &args.output else {
            return Ok(Self::Stdout);
        };
        let unusable = |reason: &dyn std::fmt::Display| {
            Stop::Unusable(format!("{}: cannot be written: {reason}", path.display()))
        };
        let path = path.to_owned();
        if path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            fs::create_dir_all(&path).map_err(|error| unusable(&error))?;
            return Ok(Self::Folder {
                taken: articles.names_in(&path),
                extension: args.format.extension(),
                path,
            });
        }
        if articles.contains(&path) {
            return Err(unusable(&"it is one of the articles: name another file"));
        }
        match fs::metadata(&path) {
            Ok(found) if !found.is_file() => {
                let file = File::options().write(true).open(&path);
                let file = file.map_err(|error| unusable(&error))?;
                Ok(Self::Device { path, file })
            }
            // The file that a link leads to is replaced, not the link.
            found => Ok(Self::File {
                path: found.and_then(|_| path.canonicalize()).unwrap_or(path),
                partial: None,
            }),
        }
    }

    /// Whether all results follow one another in one place.
    pub fn is_one_place(&self) -> bool {
        !matches!(self, Self::Folder { .. })
    }

    /// Adds the result for an article of this name.
    ///
    /// # Errors
    /// Whatever writing it reports.
    pub fn write(&mut self, article: &str, result: &[u8]) -> Result<(), Stop> {
        match self {
            Self::Stdout => write_stdout(result).map_err(|e| Stop::writing(&"standard output", &e)),
            Self::File { path, partial } => {
                let written = match partial {
                    Some(file) => file.write_all(result),
                    None => beside(path).and_then(|file| partial.insert(file).write_all(result)),
                };
                written.map_err(|e| Stop::writing(&path.display(), &e))
            }
            Self::Device { path, file } => {
                let written = file.write_all(result);
                written.map_err(|e| Stop::writing(&path.display(), &e))
            }
            Self::Folder {
                path,
                extension,
                taken,
            } => {
                let path = path.join(free_name(Path::new(article), extension, taken));
                let written = beside(&path).and_then(|mut file| {
                    file.write_all(result)?;
                    file.persist(&path)?;
                    Ok(())
                });
                written.map_err(|e| Stop::writing(&path.display(), &e))
            }
        }
    }

    /// Gives a file its name, if anything was written to it.
    ///
    /// # Errors
    /// Whatever renaming it reports.
    pub fn finish(self) -> Result<(), Stop> {
        if let Self::File {
            path,
            partial: Some(file),
        } = self
        {
            let renamed = file.persist(&path);
            renamed.map_err(|e| Stop::writing(&path.display(), &e.error))?;
        }
        Ok(())
    }
}

/// Writes to standard output, at once.
///
/// # Errors
/// Whatever it reports.
pub fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Writes a message to standard error; no name in it can steer the terminal.
pub fn write_stderr(message: &str) {
    let clean = message.replace(|c: char| c.is_control() && c != '\n', "\u{FFFD}");
    // Nothing can be said where standard error is gone.
    let _ = writeln!(io::stderr().lock(), "khulasa: {clean}");
}

/// Writes a file, which appears under its name when everything is in it; a device or a pipe is
/// written as it is.
///
/// # Errors
/// [`Stop::Unwritable`].
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let written = match fs::metadata(path) {
        Ok(found) if !found.is_file() => fs::write(path, bytes),
        found => {
            let target = found.and_then(|_| path.canonicalize());
            let target = target.unwrap_or_else(|_| path.to_owned());
            beside(&target).and_then(|mut file| {
                file.write_all(bytes)?;
                file.persist(&target)?;
                Ok(())
            })
        }
    };
    written.map_err(|error| Stop::writing(&path.display(), &error))
}

/// A new file beside a path, so that it can be renamed to it.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".khulasa-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// The name of an article's result in a folder: that of the article with another ending, and a
/// number where that is taken.
fn free_name(article: &Path, extension: &str, taken: &mut HashSet<OsString>) -> OsString {
    let stem = article.file_stem().unwrap_or_default();
    let mut number = 1;
    loop {
        let mut name = stem.to_owned();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        name.push(".");
        name.push(extension);
        if taken.insert(name.clone()) {
            return name;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Format;

    #[test]
    fn names_in_a_folder() {
        let mut taken = HashSet::new();
        for (article, expected) in [
            ("a/news.txt", "news.md"),
            ("b/news.html", "news-2.md"),
            ("c/news", "news-3.md"),
            ("archive.2020.txt", "archive.2020.md"),
            ("<stdin>", "<stdin>.md"),
        ] {
            assert_eq!(free_name(Path::new(article), "md", &mut taken), expected);
        }
    }

    #[test]
    fn a_file_appears_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.md");
        let args = OutputArgs {
            format: Format::Md,
            output: Some(path.clone()),
        };
        let open = || Output::open(&args, &Inputs::default()).unwrap();
        let mut output = open();
        output.write("a.txt", b"one ").unwrap();
        output.write("b.txt", b"two").unwrap();
        assert!(!path.exists());
        output.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

        let mut dropped = open();
        dropped.write("a.txt", b"half").unwrap();
        drop(dropped);
        assert_eq!(fs::read(&path).unwrap(), b"one two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
