//! English sentences: where they end, and which ones share words.

use std::collections::{BTreeMap, BTreeSet};

/// Splits an English text into sentences: at `.`, `!` or `?` with what closes behind it, before a
/// space and what can begin a sentence; not after initials and common abbreviations.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut word = 0;
    for (i, c) in text.char_indices() {
        if !c.is_whitespace() {
            continue;
        }
        let last = text[word..i].trim_end_matches(['"', '\'', ')', '”', '’']);
        word = i + c.len_utf8();
        let next = text[word..]
            .chars()
            .find(|c| !matches!(c, '"' | '\'' | '(' | '“' | '‘'));
        let begins = next.is_some_and(|c| c.is_uppercase() || c.is_numeric());
        if begins && last.ends_with(['.', '!', '?']) && !is_abbreviation(last) {
            sentences.push(text[start..i].trim());
            start = word;
        }
    }
    sentences.push(text[start..].trim());
    sentences.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    sentences
}

/// Whether a word that ends in a full stop goes on: "U.S.", "J.", "Mr.", "Gen.".
fn is_abbreviation(word: &str) -> bool {
    const TITLES: [&str; 14] = [
        "Mr", "Mrs", "Ms", "Dr", "Prof", "Gen", "Col", "Lt", "Maj", "Capt", "Sen", "Rep", "St",
        "No",
    ];
    let Some(word) = word.strip_suffix('.') else {
        return false;
    };
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    TITLES.contains(&word)
        || word
            .split('.')
            .all(|part| part.chars().count() == 1 && !part.contains(char::is_numeric))
}

/// Which of some sentences another one takes its words from.
pub(super) struct Overlap {
    sentences: Vec<BTreeSet<String>>,
    /// Rare words weigh more: ln(1 + n / df).
    weights: BTreeMap<String, f64>,
}

/// A source has at least this share of a sentence's words (by weight) that no better one has.
const SHARE: f64 = 0.2;

impl Overlap {
    pub(super) fn new(sentences: &[&str]) -> Self {
        let sentences: Vec<BTreeSet<String>> = sentences.iter().map(|s| content_words(s)).collect();
        let mut weights: BTreeMap<String, f64> = BTreeMap::new();
        for word in sentences.iter().flatten() {
            *weights.entry(word.clone()).or_default() += 1.0;
        }
        for weight in weights.values_mut() {
            *weight = (1.0 + sentences.len() as f64 / *weight).ln();
        }
        Self { sentences, weights }
    }

    /// The sentences that together have the most of a text's words, best first, by their indices.
    pub(super) fn best(&self, text: &str, most: usize) -> Vec<usize> {
        let unknown = (1.0 + self.sentences.len() as f64).ln();
        let weight = |word: &String| self.weights.get(word).copied().unwrap_or(unknown);
        let mut open = content_words(text);
        let total: f64 = open.iter().map(weight).sum();
        let mut best = Vec::new();
        while best.len() < most {
            let shares = self
                .sentences
                .iter()
                .map(|s| open.intersection(s).map(weight).sum::<f64>());
            // The first one of equals.
            let (i, share) = shares
                .enumerate()
                .fold((0, 0.0), |a, b| if b.1 > a.1 { b } else { a });
            if share <= 0.0 || share < SHARE * total {
                break;
            }
            open.retain(|word| !self.sentences[i].contains(word));
            best.push(i);
        }
        best
    }
}

impl Overlap {
    /// The share of a text's words (by weight) that some of the sentences have.
    pub(super) fn share(&self, text: &str, of: &[usize]) -> f64 {
        let unknown = (1.0 + self.sentences.len() as f64).ln();
        let weight = |word: &String| self.weights.get(word).copied().unwrap_or(unknown);
        let words = content_words(text);
        let total: f64 = words.iter().map(weight).sum();
        let has = |word: &&String| of.iter().any(|&i| self.sentences[i].contains(*word));
        let found: f64 = words.iter().filter(has).map(weight).sum();
        match total > 0.0 {
            true => found / total,
            false => 0.0,
        }
    }
}

/// The words of a text that say what it is about, in lower case and without plural endings.
fn content_words(text: &str) -> BTreeSet<String> {
    const STOP: &[&str] = &[
        "a", "an", "the", "and", "or", "but", "of", "in", "on", "at", "to", "for", "from", "by",
        "with", "as", "is", "are", "was", "were", "be", "been", "has", "have", "had", "it", "its",
        "he", "she", "they", "his", "her", "their", "that", "this", "these", "those", "which",
        "who", "will", "would", "not", "said", "after", "before", "also", "than", "into", "over",
    ];
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.len() > 1 && !STOP.contains(&word.as_str()))
        .map(|word| match word.strip_suffix('s') {
            Some(stem) if stem.len() > 3 => stem.to_owned(),
            _ => word,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentence_ends() {
        for (text, expected) in [
            ("One. Two! Three?", vec!["One.", "Two!", "Three?"]),
            (
                "He said: \"Go.\" They went.",
                vec!["He said: \"Go.\"", "They went."],
            ),
            (
                "The U.S. Senate met. It voted.",
                vec!["The U.S. Senate met.", "It voted."],
            ),
            (
                "Mr. Smith and J. Brown left. 12 stayed.",
                vec!["Mr. Smith and J. Brown left.", "12 stayed."],
            ),
            (
                "It rose 3.5 percent. \"Fine\" was all.",
                vec!["It rose 3.5 percent.", "\"Fine\" was all."],
            ),
            (
                "It stopped. without a capital",
                vec!["It stopped. without a capital"],
            ),
            ("", vec![]),
            (" . ", vec![]),
        ] {
            assert_eq!(sentences(text), expected, "{text}");
        }
    }

    #[test]
    fn sources_are_found_by_rare_words() {
        let overlap = Overlap::new(&[
            "The ministry opened three hospitals in Basra.",
            "The minister said the plan would cost 40 million dollars.",
            "Farmers in Basra complained about water.",
        ]);
        assert_eq!(overlap.best("Three hospitals were opened.", 3), [0]);
        assert_eq!(
            overlap.best("Hospitals in Basra opened; the plan costs 40 million.", 3),
            [1, 0]
        );
        assert_eq!(overlap.best("Farmers lack water", 3), [2]);
        assert!(
            overlap
                .best("Nothing of this kind was ever written anywhere.", 3)
                .is_empty()
        );
        assert!(overlap.best("", 3).is_empty());
        assert!(Overlap::new(&[]).best("Farmers", 3).is_empty());
    }
}
