//! M2M100: SentencePiece, a `vocab.json` for its pieces, and languages after them.

use std::path::Path;

use super::codes;
use super::config::Config;
use super::names::Names;
use crate::Result;
use crate::tokenizer::detokenizer::{Detokenizer, FirstSpace};
use crate::tokenizer::languages::Languages;
use crate::tokenizer::pieces::Pieces;
use crate::tokenizer::{Tokenizer, sentencepiece};

pub(super) fn open(folder: &Path, config: &Config) -> Result<Tokenizer> {
    let model = sentencepiece(&folder.join("sentencepiece.bpe.model"))?;
    let mut names = Names::read(&folder.join("vocab.json"))?;
    let unknown = names.role(config, "unk_token", "<unk>")?;
    let end = names.role(config, "eos_token", "</s>")?;
    let ids = model.pieces().iter();
    let ids = ids.map(|p| names.id(&p.text).unwrap_or(unknown)).collect();
    let codes = match config.setting("language_codes").as_str() {
        Some("wmt21") => codes::WMT21,
        _ => codes::M2M100,
    };
    let languages: Vec<String> = codes.iter().map(|code| format!("__{code}__")).collect();
    // They begin at the number of tokens, whatever the highest id is.
    names.extend(names.count(), &languages)?;
    let roles = [
        ("bos_token", "<s>"),
        ("eos_token", "</s>"),
        ("sep_token", "</s>"),
        ("unk_token", "<unk>"),
        ("pad_token", "<pad>"),
    ];
    let special = names.ids(config.all_special(&roles).iter().chain(&languages));
    let mut tokenizer = Tokenizer::from_pieces(Pieces {
        detokenizer: Detokenizer {
            tokens: names.written(&special, &model),
            first_space: FirstSpace::of(model.normalizer()),
            trimmed: true,
        },
        ids,
        names: names.into_map(),
        unknown,
        unknown_by_name: true,
        language_first: false,
        special,
        model,
    });
    tokenizer.languages = Languages::Before;
    tokenizer.suffix = vec![end];
    Ok(tokenizer)
}
