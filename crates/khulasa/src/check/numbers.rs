//! Numbers of the source against numbers of the translation, by value.

use std::collections::BTreeSet;
use std::ops::Range;

use super::english_words as english;
use super::figures::{Number, Text, Value, scan, shift};

/// All values of a text.
#[derive(Default)]
struct Values {
    /// With magnitudes: "3 million" is 3000000.
    whole: BTreeSet<Value>,
    /// Without them, of those that have one: "3 million" is 3.
    bare: BTreeSet<Value>,
    /// Months by name.
    months: BTreeSet<Value>,
}

/// The numbers in digits of the source that the target lacks, and those of the target that nothing
/// in the source explains; as they are written, each once.
pub(super) fn compare(source: &str, target: &str) -> (Vec<String>, Vec<String>) {
    let (source, in_source) = read(source);
    let (target, in_target) = read(target);
    let compounded: BTreeSet<usize> = compounds(&source.numbers)
        .into_iter()
        .filter(|(_, value)| in_target.whole.contains(value))
        .flat_map(|(terms, _)| terms)
        .collect();
    let missing = source.numbers.iter().enumerate().filter(|(i, number)| {
        number.in_digits && !compounded.contains(i) && !is_in(number, &in_target)
    });
    let missing = once_each(missing.map(|(_, number)| number.text));
    let added = target.numbers.iter().filter(|number| {
        number.in_digits && !source.spells_number && !is_small(number) && !is_in(number, &in_source)
    });
    (missing, once_each(added.map(|number| number.text)))
}

fn read(text: &str) -> (Text<'_>, Values) {
    let found = scan(text);
    let mut values = Values {
        whole: english::cardinals(text),
        months: english::months(text),
        ..Values::default()
    };
    for number in &found.numbers {
        for value in number.readings.iter().flatten() {
            if number.in_digits {
                values.whole.insert(shift(value, number.magnitude));
            }
            if number.in_digits && number.magnitude > 0 {
                values.bare.insert(value.clone());
            }
            if number.is_pm {
                values.whole.extend(afternoon(value));
            }
        }
    }
    // "3 or 4 million": both may be millions.
    for pair in found.numbers.windows(2) {
        let shared = pair[0].readings.iter().flatten();
        let shared = shared.map(|value| shift(value, pair[1].magnitude));
        values.whole.extend(shared);
    }
    values.whole.extend(
        compounds(&found.numbers)
            .into_iter()
            .map(|(_, value)| value),
    );
    (found, values)
}

fn is_in(number: &Number<'_>, values: &Values) -> bool {
    number.readings.iter().any(|reading| {
        reading.iter().all(|value| {
            values.whole.contains(&shift(value, number.magnitude))
                || (number.magnitude == 0 && values.bare.contains(value))
                || (number.in_date && values.months.contains(value))
                || (number.is_pm && afternoon(value).is_some_and(|v| values.whole.contains(&v)))
        })
    })
}

/// Whether Arabic may have said it without a number: 0, 1, and 2, which is the dual.
fn is_small(number: &Number<'_>) -> bool {
    let small = |value: &Value| matches!(value.as_str(), "0" | "1" | "2");
    number.magnitude == 0
        && number
            .readings
            .iter()
            .any(|reading| reading.iter().all(small))
}

/// An hour of the afternoon on the clock of 24 hours.
fn afternoon(value: &str) -> Option<Value> {
    let hour: u32 = value.parse().ok()?;
    (1..12).contains(&hour).then(|| (hour + 12).to_string())
}

/// Numbers that are written in several, with the indices of those: "3 آلاف و500" is 3500, and
/// "14:40" may be written "1440".
fn compounds(numbers: &[Number<'_>]) -> Vec<(Range<usize>, Value)> {
    let mut compounds = Vec::new();
    let mut start = 0;
    for i in 1..=numbers.len() {
        if i < numbers.len() && adds(&numbers[i - 1], &numbers[i]) {
            continue;
        }
        let terms = numbers[start..i].iter().map(whole);
        if i - start > 1
            && let Some(sum) = terms.sum::<Option<u128>>()
        {
            compounds.push((start..i, sum.to_string()));
        }
        start = i;
    }
    for i in 1..numbers.len() {
        if numbers[i].gap == ":"
            && let (Some(hour @ 0..24), Some(minute @ 0..60)) =
                (whole(&numbers[i - 1]), whole(&numbers[i]))
        {
            compounds.push((i - 1..i + 1, (hour * 100 + minute).to_string()));
        }
    }
    compounds
}

/// Whether "و" adds a smaller number to one before it.
fn adds(before: &Number<'_>, number: &Number<'_>) -> bool {
    let unit = 10u128.checked_pow(before.magnitude as u32);
    number.gap.trim_matches(['ـ', ' ', '\u{a0}']) == "و"
        && whole(number).is_some_and(|value| Some(value) < unit)
}

/// A whole number's likeliest value.
fn whole(number: &Number<'_>) -> Option<u128> {
    let [value] = number.readings.first()?.as_slice() else {
        return None;
    };
    shift(value, number.magnitude).parse().ok()
}

fn once_each<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    texts
        .filter(|text| seen.insert(*text))
        .map(str::to_owned)
        .collect()
}
