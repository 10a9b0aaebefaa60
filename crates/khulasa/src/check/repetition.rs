//! Loops: the way in which small models fail most visibly.

use std::collections::HashMap;

use khulasa_tokenizer::Span;

/// The longest phrase, in words, whose immediate repetition is looked for.
const PHRASE: usize = 24;

/// A phrase of this many words is not found this many times in a good sentence.
const OFTEN: (usize, usize) = (5, 3);

/// A phrase of this many words is not found twice in a good sentence.
const TWICE: usize = 8;

/// A word in lower case and where it stands.
struct Word {
    text: String,
    span: Span,
}

/// Where a text repeats itself as no writer would: a word or two three times in a row, a longer
/// phrase twice in a row or a phrase of five words three times anywhere, a syllable six times in a
/// word. Linear in the text's length.
pub(super) fn find(text: &str) -> Option<Span> {
    let words: Vec<Word> = text
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(|word| {
            let start = word.as_ptr().addr() - text.as_ptr().addr();
            Word {
                text: word.to_lowercase(),
                span: start..start + word.len(),
            }
        })
        .collect();
    in_a_row(&words)
        .or_else(|| anywhere(&words))
        .or_else(|| doubled(text, &words))
        .map(|words| words[0].span.start..words[words.len() - 1].span.end)
        .or_else(|| {
            words
                .iter()
                .find(|word| syllables(&word.text))
                .map(|word| word.span.clone())
        })
}

fn in_a_row(words: &[Word]) -> Option<&[Word]> {
    for length in 1..=PHRASE.min(words.len() / 2) {
        // How often the phrase must follow on itself.
        let repeats = match length {
            1..=3 => 2,
            _ => 1,
        };
        let mut run = 0;
        for i in length..words.len() {
            run = if words[i].text == words[i - length].text {
                run + 1
            } else {
                0
            };
            if run == length * repeats {
                let phrase = &words[i + 1 - length..=i];
                let figures = |word: &Word| word.text.chars().all(char::is_numeric);
                if !phrase.iter().all(figures) {
                    return Some(phrase);
                }
            }
        }
    }
    None
}

/// A phrase of two or three words said twice with nothing between, or a small word that is never
/// said twice; a passage of eight words said twice anywhere.
fn doubled<'a>(text: &str, words: &'a [Word]) -> Option<&'a [Word]> {
    const NEVER: [&str; 16] = [
        "the", "a", "an", "of", "and", "to", "in", "on", "for", "with", "by", "from", "at", "or",
        "was", "were",
    ];
    let said_twice = |phrase: &[Word]| {
        let half = phrase.len() / 2;
        let first = phrase[0].span.start..phrase[phrase.len() - 1].span.end;
        let apart = text[first].contains([',', '.', ';', ':', '?', '!', '"', '“', '”', '–', '—']);
        let figures = phrase
            .iter()
            .any(|word| word.text.chars().any(char::is_numeric));
        !apart && !figures && (0..half).all(|i| phrase[i].text == phrase[half + i].text)
    };
    let small = |pair: &&[Word]| said_twice(pair) && NEVER.contains(&pair[0].text.as_str());
    let longer = [4, 6]
        .into_iter()
        .find_map(|length| words.windows(length).find(|phrase| said_twice(phrase)));
    longer.or_else(|| words.windows(2).find(small)).or_else(|| {
        let mut seen = HashMap::new();
        words.windows(TWICE).enumerate().find_map(|(i, phrase)| {
            let texts: Vec<&str> = phrase.iter().map(|word| word.text.as_str()).collect();
            let first = *seen.entry(texts).or_insert(i);
            (first + TWICE <= i).then_some(phrase)
        })
    })
}

fn anywhere(words: &[Word]) -> Option<&[Word]> {
    let mut counts: HashMap<Vec<&str>, usize> = HashMap::new();
    for phrase in words.windows(OFTEN.0) {
        let texts = phrase.iter().map(|word| word.text.as_str()).collect();
        let count = counts.entry(texts).or_default();
        *count += 1;
        if *count == OFTEN.1 {
            return Some(phrase);
        }
    }
    None
}

fn syllables(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    (1..=4).any(|length| {
        let mut run = 0;
        (length..letters.len()).any(|i| {
            run = if letters[i] == letters[i - length] {
                run + 1
            } else {
                0
            };
            run == length * 5 && letters[i].is_alphabetic()
        })
    })
}
