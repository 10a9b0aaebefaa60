//! How a model is told which language it reads and which it writes.

use super::Tokenizer;
use crate::{Error, Result};

/// Where the tokens of languages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Languages {
    /// The model knows one pair only.
    None,
    /// The source's before the text, the target's at the beginning of the output: M2M100, NLLB,
    /// mBART-50.
    Before,
    /// The source's after the end of the text, the target's at the beginning of the output: the
    /// first mBART.
    After,
    /// The target's before the text: Marian and MADLAD-400 for many languages.
    TargetBefore,
}

impl Languages {
    /// Where a tokenizer of that class puts them.
    pub(crate) fn of(class: &serde_json::Value) -> Self {
        match class.as_str() {
            Some("MBartTokenizer" | "MBartTokenizerFast") => Self::After,
            _ => Self::Before,
        }
    }
}

/// Other names of languages, as models have them.
const NAMES: [(&str, &[&str]); 2] = [
    ("ar", &["arb_Arab", "ar_AR", "ara", "arb"]),
    ("en", &["eng_Latn", "en_XX", "eng"]),
];

/// Sets what stands around a text for these languages.
pub(crate) fn choose(tokenizer: &mut Tokenizer, source: &str, target: &str) -> Result<()> {
    let token = |language: &str| {
        let found = tokenizer.language_token(language);
        found.ok_or_else(|| Error::Language(language.to_owned()))
    };
    let id = |language: &str| {
        let token = token(language)?;
        let id = tokenizer.token_id(&token);
        id.ok_or_else(|| Error::Language(language.to_owned()))
    };
    match tokenizer.languages {
        Languages::None => {}
        Languages::Before => {
            let (source, target) = (id(source)?, id(target)?);
            tokenizer.prefix = vec![source];
            tokenizer.target_language = Some(target);
        }
        Languages::After => {
            let (source, target) = (id(source)?, id(target)?);
            tokenizer.suffix.truncate(1);
            tokenizer.suffix.push(source);
            tokenizer.target_language = Some(target);
        }
        // As text, since it may become more than one token.
        Languages::TargetBefore => tokenizer.prefix = tokenizer.encode(&token(target)?)?,
    }
    Ok(())
}

impl Tokenizer {
    /// The model's own token for a language: of `ar`, one of `arb_Arab`, `ar_AR`, `__ar__`,
    /// `<2ar>`, `>>ara<<`. None where it has no tokens for languages, or none for this one.
    pub fn language_token(&self, language: &str) -> Option<String> {
        if self.languages == Languages::None {
            return None;
        }
        let others = NAMES.iter().find(|(code, _)| *code == language);
        let others = others.map_or(&[][..], |(_, names)| names);
        // A bare name in small letters may be a word's piece.
        let is_word = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase());
        std::iter::once(&language).chain(others).find_map(|name| {
            let tokens = [
                format!("__{name}__"),
                format!("<2{name}>"),
                format!(">>{name}<<"),
                (*name).to_owned(),
            ];
            let may_be = |token: &String| !is_word(token) && self.token_id(token).is_some();
            tokens.into_iter().find(may_be)
        })
    }
}
