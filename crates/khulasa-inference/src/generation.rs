//! What a model's own files say about generating with it: `generation_config.json`, or the keys
//! of the same names in `config.json`, where older repositories have them.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::json::{OneOrMany, fields};
use crate::search::{Beam, EarlyStopping, Rules, Search};
use crate::{Error, Result};

/// How a model's makers generate with it. What their files leave open is as in `transformers`.
///
/// Sampling is left out: what is generated here should be the same every time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Defaults {
    /// The width of the beam; 1 for greedy search.
    pub beams: usize,
    /// As [`Beam::length_penalty`].
    pub length_penalty: f32,
    /// As [`Beam::early_stopping`].
    pub early_stopping: EarlyStopping,
    /// The most tokens of an output with what precedes it: the whole prompt of a decoder-only
    /// model, the tokens with which an encoder–decoder's output starts.
    pub max_length: Option<usize>,
    /// The fewest, counted likewise.
    pub min_length: usize,
    /// The most tokens of an output alone; it goes before `max_length`.
    pub max_new_tokens: Option<usize>,
    /// The fewest; it goes before `min_length`.
    pub min_new_tokens: Option<usize>,
    /// What outputs obey.
    pub rules: Rules,
    /// The token with which an encoder–decoder's output starts.
    pub decoder_start: Option<u32>,
    /// The tokens that end an output.
    pub eos: Vec<u32>,
    /// The token that fills up batches.
    pub pad: Option<u32>,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            beams: 1,
            length_penalty: 1.0,
            early_stopping: EarlyStopping::default(),
            max_length: None,
            min_length: 0,
            max_new_tokens: None,
            min_new_tokens: None,
            rules: Rules::default(),
            decoder_start: None,
            eos: Vec::new(),
            pad: None,
        }
    }
}

/// The keys of the files; each may be null.
#[derive(Deserialize)]
struct Keys {
    num_beams: Option<usize>,
    length_penalty: Option<f32>,
    early_stopping: Option<Early>,
    max_length: Option<usize>,
    min_length: Option<usize>,
    max_new_tokens: Option<usize>,
    min_new_tokens: Option<usize>,
    repetition_penalty: Option<f32>,
    no_repeat_ngram_size: Option<usize>,
    bad_words_ids: Option<Vec<Vec<u32>>>,
    suppress_tokens: Option<Vec<u32>>,
    renormalize_logits: Option<bool>,
    forced_bos_token_id: Option<u32>,
    forced_eos_token_id: Option<OneOrMany>,
    decoder_start_token_id: Option<u32>,
    eos_token_id: Option<OneOrMany>,
    bos_token_id: Option<u32>,
    /// −1 in some old files of models that have none.
    pad_token_id: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "early_stopping is true, false or \"never\"")]
enum Early {
    Known(bool),
    Other(String),
}

/// No model needs wider beams; the room of a search grows with them.
const MOST_BEAMS: usize = 1 << 10;

/// The keys that both files may have and that no model can do without.
const TOKENS: [&str; 4] = [
    "bos_token_id",
    "decoder_start_token_id",
    "eos_token_id",
    "pad_token_id",
];

impl Defaults {
    /// Reads the files of a folder in Hugging Face's layout. Of `config.json`, what it says of
    /// `task` (as `summarization`) in `task_specific_params` goes before everything else.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Model`].
    pub fn read(folder: &Path, task: Option<&str>) -> Result<Self> {
        let config_path = folder.join("config.json");
        let config = object(&config_path)?;
        let path = Self::file(folder);
        let mut keys = match path != config_path {
            true => object(&path)?,
            // Some models have the keys with those of their decoder.
            false => {
                let inner = ["decoder", "text_config"];
                let inner = inner.iter().find_map(|key| config.get(*key)?.as_object());
                let mut keys = inner.cloned().unwrap_or_default();
                keys.extend(without_nulls(&config));
                keys
            }
        };
        for token in TOKENS {
            if keys.get(token).is_none_or(Value::is_null)
                && let Some(value) = config.get(token)
            {
                keys.insert(token.to_owned(), value.clone());
            }
        }
        let specific = config.get("task_specific_params");
        if let Some(specific) = task.and_then(|task| specific?.get(task)?.as_object()) {
            keys.extend(without_nulls(specific));
        }
        Self::from_keys(keys).map_err(|reason| Error::Model { path, reason })
    }

    /// The file of a folder that says most of it.
    fn file(folder: &Path) -> PathBuf {
        let file = folder.join("generation_config.json");
        match file.exists() {
            true => file,
            false => folder.join("config.json"),
        }
    }

    /// Whether what was read from a folder has a meaning for a model that writes `vocab` tokens,
    /// its outputs starting with `start` if it has an encoder.
    ///
    /// # Errors
    /// [`Error::Model`].
    pub(crate) fn check(&self, folder: &Path, vocab: usize, start: Option<u32>) -> Result<()> {
        let reason = match self.rules.check(vocab) {
            Err(error) => error.to_string(),
            Ok(()) => match start.filter(|&token| token as usize >= vocab) {
                None => return Ok(()),
                Some(token) => {
                    format!("outputs start with token {token} of a vocabulary of {vocab}")
                }
            },
        };
        let path = Self::file(folder);
        Err(Error::Model { path, reason })
    }

    fn from_keys(keys: Map<String, Value>) -> std::result::Result<Self, String> {
        let keys: Keys = fields(keys)?;
        let usual = Self::default();
        if let Some(beams) = keys.num_beams.filter(|&beams| beams > MOST_BEAMS) {
            return Err(format!("num_beams is {beams}, more than {MOST_BEAMS}"));
        }
        Ok(Self {
            beams: keys.num_beams.unwrap_or(usual.beams),
            length_penalty: keys.length_penalty.unwrap_or(usual.length_penalty),
            early_stopping: match keys.early_stopping {
                None | Some(Early::Known(false)) => EarlyStopping::Heuristic,
                Some(Early::Known(true)) => EarlyStopping::Immediate,
                Some(Early::Other(name)) if name == "never" => EarlyStopping::Never,
                Some(Early::Other(name)) => {
                    return Err(format!(
                        "early_stopping is {name:?}, not true, false or \"never\""
                    ));
                }
            },
            max_length: keys.max_length,
            min_length: keys.min_length.unwrap_or(usual.min_length),
            max_new_tokens: keys.max_new_tokens,
            min_new_tokens: keys.min_new_tokens,
            rules: Rules {
                repetition_penalty: keys.repetition_penalty.unwrap_or(1.0),
                no_repeat_ngram: keys.no_repeat_ngram_size.unwrap_or(0),
                bad_words: keys.bad_words_ids.unwrap_or_default(),
                forced_bos: keys.forced_bos_token_id,
                forced_eos: keys
                    .forced_eos_token_id
                    .map_or_else(Vec::new, OneOrMany::into_vec),
                suppressed: keys.suppress_tokens.unwrap_or_default(),
                renormalize: keys.renormalize_logits.unwrap_or(false),
            },
            decoder_start: keys.decoder_start_token_id.or(keys.bos_token_id),
            eos: keys.eos_token_id.map_or_else(Vec::new, OneOrMany::into_vec),
            pad: keys.pad_token_id.and_then(|id| id.try_into().ok()),
        })
    }

    /// The search that the model's makers use.
    pub fn search(&self) -> Search {
        match self.beams {
            0 | 1 => Search::Greedy,
            size => Search::Beam(Beam {
                size,
                length_penalty: self.length_penalty,
                early_stopping: self.early_stopping,
            }),
        }
    }

    /// The fewest and the most tokens of an output that `preceding` tokens precede; of the most,
    /// `None` if the files do not say.
    pub fn output_length(&self, preceding: usize) -> (usize, Option<usize>) {
        let min = self
            .min_new_tokens
            .unwrap_or_else(|| self.min_length.saturating_sub(preceding));
        let max = self
            .max_new_tokens
            .or_else(|| self.max_length.map(|max| max.saturating_sub(preceding)));
        (min, max)
    }
}

fn without_nulls(keys: &Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    let keys = keys.iter().filter(|(_, value)| !value.is_null());
    keys.map(|(key, value)| (key.clone(), value.clone()))
}

fn object(path: &Path) -> Result<Map<String, Value>> {
    let json = std::fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&json).map_err(|e| Error::Model {
        path: path.to_owned(),
        reason: format!("not a JSON object: {e}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)], task: Option<&str>) -> Result<Defaults> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Defaults::read(folder.path(), task)
    }

    /// The generation keys in the manner of an OPUS-MT repository of 2020.
    const MARIAN: &str = r#"{"architectures": ["MarianMTModel"], "num_beams": 6, "max_length": 512,
        "bad_words_ids": [[62833]], "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 62833,
        "decoder_start_token_id": 62833, "dropout": 0.1, "early_stopping": null}"#;

    #[test]
    fn an_old_repository_has_them_in_its_config() {
        let found = read(&[("config.json", MARIAN)], None).unwrap();
        let expected = Defaults {
            beams: 6,
            max_length: Some(512),
            rules: Rules {
                bad_words: vec![vec![62833]],
                ..Rules::default()
            },
            decoder_start: Some(62833),
            eos: vec![0],
            pad: Some(62833),
            ..Defaults::default()
        };
        assert_eq!(found, expected);
        assert!(matches!(found.search(), Search::Beam(Beam { size: 6, .. })));
        assert_eq!(found.output_length(1), (0, Some(511)));
    }

    #[test]
    fn a_generation_config_goes_first() {
        let generation = r#"{"num_beams": 4, "max_length": 142, "min_length": 56,
            "length_penalty": 2.0, "early_stopping": true, "no_repeat_ngram_size": 3,
            "forced_bos_token_id": 0, "forced_eos_token_id": [2], "eos_token_id": [2, 7],
            "repetition_penalty": 1.5, "suppress_tokens": [9], "renormalize_logits": true}"#;
        let files = [
            ("config.json", MARIAN),
            ("generation_config.json", generation),
        ];
        let found = read(&files, None).unwrap();
        let expected = Defaults {
            beams: 4,
            length_penalty: 2.0,
            early_stopping: EarlyStopping::Immediate,
            max_length: Some(142),
            min_length: 56,
            rules: Rules {
                repetition_penalty: 1.5,
                no_repeat_ngram: 3,
                bad_words: Vec::new(),
                forced_bos: Some(0),
                forced_eos: vec![2],
                suppressed: vec![9],
                renormalize: true,
            },
            decoder_start: Some(62833),
            eos: vec![2, 7],
            pad: Some(62833),
            ..Defaults::default()
        };
        assert_eq!(found, expected);
        assert_eq!(found.output_length(1), (55, Some(141)));
    }

    #[test]
    fn a_task_and_a_decoder_of_their_own() {
        let config = r#"{"text_config": {"eos_token_id": 3, "num_beams": 2}, "eos_token_id": null,
            "task_specific_params": {"summarization": {"min_length": 30, "max_length": 200,
                "early_stopping": "never", "prefix": "summarize: "}}}"#;
        let found = read(&[("config.json", config)], Some("summarization")).unwrap();
        assert_eq!((found.min_length, found.max_length), (30, Some(200)));
        assert_eq!(found.early_stopping, EarlyStopping::Never);
        assert_eq!((found.beams, &found.eos[..]), (2, &[3][..]));
        let found = read(&[("config.json", config)], Some("translation")).unwrap();
        assert_eq!((found.min_length, found.max_length), (0, None));
        assert_eq!(
            found.search(),
            Search::Beam(Beam {
                size: 2,
                ..Beam::default()
            })
        );
    }

    #[test]
    fn what_is_wrong_names_the_file() {
        for (config, generation, file) in [
            ("{}", r#"{"num_beams": -1}"#, "generation_config.json"),
            ("{}", "[]", "generation_config.json"),
            ("{}", r#"{"early_stopping": "maybe"}"#, "maybe"),
            ("nothing", "{}", "config.json"),
            (
                "{}",
                r#"{"eos_token_id": "x"}"#,
                "a token id or a list of them",
            ),
        ] {
            let files = [
                ("config.json", config),
                ("generation_config.json", generation),
            ];
            let error = read(&files, None).unwrap_err().to_string();
            assert!(error.contains(file), "{error}");
        }
        assert!(matches!(read(&[], None), Err(Error::Read { .. })));
    }
}
