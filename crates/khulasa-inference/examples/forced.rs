//! Writes outputs of a forced length from prompts of token ids and prints as JSON what it took:
//! khulasa's side of `benches/peers`, where no tokenizer and no text stands in between.
//!
//! ```text
//! forced MODEL PROMPTS.jsonl [--threads 2] [--batch 32] [--beam 1] [--precision auto]
//! ```
//!
//! A line of `PROMPTS.jsonl` is `{"prompt": IDS, "tokens": LENGTH}`. A batch of them is worked
//! through before the clock starts, unless there is only one.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use khulasa_inference::{
    Beam, DeviceChoice, Generator, LoadOptions, Options, Prompt, Rules, Search,
};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let usage = "forced MODEL PROMPTS.jsonl [--NAME VALUE]…";
    let (model, prompts) = (
        arguments.next().ok_or(usage)?,
        arguments.next().ok_or(usage)?,
    );
    let mut named = HashMap::new();
    while let Some(name) = arguments.next() {
        named.insert(name, arguments.next().ok_or(usage)?);
    }
    let mut number = |name: &str, usual: usize| match named.remove(name) {
        Some(value) => value.parse().map_err(|e| format!("{name} {value}: {e}")),
        None => Ok(usual),
    };
    let (threads, batch) = (number("--threads", 2)?, number("--batch", 32)?);
    let beam = number("--beam", 1)?;
    let precision = named.remove("--precision").unwrap_or("auto".to_owned());
    if let Some(name) = named.keys().next() {
        return Err(format!("{name} is not known; {usage}").into());
    }

    let prompts = read(Path::new(&prompts))?;
    let started = Instant::now();
    let options = LoadOptions {
        device: DeviceChoice::Cpu,
        precision: precision.parse()?,
        threads: Some(threads),
    };
    let generator = Generator::load(Path::new(&model), &options)?;
    let load_seconds = started.elapsed().as_secs_f64();
    let search = match beam {
        1 => Search::Greedy,
        size => Search::Beam(Beam {
            size,
            ..Beam::default()
        }),
    };
    let options = Options {
        search,
        stop: generator.stop_tokens().to_vec(),
        rules: Rules::default(),
        batch: batch * beam,
    };
    let generate = |prompts: &[Prompt]| {
        let started = Instant::now();
        let outputs = generator.generate(prompts, &options, &mut |_| ControlFlow::Continue(()))?;
        Ok::<_, Error>((outputs, started.elapsed().as_secs_f64()))
    };
    if let [_, _, ..] = prompts[..] {
        generate(&prompts[..batch.min(prompts.len())])?;
    }
    let (outputs, seconds) = generate(&prompts)?;
    let best = outputs.iter().filter_map(|hypotheses| hypotheses.first());
    let outputs: Vec<_> = best.map(|hypothesis| &hypothesis.tokens).collect();
    let figures = serde_json::json!({
        "load_seconds": load_seconds,
        "seconds": seconds,
        "output_tokens": outputs.iter().map(|tokens| tokens.len()).sum::<usize>(),
        "outputs": outputs,
    });
    writeln!(std::io::stdout(), "{figures}")?;
    Ok(())
}

/// A line of the prompts' file.
#[derive(serde::Deserialize)]
struct Line {
    prompt: Vec<u32>,
    tokens: usize,
}

fn read(path: &Path) -> Result<Vec<Prompt>, Error> {
    let lines = BufReader::new(std::fs::File::open(path)?).lines();
    lines
        .map(|line| {
            let Line { prompt, tokens } = serde_json::from_str(&line?)?;
            Ok(Prompt {
                tokens: prompt,
                max_new_tokens: tokens,
                min_new_tokens: tokens,
            })
        })
        .collect()
}
