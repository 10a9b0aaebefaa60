//! The whole job behind one handle.

use std::sync::Arc;

use crate::pipeline::{Scope, Setup, run};
use crate::summary::{Abstractive, Extractive, Writer};
use crate::{
    Article, DEFAULT_MODEL, Digest, Error, Glossary, Limits, LocalModel, Method, ModelInfo,
    ModelOptions, Observer, Result, Summarizer, Translator, find_card,
};

/// Turns articles into digests. Cheap to clone, and shared between threads as it is.
#[derive(Clone)]
pub struct Khulasa {
    translator: Arc<dyn Translator>,
    summarizer: Arc<dyn Summarizer>,
    limits: Limits,
    glossary: Arc<Glossary>,
    repair: bool,
    names: bool,
}

impl std::fmt::Debug for Khulasa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Khulasa")
            .field("model", self.info())
            .field("method", &self.summarizer.method())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Khulasa {
    /// Says what to use; everything has a default.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// What the outputs say about the model.
    pub fn info(&self) -> &ModelInfo {
        self.translator.info()
    }

    /// Translates and summarises an article.
    ///
    /// # Errors
    /// Whatever the translator or the summariser reports.
    pub fn digest(&self, article: &Article) -> Result<Digest> {
        self.digest_with(article, &mut keep_going)
    }

    /// Like [`digest`](Self::digest), watched by an observer, who may cancel it.
    ///
    /// The title and the sentences that the summary needs are translated first, so that
    /// [`Event::Summarized`](crate::Event::Summarized) comes early; the rest follows in the
    /// order of the article, in groups.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the observer breaks; whatever the translator or the summariser
    /// reports.
    pub fn digest_with(&self, article: &Article, observer: &mut Observer<'_>) -> Result<Digest> {
        self.run(article, Scope::Everything, observer)
    }

    /// Translates an article: a digest without a summary.
    ///
    /// # Errors
    /// Whatever the translator reports.
    pub fn translate(&self, article: &Article) -> Result<Digest> {
        self.translate_with(article, &mut keep_going)
    }

    /// Like [`translate`](Self::translate), watched by an observer, who may cancel it.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the observer breaks; whatever the translator reports.
    pub fn translate_with(&self, article: &Article, observer: &mut Observer<'_>) -> Result<Digest> {
        self.run(article, Scope::Translation, observer)
    }

    /// Summarises an article: a digest whose translation is empty. Only what the summary needs
    /// is translated, where the summariser can tell.
    ///
    /// # Errors
    /// Whatever the translator or the summariser reports.
    pub fn summarize(&self, article: &Article) -> Result<Digest> {
        self.summarize_with(article, &mut keep_going)
    }

    /// Like [`summarize`](Self::summarize), watched by an observer, who may cancel it.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the observer breaks; whatever the translator or the summariser
    /// reports.
    pub fn summarize_with(&self, article: &Article, observer: &mut Observer<'_>) -> Result<Digest> {
        self.run(article, Scope::Summary, observer)
    }

    fn run(&self, article: &Article, scope: Scope, observer: &mut Observer<'_>) -> Result<Digest> {
        run(
            &Setup {
                translator: &*self.translator,
                summarizer: &*self.summarizer,
                limits: &self.limits,
                glossary: &self.glossary,
                repair: self.repair,
                names: self.names,
            },
            article,
            scope,
            observer,
        )
    }
}

fn keep_going(_: crate::Event<'_>) -> std::ops::ControlFlow<()> {
    std::ops::ControlFlow::Continue(())
}

/// Builds a [`Khulasa`].
#[must_use]
pub struct Builder {
    model: Option<String>,
    options: ModelOptions,
    translator: Option<Arc<dyn Translator>>,
    summarizer: Option<Arc<dyn Summarizer>>,
    summarizer_model: Option<String>,
    method: Method,
    limits: Limits,
    glossary: Glossary,
    repair: bool,
    names: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            model: None,
            options: ModelOptions::default(),
            translator: None,
            summarizer: None,
            summarizer_model: None,
            method: Method::default(),
            limits: Limits::default(),
            glossary: Glossary::default(),
            repair: true,
            names: true,
        }
    }
}

impl Builder {
    /// Translates with this model: a card's name, a card, a folder in Hugging Face's layout, a
    /// `.gguf` file, or a name on the hub; the embedded default unless told. A model from the hub
    /// has to be in the cache: nothing is fetched here, but by [`Hub`](crate::hub).
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Where and how the model runs.
    pub fn model_options(mut self, options: ModelOptions) -> Self {
        self.options = options;
        self
    }

    /// Translates with this instead of a local model.
    pub fn translator(mut self, translator: Arc<dyn Translator>) -> Self {
        self.translator = Some(translator);
        self
    }

    /// Summarises with this instead of one of the built-in methods.
    pub fn summarizer(mut self, summarizer: Arc<dyn Summarizer>) -> Self {
        self.summarizer = Some(summarizer);
        self
    }

    /// Has this model write the summaries: named as [`model`](Self::model)'s, and run in the same
    /// way. It asks for [`Method::Abstractive`].
    pub fn summarizer_model(mut self, model: impl Into<String>) -> Self {
        self.summarizer_model = Some(model.into());
        self
    }

    /// How summaries are made; [`Method::Extractive`] unless told.
    pub fn summary_method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// How long summaries may be.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How terms are to be translated.
    pub fn glossary(mut self, glossary: Glossary) -> Self {
        self.glossary = glossary;
        self
    }

    /// Whether sentences in which something is found are translated again; they are unless told.
    /// Without it translations stand as the translator gave them, flags and missed terms are only
    /// reported.
    pub fn repair(mut self, repair: bool) -> Self {
        self.repair = repair;
        self
    }

    /// Whether repairs spell names one way throughout; they do unless told. Not for sentences that
    /// have nothing to do with each other.
    pub fn names(mut self, names: bool) -> Self {
        self.names = names;
        self
    }

    /// Loads what is needed.
    ///
    /// # Errors
    /// [`Error::Setup`] for choices that do not go together; [`Error::NoModel`], [`Error::Card`] and
    /// [`Error::Inference`] for a model that is not there or cannot be used.
    pub fn build(self) -> Result<Khulasa> {
        let load = |name: &str| -> Result<Arc<LocalModel>> {
            Ok(LocalModel::load(&find_card(name)?, &self.options)?.into())
        };
        let mut writer: Option<Arc<dyn Writer>> = None;
        let translator = match self.translator {
            Some(translator) => translator,
            None => {
                let model = load(self.model.as_deref().unwrap_or(DEFAULT_MODEL))?;
                if !model.can_translate() {
                    return Err(Error::Setup(format!(
                        "model {} cannot translate, it writes summaries: name it as the summarizer \
                         (--summarizer), and another model to translate",
                        Translator::info(&*model).name
                    )));
                }
                if model.can_summarize() {
                    writer = Some(model.clone());
                }
                model
            }
        };
        let mut method = self.method;
        if let Some(name) = &self.summarizer_model {
            let model = load(name)?;
            if !model.can_summarize() {
                return Err(Error::Setup(format!(
                    "model {} cannot write summaries: name another summarizer, or ask for an \
                     extractive summary",
                    Translator::info(&*model).name
                )));
            }
            writer = Some(model);
            method = Method::Abstractive;
        }
        let summarizer: Arc<dyn Summarizer> = match (self.summarizer, method, writer) {
            (Some(summarizer), ..) => summarizer,
            (None, Method::Extractive, _) => Arc::new(Extractive),
            (None, Method::Abstractive, Some(writer)) => Arc::new(Abstractive::new(writer)),
            (None, Method::Abstractive, None) => {
                return Err(Error::Setup(format!(
                    "{} cannot write summaries: ask for an extractive one, or give the builder \
                     a summariser",
                    translator.info().name
                )));
            }
        };
        Ok(Khulasa {
            translator,
            summarizer,
            limits: self.limits,
            glossary: Arc::new(self.glossary),
            repair: self.repair,
            names: self.names,
        })
    }
}
