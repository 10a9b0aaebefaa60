//! The work on articles: read, digest, deliver, and go on whatever happens.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use khulasa::render::Parts;
use khulasa::{Article, Digest, Error, Glossary, Khulasa, Observer};

use crate::args::{
    DigestArgs, InputArgs, MessageArgs, ModelArgs, OutputArgs, SummaryArgs, TranslateArgs,
    TranslationArgs,
};
use crate::inputs::{Input, Inputs};
use crate::models;
use crate::progress::Progress;
use crate::results::Results;
use crate::stop::{self, Stop};

mod together;

/// The status where some articles failed.
const FAILED: u8 = 1;
/// The status where, with `--strict`, something is marked.
const MARKED: u8 = 3;

/// What the command line asks for.
#[derive(Debug)]
pub struct Job<'a> {
    parts: Parts,
    input: &'a InputArgs,
    output: &'a OutputArgs,
    summary: Option<&'a SummaryArgs>,
    translation: &'a TranslationArgs,
    model: &'a ModelArgs,
    messages: &'a MessageArgs,
}

impl<'a> Job<'a> {
    /// Summaries, and translations if they are wanted.
    pub fn digest(args: &'a DigestArgs, translation: bool) -> Self {
        Self {
            parts: Parts {
                summary: true,
                translation,
            },
            input: &args.input,
            output: &args.output,
            summary: Some(&args.summary),
            translation: &args.translation,
            model: &args.model,
            messages: &args.messages,
        }
    }

    /// Translations alone.
    pub fn translate(args: &'a TranslateArgs) -> Self {
        Self {
            parts: Parts {
                summary: false,
                translation: true,
            },
            input: &args.input,
            output: &args.output,
            summary: None,
            translation: &args.translation,
            model: &args.model,
            messages: &args.messages,
        }
    }

    /// Does it, and says whether all articles were delivered.
    ///
    /// # Errors
    /// What keeps it from going on.
    pub fn run(&self) -> Result<ExitCode, Stop> {
        let inputs = Inputs::find(&self.input.files, &self.input.options());
        let results = Results::new(self.output, &inputs)?;
        stop::listen();
        let mut run = Run {
            job: self,
            progress: Progress::new(inputs.articles.len(), !self.messages.quiet).into(),
            results,
            khulasa: None,
            failed: 0,
            doubtful: 0,
        };
        for problem in &inputs.problems {
            run.fail(problem);
        }
        if inputs.articles.is_empty() {
            return Err(Stop::Unusable("there is nothing to do".to_owned()));
        }
        if run.results.is_streamed() || inputs.articles.len() == 1 {
            for input in inputs.articles {
                run.article(input)?;
            }
        } else {
            together::run(&mut run, inputs.articles)?;
        }
        run.results.finish()?;
        Ok(ExitCode::from(match (run.failed, run.doubtful) {
            (1.., _) => FAILED,
            (0, 1..) if self.translation.strict => MARKED,
            (0, _) => 0,
        }))
    }
}

/// A job under way.
struct Run<'a> {
    job: &'a Job<'a>,
    progress: Arc<Progress>,
    results: Results,
    khulasa: Option<Khulasa>,
    failed: usize,
    /// Articles in which something is marked.
    doubtful: usize,
}

impl Run<'_> {
    /// Works an article through. What is wrong with it is said, and the next one can follow.
    fn article(&mut self, input: Input) -> Result<(), Stop> {
        self.progress.begin(&input.name());
        if let Some(article) = self.read(input) {
            let khulasa = self.khulasa()?;
            let parts = self.job.parts;
            let mut text = self.results.stream(&article, parts, &self.progress);
            let mut written = Ok(());
            let digest = digest(&khulasa, &article, parts, &mut |event| {
                self.progress.observe(&event);
                if let Some(text) = &mut text
                    && written.is_ok()
                {
                    written = text.push(&event);
                }
                match written.is_err() {
                    true => ControlFlow::Break(()),
                    false => stop::go_on(),
                }
            });
            if let (Ok(digest), Some(text)) = (&digest, text) {
                written = written.and_then(|()| text.finish(&digest.model).map(drop));
            }
            written.map_err(|error| Stop::writing(&"standard output", &error))?;
            self.finish(&article, digest)?;
        }
        self.end()
    }

    /// Reads an article, and says what is wrong with it.
    fn read(&mut self, input: Input) -> Option<Article> {
        let article = match input.read(&self.job.input.options()) {
            Ok(article) => article,
            Err(message) => {
                self.fail(&message);
                return None;
            }
        };
        if article.undecodable > 0 && !self.job.messages.quiet {
            self.progress.say(&format!(
                "{}: not everything in it is {}: \u{FFFD} stands in {} place{}: get the file again, \
                 or name its encoding with --encoding",
                article.id, article.encoding, article.undecodable, plural(article.undecodable)
            ));
        }
        Some(article)
    }

    /// Delivers an article's digest, or says what is wrong with it.
    fn finish(&mut self, article: &Article, digest: khulasa::Result<Digest>) -> Result<(), Stop> {
        match digest {
            Err(Error::Cancelled) => Err(Stop::Interrupted),
            Err(error) => {
                self.fail(&format!("{}: {error}", article.id));
                Ok(())
            }
            Ok(digest) => {
                self.doubtful += usize::from(marked(&digest) > 0 || digest.misses_term());
                if self.job.messages.verbose {
                    self.progress.say(&details(article, &digest));
                }
                self.results.deliver(digest)
            }
        }
    }

    /// Ends with an article.
    fn end(&mut self) -> Result<(), Stop> {
        self.progress.end();
        match stop::interrupted() {
            true => Err(Stop::Interrupted),
            false => Ok(()),
        }
    }

    fn fail(&mut self, message: &str) {
        self.failed += 1;
        self.progress.say(message);
    }

    /// The model, loaded when the first article needs it.
    fn khulasa(&mut self) -> Result<Khulasa, Stop> {
        if let Some(khulasa) = &self.khulasa {
            return Ok(khulasa.clone());
        }
        let model = self.job.model;
        let quiet = self.job.messages.quiet;
        let summarizer = self.job.summary.and_then(|s| s.summarizer.as_ref());
        for name in [Some(&model.model), summarizer].into_iter().flatten() {
            self.progress
                .aside(|| models::ensure(name, model.offline, quiet))?;
        }
        self.progress.show(format!("loading {}", model.model));
        let started = Instant::now();
        let khulasa = load(model, self.job.summary, Some(self.job.translation))?;
        if self.job.messages.verbose {
            let seconds = started.elapsed().as_secs_f64();
            let name = &khulasa.info().name;
            self.progress
                .say(&format!("model {name}, loaded in {seconds:.2} s"));
        }
        self.khulasa = Some(khulasa.clone());
        Ok(khulasa)
    }
}

/// Makes the parts of an article's digest that are wanted.
fn digest(
    khulasa: &Khulasa,
    article: &Article,
    parts: Parts,
    observer: &mut Observer<'_>,
) -> khulasa::Result<Digest> {
    match (parts.summary, parts.translation) {
        (true, true) => khulasa.digest_with(article, observer),
        (true, false) => khulasa.summarize_with(article, observer),
        (false, _) => khulasa.translate_with(article, observer),
    }
}

/// Loads a model, and what makes summaries and repairs if they are wanted.
///
/// # Errors
/// Whatever the library reports.
pub fn load(
    model: &ModelArgs,
    summary: Option<&SummaryArgs>,
    translation: Option<&TranslationArgs>,
) -> khulasa::Result<Khulasa> {
    let mut builder = Khulasa::builder()
        .model(&model.model)
        .model_options(model.options());
    if let Some(summary) = summary {
        builder = builder
            .limits(summary.limits())
            .summary_method(summary.summary_method.into());
        if let Some(model) = &summary.summarizer {
            builder = builder.summarizer_model(model);
        }
    }
    if let Some(translation) = translation {
        builder = builder.repair(!translation.no_repair);
        if let Some(path) = &translation.glossary {
            builder = builder.glossary(Glossary::read(path)?);
        }
    }
    builder.build()
}

/// How many sentences have a mark: of the translation, or of the summary where that is all.
fn marked(digest: &Digest) -> usize {
    let translated = digest.translation.paragraphs.iter();
    let translated = translated.flat_map(|p| &p.sentences).map(|s| &s.flags);
    let summary = digest.summary.iter().flat_map(|s| &s.sentences);
    let flags = match digest.translation.paragraphs.is_empty() {
        true => summary.map(|s| &s.flags).collect::<Vec<_>>(),
        false => translated.collect(),
    };
    flags.iter().filter(|flags| !flags.is_empty()).count()
}

/// What was found in an article, and how long it took.
fn details(article: &Article, digest: &Digest) -> String {
    let sentences = article.paragraphs.iter().map(|p| p.sentences.len()).sum();
    let timings = digest.timings.unwrap_or_default();
    let repairs = match digest.repairs {
        Some(repairs) => format!(
            "; {} translated again, {} of them now without fault, for {} tokens read and {} \
             written in {:.1} s",
            repairs.tried,
            repairs.repaired,
            repairs.input_tokens,
            repairs.output_tokens,
            timings.repair_seconds,
        ),
        None => String::new(),
    };
    format!(
        "{}: {}, {} paragraph{}, {sentences} sentence{}, {} flagged; {} tokens read and {} \
         written in {:.1} s{repairs}",
        article.id,
        article.encoding,
        article.paragraphs.len(),
        plural(article.paragraphs.len()),
        plural(sentences),
        marked(digest),
        timings.input_tokens,
        timings.output_tokens,
        timings.translate_seconds + timings.summarize_seconds,
    )
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
