//! The cards of models about which nobody has written one: what their own files say.

use std::path::Path;

use khulasa_inference::hub::ModelId;
use serde::Deserialize;

use super::{Card, Task, text_alone};
use crate::{Error, Quality, Result};

/// The longest sentence (tokens) that is given to a translator of which nothing is known. Such
/// models were trained on sentences and read up to 512 tokens.
const SENTENCE_TOKENS: usize = 200;

/// How much of an article (tokens) a summariser reads that does not say what it can read.
const ARTICLE_TOKENS: usize = 512;

/// The most that any reads.
const MOST_TOKENS: usize = 1024;

/// What is looked at in `config.json`.
#[derive(Deserialize)]
struct Config {
    model_type: String,
    #[serde(default)]
    max_position_embeddings: Option<usize>,
}

/// The card of a model about which nobody has written one: what its files in a folder in Hugging
/// Face's layout say. `id` is its name on the hub, if it comes from there.
///
/// # Errors
/// [`Error::Read`], and [`Error::NoModel`] where the files do not say enough.
pub fn derive_card(folder: &Path, id: Option<&ModelId>) -> Result<Card> {
    let path = folder.join("config.json");
    let model = match id {
        Some(id) => id.to_string(),
        None => folder.display().to_string(),
    };
    let no_model = |reason: String| Error::NoModel {
        model: model.clone(),
        reason,
    };
    if !path.is_file() {
        return Err(no_model(
            "there is no config.json in it, and no card.toml that names a GGUF file (see \
             models/README.md)"
                .to_owned(),
        ));
    }
    let config = match std::fs::read(&path) {
        Ok(config) => config,
        Err(source) => return Err(Error::Read { path, source }),
    };
    let config: Config = serde_json::from_slice(&config)
        .map_err(|e| no_model(format!("{} is damaged: {e}", path.display())))?;
    let task = |reads: &str, input_tokens: usize| Task {
        prompt: text_alone(),
        reads: reads.to_owned(),
        input_tokens,
        beam: None,
        length_penalty: None,
        min_output_tokens: None,
        max_output_tokens: None,
        no_repeat_ngram: None,
        unlikely: None,
    };
    let (translate, summarize) = match config.model_type.as_str() {
        "marian" | "m2m_100" | "mbart" => (Some(task("ar", SENTENCE_TOKENS)), None),
        "bart" | "pegasus" | "mt5" => {
            let positions = config.max_position_embeddings.unwrap_or(ARTICLE_TOKENS);
            (None, Some(task("en", positions.min(MOST_TOKENS))))
        }
        kind => {
            let card = match id {
                Some(_) => Path::new("NAME.toml").to_owned(),
                None => folder.join("card.toml"),
            };
            return Err(no_model(format!(
                "it is of the kind {kind}: {}",
                needs_card(&card)
            )));
        }
    };
    let name = match id {
        Some(id) => id.to_string(),
        None => std::path::absolute(folder)
            .ok()
            .and_then(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .unwrap_or(model),
    };
    let verb = match translate {
        Some(_) => "translates",
        None => "summarises",
    };
    Ok(Card {
        name,
        description: format!(
            "A model of the kind {} that {verb}; nobody has written a card about it",
            config.model_type
        ),
        source: match id {
            Some(id) => format!("{id} on the hub"),
            None => folder.display().to_string(),
        },
        licence: "not known: look at the model's page".to_owned(),
        non_commercial: false,
        notice: None,
        languages: Vec::new(),
        quality: Quality::Unknown,
        quality_source: "nobody has measured it here".to_owned(),
        hub: id.cloned(),
        file: None,
        translate,
        summarize,
        folder: folder.to_owned(),
    })
}

/// Why a model needs a card, and where it goes.
pub(super) fn needs_card(card: &Path) -> String {
    format!(
        "models that answer prompts need a card that says how they are spoken to: write {} (see \
         models/README.md)",
        card.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derive(config: &str) -> Result<Card> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        derive_card(folder.path(), None)
    }

    #[test]
    fn encoder_decoders_say_enough() {
        for kind in ["marian", "m2m_100", "mbart"] {
            let card = derive(&format!(r#"{{"model_type": "{kind}"}}"#)).unwrap();
            let task = card.translate.unwrap();
            assert_eq!((task.prompt.as_str(), task.input_tokens), ("{text}", 200));
            assert_eq!(card.summarize, None);
        }
        for (config, tokens) in [
            (
                r#"{"model_type": "bart", "max_position_embeddings": 1024}"#,
                1024,
            ),
            (
                r#"{"model_type": "pegasus", "max_position_embeddings": 512}"#,
                512,
            ),
            (r#"{"model_type": "mt5"}"#, 512),
            (
                r#"{"model_type": "bart", "max_position_embeddings": 99999999}"#,
                1024,
            ),
        ] {
            let card = derive(config).unwrap();
            assert_eq!(card.summarize.unwrap().input_tokens, tokens);
            assert_eq!(card.translate, None);
        }
    }

    #[test]
    fn others_need_a_card() {
        for (config, reason) in [
            (
                r#"{"model_type": "qwen3"}"#,
                "kind qwen3: models that answer prompts need a card",
            ),
            (r#"{"model_type": "t5"}"#, "card.toml"),
            ("{}", "missing field `model_type`"),
            ("[", "is damaged"),
        ] {
            let error = derive(config).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_name_on_the_hub_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("config.json"),
            r#"{"model_type": "marian"}"#,
        )
        .unwrap();
        let id: ModelId = "o/n@v2".parse().unwrap();
        let card = derive_card(folder.path(), Some(&id)).unwrap();
        assert_eq!((card.name.as_str(), card.hub), ("o/n@v2", Some(id)));
    }
}
