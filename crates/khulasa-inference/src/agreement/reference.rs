//! What `tests/fixtures/generate.py` wrote beside a model; its docstring describes the files.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use serde::Deserialize;

use crate::{Beam, EarlyStopping, Options, Prompt, Rules, Search};

#[derive(Deserialize)]
pub struct Reference {
    pub source_language: Option<String>,
    pub target_language: Option<String>,
    pub texts: Vec<Text>,
    #[serde(default)]
    pub decodings: Vec<Text>,
    pub prompts: Vec<Vec<u32>>,
    #[serde(default)]
    pub targets: Vec<Vec<u32>>,
    #[serde(default)]
    pub runs: Vec<Run>,
    /// The logits at every position of each target.
    #[serde(skip)]
    pub logits: Vec<Vec<Vec<f32>>>,
    /// Gemma 3's older form of `runs`.
    greedy: Option<Greedy>,
    #[serde(default)]
    beams: Vec<Beams>,
}

#[derive(Deserialize, Clone)]
pub struct Text {
    pub text: String,
    pub tokens: Vec<u32>,
}

#[derive(Deserialize)]
pub struct Run {
    pub name: String,
    pub max_new_tokens: usize,
    pub min_new_tokens: usize,
    pub num_beams: usize,
    pub length_penalty: f32,
    early_stopping: Stopping,
    no_repeat_ngram_size: usize,
    repetition_penalty: f32,
    renormalize_logits: bool,
    bad_words_ids: Option<Vec<Vec<u32>>>,
    forced_bos_token_id: Option<u32>,
    forced_eos_token_id: Option<u32>,
    /// The hypotheses of each prompt, best first.
    pub outputs: Vec<Vec<Output>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Stopping {
    Known(bool),
    Never(Never),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Never {
    Never,
}

#[derive(Deserialize, Clone)]
pub struct Output {
    pub tokens: Vec<u32>,
    #[serde(default)]
    pub score: Option<f32>,
    pub complete: Option<bool>,
}

#[derive(Deserialize)]
struct Greedy {
    max_new_tokens: usize,
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct Beams {
    num_beams: usize,
    length_penalty: f32,
    early_stopping: bool,
    max_new_tokens: usize,
    outputs: Vec<Vec<Output>>,
}

impl Reference {
    pub fn read(folder: &Path) -> Self {
        let json = std::fs::read(folder.join("reference.json")).unwrap();
        let mut read: Self = serde_json::from_slice(&json).unwrap();
        let path = folder.join("reference.safetensors");
        let tensors = candle_core::safetensors::load(path, &Device::Cpu).unwrap();
        read.logits = match read.greedy.take() {
            None => rows(&tensors, "logits", read.prompts.len()),
            Some(greedy) => {
                read.targets.clone_from(&read.prompts);
                read.decodings.clone_from(&read.texts);
                read.runs = gemma3(greedy, std::mem::take(&mut read.beams));
                rows(&tensors, "prompt", read.prompts.len())
            }
        };
        read
    }
}

fn rows(tensors: &HashMap<String, Tensor>, name: &str, n: usize) -> Vec<Vec<Vec<f32>>> {
    let rows = (0..n).map(|i| tensors[&format!("{name}.{i}")].to_vec2().unwrap());
    rows.collect()
}

fn gemma3(greedy: Greedy, beams: Vec<Beams>) -> Vec<Run> {
    let run = |num_beams, length_penalty, early, max_new_tokens, outputs| Run {
        name: if num_beams == 1 { "greedy" } else { "beams" }.to_owned(),
        max_new_tokens,
        min_new_tokens: 0,
        num_beams,
        length_penalty,
        early_stopping: Stopping::Known(early),
        no_repeat_ngram_size: 0,
        repetition_penalty: 1.0,
        renormalize_logits: false,
        bad_words_ids: None,
        forced_bos_token_id: None,
        forced_eos_token_id: None,
        outputs,
    };
    let outputs = greedy.outputs.into_iter().map(|o| vec![o]).collect();
    let mut runs = vec![run(1, 1.0, false, greedy.max_new_tokens, outputs)];
    for b in beams {
        let (n, penalty) = (b.num_beams, b.length_penalty);
        runs.push(run(
            n,
            penalty,
            b.early_stopping,
            b.max_new_tokens,
            b.outputs,
        ));
    }
    runs
}

impl Run {
    pub fn prompt(&self, tokens: &[u32]) -> Prompt {
        Prompt {
            tokens: tokens.to_vec(),
            max_new_tokens: self.max_new_tokens,
            min_new_tokens: self.min_new_tokens,
        }
    }

    pub fn early_stopping(&self) -> EarlyStopping {
        match self.early_stopping {
            Stopping::Known(false) => EarlyStopping::Heuristic,
            Stopping::Known(true) => EarlyStopping::Immediate,
            Stopping::Never(Never::Never) => EarlyStopping::Never,
        }
    }

    pub fn rules(&self) -> Rules {
        Rules {
            repetition_penalty: self.repetition_penalty,
            no_repeat_ngram: self.no_repeat_ngram_size,
            bad_words: self.bad_words_ids.clone().unwrap_or_default(),
            forced_bos: self.forced_bos_token_id,
            forced_eos: Vec::from_iter(self.forced_eos_token_id),
            renormalize: self.renormalize_logits,
            ..Rules::default()
        }
    }

    pub fn options(&self, stop: &[u32], batch: usize) -> Options {
        let beam = Beam {
            size: self.num_beams,
            length_penalty: self.length_penalty,
            early_stopping: self.early_stopping(),
        };
        Options {
            search: match self.num_beams {
                1 => Search::Greedy,
                _ => Search::Beam(beam),
            },
            stop: stop.to_vec(),
            rules: self.rules(),
            batch,
        }
    }
}
