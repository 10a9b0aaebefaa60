//! Loops: the way in which small models fail most visibly.

use std::collections::HashMap;

/// The longest phrase, in words, whose immediate repetition is looked for.
const PHRASE: usize = 24;

/// A phrase of this many words is not found this many times in a good sentence.
const OFTEN: (usize, usize) = (5, 3);

/// What a text repeats, if it repeats anything as no writer would: a word or two three times in a
/// row, a longer phrase twice in a row or a phrase of five words three times anywhere, a syllable
/// six times in a word. Linear in the text's length.
pub(super) fn find(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    in_a_row(&words)
        .or_else(|| anywhere(&words))
        .or_else(|| words.iter().find_map(|word| syllables(word)))
}

fn in_a_row(words: &[String]) -> Option<String> {
    for length in 1..=PHRASE.min(words.len() / 2) {
        // How often the phrase must follow on itself.
        let repeats = match length {
            1..=3 => 2,
            _ => 1,
        };
        let mut run = 0;
        for i in length..words.len() {
            run = if words[i] == words[i - length] {
                run + 1
            } else {
                0
            };
            if run == length * repeats {
                let phrase = &words[i + 1 - length..=i];
                let only_figures = phrase.iter().all(|word| word.chars().all(char::is_numeric));
                if !only_figures {
                    return Some(phrase.join(" "));
                }
            }
        }
    }
    None
}

fn anywhere(words: &[String]) -> Option<String> {
    let mut counts: HashMap<&[String], usize> = HashMap::new();
    for phrase in words.windows(OFTEN.0) {
        let count = counts.entry(phrase).or_default();
        *count += 1;
        if *count == OFTEN.1 {
            return Some(phrase.join(" "));
        }
    }
    None
}

fn syllables(word: &str) -> Option<String> {
    let letters: Vec<char> = word.chars().collect();
    for length in 1..=4 {
        let mut run = 0;
        for i in length..letters.len() {
            run = if letters[i] == letters[i - length] {
                run + 1
            } else {
                0
            };
            if run == length * 5 && letters[i].is_alphabetic() {
                return Some(letters[i + 1 - length..=i].iter().collect());
            }
        }
    }
    None
}
