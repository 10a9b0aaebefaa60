//! Terms in Arabic text, whatever is written before and on them.

use std::collections::HashMap;

use khulasa_tokenizer::Span;
use khulasa_tokenizer::normalize::fold;
use khulasa_tokenizer::words::words;

/// A term in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    /// The term's index.
    pub(crate) term: usize,
    /// Where it stands, with what is written before it.
    pub(crate) span: Span,
    /// The conjunction and preposition before it: "و", "ب", "فل" …
    pub(crate) clitics: String,
}

/// The terms, given by their folded words, that a text has: from left to right, the longest where
/// several begin at the same word, and of those the one with the fewest letters before it.
pub(crate) fn mentions(terms: &[&[String]], text: &str) -> Vec<Mention> {
    let mut by_first: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, words) in terms.iter().enumerate() {
        if let Some(first) = words.first() {
            by_first.entry(first).or_default().push(i);
        }
    }
    let words: Vec<(Span, String)> = words(text).map(|(span, word)| (span, fold(word))).collect();
    let mut mentions = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let mut best: Option<(usize, usize, String)> = None;
        for (clitics, rest) in forms(&words[at].1) {
            for &term in by_first.get(rest.as_str()).into_iter().flatten() {
                let length = terms[term].len();
                let follows = words.get(at + 1..at + length).is_some_and(|following| {
                    following
                        .iter()
                        .zip(&terms[term][1..])
                        .all(|((_, word), wanted)| {
                            word == wanted || word.strip_prefix("ال") == Some(wanted.as_str())
                        })
                });
                if follows
                    && best
                        .as_ref()
                        .is_none_or(|(_, longest, _)| length > *longest)
                {
                    best = Some((term, length, clitics.clone()));
                }
            }
        }
        match best {
            Some((term, length, clitics)) => {
                mentions.push(Mention {
                    term,
                    span: words[at].0.start..words[at + length - 1].0.end,
                    clitics,
                });
                at += length;
            }
            None => at += 1,
        }
    }
    mentions
}

/// A folded word taken apart in every possible way into a conjunction with a preposition and the
/// rest, with and without the article; the least that is taken away first.
fn forms(word: &str) -> Vec<(String, String)> {
    let mut forms = Vec::new();
    let conjunctions = ["", "و", "ف"];
    let prepositions = ["", "ب", "ل", "ك"];
    for conjunction in conjunctions {
        let Some(rest) = word.strip_prefix(conjunction) else {
            continue;
        };
        for preposition in prepositions {
            let Some(rest) = rest.strip_prefix(preposition) else {
                continue;
            };
            if rest.chars().count() < 2 {
                continue;
            }
            let clitics = format!("{conjunction}{preposition}");
            forms.push((clitics.clone(), rest.to_owned()));
            // "لل" is a preposition and the article, whose alif is not written.
            if preposition == "ل"
                && let Some(bare) = rest.strip_prefix('ل')
            {
                forms.push((clitics.clone(), format!("ا{rest}")));
                forms.push((clitics.clone(), bare.to_owned()));
            }
            if let Some(bare) = rest.strip_prefix("ال") {
                forms.push((clitics, bare.to_owned()));
            }
        }
    }
    forms.retain(|(_, rest)| rest.chars().count() > 1);
    // The sort is stable: of equals, the one without a conjunction comes first.
    forms.sort_by_key(|(_, rest)| std::cmp::Reverse(rest.chars().count()));
    forms
}
