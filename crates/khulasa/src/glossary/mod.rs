//! Terms whose English the reader decides.

mod arabic;
mod english;
mod file;

use std::path::Path;

use khulasa_tokenizer::normalize::fold;
use khulasa_tokenizer::words::words;
use serde::{Deserialize, Serialize};

use crate::names::same;
use crate::{Result, SentenceId};

pub(crate) use arabic::Mention;
use english::{find, in_words, settle};

/// A list of Arabic terms with the English that they are to have, and of Latin words that are to
/// stay as they are.
///
/// In an Arabic text a term is found whatever is written before it (و, ف, ب, ل, ك, and ال unless
/// the term itself has it), with or without vowel signs and hamza; of terms that overlap, the
/// longest is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glossary {
    terms: Vec<Term>,
}

/// A line of a glossary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) source: String,
    pub(crate) target: String,
    /// The words of the source as they are compared.
    words: Vec<String>,
    forms: Forms,
}

/// What else may stand in the English for a term.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Forms {
    /// Its plural and possessive, in any case, and these.
    Inflected(Vec<String>),
    /// Nothing: letter for letter.
    Exact,
    /// Words that are derived from it: it is a name.
    Derived,
}

/// What became of a glossary's term in an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermUse {
    /// The term as it stands in the glossary.
    pub source: String,
    /// The English that it is to have.
    pub target: String,
    /// The sentences that have the term, in the order of the article, each with what became of it.
    pub sentences: Vec<(SentenceId, Enforced)>,
}

/// How a sentence came to have a term's English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Enforced {
    /// The translator chose it.
    Already,
    /// It was put in.
    Repaired,
    /// It does not have it.
    Missed,
}

impl Glossary {
    /// Reads a glossary: UTF-8, a term a line, its columns parted by tabs. Empty lines and those
    /// that begin with `#` say nothing.
    ///
    /// | columns | meaning |
    /// |---|---|
    /// | `القيصر`, `Caesar` | the Arabic is Caesar in English, `Caesar's` where the sentence wants it |
    /// | `ميليشيا`, `militia`, `militiamen\|militants` | these will do as well |
    /// | `آبل`, `Apple`, `exact` | letter for letter, in this case |
    /// | `GitHub` | Latin letters that stay as they are |
    ///
    /// # Errors
    /// [`Error::Read`](crate::Error::Read) if there is no such file;
    /// [`Error::Glossary`](crate::Error::Glossary) names the line and what is wrong with it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        file::read(path.as_ref())
    }

    /// Like [`read`](Self::read), from a text; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Glossary`](crate::Error::Glossary).
    pub fn parse(text: &str, name: impl AsRef<Path>) -> Result<Self> {
        file::parse(text, name.as_ref())
    }

    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The glossary with these terms of one word, where it has no such term of its own.
    pub(crate) fn with<'a>(&self, terms: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut all = self.clone();
        for (source, target) in terms {
            let words = vec![fold(source)];
            if !self.terms.iter().any(|term| term.words.contains(&words[0])) {
                all.terms.push(Term {
                    source: source.to_owned(),
                    target: target.to_owned(),
                    words,
                    forms: Forms::Derived,
                });
            }
        }
        all
    }

    /// The folded words of all terms.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        let words = self.terms.iter().flat_map(|term| &term.words);
        words.map(String::as_str)
    }

    pub(crate) fn term(&self, index: usize) -> &Term {
        &self.terms[index]
    }

    /// The terms that a text has, from left to right; the longest where several overlap.
    pub(crate) fn mentions(&self, text: &str) -> Vec<Mention> {
        let terms: Vec<&[String]> = self.terms.iter().map(|term| &*term.words).collect();
        arabic::mentions(&terms, text)
    }
}

impl Term {
    /// Whether the term is kept in Latin letters.
    pub(crate) fn is_kept(&self) -> bool {
        self.source == self.target
    }

    /// Where an English text has the term.
    pub(crate) fn find(&self, text: &str) -> Option<khulasa_tokenizer::Span> {
        match &self.forms {
            Forms::Exact => in_words(text, &self.target),
            Forms::Inflected(others) => std::iter::once(&self.target)
                .chain(others)
                .find_map(|form| find(text, form)),
            Forms::Derived => find(text, &self.target).or_else(|| {
                let mut words = words(text);
                Some(words.find(|(_, word)| same(word, &self.target))?.0)
            }),
        }
    }

    /// An English text that has the term, with the term's own capitals.
    pub(crate) fn settle(&self, text: &str) -> String {
        match &self.forms {
            Forms::Exact => text.to_owned(),
            Forms::Inflected(_) | Forms::Derived => settle(text, &self.target),
        }
    }
}

#[cfg(test)]
mod tests;
