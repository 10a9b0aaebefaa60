//! The order of work: which sentences are translated when, and how they become a digest.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Instant;

use khulasa_tokenizer::chars::is_arabic_letter;
use khulasa_tokenizer::normalize::has_arabic;
use khulasa_tokenizer::{clauses, english, normalize};

use crate::{
    Article, Digest, Error, Event, Flag, Hypothesis, Kind, Limits, Observer, Result,
    SCHEMA_VERSION, SentenceId, Summarizer, Summary, Timings, TranslatedParagraph,
    TranslatedSentence, Translation, Translator, check,
};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Everything,
    Translation,
    Summary,
}

/// The first group holds the title and what the summary needs, filled up to this many sentences
/// with the article's first ones: so few more cost next to nothing.
const FIRST_GROUP: usize = 8;

/// The sentences of every later group: enough for full batches, few enough for a steady stream.
const GROUP: usize = 64;

/// Works an article through.
pub(crate) fn run(
    translator: &dyn Translator,
    summarizer: &dyn Summarizer,
    limits: &Limits,
    article: &Article,
    scope: Scope,
    observer: &mut Observer<'_>,
) -> Result<Digest> {
    let mut timings = Timings::default();
    let mut cancelled = false;
    let watch = RefCell::new(|event: Event<'_>| {
        if let Event::Step {
            input_tokens,
            output_tokens,
        } = event
        {
            timings.input_tokens += input_tokens;
            timings.output_tokens += output_tokens;
        }
        if !cancelled {
            cancelled = observer(event).is_break();
        }
        if cancelled {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let mut translate_seconds = 0.0;
    let mut summarize_seconds = 0.0;

    let started = Instant::now();
    let sources = match scope {
        Scope::Translation => Vec::new(),
        Scope::Everything | Scope::Summary => summarizer.sources(article, limits),
    };
    summarize_seconds += started.elapsed().as_secs_f64();

    let groups = groups(article, &sources, scope);
    emit(
        &watch,
        Event::Planned {
            sentences: groups.iter().map(Vec::len).sum(),
        },
    )?;
    let mut work = Work::new(article, translator);
    let mut summary = None;
    for (i, group) in groups.iter().enumerate() {
        let started = Instant::now();
        work.translate(group, &watch)?;
        translate_seconds += started.elapsed().as_secs_f64();
        let last = i + 1 == groups.len();
        if scope != Scope::Translation
            && (last || (i == 0 && !sources.is_empty()))
            && summary.is_none()
        {
            let started = Instant::now();
            let sentences =
                summarizer.summarize(article, &work.translation, limits, &mut |event| {
                    (watch.borrow_mut())(event)
                })?;
            let made = Summary {
                method: summarizer.method(),
                sentences,
            };
            emit(&watch, Event::Summarized(&made))?;
            summary = Some(made);
            summarize_seconds += started.elapsed().as_secs_f64();
        }
    }

    let mut translation = work.translation;
    let title = title(&translation);
    if scope == Scope::Summary {
        translation = Translation::default();
    }
    drop(watch);
    timings.translate_seconds = translate_seconds;
    timings.summarize_seconds = summarize_seconds;
    Ok(Digest {
        schema: SCHEMA_VERSION,
        id: article.id.clone(),
        encoding: article.encoding.to_owned(),
        title,
        summary,
        translation,
        model: translator.info().clone(),
        timings: Some(timings),
    })
}

/// Tells the observer, and stops the work if it says so.
fn emit(watch: &RefCell<impl FnMut(Event<'_>) -> ControlFlow<()>>, event: Event<'_>) -> Result<()> {
    match (watch.borrow_mut())(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Cancelled),
    }
}

/// The English headline.
fn title(translation: &Translation) -> Option<String> {
    let title = translation
        .paragraphs
        .iter()
        .find(|p| p.kind == Kind::Title)?;
    let targets = title.sentences.iter().filter_map(|s| s.target.as_deref());
    Some(targets.collect::<Vec<_>>().join(" "))
}

/// The sentences to translate, in the groups in which they are translated; at least one group.
fn groups(article: &Article, sources: &[SentenceId], scope: Scope) -> Vec<Vec<SentenceId>> {
    let all = || article.sentence_ids(Kind::is_translated);
    let titles = match article
        .paragraphs
        .iter()
        .position(|p| p.kind == Kind::Title)
    {
        Some(title) => all().filter(|id| id.paragraph == title).collect(),
        None => Vec::new(),
    };
    let exists = |id: &SentenceId| {
        let paragraph = article.paragraphs.get(id.paragraph);
        paragraph.is_some_and(|p| p.kind.is_translated() && id.sentence < p.sentences.len())
    };
    let mut first = Vec::new();
    let mut taken = HashSet::new();
    for id in titles
        .into_iter()
        .chain(sources.iter().copied().filter(exists))
    {
        if taken.insert(id) {
            first.push(id);
        }
    }
    if scope == Scope::Summary && !sources.is_empty() {
        return vec![first];
    }
    let mut rest = all().filter(|id| !taken.contains(id));
    let missing = FIRST_GROUP.saturating_sub(first.len());
    first.extend(rest.by_ref().take(missing));
    let rest: Vec<_> = rest.collect();
    std::iter::once(first)
        .chain(rest.chunks(GROUP).map(<[_]>::to_vec))
        .collect()
}

/// A translation under way.
struct Work<'a> {
    article: &'a Article,
    translator: &'a dyn Translator,
    translation: Translation,
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
    fn new(article: &'a Article, translator: &'a dyn Translator) -> Self {
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
    fn translate(
        &mut self,
        group: &[SentenceId],
        watch: &RefCell<impl FnMut(Event<'_>) -> ControlFlow<()>>,
    ) -> Result<()> {
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
    fn plan(
        &mut self,
        id: SentenceId,
        wanted: &mut Vec<usize>,
        watch: &RefCell<impl FnMut(Event<'_>) -> ControlFlow<()>>,
    ) -> Result<()> {
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
    fn settle(
        &mut self,
        piece: usize,
        hypothesis: &Hypothesis,
        watch: &RefCell<impl FnMut(Event<'_>) -> ControlFlow<()>>,
    ) -> Result<()> {
        if self.pieces[piece].hypothesis.is_none() {
            self.pieces[piece].hypothesis = Some(hypothesis.clone());
            for job in std::mem::take(&mut self.pieces[piece].waiting) {
                self.assemble(&job, watch)?;
            }
        }
        Ok(())
    }

    /// Finishes a sentence if all its pieces are there.
    fn assemble(
        &mut self,
        job: &Job,
        watch: &RefCell<impl FnMut(Event<'_>) -> ControlFlow<()>>,
    ) -> Result<()> {
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
        watch: &RefCell<impl FnMut(Event<'_>) -> ControlFlow<()>>,
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
