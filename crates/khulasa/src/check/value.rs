//! Values of numbers, exact to a millionth, and what figures may mean.

/// A number in millionths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Value(u128);

const UNIT: u128 = 1_000_000;

impl Value {
    pub(super) const fn from(whole: u64) -> Self {
        Self(whole as u128 * UNIT)
    }

    /// A part of one in millionths, rounded down: a third is 333333.
    pub(super) const fn millionths(millionths: u64) -> Self {
        Self(millionths as u128)
    }

    /// A whole number written in ASCII digits and the digits after its decimal separator.
    /// More digits than a value holds are cut off.
    pub(super) fn parse(whole: &str, fraction: &str) -> Self {
        let digits = whole.bytes().take(30);
        let digits = digits.chain(fraction.bytes().chain(std::iter::repeat(b'0')).take(6));
        Self(digits.fold(0, |sum, digit| sum * 10 + u128::from(digit - b'0')))
    }

    /// The whole number, if it is one.
    pub(super) fn whole(self) -> Option<u64> {
        self.0
            .is_multiple_of(UNIT)
            .then(|| u64::try_from(self.0 / UNIT).ok())
            .flatten()
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// A value times a power of ten.
    pub(super) fn shift(self, power: u32) -> Self {
        let factor = 10u128.checked_pow(power).unwrap_or(u128::MAX);
        Self(self.0.saturating_mul(factor))
    }

    pub(super) fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(u128::from(factor)))
    }

    /// Whether one is the other with thousands, millions and so on lost or gained.
    pub(super) fn differs_in_magnitude(self, other: Self) -> bool {
        let (small, large) = (self.0.min(other.0), self.0.max(other.0));
        small > 0
            && [3, 6, 9, 12]
                .iter()
                .any(|&power| small.checked_mul(10u128.pow(power)) == Some(large))
    }
}

/// What groups of digits with single separators between them may mean, likeliest first. What
/// `1.234` or `3,5` is depends on where it was written; `5,6` may also be two numbers.
pub(super) fn readings(groups: &[String], separators: &[char]) -> Vec<Vec<Value>> {
    let grouped = |groups: &[String], separators: &[char]| {
        groups[0].len() <= 3
            && groups[1..].iter().all(|group| group.len() == 3)
            && separators.windows(2).all(|pair| pair[0] == pair[1])
            && !separators.contains(&'٫')
    };
    let parts = || groups.iter().map(|group| Value::parse(group, "")).collect();
    let Some((&last, before)) = separators.split_last() else {
        return vec![parts()];
    };
    let mut readings = Vec::new();
    if grouped(groups, separators) {
        readings.push(vec![Value::parse(&groups.concat(), "")]);
    }
    if let Some((fraction, whole)) = groups.split_last()
        && matches!(last, '.' | ',' | '،' | '٫')
        && !before.contains(&last)
        && grouped(whole, before)
    {
        readings.push(vec![Value::parse(&whole.concat(), fraction)]);
    }
    // "5,6", "13.3.2020": figures that only stand side by side.
    if readings.is_empty() || matches!(last, ',' | '،' | ' ') {
        readings.push(parts());
    }
    readings
}
