//! T5 (with mT5 and MADLAD-400) and Pegasus: one SentencePiece model, and tokens of the training
//! around it.

use std::path::Path;

use super::config::Config;
use super::names::Names;
use crate::Result;
use crate::tokenizer::detokenizer::{Detokenizer, FirstSpace};
use crate::tokenizer::languages::Languages;
use crate::tokenizer::pieces::Pieces;
use crate::tokenizer::{Tokenizer, failed, sentencepiece};

/// No model has more tokens of the training than this.
const MOST: u64 = 10_000;

pub(super) fn open(folder: &Path, config: &Config) -> Result<Tokenizer> {
    let file = folder.join("spiece.model");
    let model = sentencepiece(&file)?;
    let count = |name: &str, default: u64| {
        let count = config.setting(name).as_u64().unwrap_or(default);
        let whole = u32::try_from(count).ok().filter(|_| count <= MOST);
        let file = folder.join("tokenizer_config.json");
        whole.ok_or_else(|| failed(&file, format!("{name} is {count}")))
    };
    let pieces = model.pieces().len() as u32;
    let mut names = Names::new(&file);
    let mut special: Vec<String> = Vec::new();
    let mut first = 0;
    if config.model_type == "pegasus" {
        let offset = count("offset", 103)?;
        special = ["<pad>", "</s>", "<mask_1>", "<mask_2>"]
            .map(str::to_owned)
            .into();
        special.extend((2..offset).map(|i| format!("<unk_{i}>")));
        names.extend(0, &special)?;
        first = offset;
    }
    for (piece, id) in model.pieces().iter().zip(first..) {
        // Pegasus' first two pieces have their own ids above.
        if names.id(&piece.text).is_none() {
            names.add(piece.text.clone(), id)?;
        }
    }
    if config.model_type != "pegasus" {
        // Where the embedding has no room for them there are none.
        let size = config.vocab_size.unwrap_or_default();
        let room = size.saturating_sub(u64::from(pieces)).min(100);
        let extra = count("extra_ids", room)?;
        let extra: Vec<_> = (0..extra)
            .rev()
            .map(|i| format!("<extra_id_{i}>"))
            .collect();
        let new: Vec<_> = extra
            .iter()
            .filter(|t| names.id(t).is_none())
            .cloned()
            .collect();
        names.extend(pieces, &new)?;
        special.extend(extra);
    }
    let unknown = first + model.unknown();
    let end = names.role(config, "eos_token", "</s>")?;
    special.extend(config.all_special(&[("eos_token", "</s>"), ("pad_token", "<pad>")]));
    let mut special = names.ids(&special);
    special.insert(unknown);

    let ids = model.pieces().iter();
    let ids = ids.map(|p| names.id(&p.text).unwrap_or(unknown));
    let is_language = |name: &str| name.starts_with("<2") && name.ends_with('>');
    let has_languages = names.iter().any(|(name, _)| is_language(name));
    let mut tokenizer = Tokenizer::from_pieces(Pieces {
        ids: ids.collect(),
        detokenizer: Detokenizer {
            tokens: names.written(&special, &model),
            first_space: FirstSpace::DroppedFromFirst,
            trimmed: false,
        },
        names: names.into_map(),
        unknown,
        unknown_by_name: false,
        language_first: false,
        special,
        model,
    });
    if has_languages {
        tokenizer.languages = Languages::TargetBefore;
    }
    tokenizer.suffix = vec![end];
    Ok(tokenizer)
}
