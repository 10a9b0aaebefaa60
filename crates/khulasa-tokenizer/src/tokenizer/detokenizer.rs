//! Tokens to text, for vocabularies of SentencePiece.

use crate::sentencepiece::{Kind, Normalizer, Piece, SPACE};

/// What a token is written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Written {
    /// A text in which [`SPACE`] stands for a space.
    Text(Box<str>),
    /// One byte of a character.
    Byte(u8),
    /// Nothing, as control tokens are.
    Nothing,
}

impl From<&Piece> for Written {
    fn from(piece: &Piece) -> Self {
        match (piece.kind, piece.byte()) {
            (Kind::Control, _) => Self::Nothing,
            (Kind::Byte, Some(byte)) => Self::Byte(byte),
            _ => Self::Text(piece.text.as_str().into()),
        }
    }
}

/// What becomes of the space that a text begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstSpace {
    /// It stays.
    Kept,
    /// One goes.
    Dropped,
    /// The one of every token goes, until there is text.
    AllDropped,
    /// Every one of the first token goes, and no other.
    DroppedFromFirst,
}

impl FirstSpace {
    /// What SentencePiece does with the space that its normalisation may have put there.
    pub(crate) fn of(normalizer: &Normalizer) -> Self {
        match (
            normalizer.remove_extra_whitespaces,
            normalizer.add_dummy_prefix,
        ) {
            (true, _) => Self::AllDropped,
            (false, true) => Self::Dropped,
            (false, false) => Self::Kept,
        }
    }
}

/// How the tokens of a vocabulary are written.
#[derive(Debug, Clone)]
pub(crate) struct Detokenizer {
    /// By token id.
    pub tokens: Vec<Written>,
    pub first_space: FirstSpace,
    /// White space at both ends goes.
    pub trimmed: bool,
}

impl Detokenizer {
    /// The number of tokens, without those at the end that are nothing.
    pub(crate) fn size(&self) -> usize {
        let last = self.tokens.iter().rposition(|t| *t != Written::Nothing);
        last.map_or(0, |last| last + 1)
    }

    /// The text of token ids; an id of no token is nothing.
    pub(crate) fn decode(&self, ids: &[u32]) -> String {
        let mut text = String::new();
        let mut bytes = Vec::new();
        let mut at_start = true;
        let mut dropped = false;
        let tokens = ids.iter().map(|&id| self.tokens.get(id as usize));
        for token in tokens.flatten() {
            if let Written::Byte(byte) = token {
                bytes.push(*byte);
                continue;
            }
            flush(&mut bytes, &mut text);
            let Written::Text(token) = token else {
                continue;
            };
            at_start &= !dropped && text.is_empty();
            let mut rest = &**token;
            if at_start {
                let shorter = rest.strip_prefix(SPACE);
                match self.first_space {
                    FirstSpace::Kept => {}
                    FirstSpace::Dropped => dropped = shorter.is_some(),
                    FirstSpace::AllDropped => {}
                    FirstSpace::DroppedFromFirst => dropped = true,
                }
                rest = match self.first_space {
                    FirstSpace::Kept => rest,
                    FirstSpace::DroppedFromFirst => {
                        text.push_str(&rest.replace(SPACE, ""));
                        continue;
                    }
                    _ => shorter.unwrap_or(rest),
                };
            }
            text.push_str(&rest.replace(SPACE, " "));
        }
        flush(&mut bytes, &mut text);
        if self.trimmed {
            let is_space = |c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c);
            return text.trim_matches(is_space).to_owned();
        }
        text
    }
}

/// Writes bytes as text; each that belongs to no character as U+FFFD.
fn flush(bytes: &mut Vec<u8>, text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for _ in chunk.invalid() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    bytes.clear();
}

/// Spaces before English punctuation and clitics taken out, as `transformers` does where a
/// tokenizer's configuration asks for it.
pub(crate) fn clean_up(text: &str) -> String {
    const RULES: [(&str, &str); 10] = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    let mut text = text.to_owned();
    for (from, to) in RULES {
        text = text.replace(from, to);
    }
    text
}
