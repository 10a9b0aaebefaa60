//! Plugs in a summariser of one's own: the first sentences, hard to beat for news.
//!
//! ```sh
//! cargo run --release --example own_summarizer -- examples/articles/news.txt
//! ```

use std::sync::Arc;

use khulasa::render::{OutputFormat, RenderOptions, render};
use khulasa::{
    Article, Khulasa, Limits, Method, Observer, ReadOptions, Result, SentenceId, Summarizer,
    SummarySentence, Translation,
};

struct Lead;

impl Summarizer for Lead {
    fn method(&self) -> Method {
        Method::Extractive
    }

    /// Chosen on the Arabic side, so that only these sentences wait to be translated first.
    fn sources(&self, article: &Article, limits: &Limits) -> Vec<SentenceId> {
        let paragraphs = article.paragraphs.iter().enumerate();
        let prose = paragraphs.filter(|(_, paragraph)| paragraph.kind.is_prose());
        let sentences = prose.flat_map(|(p, x)| (0..x.sentences.len()).map(move |s| (p, s).into()));
        sentences.take(limits.sentences).collect()
    }

    fn summarize(
        &self,
        article: &Article,
        translation: &Translation,
        limits: &Limits,
        _: &mut Observer<'_>,
    ) -> Result<Vec<SummarySentence>> {
        let sentence = |id| {
            let translated = translation.sentence(id)?;
            Some(SummarySentence {
                text: translated.target.clone()?,
                sources: vec![id],
                flags: translated.flags.clone(),
            })
        };
        let sources = self.sources(article, limits).into_iter();
        Ok(sources.filter_map(sentence).collect())
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("which article?")?;
    let article = Article::read(path, &ReadOptions::default())?;
    let khulasa = Khulasa::builder().summarizer(Arc::new(Lead)).build()?;
    let digest = khulasa.summarize(&article)?;
    let options = RenderOptions::default();
    render(&digest, OutputFormat::Text, &options, std::io::stdout())?;
    Ok(())
}
