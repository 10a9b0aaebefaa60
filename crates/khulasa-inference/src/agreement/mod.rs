//! Agreement with `transformers` on small models of every architecture, in every form that files
//! have: `tests/fixtures/generate.py` wrote them and what `transformers` makes of them.

mod foreign;
mod reference;
mod table;
mod vocabularies;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};

use self::reference::{Reference, Run};
use crate::linear::Form;
use crate::model::{Model, Room};
use crate::ops::Backend;
use crate::{Generator, Hypothesis};

/// Between logits in f32, and between scores of hypotheses.
const TOLERANCE: f32 = 1e-4;
/// The root mean square of what int8 changes in logits, as a share of that of the logits.
const INT8_TOLERANCE: f32 = 0.1;

/// The folders, with what each is called in the table.
const MODELS: [(&str, &str); 19] = [
    ("marian", "Marian base"),
    ("marian-big", "Marian big"),
    ("marian-separate", "Marian, two vocabularies"),
    ("bart", "BART"),
    ("mbart50", "mBART-50"),
    ("pegasus", "Pegasus"),
    ("m2m100", "M2M100"),
    ("nllb", "NLLB-200"),
    ("t5", "T5"),
    ("flan-t5", "flan-T5"),
    ("mt5", "mT5"),
    ("madlad", "MADLAD-400"),
    ("gemma3", "Gemma 3"),
    ("gemma3-odd", "Gemma 3, odd widths"),
    ("llama2", "Llama 2"),
    ("llama3", "Llama 3"),
    ("qwen2", "Qwen 2"),
    ("qwen2-untied", "Qwen 2, untied"),
    ("qwen3", "Qwen 3"),
];

const DENSE: Form = Form::Dense(DType::F32);

/// A model in one of the forms that files have.
struct Case {
    model: &'static str,
    /// What holds the weights.
    form: String,
    path: PathBuf,
    reference: Reference,
    _folder: Option<tempfile::TempDir>,
}

impl Case {
    fn load(&self, form: Form, backend: Backend) -> Generator {
        let generator =
            Generator::load_with(&self.path, form, backend, &Device::Cpu, None).unwrap();
        match backend {
            Backend::Fused => generator,
            Backend::Portable => generator.selecting(),
        }
    }

    fn name(&self) -> String {
        format!("{}, {}", self.model, self.form)
    }

    fn is_gguf(&self) -> bool {
        self.path.is_file()
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

/// The names of a folder's files, sorted.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// A copy of a folder with other files, or without some: `None` is left out.
fn altered(folder: &Path, changes: &[(&str, Option<&str>)]) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in files(folder) {
        let from = match changes.iter().find(|(n, _)| *n == name) {
            None => name.as_str(),
            Some((_, Some(other))) => other,
            Some((_, None)) => continue,
        };
        std::fs::copy(folder.join(from), copy.path().join(&name)).unwrap();
    }
    copy
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (folder, model) in MODELS {
        let folder = fixtures().join(folder);
        let mut add = |form: &str, path: PathBuf, copy| {
            cases.push(Case {
                model,
                form: form.to_owned(),
                path,
                reference: Reference::read(&folder),
                _folder: copy,
            });
        };
        let names = files(&folder);
        let has = |part: &str| names.iter().any(|n| n.starts_with(part));
        let form = match (
            has("model.safetensors"),
            has("model-00001"),
            has("pytorch_model.bin.index"),
        ) {
            (_, true, _) => "safetensors, sharded",
            (true, ..) => "safetensors",
            (.., true) => "`.bin`, sharded",
            _ => "`.bin`",
        };
        add(form, folder.clone(), None);
        if has("config.4.json") {
            let copy = altered(&folder, &[("config.json", Some("config.4.json"))]);
            add(
                "safetensors, older `config.json`",
                copy.path().to_owned(),
                Some(copy),
            );
        }
        for gguf in names.iter().filter(|n| n.ends_with(".gguf")) {
            add(&format!("`{gguf}`"), folder.join(gguf), None);
        }
    }
    cases
}

/// The logits at every position of a target, given a prompt, read token by token.
fn step_by_step(model: &dyn Model, prompt: &[u32], target: &[u32]) -> Vec<Vec<f32>> {
    let mut cache = model.cache(room(&[prompt], &[target])).unwrap();
    let start = model.start(&mut cache, &[prompt]).unwrap().remove(0);
    assert!(target.starts_with(&start.tokens));
    let mut sequence = cache.start(start.source).unwrap();
    let rows = target.iter().map(|token| {
        let mut batch = [(&mut sequence, std::slice::from_ref(token))];
        one_row(&model.forward(&cache, &mut batch).unwrap().logits().unwrap())
    });
    rows.collect()
}

/// The logits after the last token of each target, all read at once.
fn at_once(model: &dyn Model, prompts: &[&[u32]], targets: &[&[u32]]) -> Vec<Vec<f32>> {
    let mut cache = model.cache(room(prompts, targets)).unwrap();
    let starts = model.start(&mut cache, prompts).unwrap();
    let mut sequences: Vec<_> = starts
        .into_iter()
        .map(|start| cache.start(start.source).unwrap())
        .collect();
    let mut batch: Vec<_> = sequences.iter_mut().zip(targets.iter().copied()).collect();
    let output = model.forward(&cache, &mut batch).unwrap();
    output.logits().unwrap().to_vec2().unwrap()
}

fn room(prompts: &[&[u32]], targets: &[&[u32]]) -> Room {
    Room {
        rows: targets.len(),
        positions: targets.iter().map(|t| t.len()).max().unwrap(),
        prompts: prompts.len(),
        prompt_tokens: prompts.iter().map(|p| p.len()).max().unwrap(),
    }
}

fn one_row(logits: &Tensor) -> Vec<f32> {
    logits.to_vec2().unwrap().remove(0)
}

/// The largest difference, and the root mean square of the differences as a share of that of the
/// expected values.
fn difference<'a>(rows: impl Iterator<Item = (&'a Vec<f32>, &'a Vec<f32>)>) -> (f32, f32) {
    let (mut largest, mut squares, mut total) = (0.0_f32, 0.0, 0.0);
    for (found, expected) in rows {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!(a.is_finite());
            largest = largest.max((a - b).abs());
            squares += (a - b).powi(2);
            total += b.powi(2);
        }
    }
    (largest, (squares / total).sqrt())
}

/// The differences of the logits at all positions of all targets.
fn logits_difference(model: &dyn Model, reference: &Reference) -> (f32, f32) {
    let pairs = reference.prompts.iter().zip(&reference.targets);
    let found: Vec<_> = pairs
        .flat_map(|(prompt, target)| step_by_step(model, prompt, target))
        .collect();
    difference(found.iter().zip(reference.logits.iter().flatten()))
}

#[test]
fn logits_at_every_position_and_of_a_ragged_batch() {
    for case in cases() {
        for backend in backends(&case) {
            let generator = case.load(DENSE, backend);
            let (model, reference) = (generator.model(), &case.reference);
            let (d, _) = logits_difference(model, reference);
            assert!(d < TOLERANCE, "{}, {backend:?}: {d}", case.name());
            let prompts = Vec::from_iter(reference.prompts.iter().map(Vec::as_slice));
            let targets = Vec::from_iter(reference.targets.iter().map(Vec::as_slice));
            let found = at_once(model, &prompts, &targets);
            let last = reference.logits.iter().filter_map(|rows| rows.last());
            let (d, _) = difference(found.iter().zip(last));
            assert!(d < TOLERANCE, "{}, {backend:?}, at once: {d}", case.name());
        }
    }
}

/// Every model runs on both; one of its files is enough for the second.
fn backends(case: &Case) -> Vec<Backend> {
    match case.is_gguf() {
        true => vec![Backend::Fused],
        false => vec![Backend::Fused, Backend::Portable],
    }
}

fn generate(case: &Case, generator: &Generator, run: &Run, batch: usize) -> Vec<Vec<Hypothesis>> {
    let prompts = case.reference.prompts.iter().map(|p| run.prompt(p));
    let options = run.options(generator.stop_tokens(), batch);
    generator
        .generate(&prompts.collect::<Vec<_>>(), &options, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap()
}

/// The largest difference of a score, if all hypotheses are the same.
fn score_difference(found: &[Vec<Hypothesis>], run: &Run) -> Result<f32, String> {
    let mut largest = 0.0_f32;
    for (i, (found, expected)) in found.iter().zip(&run.outputs).enumerate() {
        if found.len() != expected.len() {
            return Err(format!("prompt {i}: {} hypotheses", found.len()));
        }
        for (found, expected) in found.iter().zip(expected) {
            if found.tokens != expected.tokens {
                let (found, expected) = (&found.tokens, &expected.tokens);
                return Err(format!("prompt {i}: {found:?}, not {expected:?}"));
            }
            if expected.complete.is_some_and(|c| c != found.complete) {
                return Err(format!("prompt {i}: complete {}", found.complete));
            }
            if let Some(score) = expected.score {
                let length = (found.scored as f32).powf(run.length_penalty);
                largest = largest.max((found.log_probability / length - score).abs());
            }
        }
    }
    Ok(largest)
}

#[test]
fn searches_token_for_token_with_their_scores() {
    for case in cases() {
        for backend in backends(&case) {
            let generator = case.load(DENSE, backend);
            for run in &case.reference.runs {
                for batch in [1, 2, 9, 32] {
                    let found = generate(&case, &generator, run, batch);
                    let d = score_difference(&found, run);
                    let name = format!("{}, {backend:?}, {}, {batch}", case.name(), run.name);
                    assert!(d.as_ref().is_ok_and(|&d| d < TOLERANCE), "{name}: {d:?}");
                }
            }
        }
    }
}

/// The settings that a folder's files state are those of its run `own`.
#[test]
fn own_settings() {
    for case in cases() {
        let Some(run) = case.reference.runs.iter().find(|r| r.name == "own") else {
            continue;
        };
        if case.is_gguf() {
            continue;
        }
        let generator = case.load(DENSE, Backend::Fused);
        let found = generator.defaults();
        let name = case.name();
        assert_eq!(found.beams, run.num_beams, "{name}");
        assert_eq!(found.length_penalty, run.length_penalty, "{name}");
        assert_eq!(found.early_stopping, run.early_stopping(), "{name}");
        // A language to write is chosen by the user, not by the files.
        let mut rules = run.rules();
        if case.reference.target_language.is_some() {
            rules.forced_bos = found.rules.forced_bos;
        }
        assert_eq!(found.rules, rules, "{name}");
        // The files count the token that an output starts with.
        if let Some(length) = found.max_length {
            assert_eq!(length - 1, run.max_new_tokens, "{name}");
        }
        assert_eq!(
            found.min_length.saturating_sub(1),
            run.min_new_tokens,
            "{name}"
        );
    }
}

#[test]
fn int8_stays_near() {
    for case in cases() {
        let generator = case.load(Form::Int8, Backend::Fused);
        let (_, d) = logits_difference(generator.model(), &case.reference);
        assert!(d < INT8_TOLERANCE, "{}: {d}", case.name());
    }
}
