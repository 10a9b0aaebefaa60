//! A page that compares systems, in one file that needs nothing else.

mod plot;

use std::fmt::{self, Display, Formatter, Write};

use crate::{Chrf, Comparison, Error, Resampling, Result, Score, Segment, System, text};

/// How many sentences a list shows.
const SHOWN: usize = 10;

/// Sentences that a plot of lengths shows; of more, every so-manieth.
const DOTS: usize = 2000;

/// The upper ends of the classes of lengths (words).
const LENGTHS: [usize; 6] = [5, 10, 20, 30, 40, usize::MAX];

/// Makes the page: scores with intervals, flags, sentence scores, lengths, and the sentences that
/// came out worst. The first system is what the others are compared with.
///
/// # Errors
/// [`Error::NoReference`]; [`Error::Unpaired`] and [`Error::OtherTestSet`] if the systems did not
/// translate the same.
pub fn report(systems: &[System], resampling: &Resampling) -> Result<String> {
    let Some((baseline, others)) = systems.split_first() else {
        return Err(Error::NoReference);
    };
    let scores = systems.iter().map(|system| system.scores(resampling));
    let scores = scores.collect::<Result<Vec<_>>>()?;
    let comparisons = others
        .iter()
        .map(|system| system.compare(baseline, resampling));
    let comparisons = comparisons.collect::<Result<Vec<_>>>()?;
    let chrf = Chrf::default();
    let sentences: Vec<Vec<f64>> = systems
        .iter()
        .map(|system| system.segments.iter().map(|s| s.score(&chrf)).collect())
        .collect();

    let mut page = Page::default();
    page.head(systems);
    page.scores(systems, &scores, &comparisons, resampling);
    page.flags(systems);
    page.plots(systems, &sentences);
    for (i, other) in others.iter().enumerate() {
        page.differences(
            [(0, baseline), (i + 1, other)],
            [&sentences[0], &sentences[i + 1]],
        );
    }
    for (i, system) in systems.iter().enumerate() {
        page.worst(i, system, &sentences[i]);
    }
    page.foot(&scores[0]);
    Ok(page.0)
}

/// Text as it may stand in HTML, without what turns its direction.
struct Html<'a>(&'a str);

impl Display for Html<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\u{200e}' | '\u{200f}' | '\u{061c}' => {}
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
                c if c.is_control() && !c.is_whitespace() => {}
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// The page as far as it is written.
#[derive(Default)]
struct Page(String);

impl Page {
    fn add(&mut self, part: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(part);
        self.0.push('\n');
    }

    fn head(&mut self, systems: &[System]) {
        let names: Vec<&str> = systems.iter().map(|system| system.name.as_str()).collect();
        let names = names.join(" · ");
        let css = include_str!("page.css");
        self.add(format_args!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>Evaluation: {}</title>\n<style>\n{css}</style>\n</head>\n<body>\n\
             <header><h1>{}</h1>",
            Html(&names),
            Html(&names)
        ));
        let words = |texts: Vec<&str>| -> usize {
            texts.iter().map(|line| text::words(line).count()).sum()
        };
        let references = systems[0].references();
        let count = references.len();
        self.add(format_args!(
            "<p class=\"quiet\">{} sentences, {} words of reference, {count} reference{}</p></header>",
            systems[0].segments.len(),
            words(references.concat()) / count.max(1),
            if count == 1 { "" } else { "s" }
        ));
    }

    fn scores(
        &mut self,
        systems: &[System],
        scores: &[Vec<Score>],
        comparisons: &[Vec<Comparison>],
        resampling: &Resampling,
    ) {
        self.add(format_args!(
            "<h2>Scores</h2>\n<div class=\"wide\"><table><thead><tr><th>System</th>"
        ));
        for score in &scores[0] {
            let arrow = if score.higher_is_better { "↑" } else { "↓" };
            self.add(format_args!("<th>{} {arrow}</th>", Html(&score.metric)));
        }
        self.add(format_args!("</tr></thead><tbody>"));
        for (i, system) in systems.iter().enumerate() {
            self.add(format_args!("<tr><th>{}</th>", Key(i, &system.name)));
            for (k, score) in scores[i].iter().enumerate() {
                let all = scores.iter().map(|scores| scores[k].estimate);
                let scale = all.fold((f64::MAX, f64::MIN), |(low, high), estimate| {
                    (low.min(estimate.low), high.max(estimate.high))
                });
                let e = score.estimate;
                let plot = plot::interval(i, e.low, e.score, e.high, scale);
                self.add(format_args!(
                    "<td><b>{:.2}</b><small>{:.2} to {:.2}</small>{plot}",
                    e.score, e.low, e.high
                ));
                if let Some(comparison) = i.checked_sub(1).map(|i| comparisons[i][k]) {
                    let d = comparison.difference;
                    self.add(format_args!(
                        "<small>{:+.2} ({:+.2} to {:+.2})<br>p = {:.3}</small>",
                        d.score, d.low, d.high, comparison.p_value
                    ));
                }
                self.add(format_args!("</td>"));
            }
            self.add(format_args!("</tr>"));
        }
        self.add(format_args!("</tbody></table></div>"));
        let samples = resampling.samples;
        let compared = match comparisons.is_empty() {
            true => String::new(),
            false => format!(
                " Signed figures are differences from {}; p is how often chance alone would make as \
                 large a difference (paired bootstrap).",
                Html(&systems[0].name)
            ),
        };
        self.add(format_args!(
            "<p class=\"quiet\">The lines show where 95 % of {samples} resampled test sets \
             lie.{compared}</p>"
        ));
    }

    fn flags(&mut self, systems: &[System]) {
        let counts: Vec<_> = systems.iter().map(System::flags).collect();
        let mut kinds: Vec<&str> = counts
            .iter()
            .flat_map(|counts| counts.keys().copied())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() {
            return;
        }
        self.add(format_args!(
            "<h2>Flags</h2>\n<p>Sentences in which the checks found something.</p>\n\
             <div class=\"wide\"><table><thead><tr><th>System</th><th>any</th>"
        ));
        for kind in &kinds {
            self.add(format_args!("<th>{}</th>", Html(&kind.replace('_', " "))));
        }
        self.add(format_args!("</tr></thead><tbody>"));
        for (i, (system, counts)) in systems.iter().zip(&counts).enumerate() {
            let all = system.segments.len().max(1) as f64;
            let flagged = system.flagged();
            let share = 100.0 * flagged as f64 / all;
            self.add(format_args!(
                "<tr><th>{}</th><td>{flagged} <small>{share:.1} %</small></td>",
                Key(i, &system.name)
            ));
            for kind in &kinds {
                let count = counts.get(kind).copied().unwrap_or(0);
                self.add(format_args!("<td>{count}</td>"));
            }
            self.add(format_args!("</tr>"));
        }
        self.add(format_args!("</tbody></table></div>"));
    }

    fn plots(&mut self, systems: &[System], sentences: &[Vec<f64>]) {
        let classes: Vec<_> = sentences
            .iter()
            .map(|scores| plot::classes(scores))
            .collect();
        let most = classes.iter().flatten().copied().max().unwrap_or(0);
        self.add(format_args!(
            "<h2>Scores of sentences</h2>\n<div class=\"plots\">"
        ));
        for (i, system) in systems.iter().enumerate() {
            let plot = plot::histogram(i, &classes[i], most);
            self.figure(&plot, i, &system.name);
        }
        self.add(format_args!(
            "</div>\n<h2>Lengths</h2>\n<div class=\"plots\">"
        ));
        let pairs: Vec<Vec<(usize, usize)>> = systems.iter().map(lengths).collect();
        let mut from = 0;
        let labels = LENGTHS.map(|to| {
            let label = match to {
                usize::MAX => format!("{}+", from + 1),
                to => format!("{}–{to}", from + 1),
            };
            from = to;
            label
        });
        let means: Vec<_> = pairs
            .iter()
            .zip(sentences)
            .map(|(p, s)| means(p, s))
            .collect();
        let plot = plot::lines(&labels, &means);
        self.add(format_args!(
            "<figure>{plot}<figcaption>Mean chrF by length: "
        ));
        for (i, system) in systems.iter().enumerate() {
            self.add(format_args!("{} ", Key(i, &system.name)));
        }
        self.add(format_args!("</figcaption></figure>"));
        let most = pairs
            .iter()
            .flatten()
            .map(|&(a, b)| a.max(b))
            .max()
            .unwrap_or(0);
        for (i, system) in systems.iter().enumerate() {
            let step = pairs[i].len().div_ceil(DOTS).max(1);
            let dots: Vec<_> = pairs[i].iter().copied().step_by(step).collect();
            self.figure(&plot::lengths(i, &dots, most), i, &system.name);
        }
        self.add(format_args!("</div>"));
    }

    fn figure(&mut self, plot: &str, system: usize, name: &str) {
        let caption = Key(system, name);
        self.add(format_args!(
            "<figure>{plot}<figcaption>{caption}</figcaption></figure>"
        ));
    }

    /// The sentences in which one of two systems is ahead of the other.
    fn differences(&mut self, systems: [(usize, &System); 2], scores: [&[f64]; 2]) {
        let mut order: Vec<usize> = (0..scores[0].len()).collect();
        order.sort_by(|&a, &b| {
            let gain = |i: usize| scores[1][i] - scores[0][i];
            gain(b).total_cmp(&gain(a))
        });
        let better: Vec<usize> = order.iter().copied().take(SHOWN).collect();
        let worse: Vec<usize> = order.iter().rev().copied().take(SHOWN).collect();
        let ranges = [(1, 0, better), (0, 1, worse)];
        for (winner, loser, segments) in ranges {
            self.add(format_args!(
                "<h2>Where {} is ahead of {}</h2>",
                Html(&systems[winner].1.name),
                Html(&systems[loser].1.name)
            ));
            for i in segments {
                if scores[winner][i] > scores[loser][i] {
                    let of = |k: usize| (systems[k].0, systems[k].1, scores[k][i]);
                    self.segment(i, &[of(winner), of(loser)]);
                }
            }
        }
    }

    fn worst(&mut self, index: usize, system: &System, scores: &[f64]) {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        self.add(format_args!("<h2>The worst of {}</h2>", Html(&system.name)));
        for i in order.into_iter().take(SHOWN) {
            self.segment(i, &[(index, system, scores[i])]);
        }
    }

    /// A sentence with what some systems made of it.
    fn segment(&mut self, i: usize, systems: &[(usize, &System, f64)]) {
        let Some(segment) = systems.first().and_then(|(_, s, _)| s.segments.get(i)) else {
            return;
        };
        self.add(format_args!(
            "<article class=\"segment\"><span class=\"role\">{}</span>",
            i + 1
        ));
        if !segment.source.is_empty() {
            self.add(format_args!(
                "<p lang=\"ar\" dir=\"rtl\">{}</p>",
                Html(&segment.source)
            ));
        }
        for reference in &segment.references {
            self.add(format_args!(
                "<p dir=\"auto\"><span class=\"role\">reference</span>{}</p>",
                Html(reference)
            ));
        }
        for (index, system, score) in systems {
            let Some(segment) = system.segments.get(i) else {
                continue;
            };
            self.add(format_args!(
                "<p dir=\"auto\"><span class=\"role\">{} · chrF {score:.1}{}</span>{}</p>",
                Key(*index, &system.name),
                Flags(segment),
                Html(&segment.hypothesis)
            ));
        }
        self.add(format_args!("</article>"));
    }

    fn foot(&mut self, scores: &[Score]) {
        self.add(format_args!("<footer><h2>Signatures</h2>"));
        for score in scores {
            self.add(format_args!(
                "<p><code>{}|{}</code></p>",
                Html(&score.metric),
                Html(&score.signature)
            ));
        }
        self.add(format_args!("</footer>\n</body>\n</html>"));
    }
}

/// A system's name beside its colour.
struct Key<'a>(usize, &'a str);

impl Display for Key<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let colour = plot::colour(self.0);
        write!(
            f,
            "<span class=\"key\" style=\"{colour}\">{}</span>",
            Html(self.1)
        )
    }
}

/// A segment's flags behind its score.
struct Flags<'a>(&'a Segment);

impl Display for Flags<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for flag in &self.0.flags {
            let flag = flag.replace('_', " ");
            write!(f, " · <span class=\"flag\">{}</span>", Html(&flag))?;
        }
        Ok(())
    }
}

/// The words of each segment's first reference, and of its translation.
fn lengths(system: &System) -> Vec<(usize, usize)> {
    let count = |line: &str| text::words(line).count();
    let pair = |segment: &Segment| {
        let reference = segment.references.first();
        (
            reference.map_or(0, |line| count(line)),
            count(&segment.hypothesis),
        )
    };
    system.segments.iter().map(pair).collect()
}

/// The mean score of each class of lengths.
fn means(lengths: &[(usize, usize)], scores: &[f64]) -> Vec<Option<f64>> {
    let mut sums = [(0.0, 0.0); LENGTHS.len()];
    for (&(reference, _), score) in lengths.iter().zip(scores) {
        if let Some(class) = LENGTHS.iter().position(|&to| reference <= to) {
            sums[class].0 += score;
            sums[class].1 += 1.0;
        }
    }
    sums.iter()
        .map(|&(sum, count)| (count > 0.0).then(|| sum / count))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(name: &str, lines: &[&str]) -> System {
        let segment = |(i, line): (usize, &&str)| Segment {
            source: format!("سطر <{i}>"),
            references: vec![format!("The line {i} & more")],
            hypothesis: (*line).to_owned(),
            flags: if line.is_empty() {
                vec!["number_missing".to_owned()]
            } else {
                vec![]
            },
            ..Segment::default()
        };
        System {
            name: name.to_owned(),
            segments: lines.iter().enumerate().map(segment).collect(),
        }
    }

    #[test]
    fn a_page_of_two_systems() {
        let a = system("<a>", &["The line 0 & more", ""]);
        let b = system("b", &["The row", "The line 1 & more"]);
        let page = report(&[a.clone(), b], &Resampling::default()).unwrap();
        for part in [
            "<title>Evaluation: &lt;a&gt; · b</title>",
            "<p lang=\"ar\" dir=\"rtl\">سطر &lt;1&gt;</p>",
            "number missing",
            "Where b is ahead of &lt;a&gt;",
            "The worst of b",
            "p = ",
            "BLEU|nrefs:1|bs:1000|seed:12345|",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("<a>") && !page.contains("src=") && !page.contains("NaN"));
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
        assert_eq!(
            page,
            report(
                &[a, system("b", &["The row", "The line 1 & more"])],
                &Resampling::default()
            )
            .unwrap()
        );
    }

    #[test]
    fn empty_and_different_test_sets() {
        let a = system("a", &["x", "y"]);
        assert!(report(&[a.clone(), system("b", &["x"])], &Resampling::default()).is_err());
        assert!(report(&[], &Resampling::default()).is_err());
        assert!(report(&[system("a", &[])], &Resampling::default()).is_err());
    }
}
