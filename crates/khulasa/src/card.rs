//! Model cards: what a model is, how it is spoken to, and what may be expected of it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Error, Quality, Result};

/// The name of the model that is in the repository.
pub const DEFAULT_MODEL: &str = "gist-ar-en";

/// A model's card, `card.toml` in the model's folder.
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
    /// What its licence wants to be said with it.
    #[serde(default)]
    pub notice: Option<String>,
    /// The languages that it reads and writes, as two-letter codes.
    pub languages: Vec<String>,
    /// How far its output can be trusted.
    pub quality: Quality,
    /// How that was found out.
    pub quality_source: String,
    /// Its weights: a file beside the card, or `.` for a folder in Hugging Face's layout.
    pub weights: PathBuf,
    /// How it is spoken to.
    pub prompt: Prompt,
    /// The folder that the card was found in.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// What a model reads. In templates `{text}` is the text; control tokens are written as they are
/// in the vocabulary.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Prompt {
    /// Around a sentence to be translated.
    pub translate: String,
    /// The longest sentence (tokens) that it translates well in one piece.
    pub translate_tokens: usize,
    /// The width of the beam with which it translates.
    pub beam: usize,
    /// Around an article to be summarised, if the model can do that.
    #[serde(default)]
    pub summarize: Option<String>,
    /// How much of an article (tokens) it reads for that.
    #[serde(default)]
    pub summarize_tokens: usize,
}

impl Card {
    /// Reads the card in a model's folder.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Card`] with the line that is wrong.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("card.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(Error::Read { path, source }),
        };
        let card: Self = toml::from_str(&text).map_err(|e| Error::Card {
            path: path.clone(),
            reason: e.to_string(),
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            ..card
        })
    }

    /// The path of its weights.
    pub fn weights_path(&self) -> PathBuf {
        match self.weights.to_str() {
            Some(".") => self.folder.clone(),
            _ => self.folder.join(&self.weights),
        }
    }
}

/// The folders in which models are looked for, in this order: `KHULASA_MODELS`, if it is set, and
/// nowhere else then; beside the program; in the source tree that it was built from.
pub fn model_folders() -> Vec<PathBuf> {
    if let Some(folder) = std::env::var_os("KHULASA_MODELS") {
        return vec![PathBuf::from(folder)];
    }
    let mut folders = Vec::new();
    if let Some(beside) = std::env::current_exe()
        .ok()
        .as_deref()
        .and_then(Path::parent)
    {
        folders.push(beside.join("models"));
        folders.push(beside.join("../share/khulasa/models"));
    }
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models"));
    folders
}

/// The cards of the models that are there, by name. A folder without a card is no model; a card
/// that cannot be read is an error.
///
/// # Errors
/// As [`Card::read`].
pub fn cards() -> Result<Vec<Card>> {
    let mut cards: Vec<Card> = Vec::new();
    for folder in model_folders() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for folder in entries.flatten().map(|entry| entry.path()) {
            if folder.join("card.toml").is_file() {
                let card = Card::read(&folder)?;
                if cards.iter().all(|c| c.name != card.name) {
                    cards.push(card);
                }
            }
        }
    }
    cards.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cards)
}

/// The card of a model: named, or beside the file or in the folder that is named.
///
/// # Errors
/// [`Error::NoModel`] says where was looked and what to do; otherwise as [`Card::read`].
pub fn find_card(model: &str) -> Result<Card> {
    let path = Path::new(model);
    let no_model = |reason: String| Error::NoModel {
        model: model.to_owned(),
        reason,
    };
    if path.is_dir() || path.extension().is_some_and(|e| e == "gguf") && path.is_file() {
        let folder = if path.is_dir() {
            path
        } else {
            path.parent().unwrap_or(Path::new(""))
        };
        if !folder.join("card.toml").is_file() {
            let card = folder.join("card.toml");
            return Err(no_model(format!(
                "it needs a card that says how it is spoken to: write {} (see models/README.md)",
                card.display()
            )));
        }
        let mut card = Card::read(folder)?;
        if path.is_file() {
            card.weights = path.file_name().map(PathBuf::from).unwrap_or_default();
        }
        return Ok(card);
    }
    let all = cards()?;
    if let Some(card) = all.iter().find(|c| c.name == model) {
        return Ok(card.clone());
    }
    let looked: Vec<_> = model_folders()
        .iter()
        .map(|f| f.display().to_string())
        .collect();
    let looked = looked.join(", ");
    if model == DEFAULT_MODEL {
        return Err(no_model(format!(
            "the repository brings it in models/{DEFAULT_MODEL}, but no card was found in {looked}: \
             run inside a complete clone, or set KHULASA_MODELS to the clone's folder models"
        )));
    }
    if let Some((owner, name)) = model.split_once('/')
        && ![owner, name]
            .iter()
            .any(|part| part.is_empty() || part.contains(['/', '.']))
    {
        return Err(no_model(
            "there is no such folder. Models are not downloaded in this version: if this is an id \
             of a model hub, download the model and name its folder"
                .to_owned(),
        ));
    }
    let known: Vec<_> = all.iter().map(|c| c.name.as_str()).collect();
    Err(no_model(format!(
        "no such folder, .gguf file or card; cards found in {looked}: {}",
        if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        }
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = r#"
name = "small"
description = "A model for tests"
source = "Written here"
licence = "MIT"
languages = ["ar", "en"]
quality = "unknown"
quality_source = "Nobody has measured it"
weights = "small.gguf"

[prompt]
translate = "<bos>{text}"
translate_tokens = 100
beam = 1
"#;

    fn folder(card: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("card.toml"), card).unwrap();
        folder
    }

    #[test]
    fn cards_are_found_by_their_folder_or_file() {
        let folder = folder(CARD);
        let card = find_card(folder.path().to_str().unwrap()).unwrap();
        assert_eq!(
            (card.name.as_str(), card.quality),
            ("small", Quality::Unknown)
        );
        assert_eq!(card.weights_path(), folder.path().join("small.gguf"));
        assert_eq!(card.prompt.summarize, None);
        let other = folder.path().join("other.gguf");
        std::fs::write(&other, "").unwrap();
        assert_eq!(
            find_card(other.to_str().unwrap()).unwrap().weights_path(),
            other
        );
    }

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
        ] {
            let folder = folder(card);
            let error = Card::read(folder.path()).unwrap_err().to_string();
            assert!(
                error.contains(reason) && error.contains("card.toml"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        let empty = tempfile::tempdir().unwrap();
        for (model, reason) in [
            (empty.path().to_str().unwrap(), "needs a card"),
            ("no-such-model", "no such folder"),
            ("no-one/no-model", "download the model"),
            ("./no/such/folder", "no such folder"),
            ("", "no such folder"),
        ] {
            let error = find_card(model).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
