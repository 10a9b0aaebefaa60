//! Model cards: what a model is, how it is spoken to, and what may be expected of it.

mod derived;
mod find;

use std::path::{Path, PathBuf};

use khulasa_inference::hub::{Cache, ModelId, Settings};
use serde::Deserialize;

pub use self::derived::derive_card;
pub use self::find::{cards, find_card, model_folders};
use crate::{Error, Quality, Result};

/// The name of the model that is in the repository.
pub const DEFAULT_MODEL: &str = "gist-ar-en";

/// A model's card: a TOML file in the model's folder, or one about a model on the hub.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Card {
    /// The name by which `--model` finds it.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Where it comes from.
    pub source: String,
    /// Its licence.
    pub licence: String,
    /// Whether the licence forbids commercial use.
    #[serde(default)]
    pub non_commercial: bool,
    /// What its licence wants to be said with it.
    #[serde(default)]
    pub notice: Option<String>,
    /// The languages that it reads and writes, as two-letter codes.
    pub languages: Vec<String>,
    /// How far its output can be trusted.
    pub quality: Quality,
    /// How that was found out.
    pub quality_source: String,
    /// The repository on the hub that has its files; they are beside the card if `None`.
    #[serde(default)]
    pub hub: Option<ModelId>,
    /// The GGUF file with its weights; it is a folder in Hugging Face's layout if `None`.
    #[serde(default)]
    pub file: Option<String>,
    /// How it is made to translate, if it can do that.
    #[serde(default)]
    pub translate: Option<Task>,
    /// How it is made to write summaries, if it can do that.
    #[serde(default)]
    pub summarize: Option<Task>,
    /// The folder of its files, if they are not on the hub.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// How a model is made to do a task. What is left out is as the model's own files say.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Task {
    /// What the model reads; `{text}` stands for the text, and control tokens are written as they
    /// are in the vocabulary.
    #[serde(default = "text_alone")]
    pub prompt: String,
    /// The language of the text, as a two-letter code; Arabic unless told.
    #[serde(default = "arabic")]
    pub reads: String,
    /// The longest text (tokens) that it works well on in one piece: a sentence to be translated,
    /// as much of an article as it summarises.
    pub input_tokens: usize,
    /// The width of the beam, 1 for greedy search.
    #[serde(default)]
    pub beam: Option<usize>,
    /// The power of its length by which a hypothesis' score is divided.
    #[serde(default)]
    pub length_penalty: Option<f32>,
    /// The shortest output (tokens).
    #[serde(default)]
    pub min_output_tokens: Option<usize>,
    /// The longest output (tokens).
    #[serde(default)]
    pub max_output_tokens: Option<usize>,
    /// So many tokens never follow each other twice in an output.
    #[serde(default)]
    pub no_repeat_ngram: Option<usize>,
    /// Translations of which the mean log-probability per token is below this are marked.
    #[serde(default)]
    pub unlikely: Option<f32>,
}

/// The prompt of models that read nothing but the text.
fn text_alone() -> String {
    "{text}".to_owned()
}

fn arabic() -> String {
    "ar".to_owned()
}

impl Card {
    /// Reads a card.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Card`] with the line that is wrong.
    pub fn read(path: &Path) -> Result<Self> {
        let error = |reason: String| Error::Card {
            path: path.to_owned(),
            reason,
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(source) => {
                let path = path.to_owned();
                return Err(Error::Read { path, source });
            }
        };
        let card: Self = toml::from_str(&text).map_err(|e| error(e.to_string()))?;
        let tasks = [
            ("translate", &card.translate),
            ("summarize", &card.summarize),
        ];
        if tasks.iter().all(|(_, task)| task.is_none()) {
            return Err(error(
                "it has no task: add a table [translate] or [summarize]".to_owned(),
            ));
        }
        for (name, task) in tasks {
            if task
                .as_ref()
                .is_some_and(|task| task.prompt.matches("{text}").count() != 1)
            {
                return Err(error(format!(
                    "the prompt in [{name}] has to have {{text}} in it, once"
                )));
            }
        }
        let leaves = |file: &String| file.contains("..") || file.starts_with('/');
        if card.file.as_ref().is_some_and(leaves) {
            return Err(error(
                "its file is not beside it or in its repository".to_owned(),
            ));
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { folder, ..card })
    }

    /// Its weights on this machine: a GGUF file, or a folder in Hugging Face's layout. Looks into
    /// the cache of the hub for it, and opens no connection.
    ///
    /// # Errors
    /// [`Error::NotFetched`] if it is on the hub and not here; [`Error::NoModel`] if its files
    /// should be here and are not.
    pub fn weights(&self) -> Result<PathBuf> {
        let folder = match &self.hub {
            None => self.folder.clone(),
            Some(id) => Cache::new(Settings::from_env().cache)
                .find(id, self.file.as_deref())
                .ok_or_else(|| Error::NotFetched { id: id.clone() })?,
        };
        let weights = match &self.file {
            None => folder,
            Some(file) => folder.join(file),
        };
        match weights.exists() {
            true => Ok(weights),
            false => Err(Error::NoModel {
                model: self.name.clone(),
                reason: format!(
                    "its weights {} are missing: fetch them again with the clone (a clone without \
                     large files has none), or name another model",
                    weights.display()
                ),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const CARD: &str = r#"
name = "small"
description = "A model for tests"
source = "Written here"
licence = "MIT"
languages = ["ar", "en"]
quality = "unknown"
quality_source = "Nobody has measured it"
file = "small.gguf"

[translate]
prompt = "<bos>{text}"
input_tokens = 100
beam = 1
"#;

    #[test]
    fn what_is_wrong_with_a_card_is_said() {
        for (card, reason) in [
            ("", "missing field `name`"),
            (
                &CARD.replace("licence", "license"),
                "unknown field `license`",
            ),
            (
                &CARD.replace("\"unknown\"", "\"good\""),
                "unknown variant `good`",
            ),
            (&CARD.replace("beam = 1", "beam = -1"), "beam"),
            (&CARD.replace("{text}", "text"), "the prompt in [translate]"),
            (CARD.split("[translate]").next().unwrap(), "no task"),
            (&CARD.replace("small.gguf", "../x.gguf"), "not beside it"),
            (&CARD.replace("file =", "hub = \"x\"\nfile ="), "OWNER/NAME"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("card.toml");
            std::fs::write(&path, card).unwrap();
            let error = Card::read(&path).unwrap_err().to_string();
            assert!(
                error.contains(reason) && error.contains("card.toml"),
                "{error}"
            );
        }
    }

    #[test]
    fn weights_are_beside_the_card() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.toml");
        std::fs::write(&path, CARD).unwrap();
        let card = Card::read(&path).unwrap();
        let error = card.weights().unwrap_err().to_string();
        assert!(error.contains("small.gguf are missing"), "{error}");
        std::fs::write(folder.path().join("small.gguf"), "").unwrap();
        assert_eq!(card.weights().unwrap(), folder.path().join("small.gguf"));
        let whole = Card { file: None, ..card };
        assert_eq!(whole.weights().unwrap(), folder.path());
    }
}
