//! 10,000 lines of Arabic, English and everything else, tokenised and written back as the
//! SentencePiece library does; `tests/fixtures/tokenizers/generate.py` made the models and the
//! hashes.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use khulasa_tokenizer::Tokenizer;

const LINES: usize = 10_000;

const MODELS: [&str; 8] = [
    "bpe-bare",
    "bpe-cf",
    "bpe-nmt-bytes",
    "bpe-plain",
    "unigram-cf-bytes",
    "unigram-nmt",
    "unigram-plain",
    "unigram-suffix",
];

/// The script has the same.
#[rustfmt::skip]
const ODD: &[&str] = &[
    "\u{64b}", "\u{651}\u{64e}", "\u{640}", "\u{640}\u{640}\u{640}", "\u{fefb}", "\u{fdfa}", "\u{fdf2}",
    "\u{fe8d}\u{fe8e}", "\u{fb50}", "\u{fefc}\u{651}", "\u{200d}", "\u{200c}", "\u{200b}", "\u{feff}", "\u{200f}",
    "\u{202b}", "\u{2066}", "\u{ad}", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", "\u{1f600}",
    "\u{1f1f8}\u{1f1fe}", "\u{2764}\u{fe0f}", "\u{661}\u{662}\u{66b}\u{663}", "\u{6f4}\u{6f5}", "12\u{663}",
    "\u{ff11}\u{ff12}", "\u{bd}", "\u{2167}", "3.5%", "\t", "\0", "\u{1}", "\u{1b}", "\u{7f}", "\u{85}", "\n", "\r\n",
    "\u{2028}", "\u{a0}", "\u{3000}", "\u{2581}", "  ", "   ", " ", "\u{1e9b}\u{323}", "e\u{301}", "\u{e9}",
    "\u{212b}", "\u{fb03}", "\u{1100}\u{1161}\u{11a8}", "\u{ac01}", "\u{4e2d}\u{6587}", "\u{e01}\u{e33}",
    "\u{5e9}\u{5c1}", "\u{1d54f}", "\u{10fffd}", "\u{df}", "\u{130}", "<s>", "</s>", "<unk>", "<0x41>", "<sep>",
    "[MASK]", ">>ara<<", "@@", "''", "``", "\u{2026}", "\u{ab}", "\u{bb}", "\u{61b}", "\u{61f}", "\u{60c}", "...",
    "?!", "-", "\u{2014}", "&amp;", "\\",
];

/// And these, repeated.
const RUNS: [(&str, usize); 9] = [
    ("a", 50),
    ("\u{647}", 40),
    ("!", 30),
    ("=", 25),
    ("\u{627}\u{644}", 12),
    ("ab", 20),
    ("\u{1f602}", 9),
    ("\u{301}", 7),
    ("1", 21),
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tokenizers")
}

/// Marsaglia's xorshift with 32 bits.
struct Random(u32);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % n
    }
}

fn lines() -> Vec<String> {
    let words = std::fs::read_to_string(fixtures().join("words.txt")).unwrap();
    let words: Vec<&str> = words.trim_end_matches('\n').split('\n').collect();
    let mut odd: Vec<String> = ODD.iter().map(|s| s.to_string()).collect();
    odd.extend(RUNS.iter().map(|(text, times)| text.repeat(*times)));
    let mut random = Random(20261124);
    let mut line = || {
        let mut line = String::new();
        for _ in 0..random.below(16) {
            match random.below(10) {
                0..6 => line += words[random.below(words.len())],
                6..8 => line += &odd[random.below(odd.len())],
                8 => {
                    let word = words[random.below(words.len())];
                    let at = random.below(word.chars().count() + 1);
                    let at = word.char_indices().nth(at).map_or(word.len(), |c| c.0);
                    line += &word[..at];
                    line += &odd[random.below(odd.len())];
                    line += &word[at..];
                }
                _ => line.push(
                    char::from_u32(random.below(0x30000) as u32)
                        .unwrap_or(char::REPLACEMENT_CHARACTER),
                ),
            }
            if random.below(8) > 0 {
                line.push(' ');
            }
        }
        line
    };
    (0..LINES).map(|_| line()).collect()
}

/// The hash of Fowler, Noll and Vo with 32 bits (FNV-1a).
fn fnv(bytes: impl IntoIterator<Item = u8>, state: u32) -> u32 {
    let step = |state: u32, byte: u8| (state ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    bytes.into_iter().fold(state, step)
}

#[test]
fn agrees_with_the_library() {
    let lines = lines();
    let expected = std::fs::read(fixtures().join("expected.bin")).unwrap();
    assert_eq!(expected.len(), MODELS.len() * LINES * 4);
    for (name, expected) in MODELS.iter().zip(expected.chunks(LINES * 4)) {
        let path = fixtures().join(format!("{name}.model"));
        let tokenizer = Tokenizer::from_sentencepiece(&path).unwrap();
        let mut wrong = Vec::new();
        for (line, expected) in lines.iter().zip(expected.chunks_exact(4)) {
            let ids = tokenizer.encode(line).unwrap();
            let state = fnv(ids.iter().flat_map(|id| id.to_le_bytes()), 0x811C_9DC5);
            let state = fnv(tokenizer.decode(&ids).unwrap().bytes(), state);
            if state.to_le_bytes() != expected {
                wrong.push(format!("{line:?}\n{ids:?}"));
            }
        }
        let first = wrong.first();
        assert!(
            first.is_none(),
            "{name}: {} lines, {}",
            wrong.len(),
            first.unwrap()
        );
    }
}
