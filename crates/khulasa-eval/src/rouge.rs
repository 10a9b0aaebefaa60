//! ROUGE (Lin 2004), as rouge-score computes it.

use std::collections::HashMap;

use crate::ngrams::{count, matches};
use crate::{Metric, porter, some_reference};

/// What ROUGE counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RougeKind {
    /// N-grams of this many words: ROUGE-1, ROUGE-2.
    Ngrams(usize),
    /// The longest common subsequence of the texts: ROUGE-L.
    Sequence,
    /// The longest common subsequences of their lines, of which each is a sentence: ROUGE-Lsum.
    Lines,
}

/// ROUGE's F-score. Of several references the one with the highest counts, and a corpus's score is
/// the mean of its texts'.
///
/// A word is a run of the letters a to z and digits. Time grows with the product of the texts'
/// lengths, and for [`RougeKind::Lines`] memory does, by a bit for each pair of words of two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rouge {
    /// What is counted.
    pub kind: RougeKind,
    /// Whether words of more than three letters are reduced to their stems first.
    pub stem: bool,
}

/// How much of a text is in another.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Overlap {
    /// The share of the hypothesis that the reference has.
    pub precision: f64,
    /// The share of the reference that the hypothesis has.
    pub recall: f64,
}

impl Overlap {
    fn new(shared: usize, hypothesis: usize, reference: usize) -> Self {
        Self {
            precision: shared as f64 / hypothesis.max(1) as f64,
            recall: shared as f64 / reference.max(1) as f64,
        }
    }

    /// The harmonic mean of both.
    pub fn f_score(self) -> f64 {
        match self.precision + self.recall {
            0.0 => 0.0,
            sum => 2.0 * self.precision * self.recall / sum,
        }
    }
}

impl Rouge {
    /// Precision and recall of a text.
    pub fn overlap(&self, hypothesis: &str, reference: &str) -> Overlap {
        if self.kind == RougeKind::Lines {
            return self.lines(hypothesis, reference);
        }
        let (hypothesis, reference) = (self.words(hypothesis), self.words(reference));
        match self.kind {
            RougeKind::Ngrams(n) if n > 0 => {
                let ngrams = |words: &[String]| (words.len() + 1).saturating_sub(n);
                let shared = matches(&count(&hypothesis, n), &count(&reference, n));
                Overlap::new(shared, ngrams(&hypothesis), ngrams(&reference))
            }
            RougeKind::Ngrams(_) => Overlap::default(),
            _ => {
                let shared = longest_common(&hypothesis, &reference);
                Overlap::new(shared, hypothesis.len(), reference.len())
            }
        }
    }

    fn lines(&self, hypothesis: &str, reference: &str) -> Overlap {
        let lines = |text: &str| -> Vec<Vec<String>> {
            let lines = text.split('\n').filter(|line| !line.is_empty());
            lines.map(|line| self.words(line)).collect()
        };
        let (hypothesis, reference) = (lines(hypothesis), lines(reference));
        let mut open = frequencies(&hypothesis);
        let mut wanted = frequencies(&reference);
        let mut shared = 0;
        for line in &reference {
            let mut common = vec![false; line.len()];
            for other in &hypothesis {
                mark_common(line, other, &mut common);
            }
            for (word, _) in line.iter().zip(common).filter(|(_, common)| *common) {
                // No word counts more often than both texts have it.
                if let (Some(open), Some(wanted)) =
                    (open.get_mut(word.as_str()), wanted.get_mut(word.as_str()))
                    && *open > 0
                    && *wanted > 0
                {
                    shared += 1;
                    *open -= 1;
                    *wanted -= 1;
                }
            }
        }
        let length = |lines: &[Vec<String>]| lines.iter().map(Vec::len).sum();
        Overlap::new(shared, length(&hypothesis), length(&reference))
    }

    fn words(&self, text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        let words = text.split(|c: char| !matches!(c, 'a'..='z' | '0'..='9'));
        words
            .filter(|word| !word.is_empty())
            .map(|word| match self.stem && word.len() > 3 {
                true => porter::stem(word),
                false => word.to_owned(),
            })
            .collect()
    }
}

fn frequencies(lines: &[Vec<String>]) -> HashMap<&str, usize> {
    let mut frequencies = HashMap::new();
    for word in lines.iter().flatten() {
        *frequencies.entry(word.as_str()).or_default() += 1;
    }
    frequencies
}

/// The length of the longest common subsequence.
fn longest_common(a: &[String], b: &[String]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for a in a {
        step(a, b, &mut row, |_| {});
    }
    row.last().copied().unwrap_or(0)
}

/// One row of the table of lengths from the one before it, which it takes the place of. Tells
/// for which words of `b` the length comes from the left rather than from above.
fn step(a: &str, b: &[String], row: &mut [usize], mut from_left: impl FnMut(usize)) {
    let mut corner = 0;
    for (j, b) in b.iter().enumerate() {
        let above = row[j + 1];
        if a == b {
            row[j + 1] = corner + 1;
        } else if row[j] > above {
            row[j + 1] = row[j];
            from_left(j);
        }
        corner = above;
    }
}

/// Marks the words of `a` that are in one longest common subsequence with `b`: the one that
/// rouge-score finds, which prefers to go up.
fn mark_common(a: &[String], b: &[String], common: &mut [bool]) {
    let mut left = vec![0u64; (a.len() * b.len()).div_ceil(64)];
    let mut row = vec![0; b.len() + 1];
    for (i, word) in a.iter().enumerate() {
        step(word, b, &mut row, |j| {
            let bit = i * b.len() + j;
            left[bit / 64] |= 1 << (bit % 64);
        });
    }
    let (mut i, mut j) = (a.len(), b.len());
    while i > 0 && j > 0 {
        let bit = (i - 1) * b.len() + j - 1;
        if a[i - 1] == b[j - 1] {
            common[i - 1] = true;
            (i, j) = (i - 1, j - 1);
        } else if left[bit / 64] >> (bit % 64) & 1 == 1 {
            j -= 1;
        } else {
            i -= 1;
        }
    }
}

impl Metric for Rouge {
    fn name(&self) -> String {
        match self.kind {
            RougeKind::Ngrams(n) => format!("ROUGE-{n}"),
            RougeKind::Sequence => "ROUGE-L".to_owned(),
            RougeKind::Lines => "ROUGE-Lsum".to_owned(),
        }
    }

    fn options(&self) -> String {
        format!("tok:rouge|stem:{}", if self.stem { "porter" } else { "no" })
    }

    /// The F-score, and 1 for the text.
    fn statistics(&self, hypothesis: &str, references: &[&str]) -> Vec<f64> {
        let references = some_reference(references).iter();
        let scores = references.map(|reference| self.overlap(hypothesis, reference).f_score());
        vec![scores.fold(0.0, f64::max), 1.0]
    }

    fn score(&self, statistics: &[f64]) -> f64 {
        match *statistics {
            [sum, texts, ..] if texts > 0.0 => 100.0 * sum / texts,
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rouge(kind: RougeKind) -> Rouge {
        Rouge { kind, stem: false }
    }

    #[test]
    fn papers_example() {
        // Lin 2004, section 3: "police killed the gunman" against two candidates.
        let sequence = rouge(RougeKind::Sequence);
        let reference = "police killed the gunman";
        assert_eq!(
            sequence.sentence("police kill the gunman", &[reference]),
            75.0
        );
        assert_eq!(
            sequence.sentence("the gunman kill police", &[reference]),
            50.0
        );
        let pairs = rouge(RougeKind::Ngrams(2));
        let overlap = pairs.overlap("the gunman kill police", reference);
        assert_eq!((overlap.precision, overlap.recall), (1.0 / 3.0, 1.0 / 3.0));
    }

    #[test]
    fn union_of_lines() {
        // Lin 2004, section 3.2: w1 w2 and w1 w3 w5 together are four of five words.
        let overlap =
            rouge(RougeKind::Lines).overlap("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5");
        assert_eq!((overlap.recall, overlap.precision), (0.8, 0.4));
    }

    #[test]
    fn nothing() {
        for kind in [
            RougeKind::Ngrams(0),
            RougeKind::Ngrams(1),
            RougeKind::Sequence,
            RougeKind::Lines,
        ] {
            for (hypothesis, reference) in
                [("", ""), ("a", ""), ("", "a"), ("\n\n", "؟"), ("!", "a")]
            {
                assert_eq!(rouge(kind).sentence(hypothesis, &[reference]), 0.0);
            }
        }
    }
}
