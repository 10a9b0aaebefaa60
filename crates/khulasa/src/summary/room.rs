//! A summary that grows as long as its limits let it.

use crate::{Limits, SummarySentence};

use super::shorten::shorten;

/// A summary under way.
pub(super) struct Room {
    sentences: Vec<SummarySentence>,
    most: usize,
    /// Words that are left.
    words: usize,
}

impl Room {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            sentences: Vec::new(),
            most: limits.sentences.max(1),
            words: limits.words.unwrap_or(usize::MAX),
        }
    }

    /// Adds a sentence, and tells whether there may be room for more. One that is too long ends
    /// the summary; if it is the first it is cut.
    pub(super) fn add(&mut self, mut sentence: SummarySentence) -> bool {
        let words = |text: &str| text.split_whitespace().count();
        if words(&sentence.text) > self.words {
            if !self.sentences.is_empty() || self.words == 0 {
                return false;
            }
            let (kept, _) = shorten(&sentence.text, self.words);
            let within = |span: &khulasa_tokenizer::Span| span.end <= kept.len();
            sentence
                .flags
                .retain(|flag| flag.target.as_ref().is_none_or(within));
            sentence.text = format!("{kept}…");
            self.sentences.push(sentence);
            return false;
        }
        self.words -= words(&sentence.text);
        self.sentences.push(sentence);
        self.sentences.len() < self.most
    }

    pub(super) fn sentences(&self) -> &[SummarySentence] {
        &self.sentences
    }

    pub(super) fn into_sentences(self) -> Vec<SummarySentence> {
        self.sentences
    }
}
