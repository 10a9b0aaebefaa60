//! The order of work: which sentences are translated when, and how they become a digest.

mod work;

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::Instant;

use crate::{
    Article, Digest, Error, Event, Glossary, Kind, Limits, Observer, Repairs, Result,
    SCHEMA_VERSION, SentenceId, Summarizer, Summary, Timings, Translation, Translator,
};

use crate::Extractive;
use crate::summary::shorten;
use work::Work;

/// Whoever watches the work, shared between those who work.
type Watch<'a> = RefCell<dyn FnMut(Event<'_>) -> ControlFlow<()> + 'a>;

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

/// Who works, and how.
#[derive(Clone, Copy)]
pub(crate) struct Setup<'a> {
    pub(crate) translator: &'a dyn Translator,
    pub(crate) summarizer: &'a dyn Summarizer,
    pub(crate) limits: &'a Limits,
    pub(crate) glossary: &'a Glossary,
    /// Whether translations are repaired.
    pub(crate) repair: bool,
    /// Whether names are spelled one way throughout, as a part of the repairs.
    pub(crate) names: bool,
}

/// Works an article through.
pub(crate) fn run(
    setup: &Setup<'_>,
    article: &Article,
    scope: Scope,
    observer: &mut Observer<'_>,
) -> Result<Digest> {
    let Setup {
        translator,
        summarizer,
        limits,
        ..
    } = *setup;
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

    let strong = strong(article);
    let groups = groups(article, &sources, strong, scope);
    emit(
        &watch,
        Event::Planned {
            sentences: groups.iter().map(Vec::len).sum(),
        },
    )?;
    let mut work = Work::new(article, setup);
    let mut summary = None;
    let mut headline: Option<Option<String>> = None;
    for (i, group) in groups.iter().enumerate() {
        let started = Instant::now();
        work.translate(group, &watch)?;
        translate_seconds += started.elapsed().as_secs_f64();
        let last = i + 1 == groups.len();
        let made = strong.and_then(|id| headline_of(&work.translation, id));
        if headline.is_none() && !has_title(article) && (last || made.is_some()) {
            emit(&watch, Event::Headline(made.as_deref()))?;
            headline = Some(made);
        }
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

    let terms = work.terms();
    let repairs = (work.repairs != Repairs::default()).then_some(work.repairs);
    let names = work.names.changed();
    timings.repair_seconds = work.repair_seconds;
    let mut translation = work.translation;
    let made = headline.flatten();
    let title_made = made.is_some();
    let title = title(&translation).or(made);
    if scope == Scope::Summary {
        translation = Translation::default();
    }
    timings.translate_seconds = translate_seconds;
    timings.summarize_seconds = summarize_seconds;
    Ok(Digest {
        schema: SCHEMA_VERSION,
        id: article.id.clone(),
        encoding: article.encoding.to_owned(),
        title,
        title_made,
        summary,
        translation,
        terms,
        names,
        repairs,
        model: translator.info().clone(),
        timings: Some(timings),
    })
}

/// Tells the observer, and stops the work if it says so.
fn emit(watch: &Watch<'_>, event: Event<'_>) -> Result<()> {
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

fn has_title(article: &Article) -> bool {
    article.paragraphs.iter().any(|p| p.kind == Kind::Title)
}

/// The sentence that a headline is made of, if the article has no title.
fn strong(article: &Article) -> Option<SentenceId> {
    let one = Limits {
        sentences: 1,
        words: None,
    };
    match has_title(article) {
        true => None,
        false => Extractive.sources(article, &one).first().copied(),
    }
}

/// The most words of a headline that is made.
const HEADLINE: usize = 20;

/// A headline from a sentence's translation, if it has one.
fn headline_of(translation: &Translation, id: SentenceId) -> Option<String> {
    let text = translation.sentence(id)?.target.as_deref()?;
    let (text, is_whole) = shorten(text, HEADLINE);
    let text = text.trim_end_matches('.').trim();
    let end = if is_whole { "" } else { "…" };
    (!text.is_empty()).then(|| format!("{text}{end}"))
}

/// The sentences to translate, in the groups in which they are translated; at least one group.
fn groups(
    article: &Article,
    sources: &[SentenceId],
    strong: Option<SentenceId>,
    scope: Scope,
) -> Vec<Vec<SentenceId>> {
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
        .chain(strong)
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
