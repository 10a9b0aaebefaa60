//! Numbers by value, in figures and in words; magnitudes; percentages.
//!
//! A number of the source is *asked for* in the target: every one in figures, and every one in
//! words from three on, ordinals too. "One" and "two" are not, Arabic says them in other ways
//! (dual, singular, "كلا"). Nor is a fraction, which may be "50%" or "halved". A number of the
//! target is *asked for* in the source by the same rule. What is asked for and not there is
//! flagged; if both texts have one, they are taken for one number that has changed.

use std::collections::HashSet;

use super::compare::Texts;
use super::flag::{Flag, FlagKind};
use super::mentions::{Mentions, Number};
use super::spelled::Written;
use super::value::Value;

/// All values of a text.
struct Values {
    said: HashSet<Value>,
    /// Powers of ten that it has many of.
    many: HashSet<u32>,
}

/// Flags on numbers, magnitudes, percentages and the numbers of dates.
pub(super) fn compare(texts: &Texts<'_>) -> Vec<Flag> {
    let (source, target) = (&texts.found_in_source, &texts.found_in_target);
    let (in_source, in_target) = (values(source), values(target));
    let missing = |numbers: &'_ Mentions, values: &Values| -> Vec<usize> {
        let missing = numbers.numbers.iter().enumerate();
        let missing = missing.filter(|(_, number)| !is_in(number, values));
        missing.map(|(i, _)| i).collect()
    };
    let lost = missing(source, &in_target);
    let mut added = missing(target, &in_source);
    let mut flags = Vec::new();
    let mut seen = HashSet::new();
    for i in lost {
        let number = &source.numbers[i];
        let partner = partner(number, &added, &target.numbers);
        if partner.is_none() && !is_asked_for(number) {
            continue;
        }
        let partner = partner.map(|at| &target.numbers[added.remove(at)]);
        let kind = kind(number, partner);
        let span = number.spelled.span.clone();
        if !seen.insert(texts.source[span.clone()].to_owned()) {
            continue;
        }
        flags.push(match partner {
            Some(other) => texts.changed(kind, span, other.spelled.span.clone()),
            None => Flag::lost(kind, texts.source, span),
        });
    }
    for i in added {
        let number = &target.numbers[i];
        let span = number.spelled.span.clone();
        if is_asked_for(number) && seen.insert(texts.target[span.clone()].to_owned()) {
            flags.push(Flag::added(kind(number, None), texts.target, span));
        }
    }
    flags.extend(percentages(texts));
    flags
}

fn values(found: &Mentions) -> Values {
    let readings = found.numbers.iter().flat_map(|n| &n.spelled.readings);
    let mut said: HashSet<Value> = readings.flatten().copied().collect();
    for time in &found.times {
        let [hour, minute] = time.parts;
        said.extend([hour, hour + 12, minute, hour * 100 + minute].map(Value::from));
    }
    for date in &found.dates {
        said.extend([date.day, date.month, date.year, date.year % 100].map(Value::from));
    }
    said.extend(&found.may_say);
    let many = found.numbers.iter().filter_map(|n| match n.spelled.form {
        Written::Many(power) => Some(power),
        Written::Lone => Some(n.spelled.power.max(2)),
        _ => None,
    });
    Values {
        said,
        many: many.collect(),
    }
}

fn is_in(number: &Number, values: &Values) -> bool {
    if let Written::Many(power) = number.spelled.form {
        return values.many.contains(&power);
    }
    number
        .spelled
        .readings
        .iter()
        .any(|reading| reading.iter().all(|value| values.said.contains(value)))
}

/// Whether a number must be in the other text.
fn is_asked_for(number: &Number) -> bool {
    let small = matches!(number.spelled.readings[0][..], [value] if value <= Value::from(2));
    match number.spelled.form {
        _ if number.in_name => false,
        Written::Cardinal | Written::Ordinal => !small || number.spelled.figures && number.percent,
        Written::Decade | Written::Many(_) => true,
        Written::Fraction => false,
        Written::Lone => number.spelled.power > 3,
    }
}

/// The number of the target, among those that nothing explains, that a lost number has become:
/// one that only differs in magnitude, or else the first that is written in the same way.
fn partner(number: &Number, added: &[usize], numbers: &[Number]) -> Option<usize> {
    let is_many = |number: &Number| matches!(number.spelled.form, Written::Many(_) | Written::Lone);
    let in_magnitude = added
        .iter()
        .position(|&i| magnitude_differs(number, &numbers[i]));
    let asked = || {
        added.iter().position(|&i| {
            (is_many(&numbers[i]) == is_many(number)
                || numbers[i].spelled.power == number.spelled.power)
                && (is_asked_for(&numbers[i])
                    || is_asked_for(number) && numbers[i].spelled.form == number.spelled.form)
        })
    };
    in_magnitude.or_else(asked)
}

fn magnitude_differs(a: &Number, b: &Number) -> bool {
    let value = |number: &Number| match number.spelled.readings[0][..] {
        [value] => Some(value),
        _ => None,
    };
    match (a.spelled.form, b.spelled.form) {
        (Written::Many(_), Written::Many(_) | Written::Lone) => true,
        (Written::Many(_), _) | (_, Written::Many(_)) => false,
        _ => matches!((value(a), value(b)), (Some(a), Some(b)) if a.differs_in_magnitude(b)),
    }
}

fn kind(number: &Number, partner: Option<&Number>) -> FlagKind {
    let is_date = |number: &Number| number.day || number.year;
    match partner {
        Some(other) if magnitude_differs(number, other) => FlagKind::Magnitude,
        Some(other) if is_date(number) || is_date(other) => FlagKind::Date,
        None if is_date(number) => FlagKind::Date,
        None if matches!(number.spelled.form, Written::Many(_)) => FlagKind::Magnitude,
        _ => FlagKind::Number,
    }
}

/// Numbers that both texts have, only one of them as a percentage.
fn percentages(texts: &Texts<'_>) -> Vec<Flag> {
    let (source, target) = (&texts.found_in_source, &texts.found_in_target);
    let equal = |a: &Number, b: &Number| {
        let mut readings = a.spelled.readings.iter();
        readings.any(|reading| b.spelled.readings.contains(reading))
    };
    // Only where no other number of the same value has it.
    let differs = |number: &Number, others: &[Number]| {
        let mut same = others
            .iter()
            .filter(|other| equal(number, other))
            .peekable();
        same.peek().is_some()
            && same.all(|other| !other.percent && other.spelled.form != Written::Fraction)
    };
    let spans = |numbers: &[Number], others: &[Number]| {
        let numbers = numbers.iter().filter(|n| n.percent && differs(n, others));
        numbers.map(|n| n.spelled.span.clone()).collect()
    };
    let lost = spans(&source.numbers, &target.numbers);
    let added = spans(&target.numbers, &source.numbers);
    texts.pair(FlagKind::Percent, lost, added)
}
