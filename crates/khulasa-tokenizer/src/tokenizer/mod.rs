//! Text to token ids and back.

mod detokenizer;
mod folder;
mod gguf;
mod json;
mod languages;
mod pieces;

use std::path::Path;
use std::sync::Arc;

use tokenizers::Tokenizer as Library;

use crate::sentencepiece::{Kind, SentencePiece};
use crate::{Error, Result};
use detokenizer::{Detokenizer, FirstSpace, Written, clean_up};
use languages::Languages;
use pieces::Pieces;

/// A model's vocabulary: text to token ids and back.
///
/// Text is only ever text: a control token spelled out in it, such as `<eos>`, is encoded as the
/// characters that it is made of.
///
/// What stands around a text that the model reads is in [`prefix`](Self::prefix) and
/// [`suffix`](Self::suffix). Models that read one vocabulary and write another encode with the
/// first and decode with the second.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    vocabulary: Vocabulary,
    languages: Languages,
    prefix: Vec<u32>,
    suffix: Vec<u32>,
    target_language: Option<u32>,
    clean_up: bool,
}

/// Shared by a tokenizer's clones: each task of a model has one.
#[derive(Debug, Clone)]
enum Vocabulary {
    Library(Arc<Library>),
    Pieces(Arc<Pieces>),
}

impl Tokenizer {
    /// Reads the tokenizer of a model's folder in Hugging Face layout, from the files that it has:
    /// `source.spm`, `target.spm` and `vocab.json` (Marian), `sentencepiece.bpe.model` with
    /// `vocab.json` (M2M100) or without (NLLB, mBART), `spiece.model` (T5, Pegasus),
    /// `tokenizer.json`, `vocab.json` and `merges.txt` (BART).
    ///
    /// # Errors
    /// [`Error::Tokenizer`] names the file that is missing, cannot be read or is not what its name
    /// says.
    pub fn open(folder: &Path) -> Result<Self> {
        folder::open(folder)
    }

    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] if it cannot be read or is not one.
    pub fn from_file(path: &Path) -> Result<Self> {
        let bytes = read(path)?;
        json::check(&bytes).map_err(|reason| failed(path, reason))?;
        let library = Library::from_bytes(bytes).map_err(|e| failed(path, e.to_string()))?;
        Ok(Self::from_library(library))
    }

    /// Reads a SentencePiece model alone, whose ids are the pieces' places.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] if it cannot be read or is not one.
    pub fn from_sentencepiece(path: &Path) -> Result<Self> {
        let model = sentencepiece(path)?;
        let mut tokens: Vec<Written> = model.pieces().iter().map(Written::from).collect();
        let unknown = model.unknown();
        tokens[unknown as usize] = Written::Text(model.unknown_surface.as_str().into());
        Ok(Self::from_model(model, tokens))
    }

    /// A SentencePiece model whose ids are the pieces' places.
    fn from_model(model: SentencePiece, tokens: Vec<Written>) -> Self {
        let (pieces, unknown) = (model.pieces(), model.unknown());
        let is_special = |kind: Kind| matches!(kind, Kind::Control | Kind::Unknown);
        let special = pieces.iter().zip(0..);
        let special = special.filter(|(p, _)| is_special(p.kind));
        Self::from_pieces(Pieces {
            ids: (0..pieces.len() as u32).collect(),
            names: pieces.iter().map(|p| p.text.clone()).zip(0..).collect(),
            unknown,
            unknown_by_name: false,
            language_first: false,
            special: special.map(|(_, id)| id).collect(),
            detokenizer: Detokenizer {
                tokens,
                first_space: FirstSpace::of(model.normalizer()),
                trimmed: false,
            },
            model,
        })
    }

    fn from_pieces(pieces: Pieces) -> Self {
        Self::new(Vocabulary::Pieces(Arc::new(pieces)))
    }

    fn from_library(mut library: Library) -> Self {
        // Lengths are the caller's business, and a file could ask for any.
        library.with_padding(None);
        let _ = library.with_truncation(None);
        // What stands around a text is found from one that has no special token in it.
        let (mut prefix, mut suffix) = (Vec::new(), Vec::new());
        if let Ok(encoding) = library.encode_fast("a", true) {
            let ids = encoding
                .get_ids()
                .iter()
                .zip(encoding.get_special_tokens_mask());
            let is_special = |(_, mask): &(&u32, &u32)| **mask == 1;
            prefix = ids
                .clone()
                .take_while(is_special)
                .map(|(id, _)| *id)
                .collect();
            suffix = ids
                .rev()
                .take_while(is_special)
                .map(|(id, _)| *id)
                .collect();
            suffix.reverse();
        }
        library.set_encode_special_tokens(true);
        Self {
            prefix,
            suffix,
            ..Self::new(Vocabulary::Library(Arc::new(library)))
        }
    }

    fn new(vocabulary: Vocabulary) -> Self {
        Self {
            vocabulary,
            languages: Languages::None,
            prefix: Vec::new(),
            suffix: Vec::new(),
            target_language: None,
            clean_up: false,
        }
    }

    /// The token ids of a text on the side that the model reads, without those around it.
    ///
    /// # Errors
    /// [`Error::Encode`] if the vocabulary has no tokens for it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        match &self.vocabulary {
            Vocabulary::Pieces(pieces) => Ok(pieces.encode(text)),
            Vocabulary::Library(library) => {
                let encoding = library
                    .encode_fast(text, false)
                    .map_err(|e| Error::Encode(e.to_string()))?;
                Ok(encoding.get_ids().to_vec())
            }
        }
    }

    /// The number of tokens of a text.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn count(&self, text: &str) -> Result<usize> {
        Ok(self.encode(text)?.len())
    }

    /// The text of token ids that the model wrote; control tokens are left out.
    ///
    /// # Errors
    /// [`Error::Encode`] if the vocabulary's decoder fails.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        let text = match &self.vocabulary {
            Vocabulary::Pieces(pieces) => pieces.decode(ids),
            Vocabulary::Library(library) => library
                .decode(ids, true)
                .map_err(|e| Error::Encode(e.to_string()))?,
        };
        Ok(if self.clean_up { clean_up(&text) } else { text })
    }

    /// What stands before a text that the model reads: a language's token, a first token.
    pub fn prefix(&self) -> &[u32] {
        &self.prefix
    }

    /// What stands after a text that the model reads, most often the token that ends it.
    pub fn suffix(&self) -> &[u32] {
        &self.suffix
    }

    /// The token that an output begins with, after the model's own first one, so that it is in
    /// the language that was asked for; none where languages are told in another way.
    pub fn target_language(&self) -> Option<u32> {
        self.target_language
    }

    /// Chooses the languages: in a model's own tokens, with or without what they are put in
    /// (`arb_Arab`, `__ar__`, `ar_AR`, `<2en>`, `>>eng<<`), or `ar` and `en`. A model without
    /// tokens for languages stays as it is.
    ///
    /// # Errors
    /// [`Error::Language`] if the model has tokens for languages and none for one that it needs.
    pub fn with_languages(mut self, source: &str, target: &str) -> Result<Self> {
        languages::choose(&mut self, source, target)?;
        Ok(self)
    }

    /// The id of a token on the side that the model reads, control tokens among them.
    pub fn token_id(&self, token: &str) -> Option<u32> {
        match &self.vocabulary {
            Vocabulary::Pieces(pieces) => pieces.names.get(token).copied(),
            Vocabulary::Library(library) => library.token_to_id(token),
        }
    }

    /// The number of tokens that the model reads. Special ones at the end do not count: no text
    /// becomes them, and some models have no embedding for them (BART's `<mask>`, once it is
    /// trained to summarise).
    pub fn vocab_size(&self) -> usize {
        match &self.vocabulary {
            Vocabulary::Pieces(pieces) => pieces.size(),
            Vocabulary::Library(library) => {
                let added = library.get_added_tokens_decoder();
                let is_special = |id: usize| {
                    let token = u32::try_from(id).ok().and_then(|id| added.get(&id));
                    token.is_some_and(|token| token.special)
                };
                let ids = 0..library.get_vocab_size(true);
                ids.rev().find(|&id| !is_special(id)).map_or(0, |id| id + 1)
            }
        }
    }

    /// Taking out spaces would spoil the text of byte-level tokens, which have their own.
    fn can_be_cleaned_up(&self) -> bool {
        match &self.vocabulary {
            Vocabulary::Pieces(_) => true,
            Vocabulary::Library(library) => {
                !matches!(library.get_model(), tokenizers::ModelWrapper::BPE(_))
            }
        }
    }

    /// The number of tokens that the model writes. Those at the end that are no text do not count.
    pub fn target_vocab_size(&self) -> usize {
        match &self.vocabulary {
            Vocabulary::Pieces(pieces) => pieces.detokenizer.size(),
            Vocabulary::Library(_) => self.vocab_size(),
        }
    }
}

/// Reads a SentencePiece model.
fn sentencepiece(path: &Path) -> Result<SentencePiece> {
    SentencePiece::from_bytes(&read(path)?).map_err(|reason| failed(path, reason))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| failed(path, format!("it cannot be read: {e}")))
}

fn failed(path: &Path, reason: impl Into<String>) -> Error {
    Error::Tokenizer {
        path: path.to_path_buf(),
        reason: reason.into(),
    }
}
