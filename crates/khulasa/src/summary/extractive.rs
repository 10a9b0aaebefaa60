//! Summaries of chosen sentences.

use crate::{
    Article, Limits, Method, Observer, Result, SentenceId, Summarizer, SummarySentence, Translation,
};

/// Chooses sentences of the article and gives them in translation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extractive;

impl Summarizer for Extractive {
    fn method(&self) -> Method {
        Method::Extractive
    }

    fn sources(&self, article: &Article, limits: &Limits) -> Vec<SentenceId> {
        let prose = article
            .paragraphs
            .iter()
            .enumerate()
            .filter(|(_, p)| p.kind.is_prose());
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
        _observer: &mut Observer<'_>,
    ) -> Result<Vec<SummarySentence>> {
        let mut sentences = Vec::new();
        for id in self.sources(article, limits) {
            let sentence = &translation.paragraphs[id.paragraph].sentences[id.sentence];
            if let Some(target) = &sentence.target {
                sentences.push(SummarySentence {
                    text: target.clone(),
                    sources: vec![id],
                    flags: sentence.flags.clone(),
                });
            }
        }
        Ok(sentences)
    }
}
