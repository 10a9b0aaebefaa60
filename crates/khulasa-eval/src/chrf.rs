//! chrF (Popović 2015) and chrF++ (Popović 2017), as sacrebleu computes them.

use crate::ngrams::{count, matches};
use crate::text::{is_space, words};
use crate::{Metric, some_reference};

/// Stands for nothing where a division by it would have no result.
const EPSILON: f64 = 1e-16;

/// The F-score of n-grams of characters, and of words too in chrF++.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chrf {
    /// The longest n-grams of characters.
    pub char_order: usize,
    /// The longest n-grams of words: 0 for chrF, 2 for chrF++.
    pub word_order: usize,
    /// How many times as much recall weighs as precision.
    pub beta: usize,
    /// Whether capitals do not matter.
    pub lowercase: bool,
    /// Whether spaces are characters.
    pub whitespace: bool,
    /// Whether orders that a text is too short for count too, as in chrF++.py, instead of being
    /// left out.
    pub eps_smoothing: bool,
}

impl Default for Chrf {
    fn default() -> Self {
        Self {
            char_order: 6,
            word_order: 0,
            beta: 2,
            lowercase: false,
            whitespace: false,
            eps_smoothing: false,
        }
    }
}

impl Chrf {
    /// chrF++: words and pairs of words count too.
    pub fn plus_plus() -> Self {
        Self {
            word_order: 2,
            ..Self::default()
        }
    }

    fn prepare(&self, text: &str) -> String {
        match self.lowercase {
            true => text.to_lowercase(),
            false => text.to_owned(),
        }
    }

    fn chars(&self, text: &str) -> Vec<char> {
        let wanted = |c: &char| self.whitespace || !is_space(*c);
        text.chars().filter(wanted).collect()
    }

    /// The numbers of n-grams of the hypothesis and of the reference, and of those they share, for
    /// every order.
    fn compare(&self, hypothesis: &str, reference: &str) -> Vec<f64> {
        let (h_chars, r_chars) = (self.chars(hypothesis), self.chars(reference));
        let (h_words, r_words) = (separate(hypothesis), separate(reference));
        let mut statistics = Vec::with_capacity(3 * (self.char_order + self.word_order));
        for n in 1..=self.char_order {
            statistics.extend(order(&h_chars, &r_chars, n));
        }
        for n in 1..=self.word_order {
            statistics.extend(order(&h_words, &r_words, n));
        }
        statistics
    }
}

/// The statistics of one order.
fn order<T: Eq + std::hash::Hash>(hypothesis: &[T], reference: &[T], n: usize) -> [f64; 3] {
    let ngrams = |items: &[T]| (items.len() + 1).saturating_sub(n);
    let (h, r) = (ngrams(hypothesis), ngrams(reference));
    if r == 0 {
        // Nothing can be hit.
        return [0.0; 3];
    }
    let shared = matches(&count(hypothesis, n), &count(reference, n));
    [h as f64, r as f64, shared as f64]
}

/// The words of a text, with a punctuation mark at the end of a word, or else at its beginning, as
/// a word of its own.
fn separate(text: &str) -> Vec<&str> {
    let mut separated = Vec::new();
    for word in words(text) {
        let (first, last) = (word.chars().next(), word.chars().next_back());
        let marked = |c: Option<char>| c.filter(char::is_ascii_punctuation).map(char::len_utf8);
        if word.chars().nth(1).is_none() {
            separated.push(word);
        } else if let Some(mark) = marked(last) {
            let (word, mark) = word.split_at(word.len() - mark);
            separated.extend([word, mark]);
        } else if let Some(mark) = marked(first) {
            let (mark, word) = word.split_at(mark);
            separated.extend([mark, word]);
        } else {
            separated.push(word);
        }
    }
    separated
}

impl Metric for Chrf {
    fn name(&self) -> String {
        format!("chrF{}{}", self.beta, "+".repeat(self.word_order))
    }

    fn options(&self) -> String {
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        format!(
            "case:{}|eff:{}|nc:{}|nw:{}|space:{}",
            if self.lowercase { "lc" } else { "mixed" },
            yes(!self.eps_smoothing),
            self.char_order,
            self.word_order,
            yes(self.whitespace)
        )
    }

    /// The numbers of n-grams of the hypothesis, of the reference that fits best, and of those they
    /// share, for every order.
    fn statistics(&self, hypothesis: &str, references: &[&str]) -> Vec<f64> {
        let hypothesis = self.prepare(hypothesis);
        let mut best = (-1.0, Vec::new());
        for reference in some_reference(references) {
            let statistics = self.compare(&hypothesis, &self.prepare(reference));
            let score = self.score(&statistics);
            if score > best.0 {
                best = (score, statistics);
            }
        }
        best.1
    }

    fn score(&self, statistics: &[f64]) -> f64 {
        let factor = (self.beta * self.beta) as f64;
        let (mut sum, mut precisions, mut recalls, mut orders) = (0.0, 0.0, 0.0, 0.0);
        for order in statistics.chunks_exact(3) {
            let (hypothesis, reference, shared) = (order[0], order[1], order[2]);
            let share = |of: f64| if of > 0.0 { shared / of } else { EPSILON };
            let (precision, recall) = (share(hypothesis), share(reference));
            let denominator = factor * precision + recall;
            sum += match denominator > 0.0 {
                true => (1.0 + factor) * precision * recall / denominator,
                false => EPSILON,
            };
            if hypothesis > 0.0 && reference > 0.0 {
                precisions += precision;
                recalls += recall;
                orders += 1.0;
            }
        }
        if self.eps_smoothing {
            return 100.0 * sum / (self.char_order + self.word_order).max(1) as f64;
        }
        if precisions + recalls == 0.0 {
            return 0.0;
        }
        let (precision, recall) = (precisions / orders, recalls / orders);
        100.0 * (1.0 + factor) * precision * recall / (factor * precision + recall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_words() {
        assert_eq!(
            separate("(hi) \"a, b\u{201d} ... ."),
            ["(hi", ")", "\"a", ",", "b\u{201d}", "..", ".", "."]
        );
    }

    #[test]
    fn all_and_nothing() {
        for chrf in [Chrf::default(), Chrf::plus_plus()] {
            assert_eq!(
                chrf.sentence("The same words.", &["The same words."]),
                100.0
            );
            assert_eq!(chrf.sentence("abc", &["xyz"]), 0.0);
            for (hypothesis, references) in [("", &["a"][..]), ("a", &[""]), ("", &[])] {
                assert_eq!(chrf.sentence(hypothesis, references), 0.0);
            }
        }
        assert_eq!(Chrf::plus_plus().name(), "chrF2++");
    }
}
