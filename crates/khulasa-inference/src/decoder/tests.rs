//! A decoder of random weights: every way of running it must say the same.

use std::path::Path;

use candle_core::{DType, Device};

use super::{Config, Decoder, Naming};
use crate::Result;
use crate::cache::Sequence;
use crate::linear::Form;
use crate::model::{Model, Room};
use crate::ops::Backend;
use crate::weights::{Values, Weights};

/// Weights that follow from the tensor's name.
pub(crate) struct Noise;

impl Weights for Noise {
    fn has(&self, _: &str) -> bool {
        true
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Values> {
        let mut state = name
            .bytes()
            .fold(1u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
        let values = (0..shape.iter().product())
            .map(|_| {
                state = state
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                ((state >> 40) as f32 / (1u64 << 24) as f32 - 0.5) * 0.4
            })
            .collect();
        Ok(Values::in_memory(Path::new("noise"), name, values))
    }
}

const CONFIG: &str = r#"{"model_type": "gemma3_text", "hidden_size": 64, "num_hidden_layers": 4,
    "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 48, "intermediate_size": 96,
    "vocab_size": 70, "output_vocab": 50, "max_position_embeddings": 64, "query_pre_attn_scalar": 48,
    "sliding_window": 5, "sliding_window_pattern": 3, "eos_token_id": 1}"#;

fn decoder(form: Form, backend: Backend) -> Decoder {
    let config = Config::from_json(CONFIG.as_bytes()).unwrap();
    Decoder::load(
        config,
        &Noise,
        Naming::of_folder(&Noise),
        form,
        backend,
        &Device::Cpu,
    )
    .unwrap()
}

const PROMPTS: [&[u32]; 3] = [
    &[2, 4, 9, 60, 33, 7, 8, 21, 5, 11, 13, 2],
    &[2],
    &[2, 17, 18, 19, 5],
];

/// The logits after each prompt and after one more token, all prompts at once.
fn together(decoder: &Decoder) -> Vec<Vec<f32>> {
    let mut cache = decoder.cache(Room::for_sequences(3, 20)).unwrap();
    let mut sequences: Vec<Sequence> = (0..3).map(|_| cache.start(None).unwrap()).collect();
    let mut rows = Vec::new();
    for tokens in [PROMPTS, [&[7u32], &[8], &[9]]] {
        let mut batch: Vec<_> = sequences.iter_mut().zip(tokens).collect();
        rows.extend(
            decoder
                .forward(&cache, &mut batch)
                .unwrap()
                .logits()
                .unwrap()
                .to_vec2::<f32>()
                .unwrap(),
        );
    }
    rows
}

/// The same, each prompt alone and token by token.
fn alone(decoder: &Decoder) -> Vec<Vec<f32>> {
    let mut rows = [Vec::new(), Vec::new()];
    for (prompt, next) in PROMPTS.into_iter().zip([7, 8, 9]) {
        let mut cache = decoder.cache(Room::for_sequences(1, 20)).unwrap();
        let mut sequence = cache.start(None).unwrap();
        let mut last = Vec::new();
        for token in prompt {
            let mut batch = [(&mut sequence, std::slice::from_ref(token))];
            last = decoder
                .forward(&cache, &mut batch)
                .unwrap()
                .logits()
                .unwrap()
                .to_vec2::<f32>()
                .unwrap();
        }
        rows[0].append(&mut last);
        let next = [next];
        let mut batch = [(&mut sequence, next.as_slice())];
        rows[1].extend(
            decoder
                .forward(&cache, &mut batch)
                .unwrap()
                .logits()
                .unwrap()
                .to_vec2::<f32>()
                .unwrap(),
        );
    }
    rows.concat()
}

fn distance(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    assert_eq!((a.len(), a[0].len()), (b.len(), b[0].len()));
    a.iter()
        .flatten()
        .zip(b.iter().flatten())
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn only_the_output_vocabulary_has_logits() {
    let rows = together(&decoder(Form::Int8, Backend::Fused));
    assert!(rows.len() == 6 && rows.iter().all(|r| r.len() == 50));
    assert!(rows.iter().flatten().all(|v| v.is_finite()));
}

#[test]
fn a_ragged_batch_is_as_each_alone() {
    let int8 = decoder(Form::Int8, Backend::Fused);
    assert_eq!(together(&int8), alone(&int8), "int8: bit for bit");
    for backend in [Backend::Fused, Backend::Portable] {
        let dense = decoder(Form::Dense(DType::F32), backend);
        assert!(
            distance(&together(&dense), &alone(&dense)) < 1e-5,
            "{backend:?}"
        );
    }
}

#[test]
fn fused_operations_are_the_portable_ones() {
    let fused = together(&decoder(Form::Dense(DType::F32), Backend::Fused));
    let portable = together(&decoder(Form::Dense(DType::F32), Backend::Portable));
    assert!(
        distance(&fused, &portable) < 1e-4,
        "{}",
        distance(&fused, &portable)
    );
}

#[test]
fn int8_is_near_f32() {
    let int8 = together(&decoder(Form::Int8, Backend::Fused));
    let dense = together(&decoder(Form::Dense(DType::F32), Backend::Fused));
    let size = dense.iter().flatten().map(|v| v.abs()).fold(0.0, f32::max);
    assert!(
        distance(&int8, &dense) < 0.05 * size,
        "{} of {size}",
        distance(&int8, &dense)
    );
}

#[test]
fn sequences_that_part_share_what_came_before() {
    let decoder = decoder(Form::Int8, Backend::Fused);
    let mut cache = decoder.cache(Room::for_sequences(2, 20)).unwrap();
    let (mut a, mut b) = (cache.start(None).unwrap(), cache.start(None).unwrap());
    decoder
        .forward(&cache, &mut [(&mut a, PROMPTS[0])])
        .unwrap();
    b.continue_from(a.history());
    let mut batch = [(&mut a, [7u32].as_slice()), (&mut b, &[9])];
    let parted = decoder
        .forward(&cache, &mut batch)
        .unwrap()
        .logits()
        .unwrap()
        .to_vec2::<f32>()
        .unwrap();
    for (row, last) in parted.into_iter().zip([7, 9]) {
        let cache = decoder.cache(Room::for_sequences(1, 20)).unwrap();
        let mut whole = decoder
            .cache(Room::for_sequences(1, 20))
            .unwrap()
            .start(None)
            .unwrap();
        let tokens = [PROMPTS[0], &[last]].concat();
        let output = decoder
            .forward(&cache, &mut [(&mut whole, &tokens)])
            .unwrap();
        assert_eq!(output.logits().unwrap().to_vec2::<f32>().unwrap()[0], row);
    }
}

#[test]
fn a_sequence_cannot_outgrow_its_cache() {
    let decoder = decoder(Form::Int8, Backend::Fused);
    let mut cache = decoder.cache(Room::for_sequences(1, 4)).unwrap();
    let mut sequence = cache.start(None).unwrap();
    assert!(
        decoder
            .forward(&cache, &mut [(&mut sequence, PROMPTS[0])])
            .is_err()
    );
}

#[test]
fn shapes_without_meaning_are_refused() {
    let cases = [
        (
            r#""hidden_size": 64"#,
            r#""hidden_size": 0"#,
            "hidden size is 0",
        ),
        (
            r#""num_key_value_heads": 2"#,
            r#""num_key_value_heads": 4"#,
            "do not share",
        ),
        (r#""head_dim": 48"#, r#""head_dim": 47"#, "even"),
        (
            r#""output_vocab": 50"#,
            r#""output_vocab": 71"#,
            "larger than the vocabulary",
        ),
        (
            r#""num_hidden_layers": 4"#,
            r#""num_hidden_layers": 99999999999"#,
            "number of layers",
        ),
        (r#""gemma3_text""#, r#""bert""#, "bert"),
    ];
    for (from, to, expected) in cases {
        let error = Config::from_json(CONFIG.replace(from, to).as_bytes()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
