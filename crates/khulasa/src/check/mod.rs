//! What is checked in every translated sentence before a reader sees it.

mod compare;
mod dates;
mod flag;
mod mentions;
mod months;
mod numbers;
mod repetition;
mod spelled;
mod times;
mod tokens;
mod value;
mod words;

use khulasa_tokenizer::Span;
use khulasa_tokenizer::chars::is_arabic_letter;

pub use self::flag::{Flag, FlagKind};

/// Checks a sentence against its translation and returns what is wrong with it.
///
/// Numbers are compared by value: in any digits, with any separators, in figures or in English
/// words, with or without "thousand", "million" and so on. Every number that stands in digits in
/// the source is in the translation or flagged. The other way round a number is only flagged when
/// nothing in the source explains it.
pub fn check(source: &str, target: &str) -> Vec<Flag> {
    let mut flags = Vec::new();
    if target.trim().is_empty() {
        flags.push(Flag::whole(FlagKind::Empty, "the model gave no English"));
    }
    if let Some(span) = arabic_residue(target) {
        let what = "Arabic is left in the English";
        flags.push(Flag::in_target(FlagKind::Residue, target, span, what));
    }
    let texts = compare::Texts::new(source, target);
    flags.extend(numbers::compare(&texts));
    flags.extend(dates::compare(&texts));
    flags.extend(times::compare(&texts));
    if let Some(span) = repetition::find(target)
        && repetition::find(source).is_none()
    {
        let what = "the English repeats itself";
        flags.push(Flag::in_target(FlagKind::Repetition, target, span, what));
    }
    flags
}

/// Checks a text that a model wrote from several sentences of the source: what of its content
/// none of them explains, and what no English text should have. The flags have no source spans.
pub(crate) fn check_written(sources: &str, text: &str) -> Vec<Flag> {
    let mut flags = check(sources, text);
    // A summary leaves things out.
    flags.retain(|flag| flag.source.is_none() || flag.target.is_some());
    for flag in &mut flags {
        flag.source = None;
    }
    flags
}

/// The first run of Arabic letters.
fn arabic_residue(text: &str) -> Option<Span> {
    let start = text.find(is_arabic_letter)?;
    let rest = &text[start..];
    let length = rest.find(|c| !is_arabic_letter(c)).unwrap_or(rest.len());
    Some(start..start + length)
}

#[cfg(test)]
mod tests;
