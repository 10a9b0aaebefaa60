//! A model with its vocabulary, ready to generate.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::Device;
use candle_core::quantized::gguf_file::Value;
use khulasa_tokenizer::Tokenizer;

use crate::decoder::{Config, Decoder, Naming};
use crate::device::DeviceChoice;
use crate::generation::Defaults;
use crate::linear::Form;
use crate::ops::Backend;
use crate::precision::Precision;
use crate::search::{self, Event, Hypothesis, Options, Prompt};
use crate::weights::{self, Found, Gguf, Weights};
use crate::{Error, Result};

/// How a model is loaded.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Where it runs.
    pub device: DeviceChoice,
    /// The type of its weights in memory.
    pub precision: Precision,
    /// How many threads compute; as many as the machine has cores if `None`.
    pub threads: Option<usize>,
}

/// A model with its vocabulary, ready to generate. It can be shared between threads.
pub struct Generator {
    decoder: Decoder,
    defaults: Defaults,
    tokenizer: Tokenizer,
    pool: rayon::ThreadPool,
}

impl std::fmt::Debug for Generator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generator")
            .field("config", self.decoder.config())
            .finish_non_exhaustive()
    }
}

impl Generator {
    /// Loads a model: a `.gguf` file, a folder with one, or a folder in Hugging Face's layout
    /// (`config.json`, `tokenizer.json`, weights as safetensors or else PyTorch's `.bin`, in one
    /// file or in shards). What kind of model it is is read from the files.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Model`] say which file and what is wrong with it;
    /// [`Error::Device`] if the device is not there, [`Error::Option`] if it has no such type.
    pub fn load(path: &Path, options: &LoadOptions) -> Result<Self> {
        let device = options.device.open()?;
        let (backend, form) = options.precision.on(&device)?;
        Self::load_with(path, form, backend, &device, options.threads)
    }

    pub(crate) fn load_with(
        path: &Path,
        form: Form,
        backend: Backend,
        device: &Device,
        threads: Option<usize>,
    ) -> Result<Self> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .thread_name(|i| format!("khulasa-{i}"))
            .build()
            .map_err(|e| Error::Option(format!("threads: {e}")))?;
        let model = |path: &Path| {
            let path = path.to_owned();
            move |reason: String| Error::Model { path, reason }
        };
        let load = |config: &Config, weights: &dyn Weights, naming| {
            Decoder::load(config.clone(), weights, naming, form, backend, device)
        };
        let found = match path.is_dir() {
            true => weights::find(path)?,
            false => Found::Gguf(path.to_owned()),
        };
        // The vocabulary takes as long as the weights: both at once.
        let (config, defaults, tokenizer, decoder) = match found {
            Found::HuggingFace(weights) => {
                let file = path.join("config.json");
                let json = std::fs::read(&file).map_err(|source| Error::Read {
                    path: file.clone(),
                    source,
                })?;
                let config = Config::from_json(&json).map_err(model(&file))?;
                let defaults = Defaults::read(path, None)?;
                let (tokenizer, decoder) = both(
                    &pool,
                    || Tokenizer::from_file(&path.join("tokenizer.json")),
                    || load(&config, &*weights, Naming::of_folder(&*weights)),
                );
                (config, defaults, tokenizer?, decoder?)
            }
            Found::Gguf(path) => {
                let gguf = Gguf::open(&path)?;
                let config = Config::from_gguf(&gguf).map_err(model(&path))?;
                let defaults = Defaults {
                    eos: config.eos.clone(),
                    ..Defaults::default()
                };
                let (tokenizer, decoder) = both(
                    &pool,
                    || vocabulary(&gguf),
                    || load(&config, &gguf, Naming::Gguf),
                );
                (config, defaults, tokenizer?, decoder?)
            }
        };
        if tokenizer.vocab_size() > config.vocab {
            return Err(model(path)(format!(
                "its tokenizer has {} tokens, its embedding {}",
                tokenizer.vocab_size(),
                config.vocab
            )));
        }
        Ok(Self {
            decoder,
            defaults,
            tokenizer,
            pool,
        })
    }

    #[cfg(test)]
    pub(crate) fn model(&self) -> &dyn crate::model::Model {
        &self.decoder
    }

    /// The model's vocabulary.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The longest prompt with its output, in tokens.
    pub fn max_positions(&self) -> usize {
        self.decoder.config().max_positions
    }

    /// The tokens that end an output, as the model's files state them.
    pub fn stop_tokens(&self) -> &[u32] {
        &self.defaults.eos
    }

    /// How the model's makers generate with it.
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// Generates from each prompt, independently of the others, and returns the hypotheses of
    /// each, best first. Prompts are taken in order, and many run at once; `observer` hears of
    /// every step and of each prompt that is done, and cancels the work by breaking.
    ///
    /// # Errors
    /// [`Error::Prompt`] for a prompt that does not fit, [`Error::Option`] for settings without
    /// meaning, [`Error::Cancelled`].
    pub fn generate(
        &self,
        prompts: &[Prompt],
        options: &Options,
        observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<Hypothesis>>> {
        search::run(&self.decoder, &self.pool, prompts, options, observer)
    }
}

/// The vocabulary in a GGUF file's metadata.
fn vocabulary(gguf: &Gguf) -> Result<Tokenizer> {
    let error = |reason: String| Error::Model {
        path: PathBuf::from(gguf.path()),
        reason,
    };
    match gguf.value("tokenizer.ggml.model") {
        Some(Value::String(kind)) if kind == "llama" => {}
        other => {
            return Err(error(format!(
                "vocabulary type {other:?} is not supported: this version reads \"llama\""
            )));
        }
    }
    let list = |name: &str| -> Result<&[Value]> {
        match gguf.value(&format!("tokenizer.ggml.{name}")) {
            Some(Value::Array(values)) => Ok(values),
            _ => Err(error(format!("there is no tokenizer.ggml.{name}"))),
        }
    };
    let bad = |name: &str| {
        error(format!(
            "tokenizer.ggml.{name} has a value of the wrong type"
        ))
    };
    let mut tokens = Vec::new();
    for value in list("tokens")? {
        tokens.push(value.to_string().map_err(|_| bad("tokens"))?.clone());
    }
    let mut scores = Vec::new();
    for value in list("scores")? {
        scores.push(value.to_f32().map_err(|_| bad("scores"))?);
    }
    let mut types = Vec::new();
    for value in list("token_type")? {
        types.push(value.to_i32().map_err(|_| bad("token_type"))?);
    }
    let space = match gguf.value("tokenizer.ggml.add_space_prefix") {
        Some(value) => value.to_bool().map_err(|_| bad("add_space_prefix"))?,
        None => true,
    };
    Ok(Tokenizer::from_gguf_llama(
        gguf.path(),
        tokens,
        &scores,
        &types,
        space,
    )?)
}

/// Runs two things at once on a pool.
fn both<A: Send, B: Send>(
    pool: &rayon::ThreadPool,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    pool.install(|| rayon::join(a, b))
}
