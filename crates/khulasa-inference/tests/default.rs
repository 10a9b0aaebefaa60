//! The embedded default's weights in f32, token for token as `transformers` runs them.
//! `tests/fixtures/greedy.py` wrote the reference.

use std::ops::ControlFlow;
use std::path::Path;

use khulasa_inference::{
    DeviceChoice, Generator, LoadOptions, Options, Precision, Prompt, Rules, Search,
};

#[derive(serde::Deserialize)]
struct Sentence {
    source: String,
    prompt: Vec<u32>,
    output: Vec<u32>,
    text: String,
}

#[test]
fn fifty_sentences_greedily() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let json = std::fs::read(root.join("tests/fixtures/gist-ar-en.greedy.json")).unwrap();
    let sentences: Vec<Sentence> = serde_json::from_slice(&json).unwrap();
    assert_eq!(sentences.len(), 50);

    let weights = root.join("models/gist-ar-en/gist-ar-en-00001-of-00002.gguf");
    let options = LoadOptions {
        device: DeviceChoice::Cpu,
        precision: Precision::F32,
        threads: None,
    };
    let generator = Generator::load(&weights, &options).unwrap();
    let prompts: Vec<_> = sentences
        .iter()
        .map(|s| Prompt {
            tokens: s.prompt.clone(),
            max_new_tokens: 2 * s.output.len(),
            min_new_tokens: 0,
        })
        .collect();
    let stop = generator.stop_tokens().to_vec();
    let options = Options {
        search: Search::Greedy,
        stop: stop.clone(),
        rules: Rules::default(),
        batch: 32,
    };
    let found = generator
        .generate(&prompts, &options, &mut |_| ControlFlow::Continue(()))
        .unwrap();
    for (sentence, found) in sentences.iter().zip(&found) {
        let (end, expected) = sentence.output.split_last().unwrap();
        assert!(stop.contains(end));
        assert_eq!(found[0].tokens, expected, "{}", sentence.source);
        assert_eq!(
            generator.tokenizer().decode(&found[0].tokens).unwrap(),
            sentence.text
        );
    }
}
