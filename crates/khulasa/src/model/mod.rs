//! A local model as a translator and a writer of summaries.

mod template;

use std::ops::ControlFlow;
use std::path::Path;

use khulasa_inference::{
    Beam, Defaults, DeviceChoice, Event as Progress, Generator, LoadOptions, Options, Precision,
    Prompt, Rules, Search,
};
use khulasa_tokenizer::Tokenizer;

use self::template::Template;
use crate::card::{self, Card};
use crate::{Attempt, Error, Event, Hypothesis, ModelInfo, Observer, Result, Translator, Writer};

/// Sequences that run at once: more would be little faster and take more memory.
const BATCH: usize = 32;

/// The room for a translation: so many times the source's tokens, and some more. In 997 sentences
/// of FLORES an English token stands for 1.3 Arabic ones, so what is longer than this has gone
/// astray.
const OUTPUT_RATIO: f64 = 1.6;
const OUTPUT_ROOM: usize = 24;

/// The least width of a beam that is wider than usual.
const WIDE: usize = 6;

/// In an output without repetition no sequence of this many tokens occurs twice.
const NO_REPEAT: usize = 4;

/// The longest summary that is written (tokens), where neither the card nor the model's files say.
const SUMMARY_TOKENS: usize = 160;

/// Where and how a local model runs.
#[derive(Debug, Clone, Default)]
pub struct ModelOptions {
    /// The device.
    pub device: DeviceChoice,
    /// The type of the weights in memory.
    pub precision: Precision,
    /// How many threads compute; as many as the machine has cores if `None`.
    pub threads: Option<usize>,
    /// The width of the beam, 1 for greedy search; the card's if `None`, else what the model's own
    /// files say.
    pub beam: Option<usize>,
}

/// A model on this machine.
#[derive(Debug)]
pub struct LocalModel {
    generator: Generator,
    tokenizer: Tokenizer,
    info: ModelInfo,
    translate: Option<Task>,
    summarize: Option<Task>,
}

/// How the model does a task.
#[derive(Debug)]
struct Task {
    template: Template,
    /// The longest text (tokens) that is read in one piece.
    input_tokens: usize,
    search: Search,
    rules: Rules,
    min_output: usize,
    max_output: Option<usize>,
    reads: String,
    unlikely: Option<f32>,
}

impl LocalModel {
    /// Loads the model of a card.
    ///
    /// # Errors
    /// What is wrong with its files, by name, or with its card.
    pub fn load(card: &Card, options: &ModelOptions) -> Result<Self> {
        let weights = card.weights()?;
        let load = LoadOptions {
            device: options.device,
            precision: options.precision,
            threads: options.threads,
        };
        let generator = Generator::load(&weights, &load)?;
        let task = |task: &Option<card::Task>, name: Option<&str>| -> Result<_> {
            let Some(task) = task else { return Ok(None) };
            let tokenizer = generator.tokenizer().clone();
            let tokenizer = tokenizer.with_languages(&task.reads, "en")?;
            let defaults = defaults(&weights, name)?;
            let task = Task::new(task, &generator, &tokenizer, defaults, options.beam)?;
            Ok(Some((task, tokenizer)))
        };
        let translate = task(&card.translate, None)?;
        let summarize = task(&card.summarize, Some("summarization"))?;
        let tokenizer = match (&translate, &summarize) {
            (Some((_, tokenizer)), _) | (None, Some((_, tokenizer))) => tokenizer.clone(),
            (None, None) => generator.tokenizer().clone(),
        };
        Ok(Self {
            info: ModelInfo {
                name: card.name.clone(),
                quality: card.quality,
                licence: Some(card.licence.clone()),
            },
            generator,
            tokenizer,
            translate: translate.map(|(task, _)| task),
            summarize: summarize.map(|(task, _)| task),
        })
    }

    /// Whether the model can translate.
    pub fn can_translate(&self) -> bool {
        self.translate.is_some()
    }

    /// Whether the model can write summaries.
    pub fn can_summarize(&self) -> bool {
        self.summarize.is_some()
    }

    fn translation(&self) -> Result<&Task> {
        self.translate
            .as_ref()
            .ok_or_else(|| Error::Setup(format!("model {} cannot translate", self.info.name)))
    }

    fn generate(
        &self,
        prompts: &[Prompt],
        search: Search,
        rules: Rules,
        observer: &mut Observer<'_>,
        done: &mut dyn FnMut(usize, &Hypothesis),
    ) -> Result<Vec<Vec<Hypothesis>>> {
        let options = Options {
            search,
            stop: self.generator.stop_tokens().to_vec(),
            rules,
            batch: BATCH,
        };
        let mut results = vec![Vec::new(); prompts.len()];
        let mut failure = None;
        let run = self
            .generator
            .generate(prompts, &options, &mut |event| match event {
                Progress::Step {
                    input_tokens,
                    output_tokens,
                } => observer(Event::Step {
                    input_tokens,
                    output_tokens,
                }),
                Progress::Done { index, hypotheses } => {
                    let texts = hypotheses.iter().map(|hypothesis| self.text(hypothesis));
                    match texts.collect::<Result<Vec<_>>>() {
                        Ok(texts) => {
                            if let Some(best) = texts.first() {
                                done(index, best);
                            }
                            results[index] = texts;
                            ControlFlow::Continue(())
                        }
                        Err(error) => {
                            failure = Some(error);
                            ControlFlow::Break(())
                        }
                    }
                }
                _ => ControlFlow::Continue(()),
            });
        if let Some(error) = failure {
            return Err(error);
        }
        run?;
        Ok(results)
    }

    fn prompts(&self, task: &Task, sentences: &[&str]) -> Result<Vec<Prompt>> {
        sentences
            .iter()
            .map(|sentence| {
                let tokens = task
                    .template
                    .around(sentence, usize::MAX, &self.tokenizer)?;
                let room = (tokens.len() as f64 * OUTPUT_RATIO) as usize + OUTPUT_ROOM;
                Ok(Prompt {
                    tokens,
                    min_new_tokens: task.min_output,
                    max_new_tokens: task.max_output.map_or(room, |most| most.min(room)),
                })
            })
            .collect()
    }

    fn text(&self, hypothesis: &khulasa_inference::Hypothesis) -> Result<Hypothesis> {
        Ok(Hypothesis {
            text: self.tokenizer.decode(&hypothesis.tokens)?,
            score: Some(hypothesis.log_probability / hypothesis.scored.max(1) as f32),
            truncated: !hypothesis.complete,
        })
    }
}

impl Translator for LocalModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn fits(&self, sentence: &str) -> bool {
        let most = self.translate.as_ref().map_or(0, |task| task.input_tokens);
        // A token has at least one byte, so a short text needs no counting.
        sentence.len() <= most
            || self
                .tokenizer
                .count(sentence)
                .is_ok_and(|tokens| tokens <= most)
    }

    fn unlikely(&self) -> Option<f32> {
        self.translate.as_ref()?.unlikely
    }

    /// As [`Translator::translate`].
    ///
    /// # Errors
    /// [`Error::Setup`] if the model [cannot do that](LocalModel::can_translate).
    fn translate(
        &self,
        sentences: &[&str],
        observer: &mut Observer<'_>,
        done: &mut dyn FnMut(usize, &Hypothesis),
    ) -> Result<Vec<Hypothesis>> {
        let task = self.translation()?;
        let prompts = self.prompts(task, sentences)?;
        let (search, rules) = (task.search.clone(), task.rules.clone());
        let all = self.generate(&prompts, search, rules, observer, done)?;
        Ok(all.into_iter().filter_map(best).collect())
    }

    fn translate_again(
        &self,
        sentences: &[&str],
        attempt: Attempt,
        observer: &mut Observer<'_>,
    ) -> Result<Vec<Vec<Hypothesis>>> {
        let task = self.translation()?;
        let search = match (attempt, &task.search) {
            (Attempt::Greedy, _) => Search::Greedy,
            (Attempt::Wide, Search::Beam(beam)) => Search::Beam(Beam {
                size: (2 * beam.size).max(WIDE),
                ..beam.clone()
            }),
            (Attempt::Wide, _) => Search::Beam(Beam {
                size: WIDE,
                ..Beam::default()
            }),
            (Attempt::Usual | Attempt::NoRepeat, usual) => usual.clone(),
        };
        let mut rules = task.rules.clone();
        if attempt == Attempt::NoRepeat {
            rules.no_repeat_ngram = NO_REPEAT;
        }
        let prompts = self.prompts(task, sentences)?;
        self.generate(&prompts, search, rules, observer, &mut |_, _| {})
    }
}

impl Writer for LocalModel {
    fn reads(&self) -> &str {
        self.summarize.as_ref().map_or("en", |task| &task.reads)
    }

    /// As [`Writer::write_summary`]; of the text it reads as much as its card says.
    ///
    /// # Errors
    /// [`Error::Setup`] if the model [cannot do that](LocalModel::can_summarize).
    fn write_summary(&self, text: &str, observer: &mut Observer<'_>) -> Result<Hypothesis> {
        let Some(task) = &self.summarize else {
            return Err(Error::Setup(format!(
                "model {} cannot write summaries: ask for an extractive one",
                self.info.name
            )));
        };
        let prompt = Prompt {
            tokens: task
                .template
                .around(text, task.input_tokens, &self.tokenizer)?,
            max_new_tokens: task.max_output.unwrap_or(SUMMARY_TOKENS),
            min_new_tokens: task.min_output,
        };
        let (search, rules) = (task.search.clone(), task.rules.clone());
        let written = self
            .generate(&[prompt], search, rules, observer, &mut |_, _| {})?
            .pop()
            .and_then(best);
        written.ok_or(Error::Cancelled)
    }
}

impl Task {
    /// A card's task; what the card leaves out is as in the model's own files.
    fn new(
        task: &card::Task,
        generator: &Generator,
        tokenizer: &Tokenizer,
        defaults: Defaults,
        beam: Option<usize>,
    ) -> Result<Self> {
        let encoder = generator.has_encoder();
        let length_penalty = task.length_penalty.unwrap_or(defaults.length_penalty);
        let search = match beam.or(task.beam).unwrap_or(defaults.beams) {
            0 => {
                return Err(Error::Setup(
                    "a beam has at least one hypothesis".to_owned(),
                ));
            }
            1 => Search::Greedy,
            size => Search::Beam(Beam {
                size,
                length_penalty,
                early_stopping: defaults.early_stopping,
            }),
        };
        // Of a decoder-only model's files these lengths would count the prompt.
        let (min, max) = match encoder {
            true => defaults.output_length(1),
            false => (0, None),
        };
        let mut rules = defaults.rules;
        if let Some(n) = task.no_repeat_ngram {
            rules.no_repeat_ngram = n;
        }
        if let Some(language) = tokenizer.target_language() {
            rules.forced_bos = Some(language);
        }
        let longest = generator.longest_prompt();
        let template = Template::parse(&task.prompt, tokenizer, encoder)?;
        let around = template.around("", usize::MAX, tokenizer)?.len();
        Ok(Self {
            template,
            input_tokens: task.input_tokens.min(longest.saturating_sub(around)),
            search,
            rules,
            min_output: task.min_output_tokens.unwrap_or(min),
            max_output: task.max_output_tokens.or(max),
            reads: task.reads.clone(),
            unlikely: task.unlikely,
        })
    }
}

/// The likeliest of a sentence's hypotheses.
fn best(hypotheses: Vec<Hypothesis>) -> Option<Hypothesis> {
    hypotheses.into_iter().next()
}

/// What a model's own files say about generating with it.
fn defaults(weights: &Path, task: Option<&str>) -> Result<Defaults> {
    match weights.is_dir() {
        true => Ok(Defaults::read(weights, task)?),
        false => Ok(Defaults::default()),
    }
}
