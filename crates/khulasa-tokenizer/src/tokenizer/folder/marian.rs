//! Marian: one SentencePiece model a side, and one vocabulary for both or one a side.

use std::path::Path;

use super::config::Config;
use super::names::Names;
use crate::Result;
use crate::tokenizer::detokenizer::{Detokenizer, FirstSpace};
use crate::tokenizer::languages::Languages;
use crate::tokenizer::pieces::Pieces;
use crate::tokenizer::{Tokenizer, sentencepiece};

pub(super) fn open(folder: &Path, config: &Config) -> Result<Tokenizer> {
    let source = sentencepiece(&folder.join("source.spm"))?;
    let target = sentencepiece(&folder.join("target.spm"))?;
    let names = Names::read(&folder.join("vocab.json"))?;
    let separate = config.setting("separate_vocabs") == true;
    let unknown = names.role(config, "unk_token", "<unk>")?;
    let end = names.role(config, "eos_token", "</s>")?;
    let special = config.all_special(&[
        ("unk_token", "<unk>"),
        ("eos_token", "</s>"),
        ("pad_token", "<pad>"),
    ]);
    let tokens = if separate {
        let names = Names::read(&folder.join("target_vocab.json"))?;
        names.written(&names.ids(&special), &target)
    } else {
        names.written(&names.ids(&special), &source)
    };
    // A vocabulary for both is written back by the source's model, as `transformers` does.
    let writer = if separate { &target } else { &source };
    let is_language =
        |(name, _): (&str, u32)| name.len() > 4 && name.starts_with(">>") && name.ends_with("<<");
    let has_languages = names.iter().any(is_language);
    let ids = source.pieces().iter();
    let ids = ids.map(|p| names.id(&p.text).unwrap_or(unknown));
    let mut tokenizer = Tokenizer::from_pieces(Pieces {
        ids: ids.collect(),
        special: names.ids(&special),
        names: names.into_map(),
        unknown,
        unknown_by_name: true,
        language_first: has_languages,
        detokenizer: Detokenizer {
            tokens,
            first_space: FirstSpace::of(writer.normalizer()),
            trimmed: true,
        },
        model: source,
    });
    if has_languages {
        tokenizer.languages = Languages::TargetBefore;
    }
    tokenizer.suffix = vec![end];
    Ok(tokenizer)
}
