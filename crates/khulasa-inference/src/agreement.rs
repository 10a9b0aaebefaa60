//! Agreement with `transformers` on small random models: `tests/fixtures/generate.py` wrote them and
//! what `transformers` makes of them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use crate::cache::Sequence;
use crate::linear::Form;
use crate::model::{Model, Room};
use crate::ops::Backend;
use crate::weights::{Safetensors, Weights};
use crate::{Beam, EarlyStopping, Generator, Options, Prompt, Rules, Search};

const TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
struct Reference {
    texts: Vec<Text>,
    prompts: Vec<Vec<u32>>,
    greedy: Greedy,
    beams: Vec<Beams>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    tokens: Vec<u32>,
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

#[derive(Deserialize)]
struct Output {
    tokens: Vec<u32>,
    #[serde(default)]
    score: f32,
}

/// A model in one of the forms that files have.
struct Case {
    name: String,
    reference: Reference,
    /// `prompt.i`: the logits at every position of prompt i.
    logits: Vec<Vec<Vec<f32>>>,
    generator: Generator,
    _folder: Option<tempfile::TempDir>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

/// The models with their weights and configurations in every form, on both backends, in f32.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for model in ["gemma3", "gemma3-odd"] {
        let folder = fixtures().join(model);
        for form in ["transformers 5", "transformers 4", "gguf"] {
            let mut old = None;
            let path = match form {
                "transformers 5" => folder.clone(),
                "transformers 4" => {
                    let copy = tempfile::tempdir().unwrap();
                    for (from, to) in [
                        ("config.4.json", "config.json"),
                        ("tokenizer.json", "tokenizer.json"),
                        ("model.safetensors", "model.safetensors"),
                    ] {
                        std::fs::copy(folder.join(from), copy.path().join(to)).unwrap();
                    }
                    let path = copy.path().to_owned();
                    old = Some(copy);
                    path
                }
                _ => folder.join("model.gguf"),
            };
            if !path.exists() {
                continue;
            }
            let backends = if form == "transformers 5" {
                vec![Backend::Fused, Backend::Portable]
            } else {
                vec![Backend::Fused]
            };
            for backend in backends {
                let json = std::fs::read(folder.join("reference.json")).unwrap();
                let reference: Reference = serde_json::from_slice(&json).unwrap();
                let generator = Generator::load_with(
                    &path,
                    Form::Dense(DType::F32),
                    backend,
                    &Device::Cpu,
                    None,
                )
                .unwrap();
                let vocab = generator.decoder().config().output_vocab;
                let file = Safetensors::open_file(&folder.join("reference.safetensors")).unwrap();
                let logits = reference.prompts.iter().enumerate();
                let logits = logits.map(|(i, prompt)| {
                    let rows = file
                        .read(&format!("prompt.{i}"), &[prompt.len(), vocab])
                        .unwrap();
                    rows.to_vec2::<f32>().unwrap()
                });
                cases.push(Case {
                    name: format!("{model}, {form}, {backend:?}"),
                    logits: logits.collect(),
                    reference,
                    generator,
                    _folder: old.take(),
                });
            }
        }
    }
    assert_eq!(cases.len(), 7);
    cases
}

fn distance(found: &Tensor, expected: &[Vec<f32>]) -> f32 {
    let found = found.to_vec2::<f32>().unwrap();
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().flatten().zip(expected.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn logits_at_every_position_and_of_a_ragged_batch() {
    for case in cases() {
        let decoder = case.generator.decoder();
        for (prompt, expected) in case.reference.prompts.iter().zip(&case.logits) {
            let mut cache = decoder.cache(Room::for_sequences(1, prompt.len())).unwrap();
            let mut sequence = cache.start(None).unwrap();
            for (token, expected) in prompt.iter().zip(expected) {
                let mut batch = [(&mut sequence, std::slice::from_ref(token))];
                let logits = decoder.forward(&cache, &mut batch).unwrap();
                let d = distance(&logits, std::slice::from_ref(expected));
                assert!(d < TOLERANCE, "{}: {d}", case.name);
            }
        }
        let prompts = &case.reference.prompts;
        let longest = prompts.iter().map(Vec::len).max().unwrap();
        let mut cache = decoder
            .cache(Room::for_sequences(prompts.len(), longest))
            .unwrap();
        let mut sequences: Vec<Sequence> =
            prompts.iter().map(|_| cache.start(None).unwrap()).collect();
        let mut batch: Vec<_> = sequences
            .iter_mut()
            .zip(prompts.iter().map(Vec::as_slice))
            .collect();
        let last: Vec<_> = case
            .logits
            .iter()
            .map(|rows| rows[rows.len() - 1].clone())
            .collect();
        let d = distance(&decoder.forward(&cache, &mut batch).unwrap(), &last);
        assert!(d < TOLERANCE, "{}: {d}", case.name);
    }
}

fn generate(
    case: &Case,
    search: &Search,
    max_new_tokens: usize,
    batch: usize,
) -> Vec<Vec<crate::Hypothesis>> {
    let prompts = case.reference.prompts.iter();
    let prompts: Vec<_> = prompts
        .map(|p| Prompt {
            tokens: p.clone(),
            max_new_tokens,
            min_new_tokens: 0,
        })
        .collect();
    let stop = case.generator.stop_tokens().to_vec();
    let options = Options {
        search: search.clone(),
        stop,
        rules: Rules::default(),
        batch,
    };
    case.generator
        .generate(&prompts, &options, &mut |_| ControlFlow::Continue(()))
        .unwrap()
}

#[test]
fn greedy_token_for_token() {
    for case in cases() {
        let greedy = &case.reference.greedy;
        for batch in [1, 2, 8] {
            let found = generate(&case, &Search::Greedy, greedy.max_new_tokens, batch);
            for (found, expected) in found.iter().zip(&greedy.outputs) {
                assert_eq!(
                    found[0].tokens, expected.tokens,
                    "{}, batch {batch}",
                    case.name
                );
                assert_eq!(
                    found[0].complete,
                    expected.tokens.len() < greedy.max_new_tokens
                );
            }
        }
    }
}

#[test]
fn beams_token_for_token_with_their_scores() {
    for case in cases() {
        for beams in &case.reference.beams {
            let search = Search::Beam(Beam {
                size: beams.num_beams,
                length_penalty: beams.length_penalty,
                early_stopping: match beams.early_stopping {
                    true => EarlyStopping::Immediate,
                    false => EarlyStopping::Heuristic,
                },
            });
            for batch in [1, 9, 32] {
                let found = generate(&case, &search, beams.max_new_tokens, batch);
                for (found, expected) in found.iter().zip(&beams.outputs) {
                    assert_eq!(found.len(), expected.len(), "{}", case.name);
                    for (found, expected) in found.iter().zip(expected) {
                        assert_eq!(found.tokens, expected.tokens, "{} {search:?}", case.name);
                        let length = (found.scored as f32).powf(beams.length_penalty);
                        let d = (found.log_probability / length - expected.score).abs();
                        assert!(d < TOLERANCE, "{}: {d}", case.name);
                    }
                }
            }
        }
    }
}

#[test]
fn vocabularies() {
    for case in cases() {
        for text in &case.reference.texts {
            let tokenizer = case.generator.tokenizer();
            assert_eq!(
                tokenizer.encode(&text.text).unwrap(),
                text.tokens,
                "{}",
                case.name
            );
            assert_eq!(
                tokenizer.decode(&text.tokens).unwrap(),
                text.text,
                "{}",
                case.name
            );
        }
    }
}
