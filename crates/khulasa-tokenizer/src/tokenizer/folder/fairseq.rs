//! mBART and NLLB: SentencePiece with ids one higher, and languages after the pieces.

use std::path::Path;

use serde_json::Value;

use super::codes;
use super::config::{Config, json};
use super::names::Names;
use crate::Result;
use crate::tokenizer::detokenizer::{Detokenizer, FirstSpace};
use crate::tokenizer::languages::Languages;
use crate::tokenizer::pieces::Pieces;
use crate::tokenizer::{Tokenizer, sentencepiece};

/// The special tokens, by their ids.
const SPECIAL: [(&str, &str); 4] = [
    ("bos_token", "<s>"),
    ("pad_token", "<pad>"),
    ("eos_token", "</s>"),
    ("unk_token", "<unk>"),
];
const END: u32 = 2;
const UNKNOWN: u32 = 3;

/// The pieces that the special tokens take the place of: `<unk>`, `<s>`, `</s>`.
const REPLACED: usize = 3;

pub(super) fn open(folder: &Path, config: &Config) -> Result<Tokenizer> {
    let file = folder.join("sentencepiece.bpe.model");
    let model = sentencepiece(&file)?;
    let mut names = Names::new(&file);
    names.extend(
        0,
        &SPECIAL.map(|(role, default)| config.special_token(role, default)),
    )?;
    let mut ids = vec![UNKNOWN; model.pieces().len()];
    for ((piece, id), token) in model.pieces().iter().zip(&mut ids).zip(1..).skip(REPLACED) {
        names.add(piece.text.clone(), token)?;
        *id = token;
    }
    let after = model.pieces().len() as u32 + 1;
    let added = match added_tokens(folder)? {
        Some(added) => added,
        None => {
            let mut tokens = config.additional_tokens();
            if tokens.is_empty() {
                let known = match config.model_type.as_str() {
                    "mbart" => codes::MBART50,
                    _ => codes::NLLB,
                };
                tokens = known.iter().map(|code| (*code).to_owned()).collect();
            }
            let mask = config.special_token("mask_token", "<mask>");
            tokens.retain(|token| *token != mask);
            tokens.push(mask);
            tokens.into_iter().zip(after..).collect()
        }
    };
    let limit = after + 2000;
    for (token, id) in &added {
        // Only what stands after the pieces is new.
        if (after..limit).contains(id) {
            names.add(token.clone(), *id)?;
        }
    }
    let mut special = names.ids(added.iter().map(|(token, _)| token));
    special.extend(0..SPECIAL.len() as u32);
    let mut tokenizer = Tokenizer::from_pieces(Pieces {
        detokenizer: Detokenizer {
            tokens: names.written(&special, &model),
            first_space: FirstSpace::DroppedFromFirst,
            trimmed: false,
        },
        ids,
        names: names.into_map(),
        unknown: UNKNOWN,
        unknown_by_name: false,
        language_first: false,
        special,
        model,
    });
    tokenizer.languages = Languages::of(config.setting("tokenizer_class"));
    tokenizer.suffix = vec![END];
    Ok(tokenizer)
}

/// The tokens that a `tokenizer.json` adds to the model's own, with their ids.
fn added_tokens(folder: &Path) -> Result<Option<Vec<(String, u32)>>> {
    let file = folder.join("tokenizer.json");
    if !file.is_file() {
        return Ok(None);
    }
    let token = |token: &Value| {
        let id = u32::try_from(token["id"].as_u64()?).ok()?;
        Some((token["content"].as_str()?.to_owned(), id))
    };
    let value = json(&file)?;
    let tokens = value["added_tokens"].as_array();
    Ok(tokens.map(|tokens| tokens.iter().filter_map(token).collect()))
}
