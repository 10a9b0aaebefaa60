//! BPE over bytes, as GGUF files carry it.

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer as Library};

use crate::Result;
use crate::sentencepiece::Kind;
use crate::tokenizer::Tokenizer;

/// How text is cut before anything is merged.
struct Cuts {
    /// Each is applied to what those before it left.
    patterns: &'static [&'static str],
    /// Text is composed first, as `transformers` does with these models.
    composed: bool,
    /// A word that is a token is not made of merges.
    whole_words: bool,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The rules of a name, as llama.cpp defines the names.
fn cuts(name: &str) -> Result<Cuts, String> {
    let patterns: &[&str] = match name {
        "gpt-2" => &[GPT2],
        "smollm" => &[r"\p{N}", GPT2],
        "qwen2" | "deepseek-r1-qwen" => &[QWEN2],
        "llama-bpe" | "llama3" | "llama-v3" | "lfm2" | "chatglm-bpe" | "glm4" => &[LLAMA3],
        "default" | "" => &[r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"],
        other => {
            return Err(format!(
                "its text is cut as by {other:?} (tokenizer.ggml.pre): gpt-2, smollm, qwen2, \
                 llama-bpe, lfm2, glm4 and default are supported"
            ));
        }
    };
    Ok(Cuts {
        composed: patterns == [QWEN2],
        whole_words: patterns == [LLAMA3] && !name.contains("glm"),
        patterns,
    })
}

pub(super) fn build(
    tokens: &[String],
    merges: &[String],
    kinds: &[i32],
    pre: &str,
) -> Result<Tokenizer, String> {
    if tokens.is_empty() || tokens.len() != kinds.len() {
        let (tokens, kinds) = (tokens.len(), kinds.len());
        return Err(format!(
            "its vocabulary has {tokens} tokens and {kinds} kinds"
        ));
    }
    let mut vocabulary = Vocab::default();
    for (token, id) in tokens.iter().zip(0..) {
        if vocabulary.insert(token.clone(), id).is_some() {
            return Err(format!("it has {token:?} twice"));
        }
    }
    let merge = |merge: &String| {
        // A token may begin with a space only in files that are wrong.
        let two = merge.split_once(' ');
        let (left, right) = two.ok_or_else(|| format!("merge {merge:?} is not two tokens"))?;
        Ok((left.to_owned(), right.to_owned()))
    };
    let merges = merges
        .iter()
        .map(merge)
        .collect::<Result<Vec<_>, String>>()?;
    let cuts = cuts(pre)?;
    let error = |e: tokenizers::Error| e.to_string();
    let model = BPE::builder()
        .vocab_and_merges(vocabulary, merges)
        .ignore_merges(cuts.whole_words);
    let mut library = Library::new(model.build().map_err(error)?);
    if cuts.composed {
        library.with_normalizer(Some(NFC)).map_err(error)?;
    }
    let mut steps = Vec::<PreTokenizerWrapper>::new();
    for pattern in cuts.patterns {
        let pattern = SplitPattern::Regex((*pattern).to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false);
        steps.push(split.map_err(error)?.into());
    }
    steps.push(ByteLevel::new(false, true, false).into());
    library.with_pre_tokenizer(Some(Sequence::new(steps)));
    library.with_decoder(Some(ByteLevel::default()));
    for (token, &kind) in tokens.iter().zip(kinds) {
        let kind = Kind::from_number(kind).ok_or_else(|| format!("{token:?} is of kind {kind}"))?;
        let added = |special| AddedToken::from(token.clone(), special).normalized(false);
        match kind {
            Kind::Control | Kind::Unknown => library.add_special_tokens([added(true)]),
            Kind::UserDefined => library.add_tokens([added(false)]),
            _ => continue,
        }
        .map_err(error)?;
    }
    Ok(Tokenizer::from_library(library))
}
