//! SentencePiece with the ids that a model gives its tokens.

use std::collections::{HashMap, HashSet};

use super::detokenizer::Detokenizer;
use crate::sentencepiece::SentencePiece;

/// A vocabulary whose tokens are, on the side that is read, SentencePiece's pieces.
#[derive(Debug, Clone)]
pub(crate) struct Pieces {
    pub model: SentencePiece,
    /// The token of each piece of the model.
    pub ids: Vec<u32>,
    /// Every token that can be read, by its name.
    pub names: HashMap<String, u32>,
    /// The token of what is none.
    pub unknown: u32,
    /// Characters in no piece are the token that they are the name of, if there is one.
    pub unknown_by_name: bool,
    /// A language's token is read where it stands at the beginning of a text, as in `>>eng<<`.
    pub language_first: bool,
    /// Tokens that steer the model or stand for what is unknown.
    pub special: HashSet<u32>,
    /// The side that is written, without what is special.
    pub detokenizer: Detokenizer,
}

impl Pieces {
    pub(crate) fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut rest = text;
        if self.language_first
            && text.starts_with(">>")
            && let Some(end) = text.find("<<")
            && let Some(&language) = self.names.get(&text[..end + 2])
        {
            ids.push(language);
            rest = &text[end + 2..];
        }
        self.model.encode(rest, |piece, surface| {
            let by_name = || {
                let id = self.names.get(surface).copied();
                id.filter(|id| !self.special.contains(id))
            };
            ids.push(if piece != self.model.unknown() {
                self.ids[piece as usize]
            } else if self.unknown_by_name {
                by_name().unwrap_or(self.unknown)
            } else {
                self.unknown
            });
        });
        ids
    }

    pub(crate) fn decode(&self, ids: &[u32]) -> String {
        self.model.denormalize(self.detokenizer.decode(ids))
    }

    /// The number of tokens that can be read, without special ones at the end.
    pub(crate) fn size(&self) -> usize {
        let plain = self.names.values().filter(|id| !self.special.contains(id));
        plain.fold(self.unknown, |last, &id| last.max(id)) as usize + 1
    }
}
