//! What was left untranslated.

use khulasa_tokenizer::Span;
use khulasa_tokenizer::chars::{digit, is_arabic_letter, is_mark};

use super::flag::{Flag, FlagKind};

/// The target is Arabic for more than this share of its letters: it is copied, not translated.
const COPIED: f64 = 0.5;

/// Flags on Arabic letters, digits and punctuation in the target, and on letters of a script that
/// the source doesn't have; or on a target that is the source.
pub(super) fn find(source: &str, target: &str) -> Vec<Flag> {
    let letters = target.chars().filter(|c| c.is_alphabetic()).count();
    let arabic = target.chars().filter(|&c| is_arabic_letter(c)).count();
    if arabic as f64 > COPIED * letters as f64
        || !source.trim().is_empty() && source.trim() == target.trim()
    {
        return vec![Flag::whole(
            FlagKind::Copied,
            "the English is the Arabic, copied",
        )];
    }
    let is_left = |c: char| {
        is_arabic_letter(c)
            || is_mark(c)
            || digit(c).is_some_and(|_| !c.is_ascii())
            || matches!(c, '،' | '؛' | '؟' | '٪' | '٫' | '٬' | '۔')
            || is_foreign(c) && !source.contains(c)
    };
    let Some(start) = target.find(is_left) else {
        return Vec::new();
    };
    let what = match target[start..].chars().next() {
        Some(c) if is_foreign(c) => "letters of another script are in the English",
        _ => "Arabic is left in the English",
    };
    vec![Flag::in_target(
        FlagKind::Residue,
        target,
        run(target, start, is_left),
        what,
    )]
}

/// The characters from a start on that are left over, spaces between them included.
fn run(text: &str, start: usize, is_left: impl Fn(char) -> bool) -> Span {
    let mut end = start;
    for (i, c) in text[start..].char_indices() {
        if is_left(c) {
            end = start + i + c.len_utf8();
        } else if c != ' ' {
            break;
        }
    }
    start..end
}

/// Letters that are neither Latin nor Arabic nor Greek, of which formulas are made.
fn is_foreign(c: char) -> bool {
    c.is_alphabetic()
        && !is_arabic_letter(c)
        && !matches!(c, '\0'..='\u{36f}' | '\u{370}'..='\u{3ff}' | '\u{1d00}'..='\u{1fff}' | '\u{2000}'..='\u{214f}' | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}' | '\u{fb00}'..='\u{fb06}' | '\u{ff21}'..='\u{ff5a}')
}
