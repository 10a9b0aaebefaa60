//! `khulasa bench`: how fast this machine works articles through, and in how much memory.

use std::fs;
use std::ops::ControlFlow;
use std::time::Instant;

use khulasa::{Article, Error, Event, Khulasa};
use serde_json::json;

use crate::args::BenchArgs;
use crate::inputs::Inputs;
use crate::job::load;
use crate::models;
use crate::stop::{self, Stop};

/// What one run over all articles took.
#[derive(Debug, Default)]
struct Run {
    seconds: f64,
    first_sentence_seconds: f64,
    sentences: usize,
    input_tokens: usize,
    output_tokens: usize,
    peak_bytes: Option<u64>,
}

/// Measures, and returns what is to be printed.
///
/// # Errors
/// Articles that cannot be read or worked through, a model that cannot be used; Ctrl-C.
pub fn measure(args: &BenchArgs) -> Result<String, Stop> {
    let options = args.input.options();
    let inputs = Inputs::find(&args.input.files, &options);
    if let Some(problem) = inputs.problems.into_iter().next() {
        return Err(Stop::Unusable(problem));
    }
    let articles = inputs
        .articles
        .into_iter()
        .map(|input| input.read(&options));
    let articles = articles.collect::<Result<Vec<_>, _>>();
    let articles = articles.map_err(Stop::Unusable)?;
    stop::listen();
    models::ensure(&args.model.model, args.model.offline, false)?;
    let started = Instant::now();
    let khulasa = load(&args.model, None, None)?;
    let load_seconds = started.elapsed().as_secs_f64();
    let mut runs = Vec::new();
    for _ in 0..args.runs {
        runs.push(run(&khulasa, &articles)?);
    }
    Ok(match args.json {
        true => json(args, &khulasa, articles.len(), load_seconds, &runs),
        false => table(&khulasa, articles.len(), load_seconds, &runs),
    })
}

fn run(khulasa: &Khulasa, articles: &[Article]) -> Result<Run, Stop> {
    let started = Instant::now();
    let mut run = Run::default();
    for article in articles {
        let digest = khulasa.digest_with(article, &mut |event| {
            match event {
                Event::Step {
                    input_tokens,
                    output_tokens,
                } => {
                    run.input_tokens += input_tokens;
                    run.output_tokens += output_tokens;
                }
                Event::Translated(_) => {
                    if run.sentences == 0 {
                        run.first_sentence_seconds = started.elapsed().as_secs_f64();
                    }
                    run.sentences += 1;
                }
                _ => {}
            }
            match stop::interrupted() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        match digest {
            Ok(_) => {}
            Err(Error::Cancelled) => return Err(Stop::Interrupted),
            Err(error) => return Err(error.into()),
        }
    }
    run.seconds = started.elapsed().as_secs_f64();
    run.peak_bytes = peak_bytes();
    Ok(run)
}

/// The most memory that this process had at once; `None` where the system does not tell.
pub fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn table(khulasa: &Khulasa, articles: usize, load_seconds: f64, runs: &[Run]) -> String {
    let model = khulasa.info();
    let sentences = runs.first().map_or(0, |run| run.sentences);
    let mut text = format!(
        "{} ({}), loaded in {load_seconds:.2} s; {articles} article{}, {sentences} sentences\n\n\
         {:>5} {:>9} {:>16} {:>13} {:>14} {:>13}\n",
        model.name,
        model.quality.label(),
        if articles == 1 { "" } else { "s" },
        "run",
        "seconds",
        "first sentence",
        "tokens/s in",
        "tokens/s out",
        "peak memory",
    );
    for (i, run) in runs.iter().enumerate() {
        let peak = match run.peak_bytes {
            Some(bytes) => format!("{} MiB", bytes >> 20),
            None => "unknown".to_owned(),
        };
        text.push_str(&format!(
            "{:>5} {:>9.2} {:>14.2} s {:>13.0} {:>14.0} {peak:>13}\n",
            i + 1,
            run.seconds,
            run.first_sentence_seconds,
            run.input_tokens as f64 / run.seconds,
            run.output_tokens as f64 / run.seconds,
        ));
    }
    text
}

fn json(
    args: &BenchArgs,
    khulasa: &Khulasa,
    articles: usize,
    load_seconds: f64,
    runs: &[Run],
) -> String {
    let run = |run: &Run| {
        json!({
            "seconds": run.seconds,
            "first_sentence_seconds": run.first_sentence_seconds,
            "sentences": run.sentences,
            "input_tokens": run.input_tokens,
            "output_tokens": run.output_tokens,
            "peak_bytes": run.peak_bytes,
        })
    };
    let figures = json!({
        "model": khulasa.info(),
        "threads": args.model.threads,
        "beam": args.model.beam,
        "articles": articles,
        "load_seconds": load_seconds,
        "runs": runs.iter().map(run).collect::<Vec<_>>(),
    });
    format!("{figures:#}\n")
}
