use std::path::{Path, PathBuf};

use khulasa_inference::hub::{Cache, ModelId, Settings};

use super::derived;
use super::{Card, DEFAULT_MODEL};
use crate::{Error, Result};

/// The folders in which cards are looked for, in this order: `KHULASA_MODELS`, if it is set, and
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

/// The cards that are there, by name: `card.toml` in a model's folder, and `NAME.toml`. A card that
/// cannot be read is an error.
///
/// # Errors
/// As [`Card::read`].
pub fn cards() -> Result<Vec<Card>> {
    let mut cards: Vec<Card> = Vec::new();
    for folder in model_folders() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten().map(|entry| entry.path()) {
            let card = match is_card(&entry) {
                true => entry,
                false => entry.join("card.toml"),
            };
            if card.is_file() {
                let card = Card::read(&card)?;
                if cards.iter().all(|c| c.name != card.name) {
                    cards.push(card);
                }
            }
        }
    }
    cards.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cards)
}

fn is_card(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// The card of a model: the name of a card, a card, a model's folder, a `.gguf` file, or a name on
/// the hub (`OWNER/NAME`, `OWNER/NAME@REVISION`). Where nobody has written a card, it is derived
/// from the model's files, if these say enough. Opens no connection.
///
/// # Errors
/// [`Error::NoModel`] says where was looked and what to do; [`Error::NotFetched`] for a model on
/// the hub that has no card and is not in the cache; otherwise as [`Card::read`].
pub fn find_card(model: &str) -> Result<Card> {
    let all = cards();
    if let Some(card) = all.iter().flatten().find(|card| card.name == model) {
        return Ok(card.clone());
    }
    let path = Path::new(model);
    if path.is_dir() {
        return of_folder(path);
    }
    if path.is_file() && is_card(path) {
        return Card::read(path);
    }
    if path.is_file() && path.extension().is_some_and(|ending| ending == "gguf") {
        return of_gguf(path, &all?);
    }
    let all = all?;
    match model.parse() {
        Ok(id) if !model.starts_with('.') => of_hub(&id, &all),
        _ => Err(no_model(model, not_there(model, &all))),
    }
}

fn no_model(model: impl Into<String>, reason: impl Into<String>) -> Error {
    Error::NoModel {
        model: model.into(),
        reason: reason.into(),
    }
}

fn of_folder(folder: &Path) -> Result<Card> {
    let card = folder.join("card.toml");
    match card.is_file() {
        true => Card::read(&card),
        false => derived::derive_card(folder, None),
    }
}

/// A GGUF file says little about how it is spoken to: the card beside it does, or that of the model
/// whose file has this name.
fn of_gguf(path: &Path, all: &[Card]) -> Result<Card> {
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let file = path.file_name().and_then(|name| name.to_str());
    let beside = folder.join("card.toml");
    let card = match beside.is_file() {
        true => Card::read(&beside)?,
        false => match all.iter().find(|card| card.file.as_deref() == file) {
            Some(card) => card.clone(),
            None => {
                return Err(no_model(
                    path.display().to_string(),
                    derived::needs_card(&beside),
                ));
            }
        },
    };
    Ok(Card {
        file: file.map(str::to_owned),
        hub: None,
        folder,
        ..card
    })
}

fn of_hub(id: &ModelId, all: &[Card]) -> Result<Card> {
    let of_same = |card: &&Card| card.hub.as_ref().is_some_and(|hub| hub.same_repository(id));
    if let Some(card) = all.iter().find(of_same) {
        let mut card = card.clone();
        if id.names_revision() {
            card.hub = Some(id.clone());
        }
        return Ok(card);
    }
    match Cache::new(Settings::from_env().cache).find(id, None) {
        Some(folder) => derived::derive_card(&folder, Some(id)),
        None => Err(Error::NotFetched { id: id.clone() }),
    }
}

/// What was looked for in vain.
fn not_there(model: &str, all: &[Card]) -> String {
    let folders: Vec<_> = model_folders()
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    let folders = folders.join(", ");
    if model == DEFAULT_MODEL {
        return format!(
            "the repository brings it in models/{DEFAULT_MODEL}, but no card was found in \
             {folders}: run inside a complete clone, or set KHULASA_MODELS to the clone's folder \
             models"
        );
    }
    let known: Vec<_> = all.iter().map(|card| card.name.as_str()).collect();
    format!(
        "no such folder, .gguf file or card; cards found in {folders}: {}",
        match known[..] {
            [] => "none".to_owned(),
            _ => known.join(", "),
        }
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::CARD;
    use super::*;
    use crate::Quality;

    #[test]
    fn cards_are_found_by_their_folder_or_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("card.toml"), CARD).unwrap();
        let card = find_card(folder.path().to_str().unwrap()).unwrap();
        assert_eq!(
            (card.name.as_str(), card.quality),
            ("small", Quality::Unknown)
        );
        assert_eq!(card.file.as_deref(), Some("small.gguf"));
        let named = folder.path().join("card.toml");
        assert_eq!(find_card(named.to_str().unwrap()).unwrap(), card);
        let other = folder.path().join("other.gguf");
        std::fs::write(&other, "").unwrap();
        let card = find_card(other.to_str().unwrap()).unwrap();
        assert_eq!(card.weights().unwrap(), other);
    }

    #[test]
    fn a_downloaded_gguf_has_the_card_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Qwen3-1.7B-Q8_0.gguf");
        std::fs::write(&file, "").unwrap();
        let card = find_card(file.to_str().unwrap()).unwrap();
        assert_eq!(
            (card.name.as_str(), card.hub.is_none()),
            ("qwen3-1.7b", true)
        );
        assert_eq!(card.weights().unwrap(), file);
    }

    #[test]
    fn names_on_the_hub_have_their_card() {
        let card = find_card("Helsinki-NLP/opus-mt-ar-en").unwrap();
        assert_eq!(card.name, "opus-mt-ar-en");
        let card = find_card("Helsinki-NLP/opus-mt-ar-en@refs/pr/6").unwrap();
        assert_eq!(card.hub.unwrap().revision(), "refs/pr/6");
    }

    #[test]
    fn what_is_missing_is_said() {
        let empty = tempfile::tempdir().unwrap();
        let gguf = empty.path().join("unknown.gguf");
        std::fs::write(&gguf, "").unwrap();
        for (model, reason) in [
            (empty.path().to_str().unwrap(), "no config.json"),
            (gguf.to_str().unwrap(), "card.toml"),
            ("no-such-model", "no such folder"),
            ("no-one/no-model", "is not on this machine"),
            ("./no/such/folder", "no such folder"),
            ("", "no such folder"),
        ] {
            let error = find_card(model).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    /// Every card in the repository can be read, and says where its model is.
    #[test]
    fn all_cards_are_good() {
        let cards = cards().unwrap();
        assert!(cards.len() > 15, "{}", cards.len());
        for card in &cards {
            assert!(
                card.hub.is_some() || card.name == DEFAULT_MODEL,
                "{}",
                card.name
            );
            assert_eq!(
                card.non_commercial,
                card.licence.contains("-NC-"),
                "{}: {}",
                card.name,
                card.licence
            );
            let id = card.hub.as_ref().map(ToString::to_string);
            assert_eq!(
                find_card(&id.unwrap_or(card.name.clone())).unwrap().name,
                card.name
            );
        }
    }
}
