//! Text to token ids and back.

use std::collections::HashMap;
use std::path::Path;

use tokenizers::decoders::DecoderWrapper;
use tokenizers::decoders::byte_fallback::ByteFallback;
use tokenizers::decoders::fuse::Fuse;
use tokenizers::decoders::sequence::Sequence as Decoders;
use tokenizers::decoders::strip::Strip;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::prepend::Prepend;
use tokenizers::normalizers::replace::Replace;
use tokenizers::normalizers::{NormalizerWrapper, Sequence as Normalizers};
use tokenizers::{AddedToken, Tokenizer as Inner};

use crate::{Error, Result};

/// What SentencePiece writes for a space.
const SPACE: &str = "\u{2581}";

/// A model's vocabulary: text to token ids and back.
///
/// Text is only ever text: a control token spelled out in it, such as `<eos>`, is encoded as the
/// characters that it is made of.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: Inner,
}

/// The kinds of tokens in a GGUF vocabulary.
mod kind {
    pub const NORMAL: i32 = 1;
    pub const UNKNOWN: i32 = 2;
    pub const CONTROL: i32 = 3;
    pub const USER_DEFINED: i32 = 4;
}

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] if it cannot be read or is not one.
    pub fn from_file(path: &Path) -> Result<Self> {
        let bytes =
            std::fs::read(path).map_err(|e| failed(path, format!("cannot be read: {e}")))?;
        let inner = Inner::from_bytes(bytes).map_err(|e| failed(path, e.to_string()))?;
        Ok(Self::new(inner))
    }

    /// Builds the SentencePiece BPE that a GGUF file carries as type `llama`: tokens in the order
    /// of their ids, merged by falling score, with single bytes for what is in no token.
    /// `space_prefix` says whether a text begins with a space that is not there. `origin` is the
    /// file, for messages.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] if the lists do not fit together.
    pub fn from_gguf_llama(
        origin: &Path,
        tokens: Vec<String>,
        scores: &[f32],
        kinds: &[i32],
        space_prefix: bool,
    ) -> Result<Self> {
        if tokens.is_empty() || tokens.len() != scores.len() || tokens.len() != kinds.len() {
            let (tokens, scores, kinds) = (tokens.len(), scores.len(), kinds.len());
            return Err(failed(
                origin,
                format!("its vocabulary has {tokens} tokens, {scores} scores and {kinds} kinds"),
            ));
        }
        let merges = merges(&tokens, scores, kinds);
        let of_kind = |wanted: i32| {
            let all = tokens.iter().zip(kinds);
            all.filter(move |&(_, &kind)| kind == wanted)
                .map(|(token, _)| token.clone())
        };
        let unknown = of_kind(kind::UNKNOWN).next();
        let control: Vec<_> = of_kind(kind::CONTROL)
            .chain(unknown.clone())
            .map(|t| AddedToken::from(t, true).normalized(false))
            .collect();
        let user: Vec<_> = of_kind(kind::USER_DEFINED)
            .map(|t| AddedToken::from(t, false).normalized(false))
            .collect();
        let vocab: Vocab = tokens.into_iter().zip(0..).collect();

        let error = |e: tokenizers::Error| failed(origin, e.to_string());
        let mut model = BPE::builder()
            .vocab_and_merges(vocab, merges)
            .byte_fallback(true)
            // Whole sentences are its "words": they hardly ever come twice.
            .cache_capacity(0)
            .fuse_unk(true);
        if let Some(unknown) = unknown {
            model = model.unk_token(unknown);
        }
        let mut inner = Inner::new(model.build().map_err(error)?);
        let mut normalizers = Vec::<NormalizerWrapper>::new();
        if space_prefix {
            normalizers.push(Prepend::new(SPACE.to_owned()).into());
        }
        normalizers.push(Replace::new(" ", SPACE).map_err(error)?.into());
        inner
            .with_normalizer(Some(Normalizers::new(normalizers)))
            .map_err(error)?;
        let mut decoders: Vec<DecoderWrapper> = vec![
            Replace::new(SPACE, " ").map_err(error)?.into(),
            ByteFallback::new().into(),
            Fuse::new().into(),
        ];
        if space_prefix {
            decoders.push(Strip::new(' ', 1, 0).into());
        }
        inner.with_decoder(Some(Decoders::new(decoders)));
        inner.add_special_tokens(control).map_err(error)?;
        inner.add_tokens(user).map_err(error)?;
        Ok(Self::new(inner))
    }

    fn new(mut inner: Inner) -> Self {
        inner.set_encode_special_tokens(true);
        Self { inner }
    }

    /// The token ids of a text, without any that the model wants around it.
    ///
    /// # Errors
    /// [`Error::Encode`] if the vocabulary has no tokens for it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|e| Error::Encode(e.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The number of tokens of a text.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn count(&self, text: &str) -> Result<usize> {
        Ok(self.encode(text)?.len())
    }

    /// The text of token ids; control tokens are left out.
    ///
    /// # Errors
    /// [`Error::Encode`] if the vocabulary's decoder fails.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.inner
            .decode(ids, true)
            .map_err(|e| Error::Encode(e.to_string()))
    }

    /// The id of a token, control tokens among them.
    pub fn token_id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// The number of tokens: every id is below it.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }
}

/// No real token is longer (bytes); one that is would only take time.
const LONGEST: usize = 1 << 10;

/// Every way to make a token of two others, best token first.
fn merges(tokens: &[String], scores: &[f32], kinds: &[i32]) -> Vec<(String, String)> {
    let normal = || {
        tokens
            .iter()
            .enumerate()
            .filter(|&(i, t)| kinds[i] == kind::NORMAL && t.len() <= LONGEST)
    };
    let ids: HashMap<&str, usize> = normal().map(|(i, t)| (t.as_str(), i)).collect();
    let mut order: Vec<_> = normal().collect();
    order.sort_by(|a, b| scores[b.0].total_cmp(&scores[a.0]));
    let mut merges = Vec::new();
    for (_, token) in order {
        let mut splits: Vec<_> = token
            .char_indices()
            .skip(1)
            .filter_map(|(at, _)| {
                let (left, right) = token.split_at(at);
                Some(((ids.get(left)?, ids.get(right)?), (left, right)))
            })
            .collect();
        splits.sort_unstable();
        merges.extend(
            splits
                .into_iter()
                .map(|(_, (l, r))| (l.to_owned(), r.to_owned())),
        );
    }
    merges
}

fn failed(path: &Path, reason: String) -> Error {
    Error::Tokenizer {
        path: path.to_path_buf(),
        reason,
    }
}
