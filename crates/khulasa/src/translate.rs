//! The seams: who translates, who summarises, who watches.

use std::ops::ControlFlow;

use crate::{
    Article, Method, ModelInfo, Result, Summary, SummarySentence, TranslatedSentence, Translation,
};

/// A candidate translation of one sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// The English text.
    pub text: String,
    /// Mean log-probability per token, if the translator knows it.
    pub score: Option<f32>,
    /// Whether it was stopped at the length limit before it was complete.
    pub truncated: bool,
}

/// Something that happens while an article is worked on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The article was split: this many sentences will be translated.
    Planned {
        /// How many.
        sentences: usize,
    },
    /// The model took a step.
    Step {
        /// Tokens read in this step.
        input_tokens: usize,
        /// Tokens written in this step.
        output_tokens: usize,
    },
    /// The article has no title: this headline was made, if any could be.
    Headline(Option<&'a str>),
    /// A sentence is ready. Sentences come in the order in which they are finished.
    Translated(&'a TranslatedSentence),
    /// The summary is ready; for the extractive method this is before most sentences are.
    Summarized(&'a Summary),
}

/// Watches the work and may cancel it by returning [`ControlFlow::Break`].
pub type Observer<'a> = dyn FnMut(Event<'_>) -> ControlFlow<()> + 'a;

/// How a sentence whose translation is not trusted is translated another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Attempt {
    /// As always: it is the text that differs.
    #[default]
    Usual,
    /// The likeliest token at every step.
    Greedy,
    /// With more candidates than usual: a beam of 6 or more.
    Wide,
    /// So that no longer sequence of words occurs twice.
    NoRepeat,
}

/// Translates sentences. Implemented by the models of `khulasa-inference`, and by anyone else.
pub trait Translator: Send + Sync {
    /// What the outputs say about the model.
    fn info(&self) -> &ModelInfo;

    /// Whether a sentence is short enough to be translated well in one piece. Longer ones are
    /// split at clause borders first.
    fn fits(&self, sentence: &str) -> bool;

    /// The mean log-probability per token below which a translation is marked as one that the
    /// translator itself holds for unlikely; none are unless implemented.
    fn unlikely(&self) -> Option<f32> {
        None
    }

    /// Translates sentences, each on its own, and returns as many hypotheses in the same order.
    /// `done` is called once per sentence, as soon as it is ready, with its index.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`] when `observer` breaks; whatever the model reports.
    fn translate(
        &self,
        sentences: &[&str],
        observer: &mut Observer<'_>,
        done: &mut dyn FnMut(usize, &Hypothesis),
    ) -> Result<Vec<Hypothesis>>;

    /// Translates sentences in another way, to find a better translation than the first one, and
    /// returns for each what it can offer, likeliest first: at least one hypothesis. Unless
    /// implemented it translates them as always.
    ///
    /// # Errors
    /// As [`translate`](Self::translate).
    fn translate_again(
        &self,
        sentences: &[&str],
        attempt: Attempt,
        observer: &mut Observer<'_>,
    ) -> Result<Vec<Vec<Hypothesis>>> {
        let _ = attempt;
        let hypotheses = self.translate(sentences, observer, &mut |_, _| {})?;
        Ok(hypotheses.into_iter().map(|h| vec![h]).collect())
    }
}

/// How long a summary may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// At most this many sentences.
    pub sentences: usize,
    /// At most this many English words, if given: later sentences are left out until it holds,
    /// and a first one that is too long is cut at a clause.
    pub words: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sentences: 3,
            words: None,
        }
    }
}

/// Makes summaries.
pub trait Summarizer: Send + Sync {
    /// How it makes them.
    fn method(&self) -> Method;

    /// The sentences that the summary will need in English, best first, if it can be known from the article
    /// alone: they are translated first, so that the summary can be shown early.
    fn sources(&self, article: &Article, limits: &Limits) -> Vec<crate::SentenceId>;

    /// Makes the summary of an article from its translation. At least the sentences that
    /// [`sources`](Self::sources) names have been translated by then; all of them if it names none.
    ///
    /// # Errors
    /// Whatever the model that writes it reports.
    fn summarize(
        &self,
        article: &Article,
        translation: &Translation,
        limits: &Limits,
        observer: &mut Observer<'_>,
    ) -> Result<Vec<SummarySentence>>;
}
