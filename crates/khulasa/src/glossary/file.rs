//! Glossary files.

use std::collections::HashMap;
use std::path::Path;

use khulasa_tokenizer::normalize::{fold, has_arabic};
use khulasa_tokenizer::words::words;

use crate::{Error, Result};

use super::{Forms, Glossary, Term};

/// The largest file that is read (bytes).
const LARGEST: u64 = 16 << 20;

pub(super) fn read(path: &Path) -> Result<Glossary> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > LARGEST {
        return Err(Error::Glossary {
            path: path.to_owned(),
            line: 1,
            reason: format!("it has {length} bytes: a glossary has {LARGEST} at most"),
        });
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        Error::Glossary {
            path: path.to_owned(),
            line: 1 + valid.iter().filter(|&&byte| byte == b'\n').count(),
            reason: "it is not UTF-8: save it in that encoding".to_owned(),
        }
    })?;
    parse(&text, path)
}

pub(super) fn parse(text: &str, path: &Path) -> Result<Glossary> {
    let mut terms: Vec<Term> = Vec::new();
    let mut lines: HashMap<Vec<String>, (usize, usize)> = HashMap::new();
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let error = |reason: String| Error::Glossary {
            path: path.to_owned(),
            line: i + 1,
            reason,
        };
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let term = term(line).map_err(error)?;
        match lines.get(&term.words) {
            None => {
                lines.insert(term.words.clone(), (i + 1, terms.len()));
                terms.push(term);
            }
            Some(&(first, index)) if terms[index].target != term.target => {
                return Err(error(format!(
                    "“{}” is “{}” here and “{}” in line {first}: leave one of them",
                    term.source, term.target, terms[index].target
                )));
            }
            Some(_) => {}
        }
    }
    Ok(Glossary { terms })
}

fn term(line: &str) -> std::result::Result<Term, String> {
    let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
    let (source, target, hint) = match columns[..] {
        [source] if has_arabic(source) => {
            return Err(format!(
                "“{source}” has no English: put a tab and the English behind it"
            ));
        }
        [kept] => (kept, kept, "exact"),
        [source, target] => (source, target, ""),
        [source, target, hint] => (source, target, hint),
        _ => {
            return Err(format!(
                "it has {} columns: the Arabic, the English and at most one more are meant",
                columns.len()
            ));
        }
    };
    if source.is_empty() || target.is_empty() {
        return Err("a column is empty: the Arabic, a tab and the English are meant".to_owned());
    }
    if source != target && !has_arabic(source) {
        return Err(match has_arabic(target) {
            true => format!("“{source}” stands before “{target}”: the Arabic comes first"),
            false => format!(
                "“{source}” is not Arabic: the Arabic comes first, or the word to keep alone"
            ),
        });
    }
    if has_arabic(target) || !target.chars().any(char::is_alphanumeric) {
        return Err(format!(
            "“{target}” is not English: the English comes second"
        ));
    }
    let words: Vec<String> = words(source).map(|(_, word)| fold(word)).collect();
    if words.is_empty() {
        return Err(format!("“{source}” has no word in it"));
    }
    let forms = match hint {
        "exact" => Forms::Exact,
        others => Forms::Inflected(
            others
                .split('|')
                .map(str::trim)
                .filter(|form| !form.is_empty())
                .map(str::to_owned)
                .collect(),
        ),
    };
    Ok(Term {
        source: source.to_owned(),
        target: target.to_owned(),
        words,
        forms,
    })
}
