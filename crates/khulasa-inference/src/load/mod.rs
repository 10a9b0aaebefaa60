//! From files to a model: what kind it is is read from them.

mod vocabulary;

use std::path::Path;

use candle_core::Device;
use candle_core::quantized::gguf_file::Value;
use khulasa_tokenizer::Tokenizer;

use self::vocabulary::of_gguf as vocabulary;
use crate::decoder::{self, Decoder};
use crate::foreign::Foreign;
use crate::linear::Form;
use crate::model::Model;
use crate::ops::Backend;
use crate::seq2seq::{self, Seq2Seq};
use crate::weights::{self, Found, Gguf, Weights};
use crate::{Defaults, Error, Result};

/// A model with what its files say of it.
pub(crate) struct Loaded {
    pub model: Box<dyn Model>,
    /// How its makers generate with it.
    pub defaults: Defaults,
    pub tokenizer: Tokenizer,
}

/// A configuration of either kind, with the file that it was read from.
enum Config {
    Decoder(decoder::Config, decoder::Naming),
    Seq2Seq(seq2seq::Config, seq2seq::Naming),
}

/// How weights are kept, and where.
#[derive(Clone, Copy)]
struct Target<'a> {
    form: Form,
    backend: Backend,
    device: &'a Device,
}

/// Loads a `.gguf` file or a folder.
pub(crate) fn load(path: &Path, form: Form, backend: Backend, device: &Device) -> Result<Loaded> {
    let target = Target {
        form,
        backend,
        device,
    };
    let found = match path.is_dir() {
        true => weights::find(path)?,
        false => Found::Gguf(path.to_owned()),
    };
    // The vocabulary takes as long as the weights: both at once.
    let (model, mut defaults, tokenizer, eos) = match found {
        Found::HuggingFace(weights) => {
            let defaults = Defaults::read(path, None)?;
            let config = of_folder(path, &*weights)?.starting_with(defaults.decoder_start);
            defaults.check(path, config.output_vocab(), config.start())?;
            let eos = config.eos().to_vec();
            let (model, tokenizer) =
                rayon::join(|| config.load(&*weights, target), || Tokenizer::open(path));
            (model?, defaults, tokenizer?, eos)
        }
        Found::Gguf(path) => {
            let weights = Gguf::open(&path)?;
            let config = match Foreign::runs(&weights) {
                true => None,
                false => Some(of_gguf(&weights)?),
            };
            let eos = match &config {
                Some(config) => config.eos().to_vec(),
                None => decoder::ends_of_gguf(&weights),
            };
            let (model, tokenizer) = rayon::join(
                || match config {
                    Some(config) => config.load(&weights, target),
                    None => Ok(Box::new(Foreign::load(&weights, device)?) as Box<dyn Model>),
                },
                || match weights.value("tokenizer.ggml.model") {
                    Some(_) => vocabulary(&weights),
                    None => Ok(Tokenizer::open(folder_of(&path))?),
                },
            );
            (model?, Defaults::default(), tokenizer?, eos)
        }
    };
    if defaults.eos.is_empty() {
        defaults.eos = eos;
    }
    let shape = model.shape();
    for (tokens, embedding, what) in [
        (tokenizer.vocab_size(), shape.vocab, "embedding"),
        (tokenizer.target_vocab_size(), shape.output_vocab, "output"),
    ] {
        if tokens > embedding && (shape.encoder || what == "embedding") {
            return Err(Error::Model {
                path: path.to_owned(),
                reason: format!("its tokenizer has {tokens} tokens, its {what} {embedding}"),
            });
        }
    }
    Ok(Loaded {
        model,
        defaults,
        tokenizer,
    })
}

impl Config {
    /// The tokens that end an output.
    fn eos(&self) -> &[u32] {
        match self {
            Config::Decoder(config, _) => &config.eos,
            Config::Seq2Seq(config, _) => &config.eos,
        }
    }

    /// The tokens that it writes are below this.
    fn output_vocab(&self) -> usize {
        match self {
            Config::Decoder(config, _) => config.output_vocab,
            Config::Seq2Seq(config, _) => config.output_vocab,
        }
    }

    /// The token that an encoder–decoder's outputs start with.
    fn start(&self) -> Option<u32> {
        match self {
            Config::Decoder(..) => None,
            Config::Seq2Seq(config, _) => Some(config.start),
        }
    }

    /// Another token, if there is one, that an encoder–decoder's outputs start with.
    fn starting_with(mut self, token: Option<u32>) -> Self {
        if let (Config::Seq2Seq(config, _), Some(token)) = (&mut self, token) {
            config.start = token;
        }
        self
    }

    fn load(self, weights: &dyn Weights, target: Target<'_>) -> Result<Box<dyn Model>> {
        let Target {
            form,
            backend,
            device,
        } = target;
        Ok(match self {
            Config::Decoder(config, naming) => {
                let model = Decoder::load(config, weights, naming, form, backend, device)?;
                Box::new(model)
            }
            Config::Seq2Seq(config, naming) => {
                let model = Seq2Seq::load(config, weights, naming, form, backend, device)?;
                Box::new(model)
            }
        })
    }
}

fn model_error(path: &Path) -> impl FnOnce(String) -> Error {
    let path = path.to_owned();
    move |reason| Error::Model { path, reason }
}

/// Reads a folder's `config.json`.
fn of_folder(folder: &Path, weights: &dyn Weights) -> Result<Config> {
    #[derive(serde::Deserialize)]
    struct Kind {
        model_type: Option<String>,
    }
    let file = folder.join("config.json");
    let json = std::fs::read(&file).map_err(|source| Error::Read {
        path: file.clone(),
        source,
    })?;
    let read = || -> std::result::Result<Config, String> {
        let kind: Kind = serde_json::from_slice(&json).map_err(|e| e.to_string())?;
        let kind = kind.model_type.ok_or("there is no model_type")?;
        if seq2seq::FAMILIES.contains(&kind.as_str()) {
            let naming = seq2seq::Naming::of(&kind, weights);
            return Ok(Config::Seq2Seq(seq2seq::Config::from_json(&json)?, naming));
        }
        let config = decoder::Config::from_json(&json)?;
        Ok(Config::Decoder(config, decoder::Naming::of_folder(weights)))
    };
    read().map_err(model_error(&file))
}

/// Reads the metadata of a GGUF file, or the `config.json` beside one that has none.
fn of_gguf(gguf: &Gguf) -> Result<Config> {
    let architecture = match gguf.value("general.architecture") {
        Some(Value::String(name)) => Some(name.as_str()),
        _ => None,
    };
    match architecture {
        Some("t5") => {
            let config = seq2seq::Config::from_gguf(gguf).map_err(model_error(gguf.path()))?;
            Ok(Config::Seq2Seq(config, seq2seq::Naming::Gguf))
        }
        Some(_) => {
            let config = decoder::Config::from_gguf(gguf).map_err(model_error(gguf.path()))?;
            Ok(Config::Decoder(config, decoder::Naming::Gguf))
        }
        None => of_folder(folder_of(gguf.path()), gguf),
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
