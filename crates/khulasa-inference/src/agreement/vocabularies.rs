//! Vocabularies: texts to tokens and back, in every form that files have.

use khulasa_tokenizer::Tokenizer;

use super::*;

/// `bos`: what the reference's tokens begin with though the tokenizer adds none.
fn check(name: &str, reference: &Reference, tokenizer: &Tokenizer, bos: &[u32]) {
    for text in &reference.texts {
        let found = tokenizer.encode(&text.text).unwrap();
        let found = [bos, tokenizer.prefix(), &found, tokenizer.suffix()].concat();
        assert_eq!(found, text.tokens, "{name}: {:?}", text.text);
    }
    for text in &reference.decodings {
        assert_eq!(tokenizer.decode(&text.tokens).unwrap(), text.text, "{name}");
    }
}

fn languages(tokenizer: Tokenizer, reference: &Reference) -> Tokenizer {
    match (&reference.source_language, &reference.target_language) {
        (Some(source), Some(target)) => tokenizer.with_languages(source, target).unwrap(),
        _ => tokenizer,
    }
}

#[test]
fn texts_to_tokens_and_back() {
    for case in cases() {
        let open = |path: &Path| languages(Tokenizer::open(path).unwrap(), &case.reference);
        if case.is_gguf() {
            let generator = case.load(DENSE, Backend::Fused);
            let tokenizer = generator.tokenizer();
            // Prompts for models of GGUF files write the start themselves.
            let folder = open(case.path.parent().unwrap());
            let bos = folder.prefix().strip_suffix(tokenizer.prefix()).unwrap();
            check(&case.name(), &case.reference, tokenizer, bos);
            continue;
        }
        check(&case.name(), &case.reference, &open(&case.path), &[]);
        let names = files(&case.path);
        let other = |n: &String| n == "spiece.model" || n == "sentencepiece.bpe.model";
        if names.iter().any(|n| n == "tokenizer.json") && names.iter().any(other) {
            let copy = altered(&case.path, &[("tokenizer.json", None)]);
            let name = format!("{}, without tokenizer.json", case.name());
            check(&name, &case.reference, &open(copy.path()), &[]);
        }
    }
}
