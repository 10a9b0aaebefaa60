//! A local model as a translator and a writer of summaries.

use std::ops::ControlFlow;
use std::path::PathBuf;

use khulasa_inference::{
    Beam, DeviceChoice, Event as Progress, Generator, LoadOptions, Options, Precision, Prompt,
    Rules, Search,
};

use crate::card::Card;
use crate::{Attempt, Error, Event, Hypothesis, ModelInfo, Observer, Result, Translator, Writer};

/// Sequences that run at once: more would be little faster and take more memory.
const BATCH: usize = 32;

/// The room for an output: so many times the source's tokens, and some more. In 997 sentences of
/// FLORES an English token stands for 1.3 Arabic ones, so what is longer than this has gone astray.
const OUTPUT_RATIO: f64 = 1.6;
const OUTPUT_ROOM: usize = 24;

/// The least width of a beam that is wider than usual.
const WIDE: usize = 4;

/// In an output without repetition no sequence of this many tokens occurs twice.
const NO_REPEAT: usize = 4;

/// The longest summary that is written (tokens).
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
    /// The width of the beam, 1 for greedy search; the card's if `None`.
    pub beam: Option<usize>,
}

/// A model on this machine.
#[derive(Debug)]
pub struct LocalModel {
    generator: Generator,
    info: ModelInfo,
    search: Search,
    stop: Vec<u32>,
    translate: Template,
    translate_tokens: usize,
    summarize: Option<(Template, usize)>,
}

/// A prompt's tokens before and after its text.
#[derive(Debug)]
struct Template {
    before: Vec<u32>,
    after: Vec<u32>,
}

impl LocalModel {
    /// Loads the model of a card.
    ///
    /// # Errors
    /// What is wrong with its files, by name, or with its card.
    pub fn load(card: &Card, options: &ModelOptions) -> Result<Self> {
        let weights = card.weights()?;
        let Some(translate) = &card.translate else {
            return Err(Error::Setup(format!(
                "model {} cannot translate",
                card.name
            )));
        };
        let load = LoadOptions {
            device: options.device,
            precision: options.precision,
            threads: options.threads,
        };
        let generator = Generator::load(&weights, &load)?;
        let template = |text: &str| Template::parse(text, &generator, card);
        let prompt = template(&translate.prompt)?;
        let summarize = match &card.summarize {
            Some(task) => Some((template(&task.prompt)?, task.input_tokens)),
            None => None,
        };
        let search = match options.beam.or(translate.beam).unwrap_or(1) {
            0 => {
                return Err(Error::Setup(
                    "a beam has at least one hypothesis".to_owned(),
                ));
            }
            1 => Search::Greedy,
            size => Search::Beam(Beam {
                size,
                ..Beam::default()
            }),
        };
        Ok(Self {
            info: ModelInfo {
                name: card.name.clone(),
                quality: card.quality,
                licence: Some(card.licence.clone()),
            },
            stop: generator.stop_tokens().to_vec(),
            translate_tokens: translate.input_tokens,
            generator,
            search,
            translate: prompt,
            summarize,
        })
    }

    /// Whether the model can write summaries.
    pub fn can_summarize(&self) -> bool {
        self.summarize.is_some()
    }

    fn generate(
        &self,
        prompts: &[Prompt],
        search: Search,
        rules: Rules,
        observer: &mut Observer<'_>,
        done: &mut dyn FnMut(usize, &Hypothesis),
    ) -> Result<Vec<Hypothesis>> {
        let options = Options {
            search,
            stop: self.stop.clone(),
            rules,
            batch: BATCH,
        };
        let mut results = vec![None; prompts.len()];
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
                Progress::Done { index, hypotheses } => match self.text(&hypotheses[0]) {
                    Ok(hypothesis) => {
                        done(index, &hypothesis);
                        results[index] = Some(hypothesis);
                        ControlFlow::Continue(())
                    }
                    Err(error) => {
                        failure = Some(error);
                        ControlFlow::Break(())
                    }
                },
                _ => ControlFlow::Continue(()),
            });
        if let Some(error) = failure {
            return Err(error);
        }
        run?;
        Ok(results.into_iter().flatten().collect())
    }

    fn prompts(&self, sentences: &[&str]) -> Result<Vec<Prompt>> {
        sentences
            .iter()
            .map(|sentence| {
                let tokens = self.generator.tokenizer().encode(sentence)?;
                let max_new_tokens = (tokens.len() as f64 * OUTPUT_RATIO) as usize + OUTPUT_ROOM;
                Ok(Prompt {
                    tokens: self.translate.around(&tokens),
                    min_new_tokens: 0,
                    max_new_tokens,
                })
            })
            .collect()
    }

    fn text(&self, hypothesis: &khulasa_inference::Hypothesis) -> Result<Hypothesis> {
        Ok(Hypothesis {
            text: self.generator.tokenizer().decode(&hypothesis.tokens)?,
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
        // A token has at least one byte, so a short text needs no counting.
        sentence.len() <= self.translate_tokens
            || self
                .generator
                .tokenizer()
                .count(sentence)
                .is_ok_and(|tokens| tokens <= self.translate_tokens)
    }

    fn translate(
        &self,
        sentences: &[&str],
        observer: &mut Observer<'_>,
        done: &mut dyn FnMut(usize, &Hypothesis),
    ) -> Result<Vec<Hypothesis>> {
        let prompts = self.prompts(sentences)?;
        let search = self.search.clone();
        self.generate(&prompts, search, Rules::default(), observer, done)
    }

    fn translate_again(
        &self,
        sentences: &[&str],
        attempt: Attempt,
        observer: &mut Observer<'_>,
    ) -> Result<Vec<Hypothesis>> {
        let search = match (attempt, &self.search) {
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
        let rules = Rules {
            no_repeat_ngram: match attempt {
                Attempt::NoRepeat => NO_REPEAT,
                _ => 0,
            },
            ..Rules::default()
        };
        let prompts = self.prompts(sentences)?;
        self.generate(&prompts, search, rules, observer, &mut |_, _| {})
    }
}

impl Writer for LocalModel {
    /// As [`Writer::write_summary`]; of the text it reads as much as its card says.
    ///
    /// # Errors
    /// [`Error::Setup`] if the model [cannot do that](LocalModel::can_summarize).
    fn write_summary(&self, text: &str, observer: &mut Observer<'_>) -> Result<Hypothesis> {
        let Some((template, limit)) = &self.summarize else {
            return Err(Error::Setup(format!(
                "model {} cannot write summaries: ask for an extractive one",
                self.info.name
            )));
        };
        let mut tokens = self.generator.tokenizer().encode(text)?;
        tokens.truncate(*limit);
        let prompt = Prompt {
            tokens: template.around(&tokens),
            max_new_tokens: SUMMARY_TOKENS,
            min_new_tokens: 0,
        };
        let search = self.search.clone();
        let written = self
            .generate(
                &[prompt],
                search,
                Rules::default(),
                observer,
                &mut |_, _| {},
            )?
            .pop();
        written.ok_or(Error::Cancelled)
    }
}

impl Template {
    /// Splits a template at `{text}`; what stands in it between `<` and `>` and is a token of the
    /// vocabulary becomes that token.
    fn parse(template: &str, generator: &Generator, card: &Card) -> Result<Self> {
        let error = |reason: &str| Error::Card {
            path: PathBuf::from(&card.folder).join("card.toml"),
            reason: format!("prompt {template:?}: {reason}"),
        };
        let (before, after) = template
            .split_once("{text}")
            .ok_or_else(|| error("there is no {text} in it"))?;
        let tokens = |mut text: &str| -> Result<Vec<u32>> {
            let tokenizer = generator.tokenizer();
            let mut ids = Vec::new();
            while !text.is_empty() {
                let control = text.strip_prefix('<').and_then(|_| {
                    let end = text.find('>')? + 1;
                    Some((end, tokenizer.token_id(&text[..end])?))
                });
                match control {
                    Some((end, id)) => {
                        ids.push(id);
                        text = &text[end..];
                    }
                    None => {
                        let next = text.char_indices().skip(1).find(|&(_, c)| c == '<');
                        let end = next.map_or(text.len(), |(at, _)| at);
                        ids.extend(tokenizer.encode(&text[..end])?);
                        text = &text[end..];
                    }
                }
            }
            Ok(ids)
        };
        Ok(Self {
            before: tokens(before)?,
            after: tokens(after)?,
        })
    }

    fn around(&self, text: &[u32]) -> Vec<u32> {
        [&self.before, text, &self.after].concat()
    }
}
