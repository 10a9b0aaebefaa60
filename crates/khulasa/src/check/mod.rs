//! What is checked in every translated sentence before a reader sees it.

mod arabic_words;
mod english_words;
mod figures;
mod numbers;
mod repetition;

use serde::{Deserialize, Serialize};

use khulasa_tokenizer::chars::is_arabic_letter;

/// Something that a reader should not trust in a sentence. Serialises as `{"kind": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Flag {
    /// Arabic letters are left in the English.
    ArabicResidue {
        /// The first run of them.
        text: String,
    },
    /// A number of the source is not in the English.
    NumberMissing {
        /// The number as it stands in the source.
        source: String,
    },
    /// A number of the English is not in the source.
    NumberAdded {
        /// The number as it stands in the English.
        target: String,
    },
    /// The English is empty.
    Empty,
    /// The model was stopped at its length limit: the end may be missing.
    Truncated,
    /// The English repeats itself.
    Repetition {
        /// What is repeated.
        text: String,
    },
    /// The sentence is not Arabic; it was kept as it is.
    NotTranslated,
}

/// Checks a sentence against its translation and returns what is wrong with it.
///
/// Numbers are compared by value: in any digits, with any separators, in figures or in English
/// words, with or without "thousand", "million" and so on. Every number that stands in digits in
/// the source is in the translation or flagged. The other way round a number is only flagged when
/// nothing in the source explains it.
pub fn check(source: &str, target: &str) -> Vec<Flag> {
    let mut flags = Vec::new();
    if target.trim().is_empty() {
        flags.push(Flag::Empty);
    }
    if let Some(text) = arabic_residue(target) {
        flags.push(Flag::ArabicResidue {
            text: text.to_owned(),
        });
    }
    let (missing, added) = numbers::compare(source, target);
    flags.extend(
        missing
            .into_iter()
            .map(|source| Flag::NumberMissing { source }),
    );
    flags.extend(added.into_iter().map(|target| Flag::NumberAdded { target }));
    if let Some(text) = repetition::find(target)
        && repetition::find(source).is_none()
    {
        flags.push(Flag::Repetition { text });
    }
    flags
}

/// Checks a text that a model wrote from several sentences of the source: what of its content
/// none of them explains, and what no English text should have.
pub(crate) fn check_written(sources: &str, text: &str) -> Vec<Flag> {
    let mut flags = check(sources, text);
    // A summary leaves things out.
    flags.retain(|flag| !matches!(flag, Flag::NumberMissing { .. }));
    flags
}

/// The first run of Arabic letters.
fn arabic_residue(text: &str) -> Option<&str> {
    let start = text.find(is_arabic_letter)?;
    let rest = &text[start..];
    Some(&rest[..rest.find(|c| !is_arabic_letter(c)).unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests;
