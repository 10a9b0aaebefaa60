//! BPE over bytes from `vocab.json` and `merges.txt`, as BART has it.

use std::path::Path;

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::{AddedToken, Tokenizer as Library};

use super::config::Config;
use super::names::Names;
use crate::Result;
use crate::tokenizer::{Tokenizer, failed, read};

/// The roles of special tokens.
const ROLES: [(&str, &str); 7] = [
    ("bos_token", "<s>"),
    ("eos_token", "</s>"),
    ("unk_token", "<unk>"),
    ("sep_token", "</s>"),
    ("pad_token", "<pad>"),
    ("cls_token", "<s>"),
    ("mask_token", "<mask>"),
];

pub(super) fn open(folder: &Path, config: &Config) -> Result<Tokenizer> {
    let names = Names::read(&folder.join("vocab.json"))?;
    let around = |role: &str, default: &str| {
        let id = names.role(config, role, default)?;
        Ok((config.special_token(role, default), id))
    };
    let (first, last) = (around("cls_token", "<s>")?, around("sep_token", "</s>")?);

    let file = folder.join("merges.txt");
    let merges = merges(&read(&file)?).map_err(|reason| failed(&file, reason))?;
    let error = |e: tokenizers::Error| failed(&file, e.to_string());
    let vocabulary: Vocab = names.into_map().into_iter().collect();
    let model = BPE::builder().vocab_and_merges(vocabulary, merges);
    let mut library = Library::new(model.build().map_err(error)?);
    let prefixed = config.setting("add_prefix_space") == true;
    library.with_pre_tokenizer(Some(ByteLevel::new(prefixed, true, true)));
    library.with_decoder(Some(ByteLevel::default()));
    library.with_post_processor(Some(RobertaProcessing::new(last, first)));
    let special = config.all_special(&ROLES).into_iter();
    let special = special.map(|token| AddedToken::from(token, true).normalized(false));
    library.add_special_tokens(special).map_err(error)?;
    Ok(Tokenizer::from_library(library))
}

/// Reads a list of merges: two tokens a line, after a line that names the version.
fn merges(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
    let lines = text.lines().zip(1..);
    let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with("#version"));
    let merge = |(line, number): (&str, u32)| {
        let two = line.split_once(' ');
        let two = two.filter(|(l, r)| !l.is_empty() && !r.is_empty() && !r.contains(' '));
        let (left, right) = two.ok_or_else(|| format!("line {number} is not two tokens"))?;
        Ok((left.to_owned(), right.to_owned()))
    };
    lines.map(merge).collect()
}
