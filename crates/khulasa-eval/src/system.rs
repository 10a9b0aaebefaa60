//! What a system made of a test set, and the table that keeps it.

use std::collections::BTreeMap;

use crate::{Bleu, Chrf, Comparison, Error, Estimate, Metric, Resampling, Result, Ter};

/// A segment of a test set and its translation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Segment {
    /// The text that was translated; empty where nobody has said.
    pub source: String,
    /// What it should have become; as many for every segment of a test set.
    pub references: Vec<String>,
    /// What it became.
    pub hypothesis: String,
    /// The mean log-probability of a token, if it is known (natural logarithm).
    pub log_probability: Option<f32>,
    /// What checks found, by name.
    pub flags: Vec<String>,
}

impl Segment {
    /// Its score by a metric.
    pub fn score(&self, metric: &dyn Metric) -> f64 {
        let references: Vec<&str> = self.references.iter().map(String::as_str).collect();
        metric.sentence(&self.hypothesis, &references)
    }
}

/// A system's translation of a test set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct System {
    /// What it is called.
    pub name: String,
    /// The test set, segment by segment.
    pub segments: Vec<Segment>,
}

/// A metric's score of a system.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The metric.
    pub metric: String,
    /// How to get the same score.
    pub signature: String,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// The score, and how sure it is.
    pub estimate: Estimate,
}

/// What translations are measured with: BLEU, chrF, chrF++ and TER with their usual options.
pub fn translation_metrics() -> [Box<dyn Metric>; 4] {
    [
        Box::new(Bleu::default()),
        Box::new(Chrf::default()),
        Box::new(Chrf::plus_plus()),
        Box::new(Ter::default()),
    ]
}

impl System {
    /// Its translations.
    pub fn hypotheses(&self) -> Vec<&str> {
        self.segments
            .iter()
            .map(|s| s.hypothesis.as_str())
            .collect()
    }

    /// Its references, one whole test set after the other.
    pub fn references(&self) -> Vec<Vec<&str>> {
        let of = |i: usize| move |s: &Segment| s.references.len() > i;
        let count = (0..).take_while(|&i| self.segments.iter().any(of(i)));
        let lines = |i| {
            let lines = self.segments.iter().map(|s| s.references.get(i));
            lines.map(|line| line.map_or("", String::as_str)).collect()
        };
        count.map(lines).collect()
    }

    /// A metric's statistics of every segment.
    ///
    /// # Errors
    /// [`Error::NoReference`].
    pub fn statistics(&self, metric: &dyn Metric) -> Result<Vec<Vec<f64>>> {
        metric.segments(&self.hypotheses(), &self.references())
    }

    /// Its scores by [`translation_metrics`].
    ///
    /// # Errors
    /// [`Error::NoReference`].
    pub fn scores(&self, resampling: &Resampling) -> Result<Vec<Score>> {
        let references = self.references().len();
        let metrics = translation_metrics().into_iter();
        let score = |metric: Box<dyn Metric>| {
            Ok(Score {
                metric: metric.name(),
                signature: resampling.signature(&*metric, references),
                higher_is_better: metric.higher_is_better(),
                estimate: resampling.estimate(&*metric, &self.statistics(&*metric)?),
            })
        };
        metrics.map(score).collect()
    }

    /// How it compares with a baseline by [`translation_metrics`].
    ///
    /// # Errors
    /// [`Error::Unpaired`] and [`Error::OtherTestSet`] if the baseline translated something else;
    /// [`Error::NoReference`].
    pub fn compare(&self, baseline: &Self, resampling: &Resampling) -> Result<Vec<Comparison>> {
        for (i, (ours, theirs)) in self.segments.iter().zip(&baseline.segments).enumerate() {
            let known = !ours.source.is_empty() && !theirs.source.is_empty();
            if ours.references != theirs.references || (known && ours.source != theirs.source) {
                return Err(Error::OtherTestSet {
                    first: baseline.name.clone(),
                    second: self.name.clone(),
                    segment: i + 1,
                });
            }
        }
        let metrics = translation_metrics().into_iter();
        let compare = |metric: Box<dyn Metric>| {
            let (baseline, system) = (baseline.statistics(&*metric)?, self.statistics(&*metric)?);
            resampling.compare(&*metric, &baseline, &system)
        };
        metrics.map(compare).collect()
    }

    /// How many segments have each flag, by its name.
    pub fn flags(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for segment in &self.segments {
            let mut flags: Vec<&str> = segment.flags.iter().map(String::as_str).collect();
            flags.sort_unstable();
            flags.dedup();
            for flag in flags {
                *counts.entry(flag).or_default() += 1;
            }
        }
        counts
    }

    /// How many segments have a flag.
    pub fn flagged(&self) -> usize {
        self.segments.iter().filter(|s| !s.flags.is_empty()).count()
    }

    /// The table, one segment a line: source, references, hypothesis, BLEU and chrF of the segment,
    /// log-probability, flags. Tabs, line feeds and backslashes within a cell are written `\t`,
    /// `\n` and `\\`.
    pub fn to_tsv(&self) -> String {
        let references = self.references().len();
        let mut header = vec!["source"];
        header.extend(std::iter::repeat_n("reference", references));
        header.extend(AFTER);
        let mut tsv = header.join("\t") + "\n";
        let (bleu, chrf) = (Bleu::for_sentences(), Chrf::default());
        for segment in &self.segments {
            let mut cells = vec![escape(&segment.source)];
            let lines = (0..references).map(|i| segment.references.get(i));
            cells.extend(lines.map(|line| line.map_or(String::new(), |line| escape(line))));
            cells.push(escape(&segment.hypothesis));
            cells.push(format!("{:.2}", segment.score(&bleu)));
            cells.push(format!("{:.2}", segment.score(&chrf)));
            let log_probability = segment.log_probability;
            cells.push(log_probability.map_or(String::new(), |value| format!("{value:.4}")));
            cells.push(escape(&segment.flags.join(" ")));
            tsv.push_str(&cells.join("\t"));
            tsv.push('\n');
        }
        tsv
    }

    /// Whether a text is such a table.
    pub fn is_tsv(text: &str) -> bool {
        text.starts_with("source\t")
    }

    /// Reads the table back.
    ///
    /// # Errors
    /// [`Error::Table`], with the line.
    pub fn from_tsv(name: impl Into<String>, text: &str) -> Result<Self> {
        let wrong = |line: usize, reason: &str| Error::Table {
            line,
            reason: reason.to_owned(),
        };
        let mut lines = lines(text).enumerate();
        let header: Vec<&str> = lines
            .next()
            .map_or("", |(_, line)| line)
            .split('\t')
            .collect();
        let references = header.iter().filter(|&&cell| cell == "reference").count();
        let after = header.get(1 + references..);
        if header[0] != "source" || after != Some(&AFTER) {
            return Err(wrong(
                1,
                "the first line must name the columns as --tsv writes them",
            ));
        }
        let mut segments = Vec::new();
        for (i, line) in lines {
            let cells: Vec<String> = line.split('\t').map(unescape).collect();
            if cells.len() != header.len() {
                let reason = format!("{} columns instead of {}", cells.len(), header.len());
                return Err(wrong(i + 1, &reason));
            }
            let [hypothesis, _, _, log_probability, flags] = &cells[1 + references..] else {
                continue;
            };
            let log_probability = match log_probability.as_str() {
                "" => None,
                value => Some(
                    value
                        .parse()
                        .map_err(|_| wrong(i + 1, "the log-probability is no number"))?,
                ),
            };
            segments.push(Segment {
                source: cells[0].clone(),
                references: cells[1..=references].to_vec(),
                hypothesis: hypothesis.clone(),
                log_probability,
                flags: flags.split_whitespace().map(str::to_owned).collect(),
            });
        }
        Ok(Self {
            name: name.into(),
            segments,
        })
    }
}

/// The columns behind the references.
const AFTER: [&str; 5] = ["hypothesis", "bleu", "chrf", "log_probability", "flags"];

/// The lines of a text file: without their ends, and without a byte order mark.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    lines
        .take(if text.is_empty() { 0 } else { usize::MAX })
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
}

fn escape(cell: &str) -> String {
    cell.replace('\\', "\\\\")
        .replace('\t', "\\t")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
}

fn unescape(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut chars = cell.chars();
    while let Some(c) = chars.next() {
        let next = if c == '\\' {
            chars.clone().next()
        } else {
            None
        };
        let meant = match next {
            Some('t') => '\t',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('\\') => '\\',
            _ => {
                text.push(c);
                continue;
            }
        };
        text.push(meant);
        chars.next();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system() -> System {
        let segment = |source: &str, hypothesis: &str, flags: &[&str]| Segment {
            source: source.to_owned(),
            references: vec!["One line.".to_owned(), "A\tline\\n.".to_owned()],
            hypothesis: hypothesis.to_owned(),
            log_probability: Some(-0.5),
            flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
        };
        System {
            name: "a".to_owned(),
            segments: vec![
                segment("سطر", "One\r\nline.", &["empty", "repetition", "empty"]),
                segment("", "", &[]),
            ],
        }
    }

    #[test]
    fn tables_come_back() {
        let system = system();
        let tsv = system.to_tsv();
        assert!(tsv.starts_with("source\treference\treference\thypothesis\tbleu\t"));
        assert_eq!(tsv.lines().count(), 3);
        assert_eq!(System::from_tsv("a", &tsv).unwrap(), system);
        assert_eq!(
            System::from_tsv("a", &tsv.replace('\n', "\r\n")).unwrap(),
            system
        );
        assert_eq!(
            system.flags(),
            BTreeMap::from([("empty", 1), ("repetition", 1)])
        );
        assert_eq!(system.flagged(), 1);
    }

    #[test]
    fn broken_tables() {
        for (text, line) in [
            ("", 1),
            ("source\thypothesis\n", 1),
            (
                "source\treference\thypothesis\tbleu\tchrf\tlog_probability\tflags\na\tb\n",
                2,
            ),
            (
                "source\treference\thypothesis\tbleu\tchrf\tlog_probability\tflags\n\t\t\t\t\tx\t\n",
                2,
            ),
        ] {
            let error = System::from_tsv("a", text).unwrap_err();
            assert!(
                matches!(error, Error::Table { line: at, .. } if at == line),
                "{error}"
            );
        }
    }

    #[test]
    fn another_test_set_is_not_compared() {
        let (a, mut b) = (system(), system());
        assert_eq!(a.compare(&b, &Resampling::default()).unwrap().len(), 4);
        b.segments[1].references[0] = "Another line.".to_owned();
        let error = a.compare(&b, &Resampling::default()).unwrap_err();
        assert!(error.to_string().contains("segment 2"), "{error}");
    }

    #[test]
    fn lines_of_files() {
        let of = |text| lines(text).collect::<Vec<_>>();
        assert_eq!(of("\u{feff}a\r\n\nb"), ["a", "", "b"]);
        assert_eq!(of("a\n"), ["a"]);
        assert!(of("").is_empty());
        assert_eq!(of("\n"), [""]);
    }
}
