//! From sentences to a translator's texts, and from its hypotheses back to sentences.

use std::collections::HashMap;
use std::rc::Rc;

use khulasa_tokenizer::chars::is_arabic_letter;
use khulasa_tokenizer::normalize::has_arabic;
use khulasa_tokenizer::{clauses, english, normalize};

use crate::{
    Article, Error, Event, Flag, Hypothesis, Result, SentenceId, TranslatedParagraph,
    TranslatedSentence, Translation, Translator, check,
};

use super::{Watch, emit};

/// A translation under way.
pub(super) struct Work<'a> {
    article: &'a Article,
    translator: &'a dyn Translator,
    pub(super) translation: Translation,
    /// What was given or is to be given to the translator, each text once.
    pieces: Vec<Piece>,
    index: HashMap<Rc<str>, usize>,
}

/// A text for the translator: a sentence or a part of one.
struct Piece {
    text: Rc<str>,
    hypothesis: Option<Hypothesis>,
    /// The sentences that wait for it.
    waiting: Vec<Rc<Job>>,
}

/// A sentence and the pieces that make it up.
struct Job {
    id: SentenceId,
    pieces: Vec<usize>,
}

impl<'a> Work<'a> {
    pub(super) fn new(article: &'a Article, translator: &'a dyn Translator) -> Self {
        let paragraphs =
            article
                .paragraphs
                .iter()
                .enumerate()
                .map(|(paragraph, p)| TranslatedParagraph {
                    kind: p.kind,
                    source: article.slice(&p.span).to_owned(),
                    span: p.span.clone(),
                    sentences: p
                        .sentences
                        .iter()
                        .enumerate()
                        .map(|(sentence, span)| TranslatedSentence {
                            id: SentenceId {
                                paragraph,
                                sentence,
                            },
                            source: article.slice(span).to_owned(),
                            span: span.clone(),
                            target: None,
                            score: None,
                            flags: Vec::new(),
                        })
                        .collect(),
                });
        Self {
            article,
            translator,
            translation: Translation {
                paragraphs: paragraphs.collect(),
            },
            pieces: Vec::new(),
            index: HashMap::new(),
        }
    }

    /// Translates some sentences.
    pub(super) fn translate(&mut self, group: &[SentenceId], watch: &Watch<'_>) -> Result<()> {
        let mut wanted = Vec::new();
        for &id in group {
            self.plan(id, &mut wanted, watch)?;
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let texts: Vec<Rc<str>> = wanted
            .iter()
            .map(|&i| self.pieces[i].text.clone())
            .collect();
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        let translator = self.translator;
        let mut cancelled = false;
        let hypotheses = translator.translate(
            &texts,
            &mut |event| (watch.borrow_mut())(event),
            &mut |i, hypothesis| {
                if let Some(&piece) = wanted.get(i) {
                    cancelled |= self.settle(piece, hypothesis, watch).is_err();
                }
            },
        )?;
        if cancelled {
            return Err(Error::Cancelled);
        }
        if hypotheses.len() != texts.len() {
            return Err(Error::Translator {
                given: texts.len(),
                returned: hypotheses.len(),
            });
        }
        for (&piece, hypothesis) in wanted.iter().zip(&hypotheses) {
            self.settle(piece, hypothesis, watch)?;
        }
        Ok(())
    }

    /// Cuts a sentence into pieces and adds those to `wanted` that nobody has asked for yet.
    /// A sentence that needs no translator is ready at once.
    fn plan(&mut self, id: SentenceId, wanted: &mut Vec<usize>, watch: &Watch<'_>) -> Result<()> {
        let span = &self.article.paragraphs[id.paragraph].sentences[id.sentence];
        let source = self.article.slice(span);
        let text = normalize::for_model(source);
        if !has_arabic(&text) {
            let flags = if has_foreign(&text) {
                vec![Flag::NotTranslated]
            } else {
                Vec::new()
            };
            return self.finish(id, english::tidy(&text), None, flags, watch);
        }
        let spans = if self.translator.fits(&text) {
            std::iter::once(0..text.len()).collect()
        } else {
            clauses::split_long(&text, &|part| self.translator.fits(part))
        };
        let mut pieces = Vec::new();
        for span in spans {
            let part = &text[span];
            let piece = match self.index.get(part) {
                Some(&piece) => piece,
                None => {
                    let text: Rc<str> = part.into();
                    self.index.insert(text.clone(), self.pieces.len());
                    wanted.push(self.pieces.len());
                    self.pieces.push(Piece {
                        text,
                        hypothesis: None,
                        waiting: Vec::new(),
                    });
                    self.pieces.len() - 1
                }
            };
            pieces.push(piece);
        }
        let job = Rc::new(Job { id, pieces });
        for &piece in &job.pieces {
            if self.pieces[piece].hypothesis.is_none() {
                self.pieces[piece].waiting.push(job.clone());
            }
        }
        self.assemble(&job, watch)
    }

    /// Takes in the translation of a piece; the first one counts.
    fn settle(&mut self, piece: usize, hypothesis: &Hypothesis, watch: &Watch<'_>) -> Result<()> {
        if self.pieces[piece].hypothesis.is_none() {
            self.pieces[piece].hypothesis = Some(hypothesis.clone());
            for job in std::mem::take(&mut self.pieces[piece].waiting) {
                self.assemble(&job, watch)?;
            }
        }
        Ok(())
    }

    /// Finishes a sentence if all its pieces are there.
    fn assemble(&mut self, job: &Job, watch: &Watch<'_>) -> Result<()> {
        let ready = job
            .pieces
            .iter()
            .map(|&piece| self.pieces[piece].hypothesis.as_ref());
        let Some(parts) = ready.collect::<Option<Vec<&Hypothesis>>>() else {
            return Ok(());
        };
        let texts: Vec<String> = parts.iter().map(|part| english::tidy(&part.text)).collect();
        let target = match &texts[..] {
            [text] => text.clone(),
            texts => clauses::join(&texts.iter().map(String::as_str).collect::<Vec<_>>()),
        };
        let flags = match parts.iter().any(|part| part.truncated) {
            true => vec![Flag::Truncated],
            false => Vec::new(),
        };
        self.finish(job.id, target, mean_score(&parts), flags, watch)
    }

    /// Writes a sentence's translation down, once, and tells the observer.
    fn finish(
        &mut self,
        id: SentenceId,
        target: String,
        score: Option<f32>,
        mut flags: Vec<Flag>,
        watch: &Watch<'_>,
    ) -> Result<()> {
        let sentence = &mut self.translation.paragraphs[id.paragraph].sentences[id.sentence];
        if sentence.target.is_some() {
            return Ok(());
        }
        if has_arabic(&sentence.source) {
            flags.extend(check(&sentence.source, &target));
        }
        sentence.target = Some(target);
        sentence.score = score;
        sentence.flags = flags;
        emit(watch, Event::Translated(sentence))
    }
}

/// The mean score of a sentence's parts, each weighing as much as its text is long.
fn mean_score(parts: &[&Hypothesis]) -> Option<f32> {
    if let [part] = parts {
        return part.score;
    }
    let mut sum = 0.0;
    let mut weight = 0.0;
    for part in parts {
        let length = part.text.len() as f32;
        sum += part.score? * length;
        weight += length;
    }
    (weight > 0.0).then(|| sum / weight)
}

/// Whether a text has a letter that is neither Latin nor Arabic.
fn has_foreign(text: &str) -> bool {
    let latin = |c: char| matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    text.chars()
        .any(|c| c.is_alphabetic() && !is_arabic_letter(c) && !latin(c))
}
