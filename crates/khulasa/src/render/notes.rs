//! Flags as readers meet them: a numbered mark behind the sentence, and a note that explains it.

use std::collections::HashMap;

use super::prose::clean;
use crate::{Flag, Quality};

/// The notes of one digest, numbered from 1 as they come. The same note is given once.
#[derive(Debug, Default)]
pub(super) struct Notes {
    numbers: HashMap<String, usize>,
    texts: Vec<String>,
}

impl Notes {
    /// The numbers of the notes on some flags, each once.
    pub(super) fn numbers(&mut self, flags: &[Flag]) -> Vec<usize> {
        let mut numbers = Vec::new();
        for flag in flags {
            let text = clean(&flag.message);
            let next = self.texts.len() + 1;
            let number = *self.numbers.entry(text.clone()).or_insert(next);
            if number == next {
                self.texts.push(text);
            }
            numbers.push(number);
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The notes in the order of their numbers.
    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// What a quality label means for a reader.
pub(super) fn advice(quality: Quality) -> &'static str {
    match quality {
        Quality::Gist => {
            "It conveys the topic and much of the content, and is wrong in names, numbers and \
             details at times: check with the Arabic before you quote."
        }
        Quality::Publication => "It is good enough to be edited for publication.",
        Quality::Unknown => "Nobody has said how far it can be trusted.",
    }
}
