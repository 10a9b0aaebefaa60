//! Tokens by their names.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::config::Config;
use crate::Result;
use crate::sentencepiece::{Kind, Piece, SentencePiece};
use crate::tokenizer::detokenizer::Written;
use crate::tokenizer::{failed, read};

/// Every token of a vocabulary with its id, and the file that it is from.
#[derive(Debug)]
pub(super) struct Names {
    file: PathBuf,
    by_name: HashMap<String, u32>,
    by_id: HashMap<u32, String>,
}

impl Names {
    /// No tokens yet.
    pub(super) fn new(file: &Path) -> Self {
        Self {
            file: file.to_path_buf(),
            by_name: HashMap::new(),
            by_id: HashMap::new(),
        }
    }

    /// Reads a `vocab.json`.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let tokens: HashMap<String, u32> = serde_json::from_slice(&read(file)?)
            .map_err(|e| failed(file, format!("it is no list of tokens with their ids: {e}")))?;
        // Lists by id are made of it; their size must not hang on one number in the file.
        let limit = 2 * tokens.len() + 1000;
        let mut names = Self::new(file);
        for (token, id) in tokens {
            if id as usize >= limit {
                let reason = format!("token {token:?} has id {id}, far above the number of tokens");
                return Err(failed(file, reason));
            }
            names.add(token, id)?;
        }
        Ok(names)
    }

    /// Adds a token.
    pub(super) fn add(&mut self, token: String, id: u32) -> Result<()> {
        if let Some(other) = self.by_id.insert(id, token.clone())
            && other != token
        {
            let reason = format!("{token:?} and {other:?} both have id {id}");
            return Err(failed(&self.file, reason));
        }
        if let Some(other) = self.by_name.insert(token.clone(), id)
            && other != id
        {
            let reason = format!("{token:?} has two ids, {id} and {other}");
            return Err(failed(&self.file, reason));
        }
        Ok(())
    }

    /// Adds tokens with ids from `first` on.
    pub(super) fn extend(&mut self, first: u32, tokens: &[String]) -> Result<()> {
        let mut tokens = tokens.iter().zip(first..);
        tokens.try_for_each(|(token, id)| self.add(token.clone(), id))
    }

    pub(super) fn id(&self, token: &str) -> Option<u32> {
        self.by_name.get(token).copied()
    }

    /// The id of the token of a role such as `eos_token`, which must be there.
    pub(super) fn role(&self, config: &Config, role: &str, default: &str) -> Result<u32> {
        let token = config.special_token(role, default);
        let missing = || failed(&self.file, format!("it has no token {token:?}, the {role}"));
        self.id(&token).ok_or_else(missing)
    }

    /// The ids of those of these tokens that are there.
    pub(super) fn ids<'a>(&self, tokens: impl IntoIterator<Item = &'a String>) -> HashSet<u32> {
        tokens.into_iter().filter_map(|t| self.id(t)).collect()
    }

    /// The number of tokens.
    pub(super) fn count(&self) -> u32 {
        self.by_name.len() as u32
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.by_name.iter().map(|(name, &id)| (name.as_str(), id))
    }

    pub(super) fn into_map(self) -> HashMap<String, u32> {
        self.by_name
    }

    /// What each token is written as where a SentencePiece model writes them: nothing if it is
    /// `special`.
    pub(super) fn written(&self, special: &HashSet<u32>, writer: &SentencePiece) -> Vec<Written> {
        let size = self.by_id.keys().max().map_or(0, |&id| id as usize + 1);
        let mut tokens = vec![Written::Nothing; size];
        let plain = self.iter().filter(|(_, id)| !special.contains(id));
        for (name, id) in plain {
            let piece = writer.piece_id(name);
            let kind = writer.pieces()[piece as usize].kind;
            tokens[id as usize] = Written::from(&Piece {
                text: name.to_owned(),
                score: 0.0,
                // What is no piece is written as it is.
                kind: match kind {
                    Kind::Unknown => Kind::Normal,
                    kind => kind,
                },
            });
        }
        tokens
    }
}
