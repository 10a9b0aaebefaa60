//! Agreement of candle's implementations with `transformers`.

use std::ops::ControlFlow;

use candle_core::Device;

use super::reference::Reference;
use super::{DENSE, TOLERANCE, difference, fixtures, room, score_difference};
use crate::Generator;
use crate::foreign::ARCHITECTURES;
use crate::ops::Backend;

/// The models with their references, prompts of one token left out: LFM2 refuses them.
fn cases() -> impl Iterator<Item = (&'static str, Generator, Reference)> {
    ARCHITECTURES.into_iter().map(|name| {
        let folder = fixtures().join(name);
        let file = folder.join("model-f16.gguf");
        let mut reference = Reference::read(&folder);
        assert_eq!(reference.prompts.remove(0).len(), 1);
        reference.logits.remove(0);
        for run in &mut reference.runs {
            run.outputs.remove(0);
        }
        let generator = Generator::load_with(&file, DENSE, Backend::Fused, &Device::Cpu, None);
        (name, generator.unwrap(), reference)
    })
}

#[test]
fn logits_of_sequences_in_turn() {
    for (name, generator, reference) in cases() {
        let model = generator.model();
        let prompts = Vec::from_iter(reference.prompts.iter().map(Vec::as_slice));
        let mut cache = model.cache(room(&prompts, &prompts)).unwrap();
        let mut sequences: Vec<_> = prompts.iter().map(|_| cache.start(None).unwrap()).collect();
        let longest = prompts.iter().map(|p| p.len()).max().unwrap();
        for end in 2..=longest {
            let mut expected = Vec::new();
            let mut batch = Vec::new();
            for ((sequence, prompt), logits) in
                sequences.iter_mut().zip(&prompts).zip(&reference.logits)
            {
                if end <= prompt.len() {
                    let from = if end == 2 { 0 } else { end - 1 };
                    batch.push((sequence, &prompt[from..end]));
                    expected.push(&logits[end - 1]);
                }
            }
            let found: Vec<Vec<f32>> = model
                .forward(&cache, &mut batch)
                .unwrap()
                .logits()
                .unwrap()
                .to_vec2()
                .unwrap();
            let (d, _) = difference(found.iter().zip(expected));
            assert!(d < TOLERANCE, "{name}, position {end}: {d}");
        }
    }
}

#[test]
fn searches_and_vocabularies() {
    for (name, generator, reference) in cases() {
        for run in &reference.runs {
            let prompts: Vec<_> = reference.prompts.iter().map(|p| run.prompt(p)).collect();
            let options = run.options(generator.stop_tokens(), 8);
            let observer = &mut |_: crate::Event<'_>| ControlFlow::Continue(());
            let found = generator.generate(&prompts, &options, observer).unwrap();
            let d = score_difference(&found, run);
            assert!(
                d.as_ref().is_ok_and(|&d| d < TOLERANCE),
                "{name}, {}: {d:?}",
                run.name
            );
        }
        for text in &reference.texts {
            let tokens = generator.tokenizer().encode(&text.text).unwrap();
            assert_eq!(tokens, text.tokens, "{name}: {:?}", text.text);
        }
    }
}

#[test]
fn one_token_is_refused_where_it_cannot_be_read() {
    for (name, generator, _) in cases() {
        let model = generator.model();
        let mut cache = model.cache(room(&[&[5]], &[&[5]])).unwrap();
        let mut sequence = cache.start(None).unwrap();
        let output = model.forward(&cache, &mut [(&mut sequence, &[5])]);
        assert_eq!(output.is_err(), name == "lfm2");
    }
}
