//! BLEU (Papineni et al. 2002), as sacrebleu (Post 2018) computes it.

use crate::ngrams::count;
use crate::text::{trim_end, words};
use crate::{Metric, Tokenize, some_reference};

const ORDER: usize = 4;

/// What is done about n-grams that never match (Chen & Cherry 2014).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Smoothing {
    /// Every further order without a match counts half as much as the one before; sacrebleu's
    /// default.
    #[default]
    Exp,
    /// An order without a match has this many; usually 0.1.
    Floor(f64),
    /// Every order but the first has this many more matches and n-grams; usually 1.
    AddK(f64),
    /// Nothing: the score is 0.
    None,
}

/// BLEU of up to four words.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bleu {
    /// What a word is.
    pub tokenize: Tokenize,
    /// Whether capitals do not matter.
    pub lowercase: bool,
    /// What is done about n-grams that never match.
    pub smoothing: Smoothing,
    /// Whether n-grams longer than the hypothesis do not count. For single sentences.
    pub effective_order: bool,
}

impl Bleu {
    /// With the options that fit single sentences.
    pub fn for_sentences() -> Self {
        Self {
            effective_order: true,
            ..Self::default()
        }
    }

    fn prepare(&self, text: &str) -> String {
        let lower;
        let text = match self.lowercase {
            true => {
                lower = text.to_lowercase();
                &lower
            }
            false => text,
        };
        self.tokenize.apply(trim_end(text))
    }
}

impl Metric for Bleu {
    fn name(&self) -> String {
        "BLEU".to_owned()
    }

    fn options(&self) -> String {
        let case = if self.lowercase { "lc" } else { "mixed" };
        let effective = if self.effective_order { "yes" } else { "no" };
        let smoothing = match self.smoothing {
            Smoothing::Exp => "exp".to_owned(),
            Smoothing::Floor(value) => format!("floor[{value:.2}]"),
            Smoothing::AddK(value) => format!("add-k[{value:.2}]"),
            Smoothing::None => "none".to_owned(),
        };
        let tokenize = self.tokenize.name();
        format!("case:{case}|eff:{effective}|tok:{tokenize}|smooth:{smoothing}")
    }

    /// The lengths of the hypothesis and of the closest reference in words; the matches of each
    /// order; its n-grams.
    fn statistics(&self, hypothesis: &str, references: &[&str]) -> Vec<f64> {
        let hypothesis = self.prepare(hypothesis);
        let hypothesis: Vec<&str> = words(&hypothesis).collect();
        let references = some_reference(references).iter();
        let references: Vec<String> = references.map(|text| self.prepare(text)).collect();
        let references: Vec<Vec<&str>> = references.iter().map(|r| words(r).collect()).collect();

        let length = hypothesis.len();
        let lengths = references.iter().map(Vec::len);
        // The shorter one of two that are as close.
        let closest = lengths.min_by_key(|&reference| (length.abs_diff(reference), reference));
        let mut statistics = vec![0.0; 2 + 2 * ORDER];
        statistics[0] = length as f64;
        statistics[1] = closest.unwrap_or(0) as f64;
        for n in 1..=ORDER {
            let references: Vec<_> = references.iter().map(|words| count(words, n)).collect();
            let most = |ngram: &[&str]| {
                let counts = references.iter().filter_map(|counts| counts.get(ngram));
                counts.max().copied().unwrap_or(0)
            };
            let ngrams = count(&hypothesis, n);
            let matches: usize = ngrams.iter().map(|(g, &count)| count.min(most(g))).sum();
            statistics[1 + n] = matches as f64;
            statistics[1 + ORDER + n] = (length + 1).saturating_sub(n) as f64;
        }
        statistics
    }

    fn score(&self, statistics: &[f64]) -> f64 {
        let &[hypothesis, reference, ref rest @ ..] = statistics else {
            return 0.0;
        };
        let (matches, totals) = rest.split_at(rest.len() / 2);
        if matches.iter().all(|&matches| matches == 0.0) {
            return 0.0;
        }
        let brevity = match hypothesis < reference {
            true => (1.0 - reference / hypothesis).exp(),
            false => 1.0,
        };
        let mut precisions = [0.0f64; ORDER];
        let mut order = ORDER;
        let mut halvings = 1.0;
        for (n, (&matches, &total)) in matches.iter().zip(totals).enumerate().take(ORDER) {
            let more = match self.smoothing {
                Smoothing::AddK(k) if n > 0 => k,
                _ => 0.0,
            };
            let (matches, total) = (matches + more, total + more);
            if total == 0.0 {
                break;
            }
            if self.effective_order {
                order = n + 1;
            }
            precisions[n] = match self.smoothing {
                Smoothing::Exp if matches == 0.0 => {
                    halvings *= 2.0;
                    1.0 / (halvings * total)
                }
                Smoothing::Floor(value) if matches == 0.0 => value / total,
                _ => matches / total,
            };
        }
        let logarithms = precisions[..order].iter().map(|p| p.ln()).sum::<f64>();
        100.0 * brevity * (logarithms / order as f64).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_counted() {
        // 5 of 6 words, 3 of 5 pairs, 2 of 4 triples and 1 of 3 fours match; same length.
        let bleu = Bleu::default();
        let score = bleu.sentence("the cat sat on a mat", &["the cat sat on the mat"]);
        let expected = 100.0 * (5.0 / 6.0 * 3.0 / 5.0 * 2.0 / 4.0 * 1.0 / 3.0f64).powf(0.25);
        assert!((score - expected).abs() < 1e-9, "{score} {expected}");
        assert_eq!(
            bleu.signature(2),
            format!(
                "nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:khulasa-{}",
                env!("CARGO_PKG_VERSION")
            )
        );
    }

    #[test]
    fn nothing() {
        let bleu = Bleu::default();
        for (hypothesis, references) in [("", &[""][..]), ("", &[]), ("a", &[]), ("", &["a b"])] {
            assert_eq!(bleu.sentence(hypothesis, references), 0.0);
        }
        assert_eq!(bleu.score(&[]), 0.0);
        assert_eq!(bleu.corpus(&[], &[vec![]]).unwrap(), 0.0);
    }
}
