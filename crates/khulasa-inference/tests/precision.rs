//! A model's weights in memory can have any type that has a name.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;

use khulasa_inference::{
    DeviceChoice, Generator, LoadOptions, Options, Precision, Prompt, Rules, Search,
};

/// The log-probabilities of the likeliest tokens after some prompts.
fn likeliest(folder: &str, precision: Precision) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    let load = LoadOptions {
        device: DeviceChoice::Cpu,
        precision,
        threads: Some(1),
    };
    let generator = Generator::load(&path.join(folder), &load).unwrap();
    let prompts = [&[2, 40, 9, 60, 33, 70, 8][..], &[2, 5], &[90, 91, 12, 13]];
    let prompts = prompts.map(|tokens| Prompt {
        tokens: tokens.to_vec(),
        max_new_tokens: 1,
        min_new_tokens: 0,
    });
    let options = Options {
        search: Search::Greedy,
        stop: Vec::new(),
        rules: Rules::default(),
        batch: 3,
    };
    let outputs = generator
        .generate(&prompts, &options, &mut |_| ControlFlow::Continue(()))
        .unwrap();
    outputs.iter().map(|o| o[0].log_probability).collect()
}

#[test]
fn every_precision_is_near_f32() {
    for folder in ["gemma3", "gemma3-odd"] {
        let exact = likeliest(folder, Precision::F32);
        for name in ["auto", "bf16", "f16", "q8_0"] {
            let found = likeliest(folder, name.parse().unwrap());
            assert_ne!(found, exact, "{folder} {name}");
            for (score, exact) in found.iter().zip(&exact) {
                let d = (score - exact).abs();
                assert!(d < 0.1, "{folder} {name}: {score} {exact}");
            }
        }
    }
}
