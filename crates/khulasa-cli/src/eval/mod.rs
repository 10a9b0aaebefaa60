//! `khulasa eval`: how good translations and summaries are, how fast, and in how much memory.

mod files;
mod show;
mod summaries;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use khulasa::{Article, Flag, Khulasa, LocalModel, ModelInfo, TranslatedSentence, find_card};
use khulasa_eval::{Comparison, Resampling, Score, Segment, System, report};

use crate::args::{EvalArgs, EvalFormat};
use crate::bench::peak_bytes;
use crate::output::write_file;
use crate::progress::Progress;
use crate::stop::{self, Stop};

use files::{Files, Pairs};
use summaries::Summaries;

/// What was measured of one system or of several.
#[derive(Debug)]
struct Evaluation {
    /// The systems, the baseline first.
    systems: Vec<System>,
    /// The scores of each system.
    scores: Vec<Vec<Score>>,
    /// How each system but the first compares with it.
    comparisons: Vec<Vec<Comparison>>,
    /// Whether somebody looked for flags: checks need the source.
    checked: bool,
    /// How the model did its work, if one did.
    run: Option<Run>,
    summaries: Option<Summaries>,
}

/// What translating took.
#[derive(Debug)]
struct Run {
    model: ModelInfo,
    load_seconds: f64,
    seconds: f64,
    /// Words of the source.
    words: usize,
    output_tokens: usize,
    peak_bytes: Option<u64>,
}

/// Measures, writes the files that are asked for, and returns what is to be printed.
///
/// # Errors
/// Files that cannot be read or do not belong together, a model that cannot be used; Ctrl-C.
pub fn measure(args: &EvalArgs) -> Result<String, Stop> {
    let resampling = Resampling::default();
    let files = Files::new(args)?;
    let mut run = None;
    let mut summaries = None;
    let mut checked = true;
    let systems = if !args.compare.is_empty() {
        let systems = files.systems(args)?;
        checked = systems
            .iter()
            .flat_map(|s| &s.segments)
            .any(|s| !s.source.is_empty());
        systems
    } else if let Some(path) = &args.hypothesis {
        checked = args.source.is_some();
        vec![files.system(path, args)?]
    } else {
        stop::listen();
        let mut worker = Worker::load(args)?;
        let system = match &args.jsonl {
            Some(path) => {
                let articles = files::articles(path)?;
                let (system, made) = summaries::measure(&mut worker, &articles, &resampling)?;
                summaries = Some(made);
                system
            }
            None => worker.pairs(&files.pairs(args)?)?,
        };
        worker.run.peak_bytes = peak_bytes();
        run = Some(worker.run);
        vec![system]
    };
    let unusable = |error: khulasa_eval::Error| Stop::Unusable(error.to_string());
    let scores = systems.iter().map(|system| system.scores(&resampling));
    let scores = scores.collect::<Result<Vec<_>, _>>().map_err(unusable)?;
    let others = systems.iter().skip(1);
    let comparisons = others.map(|system| system.compare(&systems[0], &resampling));
    let comparisons = comparisons
        .collect::<Result<Vec<_>, _>>()
        .map_err(unusable)?;
    if let Some(path) = &args.tsv {
        files.write(path, &systems[0].to_tsv())?;
    }
    if let Some(path) = &args.report {
        files.write(path, &report(&systems, &resampling).map_err(unusable)?)?;
    }
    let evaluation = Evaluation {
        systems,
        scores,
        comparisons,
        checked,
        run,
        summaries,
    };
    Ok(match args.format {
        EvalFormat::Text => show::text(&evaluation),
        EvalFormat::Json => show::json(&evaluation),
    })
}

impl Files {
    /// Writes a result; what was read is never overwritten.
    fn write(&self, path: &Path, text: &str) -> Result<(), Stop> {
        if self.contains(path) {
            return Err(Stop::Unusable(format!(
                "{}: it is one of the files to measure: name another file",
                path.display()
            )));
        }
        write_file(path, text.as_bytes())
    }
}

/// A model at work.
struct Worker {
    khulasa: Khulasa,
    model: Arc<LocalModel>,
    progress: Progress,
    run: Run,
}

impl Worker {
    fn load(args: &EvalArgs) -> Result<Self, Stop> {
        let progress = Progress::new(1, !args.quiet);
        progress.show(format!("loading {}", args.model.model));
        let started = Instant::now();
        let card = find_card(&args.model.model)?;
        let model = Arc::new(LocalModel::load(&card, &args.model.options())?);
        let khulasa = Khulasa::builder()
            .translator(model.clone())
            .repair(!args.no_repair)
            // The lines of a test set are no article.
            .names(args.jsonl.is_some())
            .build()?;
        let run = Run {
            model: khulasa.info().clone(),
            load_seconds: started.elapsed().as_secs_f64(),
            seconds: 0.0,
            words: 0,
            output_tokens: 0,
            peak_bytes: None,
        };
        Ok(Self {
            khulasa,
            model,
            progress,
            run,
        })
    }

    /// Translates lines, each as a sentence of an article.
    fn pairs(&mut self, pairs: &Pairs) -> Result<System, Stop> {
        let article = Article::from_sentences(&pairs.name, None, &pairs.source);
        let translation = self.translate(&article)?;
        let sentences = translation.paragraphs.iter().flat_map(|p| &p.sentences);
        let lines = pairs.source.iter().zip(sentences);
        let segments = lines.enumerate().map(|(i, (source, sentence))| {
            let references = pairs.references.iter().map(|lines| lines[i].clone());
            segment(source, references.collect(), sentence)
        });
        Ok(System {
            name: self.run.model.name.clone(),
            segments: segments.collect(),
        })
    }

    /// Translates an article and adds what it took.
    fn translate(&mut self, article: &Article) -> Result<khulasa::Translation, Stop> {
        self.progress.begin(&article.id);
        let started = Instant::now();
        let digest = self.khulasa.translate_with(article, &mut |event| {
            self.progress.observe(&event);
            match stop::interrupted() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        self.progress.end();
        let digest = match digest {
            Err(khulasa::Error::Cancelled) => return Err(Stop::Interrupted),
            digest => digest?,
        };
        self.run.seconds += started.elapsed().as_secs_f64();
        self.run.words += article.text.split_whitespace().count();
        self.run.output_tokens += digest.timings.unwrap_or_default().output_tokens;
        Ok(digest.translation)
    }
}

fn segment(source: &str, references: Vec<String>, sentence: &TranslatedSentence) -> Segment {
    Segment {
        source: source.to_owned(),
        references,
        hypothesis: sentence.target.clone().unwrap_or_default(),
        log_probability: sentence.score,
        flags: flag_names(&sentence.flags),
    }
}

/// The flags by the names that they have in digests.
fn flag_names(flags: &[Flag]) -> Vec<String> {
    let name = |flag| {
        let value = serde_json::to_value(flag).unwrap_or_default();
        value["kind"].as_str().unwrap_or("unknown").to_owned()
    };
    flags.iter().map(name).collect()
}
