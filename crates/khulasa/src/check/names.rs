//! Places that are lost.
//!
//! A country or city whose English CLDR knows must be in the English: by its own name, by a word
//! derived from it ("French", "Spanish"), spelled otherwise but so that it sounds like the
//! Arabic, or by initials. Arabic writes other names like any word, so that nothing tells that one
//! is lost; within an article [`crate::names`] finds some.

use khulasa_tokenizer::Span;
use khulasa_tokenizer::words::words;

use crate::names::{place, same, sounds_like};

use super::compare::Texts;
use super::flag::{Flag, FlagKind};

/// Letters that a word has in common with the name that it is derived from.
const STEM: usize = 3;

/// Initials that stand for a place of any name.
const INITIALS: [&str; 5] = ["US", "UK", "UAE", "DRC", "PRC"];

/// The first place of the source that the target has nothing for, and what place stands there
/// instead of it, if any.
pub(super) fn compare(texts: &Texts<'_>) -> Option<Flag> {
    let english: Vec<(Span, &str)> = words(texts.target)
        .filter(|(_, word)| word.chars().next().is_some_and(char::is_uppercase))
        .collect();
    if english
        .iter()
        .any(|(_, word)| INITIALS.contains(&word.replace('.', "").as_str()))
    {
        return None;
    }
    let (span, _) = words(texts.source).find(|(_, arabic)| {
        place(arabic).is_some_and(|name| {
            let is_there = |(_, word): &(Span, &str)| {
                name.split(' ')
                    .any(|part| same(part, word) || same_stem(part, word))
                    || sounds_like(arabic, word)
            };
            // What is left in Arabic is the business of another check.
            !texts.target.contains(arabic) && !english.iter().any(is_there)
        })
    })?;
    Some(Flag::lost(FlagKind::Name, texts.source, span))
}

fn same_stem(name: &str, word: &str) -> bool {
    let stem = |text: &str| text.to_lowercase().chars().take(STEM).collect::<String>();
    stem(name) == stem(word)
}
