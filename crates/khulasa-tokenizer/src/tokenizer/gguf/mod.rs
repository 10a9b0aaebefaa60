//! Vocabularies that GGUF files carry.

mod byte_level;

use std::path::Path;

use super::detokenizer::Written;
use super::languages::Languages;
use super::{Tokenizer, failed};
use crate::Result;
use crate::sentencepiece::{Charsmap, Kind, Method, Normalizer, Piece, SentencePiece};

impl Tokenizer {
    /// Builds the SentencePiece BPE that a GGUF file carries as type `llama`: tokens in the order
    /// of their ids, merged by falling score, with single bytes for what is in no token.
    /// `space_prefix` says whether a text begins with a space that is not there. `origin` is the
    /// file, for messages.
    ///
    /// # Errors
    /// [`Error::Tokenizer`](crate::Error::Tokenizer) if the lists do not fit together.
    pub fn from_gguf_llama(
        origin: &Path,
        tokens: Vec<String>,
        scores: &[f32],
        kinds: &[i32],
        space_prefix: bool,
    ) -> Result<Self> {
        let normalizer = Normalizer {
            rules: None,
            add_dummy_prefix: space_prefix,
            remove_extra_whitespaces: false,
            escape_whitespaces: true,
            whitespace_as_suffix: false,
        };
        let model = pieces(tokens, scores, kinds)
            .and_then(|pieces| SentencePiece::new(pieces, Method::Bpe, normalizer))
            .map_err(|reason| failed(origin, reason))?;
        Ok(Self::of_gguf(model))
    }

    /// Builds the SentencePiece unigram model that a GGUF file carries as type `t5`: tokens in
    /// the order of their ids with log probabilities, and the model's own compiled rules of
    /// normalisation (empty where it has none). `origin` is the file, for messages.
    ///
    /// # Errors
    /// [`Error::Tokenizer`](crate::Error::Tokenizer) if the lists do not fit together.
    pub fn from_gguf_t5(
        origin: &Path,
        tokens: Vec<String>,
        scores: &[f32],
        kinds: &[i32],
        charsmap: &[u8],
        space_prefix: bool,
        remove_extra_whitespaces: bool,
    ) -> Result<Self> {
        let build = || {
            let rules = (!charsmap.is_empty()).then(|| Charsmap::new(charsmap));
            let normalizer = Normalizer {
                rules: rules.transpose()?,
                add_dummy_prefix: space_prefix,
                remove_extra_whitespaces,
                escape_whitespaces: true,
                whitespace_as_suffix: false,
            };
            SentencePiece::new(pieces(tokens, scores, kinds)?, Method::Unigram, normalizer)
        };
        let mut tokenizer = Self::of_gguf(build().map_err(|reason| failed(origin, reason))?);
        // MADLAD-400 is a T5 with languages.
        if tokenizer.token_id("<2en>").is_some() {
            tokenizer.languages = Languages::TargetBefore;
        }
        tokenizer.suffix = tokenizer.token_id("</s>").into_iter().collect();
        Ok(tokenizer)
    }

    /// A model whose unknown and control tokens are written as nothing.
    fn of_gguf(model: SentencePiece) -> Self {
        let mut written: Vec<Written> = model.pieces().iter().map(Written::from).collect();
        written[model.unknown() as usize] = Written::Nothing;
        Self::from_model(model, written)
    }

    /// Builds the byte-level BPE that a GGUF file carries as type `gpt2`: tokens in the order of
    /// their ids, merges as two tokens with a space between them, best first, and the name of the
    /// rules by which text is cut before anything is merged (`tokenizer.ggml.pre`). `origin` is
    /// the file, for messages.
    ///
    /// # Errors
    /// [`Error::Tokenizer`](crate::Error::Tokenizer) if the lists do not fit together or the
    /// rules are not known.
    pub fn from_gguf_gpt2(
        origin: &Path,
        tokens: &[String],
        merges: &[String],
        kinds: &[i32],
        pre: &str,
    ) -> Result<Self> {
        byte_level::build(tokens, merges, kinds, pre).map_err(|reason| failed(origin, reason))
    }
}

fn pieces(tokens: Vec<String>, scores: &[f32], kinds: &[i32]) -> Result<Vec<Piece>, String> {
    if tokens.is_empty() || tokens.len() != scores.len() || tokens.len() != kinds.len() {
        let (tokens, scores, kinds) = (tokens.len(), scores.len(), kinds.len());
        return Err(format!(
            "its vocabulary has {tokens} tokens, {scores} scores and {kinds} kinds"
        ));
    }
    let mut pieces = Vec::with_capacity(tokens.len());
    for ((text, &score), &kind) in tokens.into_iter().zip(scores).zip(kinds) {
        let kind = Kind::from_number(kind).ok_or_else(|| format!("{text:?} is of kind {kind}"))?;
        pieces.push(Piece { text, score, kind });
    }
    Ok(pieces)
}
