//! From the names on the command line to the articles they stand for.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use khulasa::{Article, Error, ReadOptions};
use walkdir::{DirEntry, WalkDir};

use crate::args::Cli;

/// The files of a folder that are taken for articles.
const EXTENSIONS: [&str; 5] = ["txt", "md", "html", "htm", "xhtml"];

/// What standard input is called in results and messages.
const STDIN: &str = "<stdin>";

/// An article to read.
#[derive(Debug)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input, which was read at once: whoever types it can still interrupt.
    Stdin(khulasa::Result<Article>),
}

impl Input {
    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin(_) => STDIN.to_owned(),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// A message that says which article it is, what is wrong with it, and what to do.
    pub fn read(self, options: &ReadOptions) -> Result<Article, String> {
        let name = self.name();
        let article = match self {
            Self::File(path) => Article::read(path, options),
            Self::Stdin(article) => article,
        };
        article.map_err(|error| {
            let mut message = error.to_string();
            if !message.starts_with(&name) {
                message = format!("{name}: {message}");
            }
            if matches!(error, Error::Read { .. })
                && Cli::command().find_subcommand(&name).is_some()
            {
                message.push_str("; a command stands before all options");
            }
            message
        })
    }
}

/// The articles that some names stand for, each once, and what is wrong with the other names.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The articles, in the order of their names; those of a folder by their paths.
    pub articles: Vec<Input>,
    /// Messages about what cannot be read.
    pub problems: Vec<String>,
    seen: HashSet<PathBuf>,
}

impl Inputs {
    /// Finds the articles. Files are not opened yet, but standard input is read.
    pub fn find(names: &[PathBuf], options: &ReadOptions) -> Self {
        let mut inputs = Self::default();
        for name in names {
            if name.as_os_str() == "-" {
                if inputs.is_new(Path::new("-")) {
                    let article = Article::from_reader(STDIN, io::stdin().lock(), options);
                    inputs.articles.push(Input::Stdin(article));
                }
            } else if name.is_dir() {
                inputs.folder(name);
            } else {
                inputs.file(name.clone());
            }
        }
        inputs
    }

    fn file(&mut self, path: PathBuf) {
        if self.is_new(&path) {
            self.articles.push(Input::File(path));
        }
    }

    fn folder(&mut self, folder: &Path) {
        let (articles, problems) = (self.articles.len(), self.problems.len());
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name();
        let mut any = false;
        for entry in walk
            .into_iter()
            .filter_entry(|e| e.depth() == 0 || !is_hidden(e))
        {
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_article(entry.path()) => {
                    any = true;
                    self.file(entry.into_path());
                }
                Ok(_) => {}
                Err(error) => self.problems.push(unreadable(&error, folder)),
            }
        }
        if !any && self.articles.len() == articles && self.problems.len() == problems {
            self.problems.push(format!(
                "{}: holds no article: files named .{} are looked for; name others one by one",
                folder.display(),
                EXTENSIONS.join(", .")
            ));
        }
    }

    /// Whether a path was not given before, under whatever name.
    fn is_new(&mut self, path: &Path) -> bool {
        self.seen
            .insert(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }

    /// Whether a path is one of the articles.
    pub fn contains(&self, path: &Path) -> bool {
        path.canonicalize()
            .is_ok_and(|path| self.seen.contains(&path))
    }

    /// The names of those articles that stand in this folder itself.
    pub fn names_in(&self, folder: &Path) -> HashSet<OsString> {
        let Ok(folder) = folder.canonicalize() else {
            return HashSet::new();
        };
        let inside = self.seen.iter().filter(|p| p.parent() == Some(&folder));
        inside
            .filter_map(|p| p.file_name())
            .map(OsString::from)
            .collect()
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_article(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    extension.is_some_and(|e| EXTENSIONS.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

fn unreadable(error: &walkdir::Error, folder: &Path) -> String {
    let path = error.path().unwrap_or(folder).to_owned();
    match error.io_error() {
        Some(source) => Error::Read {
            path,
            source: io::Error::new(source.kind(), source.to_string()),
        }
        .to_string(),
        None => format!(
            "{}: is a link to a folder around it, left out",
            path.display()
        ),
    }
}
