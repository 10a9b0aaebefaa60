//! Summaries of articles against those that people wrote.

use std::ops::ControlFlow;

use khulasa::{
    Abstractive, Article, Extractive, Limits, SentenceId, Summarizer, SummarySentence, Translation,
};
use khulasa_eval::{Estimate, Metric, Resampling, Rouge, RougeKind, Segment, System};

use crate::stop::{self, Stop};

use super::files::Parallel;
use super::{Worker, segment};

/// How good the summaries of some articles are.
#[derive(Debug)]
pub struct Summaries {
    /// How many articles have a summary to compare with.
    pub articles: usize,
    /// The metrics' signatures.
    pub signatures: Vec<(String, String)>,
    /// The ways of summarising.
    pub methods: Vec<Measured>,
}

/// How good one way of summarising is.
#[derive(Debug)]
pub struct Measured {
    /// What it is called.
    pub name: &'static str,
    /// Words in a summary, on average.
    pub words: f64,
    /// How many summary sentences have a flag, and of how many.
    pub flagged: (usize, usize),
    /// A score for each metric, and how likely its distance from lead-3's is chance.
    pub scores: Vec<(Estimate, Option<f64>)>,
}

/// The metrics of summaries.
fn metrics() -> [Rouge; 3] {
    [
        RougeKind::Ngrams(1),
        RougeKind::Ngrams(2),
        RougeKind::Sequence,
    ]
    .map(|kind| Rouge { kind, stem: true })
}

/// Translates articles sentence by sentence and sums them up in every way there is: by their first
/// sentences, by chosen ones, and in the model's words if it can.
pub fn measure(
    worker: &mut Worker,
    articles: &[Parallel],
    resampling: &Resampling,
) -> Result<(System, Summaries), Stop> {
    let mut methods: Vec<(&'static str, Box<dyn Summarizer>)> = vec![
        ("lead-3", Box::new(Lead)),
        ("extractive", Box::new(Extractive)),
    ];
    if worker.model.can_summarize() {
        let writer = Abstractive::new(worker.model.clone());
        methods.push(("abstractive", Box::new(writer)));
    }
    let mut segments: Vec<Segment> = Vec::new();
    let mut references: Vec<&str> = Vec::new();
    let mut made: Vec<Vec<Vec<SummarySentence>>> = vec![Vec::new(); methods.len()];
    for parallel in articles {
        let title = parallel.title.as_ref().map(|(arabic, _)| arabic.as_str());
        let source: Vec<&str> = parallel
            .sentences
            .iter()
            .map(|(arabic, _)| arabic.as_str())
            .collect();
        let article = Article::from_sentences(&parallel.id, title, &source);
        let translation = worker.translate(&article)?;
        let pairs = parallel.title.iter().chain(&parallel.sentences);
        let sentences = translation.paragraphs.iter().flat_map(|p| &p.sentences);
        segments.extend(
            pairs.zip(sentences).map(|((arabic, english), sentence)| {
                segment(arabic, vec![english.clone()], sentence)
            }),
        );
        let Some(summary) = &parallel.summary else {
            continue;
        };
        references.push(summary);
        for ((_, method), made) in methods.iter().zip(&mut made) {
            made.push(summarize(&**method, &article, &translation)?);
        }
    }
    let names = methods.iter().map(|(name, _)| *name);
    let methods = score(names.zip(&made), &references, resampling);
    let signature = |rouge: &Rouge| (rouge.name(), resampling.signature(rouge, 1));
    let system = System {
        name: worker.run.model.name.clone(),
        segments,
    };
    Ok((
        system,
        Summaries {
            articles: references.len(),
            signatures: metrics().iter().map(signature).collect(),
            methods: methods.map_err(|error| Stop::Unusable(error.to_string()))?,
        },
    ))
}

fn summarize(
    method: &dyn Summarizer,
    article: &Article,
    translation: &Translation,
) -> Result<Vec<SummarySentence>, Stop> {
    let mut observer = |_: khulasa::Event<'_>| match stop::interrupted() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    match method.summarize(article, translation, &Limits::default(), &mut observer) {
        Err(khulasa::Error::Cancelled) => Err(Stop::Interrupted),
        summary => Ok(summary?),
    }
}

/// Scores the summaries of each method; the first method is what the others are compared with.
fn score<'a>(
    methods: impl Iterator<Item = (&'static str, &'a Vec<Vec<SummarySentence>>)>,
    references: &[&str],
    resampling: &Resampling,
) -> khulasa_eval::Result<Vec<Measured>> {
    let references = [references.to_vec()];
    let mut baseline: Option<Vec<Vec<Vec<f64>>>> = None;
    let mut measured = Vec::new();
    for (name, made) in methods {
        let sentences = made.iter().flatten();
        let texts: Vec<String> = made
            .iter()
            .map(|summary| {
                let texts: Vec<&str> = summary.iter().map(|s| s.text.as_str()).collect();
                texts.join(" ")
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let words: usize = texts
            .iter()
            .map(|text| text.split_whitespace().count())
            .sum();
        let statistics = metrics().map(|rouge| rouge.segments(&texts, &references));
        let statistics = statistics.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut scores = Vec::new();
        for (i, rouge) in metrics().iter().enumerate() {
            scores.push(match &baseline {
                None => (resampling.estimate(rouge, &statistics[i]), None),
                Some(lead) => {
                    let compared = resampling.compare(rouge, &lead[i], &statistics[i])?;
                    (compared.system, Some(compared.p_value))
                }
            });
        }
        baseline.get_or_insert(statistics);
        measured.push(Measured {
            name,
            words: words as f64 / texts.len().max(1) as f64,
            flagged: (
                sentences.clone().filter(|s| !s.flags.is_empty()).count(),
                sentences.count(),
            ),
            scores,
        });
    }
    Ok(measured)
}

/// The article's first sentences: what every other way of summarising news has to beat.
struct Lead;

impl Summarizer for Lead {
    fn method(&self) -> khulasa::Method {
        khulasa::Method::Extractive
    }

    fn sources(&self, article: &Article, limits: &Limits) -> Vec<SentenceId> {
        let paragraphs = article.paragraphs.iter().enumerate();
        let prose = paragraphs.filter(|(_, p)| p.kind.is_prose());
        let ids = prose.flat_map(|(paragraph, p)| {
            (0..p.sentences.len()).map(move |sentence| SentenceId {
                paragraph,
                sentence,
            })
        });
        ids.take(limits.sentences).collect()
    }

    fn summarize(
        &self,
        article: &Article,
        translation: &Translation,
        limits: &Limits,
        _observer: &mut khulasa::Observer<'_>,
    ) -> khulasa::Result<Vec<SummarySentence>> {
        let sources = self.sources(article, limits).into_iter();
        let sentence = |id| {
            let sentence = translation.sentence(id)?;
            Some(SummarySentence {
                text: sentence.target.clone()?,
                sources: vec![id],
                flags: sentence.flags.clone(),
            })
        };
        Ok(sources.filter_map(sentence).collect())
    }
}
