//! Translation edit rate (Snover et al. 2006), as sacrebleu's port of Tercom computes it.

mod distance;
mod shift;

use std::collections::HashMap;

use crate::text::{trim_end, words};
use crate::tokenize::{is_symbol, spaced, split_figures, unescape};
use crate::{Metric, some_reference};

/// The edits that make a reference of the hypothesis, for a hundred words of the reference: words
/// inserted, deleted and replaced, and phrases moved. Less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ter {
    /// Whether entities are resolved and punctuation is separated first.
    pub normalized: bool,
    /// Whether punctuation is left out.
    pub no_punct: bool,
    /// Whether `normalized` and `no_punct` know Chinese and Japanese too.
    pub asian_support: bool,
    /// Whether capitals matter.
    pub case_sensitive: bool,
}

impl Ter {
    fn prepare(&self, text: &str) -> String {
        let text = trim_end(text);
        let mut text = match self.case_sensitive {
            true => text.to_owned(),
            false => text.to_lowercase(),
        };
        if self.normalized {
            text = normalize(&text);
            if self.asian_support {
                text = spaced(&text, |c| is_asian(c) || is_asian_mark(c));
            }
        }
        if self.no_punct {
            text.retain(|c| {
                let mark = matches!(c, '.' | ',' | '?' | ':' | ';' | '!' | '"' | '(' | ')');
                !(mark || self.asian_support && is_asian_mark(c))
            });
        }
        text
    }
}

/// Separates Western punctuation and the possessive.
fn normalize(text: &str) -> String {
    let text = unescape(&text.replace("\n-", "").replace('\n', " "));
    let text = spaced(&format!(" {text} "), is_symbol).replace("'s ", " 's ");
    split_figures(text)
}

/// Ideographs and what else stands for a word by itself. Tercom's ranges, among them one that is
/// wider than its name (3200 to 3F22); its rules for kana never apply, for they want a text that
/// begins with them, and a space was put in front of it.
fn is_asian(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{2eff}' | '\u{31c0}'..='\u{31ef}' | '\u{3200}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}')
}

/// Chinese and Japanese punctuation, and full-width Western marks.
fn is_asian_mark(c: char) -> bool {
    matches!(c,
        '\u{3001}' | '\u{3002}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' | '\u{30fb}'
        | '\u{ff61}'..='\u{ff65}' | '\u{ff0e}' | '\u{ff0c}' | '\u{ff1f}' | '\u{ff1a}'
        | '\u{ff1b}' | '\u{ff01}' | '\u{ff02}' | '\u{ff08}' | '\u{ff09}')
}

impl Metric for Ter {
    fn name(&self) -> String {
        "TER".to_owned()
    }

    fn options(&self) -> String {
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        format!(
            "case:{}|tok:tercom|norm:{}|punct:{}|asian:{}",
            if self.case_sensitive { "mixed" } else { "lc" },
            yes(self.normalized),
            yes(!self.no_punct),
            yes(self.asian_support)
        )
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    /// The fewest edits, and the mean length of the references in words.
    fn statistics(&self, hypothesis: &str, references: &[&str]) -> Vec<f64> {
        let hypothesis = self.prepare(hypothesis);
        let references = some_reference(references).iter();
        let references: Vec<String> = references.map(|text| self.prepare(text)).collect();
        // Words as numbers compare fast.
        let mut ids: HashMap<&str, u32> = HashMap::new();
        let mut numbers = |text| -> Vec<u32> {
            words(text)
                .map(|word| {
                    let next = ids.len() as u32;
                    *ids.entry(word).or_insert(next)
                })
                .collect()
        };
        let hypothesis = numbers(&hypothesis);
        let references: Vec<Vec<u32>> = references.iter().map(|text| numbers(text)).collect();
        let edits = references.iter().map(|r| shift::edits(&hypothesis, r));
        let lengths: usize = references.iter().map(Vec::len).sum();
        vec![
            edits.min().unwrap_or(0) as f64,
            lengths as f64 / references.len() as f64,
        ]
    }

    fn score(&self, statistics: &[f64]) -> f64 {
        match *statistics {
            [edits, length, ..] if length > 0.0 => 100.0 * edits / length,
            [edits, ..] if edits > 0.0 => 100.0,
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_and_shifts() {
        let ter = Ter::default();
        let edits = |h: &str, r: &str| ter.statistics(h, &[r])[0];
        assert_eq!(edits("a b c d", "A B C D"), 0.0);
        assert_eq!(edits("a b x d", "a b c d"), 1.0);
        assert_eq!(edits("c d e a b", "a b c d e"), 1.0, "one phrase moved");
        assert_eq!(edits("", "a b"), 2.0);
        assert_eq!(edits("a b", ""), 2.0);
        assert_eq!(ter.sentence("a b", &[""]), 100.0);
        assert_eq!(ter.sentence("", &[]), 0.0);
    }

    #[test]
    fn long_segments_take_bounded_time() {
        let words = |step: usize| -> String {
            let words = (0..4_000).map(|i| format!("w{} ", (i * step) % 997));
            words.collect()
        };
        let ter = Ter::default();
        let rate = ter.sentence(&words(7), &[&words(11)]);
        assert!((50.0..=100.0).contains(&rate), "{rate}");
        // Far different lengths: sacrebleu's figures.
        let (long, short) = (words(1), "w1 w2 w3");
        assert_eq!(ter.statistics(short, &[&long])[0], 3_998.0);
        assert_eq!(ter.statistics(&long, &[short])[0], 3_997.0);
    }
}
