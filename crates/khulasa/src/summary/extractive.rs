//! Summaries of chosen sentences.

use khulasa_tokenizer::normalize::has_arabic;
use khulasa_tokenizer::words;

use crate::{
    Article, Kind, Limits, Method, Observer, Result, SentenceId, Summarizer, SummarySentence,
    Translation,
};

use super::lexrank::Sentences;
use super::room::Room;
use super::style;

/// Chooses sentences of the article on the Arabic side and gives them in translation, in the
/// order of the article.
///
/// A sentence's score is its LexRank centrality (Erkan & Radev 2004), how early it comes and how
/// much it resembles the title, less what keeps it from standing alone: see the constants, tuned
/// on 265 news articles with summaries. Sentences are taken by maximal marginal relevance
/// (Carbonell & Goldstein 1998), so that none repeats another.
///
/// Of a long article the first 500 sentences are considered: the time and memory for comparing
/// them grow with the square of their number.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extractive;

const CANDIDATES: usize = 500;

const CENTRALITY: f64 = 0.5;
/// For the first sentence; half for the second, a third for the third.
const POSITION: f64 = 1.0;
const TITLE: f64 = 0.25;
/// Lost by a sentence that goes on from the one before it.
const CONTINUES: f64 = 0.3;
/// Lost by a sentence that quotes.
const QUOTES: f64 = 0.2;
/// Lost per unit of similarity to a sentence that was taken.
const REDUNDANCY: f64 = 0.2;
/// Sentences this similar say the same: only one of them is taken.
const SAME: f64 = 0.8;

impl Summarizer for Extractive {
    fn method(&self) -> Method {
        Method::Extractive
    }

    fn sources(&self, article: &Article, limits: &Limits) -> Vec<SentenceId> {
        let candidates = candidates(article);
        let title = article.title().unwrap_or_default();
        let texts = candidates
            .iter()
            .map(|&id| article.sentence(id))
            .chain([title]);
        let stems: Vec<Vec<String>> = texts.map(|text| stems(text).collect()).collect();
        let sentences = Sentences::new(&stems);
        let centrality = sentences.centrality(candidates.len());
        let mut open: Vec<(usize, f64)> = candidates
            .iter()
            .enumerate()
            .map(|(i, &id)| {
                let text = article.sentence(id);
                let score = CENTRALITY * centrality[i]
                    + POSITION / (1.0 + i as f64)
                    + TITLE * sentences.similarity(i, candidates.len())
                    - CONTINUES * f64::from(style::continues(text))
                    - QUOTES * f64::from(style::quotes(text));
                (i, score)
            })
            .collect();
        let mut sources = Vec::new();
        let mut redundancy = vec![0.0f64; candidates.len()];
        while sources.len() < limits.sentences.max(1) {
            let value = |&(i, score): &(usize, f64)| score - REDUNDANCY * redundancy[i];
            // The earlier one of equals.
            let best = open
                .iter()
                .copied()
                .rev()
                .max_by(|a, b| value(a).total_cmp(&value(b)));
            let Some((best, _)) = best else { break };
            sources.push(candidates[best]);
            for (i, most) in redundancy.iter_mut().enumerate() {
                *most = most.max(sentences.similarity(i, best));
            }
            open.retain(|&(i, _)| i != best && redundancy[i] < SAME);
        }
        sources
    }

    fn summarize(
        &self,
        article: &Article,
        translation: &Translation,
        limits: &Limits,
        _observer: &mut Observer<'_>,
    ) -> Result<Vec<SummarySentence>> {
        let mut room = Room::new(limits);
        for id in self.sources(article, limits) {
            let Some(sentence) = extract(translation, id) else {
                continue;
            };
            if !room.add(sentence) {
                break;
            }
        }
        let mut sentences = room.into_sentences();
        sentences.sort_by(|a, b| a.sources.cmp(&b.sources));
        Ok(sentences)
    }
}

/// A sentence of the article in translation; `None` if it has none.
pub(super) fn extract(translation: &Translation, id: SentenceId) -> Option<SummarySentence> {
    let sentence = translation.sentence(id)?;
    let target = sentence.target.as_deref().filter(|t| !t.is_empty())?;
    Some(SummarySentence {
        text: target.to_owned(),
        sources: vec![id],
        flags: sentence.flags.clone(),
    })
}

/// The sentences that a summary may be made of: those that stand alone, else any prose, else
/// anything that is translated.
fn candidates(article: &Article) -> Vec<SentenceId> {
    let of = |wanted: fn(Kind) -> bool, fits: fn(&str) -> bool| -> Vec<SentenceId> {
        let fits = |id: &SentenceId| {
            let text = article.sentence(*id);
            has_arabic(text) && fits(text)
        };
        article
            .sentence_ids(wanted)
            .filter(fits)
            .take(CANDIDATES)
            .collect()
    };
    let mut candidates = of(Kind::is_prose, style::stands_alone);
    if candidates.is_empty() {
        candidates = of(Kind::is_prose, |_| true);
    }
    if candidates.is_empty() {
        candidates = of(Kind::is_translated, |_| true);
    }
    candidates
}

/// The stems of a text's words that have a meaning of their own.
fn stems(text: &str) -> impl Iterator<Item = String> {
    let words = words::words(text).map(|(_, word)| word);
    words
        .filter(|word| !words::is_stop_word(word))
        .map(words::stem)
}
