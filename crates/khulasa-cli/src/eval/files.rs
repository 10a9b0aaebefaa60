//! The files of a test set: texts with a sentence on every line, tables, articles.

use std::fs;
use std::path::{Path, PathBuf};

use khulasa::check;
use khulasa_eval::{Segment, System, lines};
use serde::Deserialize;

use crate::args::EvalArgs;
use crate::stop::Stop;

use super::flag_names;

/// The files that are read.
pub struct Files(Vec<PathBuf>);

/// A source and its references.
#[derive(Debug)]
pub struct Pairs {
    /// The source's file.
    pub name: String,
    /// The source, line by line.
    pub source: Vec<String>,
    /// The references, each as long as the source.
    pub references: Vec<Vec<String>>,
}

/// An article with its English.
#[derive(Debug, Deserialize)]
pub struct Parallel {
    /// What it is called; its line number unless given.
    #[serde(default)]
    pub id: String,
    /// The title, Arabic and English.
    pub title: Option<(String, String)>,
    /// The sentences, Arabic and English.
    pub sentences: Vec<(String, String)>,
    /// What a person would sum it up as, in English.
    pub summary: Option<String>,
}

impl Files {
    /// The files that are named.
    ///
    /// # Errors
    /// [`Stop::Unusable`] where one is missing that the others need.
    pub fn new(args: &EvalArgs) -> Result<Self, Stop> {
        let tables = args.compare.iter().all(|path| is_table(path));
        if args.reference.is_empty() && args.jsonl.is_none() && !tables
            || args.reference.is_empty() && args.jsonl.is_none() && args.compare.is_empty()
        {
            return Err(Stop::Unusable(
                "there is nothing to compare with: name the English with --reference".to_owned(),
            ));
        }
        let files = args
            .source
            .iter()
            .chain(&args.reference)
            .chain(&args.hypothesis);
        let files = files.chain(&args.jsonl).chain(&args.compare);
        Ok(Self(
            files.filter_map(|path| path.canonicalize().ok()).collect(),
        ))
    }

    /// Whether a file is one of them.
    pub fn contains(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|path| self.0.contains(&path))
    }

    /// The source and its references.
    ///
    /// # Errors
    /// [`Stop::Unusable`] for what cannot be read, and for files of different lengths.
    pub fn pairs(&self, args: &EvalArgs) -> Result<Pairs, Stop> {
        let Some(path) = &args.source else {
            return Err(Stop::Unusable(
                "there is nothing to translate: name the Arabic with --source".to_owned(),
            ));
        };
        let source = read_lines(path)?;
        let references = args.reference.iter().map(|reference| {
            let lines = read_lines(reference)?;
            check_length(reference, &lines, path, source.len())?;
            Ok(lines)
        });
        Ok(Pairs {
            name: path.display().to_string(),
            references: references.collect::<Result<_, Stop>>()?,
            source,
        })
    }

    /// A system of which the translations are in a file.
    ///
    /// # Errors
    /// As [`pairs`](Self::pairs).
    pub fn system(&self, path: &Path, args: &EvalArgs) -> Result<System, Stop> {
        let hypotheses = read_lines(path)?;
        let source = match &args.source {
            Some(source) => {
                let lines = read_lines(source)?;
                check_length(source, &lines, path, hypotheses.len())?;
                Some(lines)
            }
            None => None,
        };
        let mut segments: Vec<Segment> = Vec::new();
        for (i, hypothesis) in hypotheses.into_iter().enumerate() {
            let source = source.as_ref().map(|lines| lines[i].clone());
            segments.push(Segment {
                flags: match &source {
                    Some(source) if !source.is_empty() => flag_names(&check(source, &hypothesis)),
                    _ => Vec::new(),
                },
                source: source.unwrap_or_default(),
                hypothesis,
                ..Segment::default()
            });
        }
        for reference in &args.reference {
            let lines = read_lines(reference)?;
            check_length(reference, &lines, path, segments.len())?;
            for (segment, line) in segments.iter_mut().zip(lines) {
                segment.references.push(line);
            }
        }
        Ok(System {
            name: name(path),
            segments,
        })
    }

    /// The systems to compare: tables, or translations with the references beside them.
    ///
    /// # Errors
    /// [`Stop::Unusable`] for what cannot be read, and for files of different lengths.
    pub fn systems(&self, args: &EvalArgs) -> Result<Vec<System>, Stop> {
        let mut systems = Vec::new();
        for path in &args.compare {
            let system = match is_table(path) {
                true => System::from_tsv(name(path), &read(path)?)
                    .map_err(|error| Stop::Unusable(format!("{}: {error}", path.display())))?,
                false => self.system(path, args)?,
            };
            systems.push(system);
        }
        Ok(systems)
    }
}

/// Reads articles, one JSON object a line.
///
/// # Errors
/// [`Stop::Unusable`], with the line.
pub fn articles(path: &Path) -> Result<Vec<Parallel>, Stop> {
    let text = read(path)?;
    let filled = lines(&text)
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let article = |(i, line): (usize, &str)| {
        let mut article: Parallel = serde_json::from_str(line).map_err(|error| {
            Stop::Unusable(format!(
                "{}: line {}: no article with \"sentences\": [[arabic, english], …]: {error}",
                path.display(),
                i + 1
            ))
        })?;
        if article.id.is_empty() {
            article.id = (i + 1).to_string();
        }
        Ok(article)
    };
    filled.map(article).collect()
}

/// A system's name: its file's, without the ending.
fn name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or(path.as_os_str());
    stem.to_string_lossy().into_owned()
}

fn is_table(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"source\t"))
}

fn read(path: &Path) -> Result<String, Stop> {
    let unusable = |reason: &dyn std::fmt::Display| {
        Stop::Unusable(format!("{}: cannot be read: {reason}", path.display()))
    };
    let bytes = fs::read(path).map_err(|error| unusable(&error))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        unusable(&format!("line {line} is not UTF-8: convert the file first"))
    })
}

fn read_lines(path: &Path) -> Result<Vec<String>, Stop> {
    Ok(lines(&read(path)?).map(str::to_owned).collect())
}

fn check_length(path: &Path, lines: &[String], other: &Path, expected: usize) -> Result<(), Stop> {
    if lines.len() == expected {
        return Ok(());
    }
    Err(Stop::Unusable(format!(
        "{} has {} lines, but {} has {expected}: they must correspond line by line",
        path.display(),
        lines.len(),
        other.display()
    )))
}
