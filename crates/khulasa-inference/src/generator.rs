//! A model with its vocabulary, ready to generate.

use std::ops::ControlFlow;
use std::path::Path;

use candle_core::Device;
use khulasa_tokenizer::Tokenizer;

use crate::device::DeviceChoice;
use crate::generation::Defaults;
use crate::linear::Form;
use crate::load::{self, Loaded};
use crate::model::Model;
use crate::ops::Backend;
use crate::precision::Precision;
use crate::search::{self, Event, Hypothesis, Options, Prompt};
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
    model: Box<dyn Model>,
    defaults: Defaults,
    tokenizer: Tokenizer,
    pool: rayon::ThreadPool,
    /// Where the tokens' scores are selected, if not in main memory.
    selects_on: Option<Device>,
}

impl std::fmt::Debug for Generator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generator")
            .field("shape", self.model.shape())
            .finish_non_exhaustive()
    }
}

impl Generator {
    /// Loads a model: a `.gguf` file, a folder with one, or a folder in Hugging Face's layout
    /// (`config.json`, a tokenizer's files as [`Tokenizer::open`] knows them, weights as safetensors
    /// or else PyTorch's `.bin`, in one file or in shards). What kind of model it is is read from
    /// the files.
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
        let Loaded {
            model,
            defaults,
            tokenizer,
        } = pool.install(|| load::load(path, form, backend, device))?;
        Ok(Self {
            model,
            defaults,
            tokenizer,
            pool,
            selects_on: (!device.is_cpu()).then(|| device.clone()),
        })
    }

    /// Selects scores on the CPU as on any device.
    #[cfg(test)]
    pub(crate) fn selecting(mut self) -> Self {
        self.selects_on = Some(Device::Cpu);
        self
    }

    #[cfg(test)]
    pub(crate) fn model(&self) -> &dyn Model {
        &*self.model
    }

    /// The model's vocabulary.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Whether an encoder reads prompts. If not, outputs go on from them.
    pub fn has_encoder(&self) -> bool {
        self.model.shape().encoder
    }

    /// The longest prompt (tokens).
    pub fn longest_prompt(&self) -> usize {
        self.model.shape().longest_prompt
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
        let device = self.selects_on.as_ref();
        search::run(&*self.model, &self.pool, device, prompts, options, observer)
    }
}
