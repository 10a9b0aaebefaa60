//! A model with its vocabulary, ready to generate.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use candle_core::Device;
use khulasa_tokenizer::Tokenizer;

use crate::device::DeviceChoice;
use crate::generation::Defaults;
use crate::linear::Form;
use crate::load::{self, Loaded};
use crate::model::Model;
use crate::ops::Backend;
use crate::precision::Precision;
use crate::search::{Event, Hypothesis, Options, Prompt, Scheduler};
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

/// A model with its vocabulary, ready to generate. It can be shared between threads: with 8-bit
/// weights, the prompts of all calls run in one batch.
pub struct Generator {
    model: Arc<dyn Model>,
    defaults: Defaults,
    tokenizer: Tokenizer,
    scheduler: Scheduler,
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
        let model: Arc<dyn Model> = model.into();
        // Floating-point products may round otherwise where there are other rows.
        let joint = matches!(form, Form::Int8);
        let selects_on = (!device.is_cpu()).then_some(device);
        Ok(Self {
            scheduler: Scheduler::new(model.clone(), pool, selects_on, joint)?,
            model,
            defaults,
            tokenizer,
        })
    }

    /// Selects scores on the CPU as on any device.
    #[cfg(test)]
    pub(crate) fn selecting(mut self) -> Self {
        let pool = rayon::ThreadPoolBuilder::new().build().unwrap();
        let device = Some(&Device::Cpu);
        self.scheduler = Scheduler::new(self.model.clone(), pool, device, false).unwrap();
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
    /// every step, also of those that others' prompts take, and of each prompt that is done, and
    /// cancels the work by breaking.
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
        self.scheduler.generate(prompts, options, observer)
    }
}
