//! Prints as JSON how likely a model finds some tokens as the first of its outputs, so that
//! `benches/peers` can compare the errors of int8 weights.
//!
//! ```text
//! log_probabilities MODEL PROMPTS.jsonl PRECISION TOKEN…
//! ```
//!
//! A list for each prompt, with the natural logarithm of each token's probability.

use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;

use khulasa_inference::{
    Beam, DeviceChoice, Generator, LoadOptions, Options, Prompt, Rules, Search,
};

type Error = Box<dyn std::error::Error>;

#[derive(serde::Deserialize)]
struct Line {
    prompt: Vec<u32>,
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, prompts, precision, tokens @ ..] = &arguments[..] else {
        return Err("log_probabilities MODEL PROMPTS.jsonl PRECISION TOKEN…".into());
    };
    let tokens = tokens
        .iter()
        .map(|token| token.parse())
        .collect::<Result<Vec<u32>, _>>()?;
    let load = LoadOptions {
        device: DeviceChoice::Cpu,
        precision: precision.parse()?,
        threads: None,
    };
    let generator = Generator::load(Path::new(model), &load)?;
    // A beam that may begin with these tokens only, and is as wide as they are many, keeps them all;
    // one place is for the padding, which no vocabulary counts.
    let vocab = generator.tokenizer().target_vocab_size() as u32;
    let size = tokens.len() + 1;
    let options = Options {
        search: Search::Beam(Beam {
            size,
            ..Beam::default()
        }),
        stop: Vec::new(),
        rules: Rules {
            suppressed: (0..vocab).filter(|t| !tokens.contains(t)).collect(),
            ..Rules::default()
        },
        batch: size,
    };
    let lines = BufReader::new(std::fs::File::open(prompts)?).lines();
    let prompts = lines.map(|line| {
        let Line { prompt } = serde_json::from_str(&line?)?;
        Ok(Prompt {
            tokens: prompt,
            max_new_tokens: 1,
            min_new_tokens: 1,
        })
    });
    let prompts = prompts.collect::<Result<Vec<_>, Error>>()?;
    let outputs = generator.generate(&prompts, &options, &mut |_| ControlFlow::Continue(()))?;
    let of = |hypotheses: &[khulasa_inference::Hypothesis], token| {
        let found = hypotheses.iter().find(|h| h.tokens == [token]);
        found.map(|h| h.log_probability).ok_or("a token is missing")
    };
    let lists = outputs
        .iter()
        .map(|hypotheses| tokens.iter().map(|&t| of(hypotheses, t)).collect());
    let lists = lists.collect::<Result<Vec<Vec<f32>>, _>>()?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&lists)?)?;
    Ok(())
}
