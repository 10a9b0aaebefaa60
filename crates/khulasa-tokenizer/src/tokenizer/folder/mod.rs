//! Tokenizers from the files of a model's folder.

mod byte_level;
mod codes;
mod config;
mod fairseq;
mod m2m100;
mod marian;
mod names;
mod spiece;

use std::path::Path;

use super::languages::Languages;
use super::{Tokenizer, failed};
use crate::Result;
use config::Config;

pub(super) fn open(folder: &Path) -> Result<Tokenizer> {
    let config = Config::read(folder)?;
    let has = |name: &str| folder.join(name).is_file();
    // SentencePiece first: `tokenizers` imitates it, and not in everything.
    let mut tokenizer = if has("source.spm") {
        marian::open(folder, &config)?
    } else if has("sentencepiece.bpe.model") && has("vocab.json") {
        m2m100::open(folder, &config)?
    } else if has("sentencepiece.bpe.model") {
        fairseq::open(folder, &config)?
    } else if has("spiece.model") {
        spiece::open(folder, &config)?
    } else if has("tokenizer.json") {
        from_json(folder, &config)?
    } else if has("vocab.json") && has("merges.txt") {
        byte_level::open(folder, &config)?
    } else {
        return Err(failed(
            folder,
            "a tokenizer is missing: the folder must have source.spm, sentencepiece.bpe.model, \
             spiece.model, tokenizer.json, or vocab.json and merges.txt",
        ));
    };
    let wanted = config.setting("clean_up_tokenization_spaces") == true;
    tokenizer.clean_up = wanted && tokenizer.can_be_cleaned_up();
    Ok(tokenizer)
}

/// A `tokenizer.json` where nothing better is there.
fn from_json(folder: &Path, config: &Config) -> Result<Tokenizer> {
    let file = folder.join("tokenizer.json");
    let mut tokenizer = Tokenizer::from_file(&file)?;
    match config.model_type.as_str() {
        "m2m_100" | "mbart" => {
            let end = config.special_token("eos_token", "</s>");
            let missing = || failed(&file, format!("it has no token {end:?}, the eos_token"));
            tokenizer.suffix = vec![tokenizer.token_id(&end).ok_or_else(missing)?];
            // The languages that the file was saved with are nobody's choice.
            tokenizer.prefix.clear();
            tokenizer.languages = Languages::of(config.setting("tokenizer_class"));
        }
        // MADLAD-400 is a T5 with languages.
        "t5" if tokenizer.token_id("<2en>").is_some() => {
            tokenizer.languages = Languages::TargetBefore;
        }
        _ => {}
    }
    Ok(tokenizer)
}
