//! Counting n-grams.

use std::collections::HashMap;
use std::hash::Hash;

/// How often each n-gram occurs.
pub(crate) type Counts<'a, T> = HashMap<&'a [T], usize>;

/// Counts the n-grams of a length.
pub(crate) fn count<T: Eq + Hash>(items: &[T], n: usize) -> Counts<'_, T> {
    let mut counts = HashMap::new();
    for ngram in items.windows(n) {
        *counts.entry(ngram).or_default() += 1;
    }
    counts
}

/// How many n-grams two texts share, each as often as both have it.
pub(crate) fn matches<T: Eq + Hash>(a: &Counts<'_, T>, b: &Counts<'_, T>) -> usize {
    a.iter()
        .map(|(ngram, &count)| count.min(b.get(ngram).copied().unwrap_or(0)))
        .sum()
}
