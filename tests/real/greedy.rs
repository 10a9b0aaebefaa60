//! Greedy continuations of chat prompts, one JSON line each: for `tests/real/compare.py`.
//!
//! ```text
//! cargo run --release -p khulasa-inference --example greedy -- MODEL TOKENS < prompts.jsonl
//! ```

use std::io::{BufRead, Write};
use std::ops::ControlFlow;
use std::path::Path;

use khulasa_inference::{
    DeviceChoice, Generator, LoadOptions, Options, Precision, Prompt, Rules, Search,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let usage = "greedy MODEL TOKENS < prompts.jsonl";
    let mut arguments = std::env::args().skip(1);
    let model = arguments.next().ok_or(usage)?;
    let max_new_tokens = arguments.next().ok_or(usage)?.parse()?;
    let options = LoadOptions {
        device: DeviceChoice::Cpu,
        precision: Precision::F32,
        threads: None,
    };
    let generator = Generator::load(Path::new(&model), &options)?;
    let mut prompts = Vec::new();
    for line in std::io::stdin().lock().lines() {
        // Marks, which no text becomes by itself, and texts in turn.
        let parts: Vec<String> = serde_json::from_str(&line?)?;
        let mut tokens = Vec::new();
        for part in parts {
            match generator.tokenizer().token_id(&part) {
                Some(mark) if part.starts_with("<|") => tokens.push(mark),
                _ => tokens.extend(generator.tokenizer().encode(&part)?),
            }
        }
        prompts.push(Prompt {
            tokens,
            max_new_tokens,
            min_new_tokens: 0,
        });
    }
    let options = Options {
        search: Search::Greedy,
        stop: generator.stop_tokens().to_vec(),
        rules: Rules::default(),
        batch: prompts.len(),
    };
    let outputs = generator.generate(&prompts, &options, &mut |_| ControlFlow::Continue(()))?;
    let mut out = std::io::stdout().lock();
    for (prompt, output) in prompts.iter().zip(&outputs) {
        let line = serde_json::json!({"prompt": prompt.tokens, "output": output[0].tokens});
        writeln!(out, "{line}")?;
    }
    Ok(())
}
