//! Vocabularies: texts to tokens and back, in every form that files have.

use khulasa_tokenizer::Tokenizer;

use super::*;

fn check(name: &str, reference: &Reference, tokenizer: &Tokenizer) {
    for text in &reference.texts {
        let found = tokenizer.encode(&text.text).unwrap();
        assert_eq!(found, text.tokens, "{name}: {:?}", text.text);
    }
    for text in &reference.decodings {
        assert_eq!(tokenizer.decode(&text.tokens).unwrap(), text.text, "{name}");
    }
}

#[test]
fn texts_to_tokens_and_back() {
    for case in cases() {
        let generator = case.load(DENSE, Backend::Fused);
        check(&case.name(), &case.reference, generator.tokenizer());
    }
}
