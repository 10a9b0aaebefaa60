//! Summaries that a model writes.

use std::sync::Arc;

use khulasa_tokenizer::words::words;

use crate::check::check_written;
use crate::names::{same, sounds_like};
use crate::{
    Article, Flag, FlagKind, Hypothesis, Limits, Method, Observer, Result, SentenceId, Summarizer,
    SummarySentence, Translation,
};

use super::Extractive;
use super::english::{Overlap, sentences};
use super::extractive::extract;
use super::room::Room;

/// Writes a summary in English. Implemented by local models whose card has a prompt for it.
pub trait Writer: Send + Sync {
    /// The language of the text that it reads, as a two-letter code: English, from the
    /// translation, unless it says "ar", for the article itself.
    fn reads(&self) -> &str {
        "en"
    }

    /// Writes a summary of a text in a few sentences. Of a long text it reads the beginning.
    ///
    /// # Errors
    /// [`Error::Cancelled`](crate::Error::Cancelled) when `observer` breaks; whatever the model
    /// reports.
    fn write_summary(&self, text: &str, observer: &mut Observer<'_>) -> Result<Hypothesis>;
}

/// Has a model write the summary from the translation of the article's beginning, and says for
/// each sentence of it where it comes from: up to three sentences whose translations share the
/// most of its words.
///
/// It is written from the English because that was a little better: on 26 articles ROUGE-L was
/// 22.1, from the Arabic 21.8 (embedded default, greedy). A sentence whose numbers or
/// names the article does not have, or less than half of whose words, is replaced by the sentence
/// of the article that is nearest to it, and flagged. What is wrong in known words stays unseen.
pub struct Abstractive {
    writer: Arc<dyn Writer>,
}

/// How much of an article, in Arabic words, the summary is written from: it takes about 400
/// tokens in English, and news says what matters first.
const WORDS: usize = 250;

/// A sentence of which less (by weight) stands in its sources says something else than the article:
/// it is replaced.
const SUPPORT: f64 = 0.5;

/// The most sources of one sentence.
const SOURCES: usize = 3;

impl std::fmt::Debug for Abstractive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Abstractive").finish_non_exhaustive()
    }
}

impl Abstractive {
    /// Summaries by this writer.
    pub fn new(writer: Arc<dyn Writer>) -> Self {
        Self { writer }
    }
}

impl Summarizer for Abstractive {
    fn method(&self) -> Method {
        Method::Abstractive
    }

    fn sources(&self, article: &Article, _limits: &Limits) -> Vec<SentenceId> {
        let mut words = 0;
        article
            .sentence_ids(|kind| kind.is_prose())
            .take_while(|&id| {
                let before = words;
                words += article.sentence(id).split_whitespace().count();
                before == 0 || words <= WORDS
            })
            .collect()
    }

    fn summarize(
        &self,
        article: &Article,
        translation: &Translation,
        limits: &Limits,
        observer: &mut Observer<'_>,
    ) -> Result<Vec<SummarySentence>> {
        let read: Vec<(SentenceId, &str)> = self
            .sources(article, limits)
            .into_iter()
            .filter_map(|id| Some((id, translation.sentence(id)?.target.as_deref()?)))
            .collect();
        if read.is_empty() {
            return Ok(Vec::new());
        }
        let texts: Vec<&str> = read.iter().map(|&(_, text)| text).collect();
        let text = match self.writer.reads() {
            "ar" => {
                let sources = read.iter().map(|&(id, _)| article.sentence(id));
                sources.collect::<Vec<_>>().join(" ")
            }
            _ => texts.join(" "),
        };
        let written = self.writer.write_summary(&text, observer)?;
        let overlap = Overlap::new(&texts);
        let mut room = Room::new(limits);
        let all = sentences(&written.text);
        for (i, text) in all.iter().copied().enumerate() {
            let cut = written.truncated && i + 1 == all.len();
            if cut && !room.sentences().is_empty() {
                break;
            }
            let best = overlap.best(text, SOURCES);
            let sources: Vec<SentenceId> = best.iter().map(|&i| read[i].0).collect();
            let origin: Vec<&str> = sources.iter().map(|&id| article.sentence(id)).collect();
            let mut flags = check_written(&origin.join("\n"), text);
            let is_supported = overlap.share(text, &best) >= SUPPORT
                && !flags.iter().any(is_invented)
                && invented_name(text, &texts, &read, article).is_none();
            let sentence = if is_supported {
                if cut {
                    flags.push(Flag::truncated());
                }
                Some(SummarySentence {
                    text: text.to_owned(),
                    sources,
                    flags,
                })
            } else {
                let others = Extractive.sources(article, limits);
                let unused = |id: &SentenceId| {
                    let mut used = room.sentences().iter().flat_map(|s| &s.sources);
                    !used.any(|other| other == id)
                };
                let instead = sources.into_iter().chain(others).filter(unused);
                let mut instead = instead.filter_map(|id| extract(translation, id));
                instead.next().map(|mut sentence| {
                    sentence.flags.push(Flag::whole(
                        FlagKind::Unsupported,
                        "the model wrote here what the article does not say: a sentence of the \
                         article stands in its place",
                    ));
                    sentence
                })
            };
            if let Some(sentence) = sentence
                && !room.add(sentence)
            {
                break;
            }
        }
        Ok(room.into_sentences())
    }
}

/// Whether a flag says that something stands in the text that its sources do not have.
fn is_invented(flag: &Flag) -> bool {
    flag.target.is_some()
        && matches!(
            flag.kind,
            FlagKind::Number
                | FlagKind::Date
                | FlagKind::Time
                | FlagKind::Percent
                | FlagKind::Currency
                | FlagKind::Magnitude
        )
}

/// A capitalised word, but for the first, that neither the English that was read has nor any
/// Arabic word sounds like.
fn invented_name<'a>(
    text: &'a str,
    texts: &[&str],
    read: &[(SentenceId, &str)],
    article: &Article,
) -> Option<&'a str> {
    let names = words(text).skip(1).map(|(_, word)| word).filter(|word| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.count() > 1
    });
    let is_known = |name: &str| {
        texts
            .iter()
            .flat_map(|text| words(text))
            .any(|(_, word)| same(word, name))
            || read
                .iter()
                .flat_map(|(id, _)| words(article.sentence(*id)))
                .any(|(_, word)| sounds_like(word, name))
    };
    names.into_iter().find(|name| !is_known(name))
}
