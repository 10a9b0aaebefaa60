//! Months, days of months, dates in figures and calendars.

use khulasa_tokenizer::Span;

use super::compare::Texts;
use super::flag::{Flag, FlagKind};
use super::mentions::{Figures, Mentions, MonthName};
use super::tokens::Token;
use super::value::Value;
use super::words::without_prefixes;

/// Flags on dates: a month lost or new, a day at another month, day and month of a date in figures
/// exchanged, a calendar lost or another one. Years are numbers.
pub(super) fn compare(texts: &Texts<'_>) -> Vec<Flag> {
    let (source, target) = (&texts.found_in_source, &texts.found_in_target);
    let lost = source
        .months
        .iter()
        .filter(|month| !month.ambiguous && !has_month(target, month.month));
    let lost: Vec<Span> = lost.map(|month| month.span.clone()).collect();
    let added = target.months.iter().filter(|month| {
        !has_month(source, month.month)
            && !source
                .dates
                .iter()
                .any(|date| date.month == month.month || date.day == month.month && date.month > 12)
            && !month.ambiguous
    });
    let mut added: Vec<Span> = added.map(|month| month.span.clone()).collect();
    let mut flags = Vec::new();
    for date in &source.dates {
        if has_date(target, date) {
            let says = |year: u64| target.says(Value::from(year));
            if !says(date.year) && !says(date.year % 100) {
                flags.push(Flag::lost(FlagKind::Date, texts.source, date.span.clone()));
            }
            continue;
        }
        let other = target.dates.iter().map(|date| date.span.clone()).next();
        let other = match added.is_empty() {
            true => other.or_else(|| target.months.first().map(|month| month.span.clone())),
            false => Some(added.remove(0)),
        };
        flags.push(match other {
            Some(other) => texts.changed(FlagKind::Date, date.span.clone(), other),
            None => Flag::lost(FlagKind::Date, texts.source, date.span.clone()),
        });
    }
    flags.extend(texts.pair(FlagKind::Date, lost, added));
    flags.extend(days(texts));
    flags.extend(calendars(texts));
    flags
}

fn has_month(found: &Mentions, month: u64) -> bool {
    found.months.iter().any(|named| named.month == month)
        || found.dates.iter().any(|date| date.month == month)
}

/// Whether a text has a date of figures with its day and month in their places.
fn has_date(found: &Mentions, date: &Figures) -> bool {
    let ordered = |day: u64, month: u64| {
        found
            .dates
            .iter()
            .any(|other| (other.day, other.month) == (day, month))
            || found
                .months
                .iter()
                .any(|named| named.month == month && named.days.contains(&day))
    };
    ordered(date.day, date.month)
        // A month beyond twelve is the day.
        || date.day.max(date.month) > 12 && ordered(date.month, date.day)
}

/// Days that stand at another month than in the source: "5 مارس", "7 March".
fn days(texts: &Texts<'_>) -> Vec<Flag> {
    let (source, target) = (&texts.found_in_source, &texts.found_in_target);
    let all = |months: &[MonthName], month: u64| -> Vec<u64> {
        let months = months.iter().filter(|named| named.month == month);
        months
            .flat_map(|named| named.days.iter().copied())
            .collect()
    };
    let mut lost = Vec::new();
    let mut added = Vec::new();
    for month in &source.months {
        let (days, others) = (&month.days, all(&target.months, month.month));
        // A day that the target has not at all is missed as a number.
        let says = |day: u64| target.says(Value::from(day));
        if !others.is_empty() && days.iter().any(|day| !others.contains(day) && says(*day)) {
            lost.push(month.span.clone());
            let other = target
                .months
                .iter()
                .find(|named| named.month == month.month);
            added.extend(other.map(|named| named.span.clone()));
        }
    }
    texts.pair(FlagKind::Date, lost, added)
}

/// A calendar that a year is counted in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Era {
    /// Of the Hijra.
    Hijri,
    BeforeChrist,
    Christian,
}

/// The calendars that a text names, with the year before or after the name.
fn eras(tokens: &[Token]) -> Vec<(Era, Span, Option<u64>)> {
    let mut eras = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let after = |count: usize| tokens.get(at + count).map_or("", Token::word);
        let before = |count: usize| at.checked_sub(count).map(|i| &tokens[i]);
        let year = before(1).and_then(Token::small).or_else(|| {
            tokens
                .get(at + 1)
                .and_then(Token::small)
                .filter(|_| token.word().is_ascii())
        });
        let numbered = before(1).and_then(Token::small).is_some();
        let stem = |stems: &[&str]| {
            without_prefixes(token.word())
                .iter()
                .any(|(word, _)| stems.contains(word))
        };
        let era = match token.word() {
            "ه" if numbered => Era::Hijri,
            "م" if numbered => Era::Christian,
            "ق" if after(2) == "م" => Era::BeforeChrist,
            "قبل" if matches!(after(1), "الميلاد" | "المسيح") => Era::BeforeChrist,
            "ah" | "hijri" | "hijra" | "hegira" | "hijrah" | "islamic" => Era::Hijri,
            "h" if numbered && token.is_capital() => Era::Hijri,
            "bc" | "bce" => Era::BeforeChrist,
            "b" if after(2) == "c" => Era::BeforeChrist,
            "a" if numbered && after(2) == "h" => Era::Hijri,
            "a" if numbered && after(2) == "d" => Era::Christian,
            "before" if after(1) == "christ" || after(2) == "common" => Era::BeforeChrist,
            "ad" | "ce" if token.is_capital() => Era::Christian,
            _ if stem(&["هجري", "هجريه", "هجره"]) => Era::Hijri,
            _ if stem(&["ميلاديه", "ميلادي", "ميلاد"]) => Era::Christian,
            _ => continue,
        };
        eras.push((era, token.span.clone(), year));
    }
    eras
}

/// Calendars that are lost, new or exchanged. The Christian one need not be named.
fn calendars(texts: &Texts<'_>) -> Vec<Flag> {
    let source = eras(&texts.found_in_source.tokens);
    let target = eras(&texts.found_in_target.tokens);
    let mut lost = Vec::new();
    let mut added = Vec::new();
    for (era, span, year) in &source {
        let named = target.iter().any(|(other, ..)| other == era);
        let exchanged = target
            .iter()
            .find(|(other, _, same)| other != era && year.is_some() && same == year);
        if let Some((_, other, _)) = exchanged {
            lost.push(span.clone());
            added.push(other.clone());
        } else if !named && (*era == Era::BeforeChrist || *era == Era::Hijri && year.is_some()) {
            lost.push(span.clone());
        }
    }
    for (era, span, year) in &target {
        let named = source.iter().any(|(other, ..)| other == era);
        if *era != Era::Christian && year.is_some() && !named && !added.contains(span) {
            added.push(span.clone());
        }
    }
    texts.pair(FlagKind::Date, lost, added)
}
