//! How good translations and summaries are, measured as everybody measures it.
//!
//! ```
//! use khulasa_eval::{Bleu, Metric};
//!
//! let hypotheses = ["The station opened on Tuesday.", "It cost 40 million dollars."];
//! let references = [vec!["The plant opened on Tuesday.", "It cost 40 million dollars."]];
//! let bleu = Bleu::default();
//! assert_eq!(format!("{:.2}", bleu.corpus(&hypotheses, &references)?), "77.82");
//! # Ok::<(), khulasa_eval::Error>(())
//! ```
//!
//! [`Bleu`], [`Chrf`] and [`Ter`] give what sacrebleu gives, [`Rouge`] what rouge-score gives, for
//! the same options; the tests compare them. Every [`Metric`] sums statistics of segments, so
//! that [`Resampling`] can say how far a score, or the difference of two, may be chance.
//! A [`System`] is what one system made of a test set, written and read as TSV, and [`report`]
//! a page that compares several.

#![forbid(unsafe_code)]

#[cfg(test)]
mod agreement;
mod bleu;
mod bootstrap;
mod chrf;
mod error;
mod ngrams;
mod porter;
mod report;
mod rouge;
mod system;
mod ter;
mod text;
mod tokenize;

pub use bleu::{Bleu, Smoothing};
pub use bootstrap::{Comparison, Estimate, Resampling};
pub use chrf::Chrf;
pub use error::Error;
pub use report::report;
pub use rouge::{Overlap, Rouge, RougeKind};
pub use system::{Score, Segment, System, lines, translation_metrics};
pub use ter::Ter;
pub use tokenize::Tokenize;

/// The result of this crate's fallible operations.
pub type Result<T> = std::result::Result<T, Error>;

/// What stands in signatures where sacrebleu names its version.
const VERSION: &str = concat!("khulasa-", env!("CARGO_PKG_VERSION"));

/// A measure of hypotheses against references.
///
/// A segment's statistics are a few numbers, always as many for one metric; a corpus's are the
/// sums of its segments', and a score is a function of those.
pub trait Metric {
    /// What it is called: `BLEU`, `chrF2++`.
    fn name(&self) -> String;

    /// The options that a score depends on, in the form of sacrebleu's signatures without the
    /// number of references, which stands in front, and the version, which ends them.
    fn options(&self) -> String;

    /// Whether more is better.
    fn higher_is_better(&self) -> bool {
        true
    }

    /// The statistics of a segment. Without a reference it is compared with an empty one.
    fn statistics(&self, hypothesis: &str, references: &[&str]) -> Vec<f64>;

    /// The score of summed statistics, in percent.
    fn score(&self, statistics: &[f64]) -> f64;

    /// What others need to know to get the same score: `nrefs:1|case:mixed|…|version:khulasa-0.1.0`.
    fn signature(&self, references: usize) -> String {
        format!("nrefs:{references}|{}|version:{VERSION}", self.options())
    }

    /// The score of one segment.
    fn sentence(&self, hypothesis: &str, references: &[&str]) -> f64 {
        self.score(&self.statistics(hypothesis, references))
    }

    /// The statistics of every segment. Each of the references is a whole test set, with as many
    /// segments as there are hypotheses.
    ///
    /// # Errors
    /// [`Error::NoReference`], [`Error::LineCount`].
    fn segments(&self, hypotheses: &[&str], references: &[Vec<&str>]) -> Result<Vec<Vec<f64>>> {
        if references.is_empty() {
            return Err(Error::NoReference);
        }
        for (i, reference) in references.iter().enumerate() {
            if reference.len() != hypotheses.len() {
                return Err(Error::LineCount {
                    reference: i + 1,
                    lines: reference.len(),
                    hypotheses: hypotheses.len(),
                });
            }
        }
        let mut rows = Vec::with_capacity(hypotheses.len());
        for (i, hypothesis) in hypotheses.iter().enumerate() {
            let references: Vec<&str> = references.iter().map(|lines| lines[i]).collect();
            rows.push(self.statistics(hypothesis, &references));
        }
        Ok(rows)
    }

    /// The score of a whole test set; 0 for one without segments.
    ///
    /// # Errors
    /// As [`segments`](Self::segments).
    fn corpus(&self, hypotheses: &[&str], references: &[Vec<&str>]) -> Result<f64> {
        Ok(self.total(&self.segments(hypotheses, references)?))
    }

    /// The score of some segments' statistics; 0 without segments.
    fn total(&self, segments: &[Vec<f64>]) -> f64 {
        match segments {
            [] => 0.0,
            segments => self.score(&sum(segments.iter())),
        }
    }
}

/// The sum of some rows of statistics.
fn sum<'a>(mut rows: impl Iterator<Item = &'a Vec<f64>>) -> Vec<f64> {
    let mut total = rows.next().cloned().unwrap_or_default();
    for row in rows {
        for (sum, value) in total.iter_mut().zip(row) {
            *sum += value;
        }
    }
    total
}

/// The references of a segment; an empty one where there is none.
fn some_reference<'a>(references: &'a [&'a str]) -> &'a [&'a str] {
    match references {
        [] => &[""],
        references => references,
    }
}
