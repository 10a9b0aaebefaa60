//! How long a translation is beside its source.

use khulasa_tokenizer::chars::is_mark;

use super::compare::Texts;
use super::flag::{Flag, FlagKind};
use super::mentions::Mentions;

// Fitted by least squares on 3,057 sentences and titles of the project's parallel news corpus
// (professional translations), spaces, vowel signs, numbers, dates and times not counted: the
// logarithm of the ratio of lengths has a mean, and a variance that falls with the sentence's
// length.

/// The mean logarithm of characters of English for each of Arabic.
const MEAN: f64 = 0.281;
/// Its variance is this, and
const VARIANCE: f64 = 0.0100;
/// this over the number of Arabic characters: short sentences differ more.
const VARIANCE_OF_ONE: f64 = 0.702;
/// Standard deviations that 0.2 % of the corpus are below.
const SHORT: f64 = -3.25;
/// Standard deviations that 0.1 % of the corpus are above.
const LONG: f64 = 2.82;

/// Fewer Arabic characters say nothing about what is to be expected.
const FEW: f64 = 50.0;

/// Flags a target that is far too short or far too long.
pub(super) fn find(texts: &Texts<'_>) -> Option<Flag> {
    let source = length(texts.source, &texts.found_in_source);
    let target = length(texts.target, &texts.found_in_target);
    if source < FEW || target < 1.0 {
        return None;
    }
    let deviation = (VARIANCE + VARIANCE_OF_ONE / source).sqrt();
    let off = ((target / source).ln() - MEAN) / deviation;
    if off < SHORT {
        let what = "the English is much shorter than the Arabic lets expect";
        return Some(Flag::whole(FlagKind::Short, what));
    }
    let what = "the English is much longer than the Arabic lets expect";
    (off > LONG).then(|| Flag::whole(FlagKind::Long, what))
}

/// The characters of a text that are not those of numbers, dates and times: English writes in
/// figures what Arabic spells out.
fn length(text: &str, found: &Mentions) -> f64 {
    let numbers = found.numbers.iter().map(|number| &number.spelled.span);
    let months = found.months.iter().map(|month| &month.span);
    let dates = found.dates.iter().map(|date| &date.span);
    let times = found.times.iter().map(|time| &time.span);
    let spelled: usize = numbers
        .chain(months)
        .chain(dates)
        .chain(times)
        .map(|span| count(&text[span.clone()]))
        .sum();
    count(text).saturating_sub(spelled) as f64
}

/// Characters but spaces and vowel signs.
fn count(text: &str) -> usize {
    let counts = |c: &char| !c.is_whitespace() && !is_mark(*c);
    text.chars().filter(counts).count()
}
