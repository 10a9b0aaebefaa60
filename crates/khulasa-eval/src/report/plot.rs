//! Plots as inline SVG; colours come from the page's style.

use std::fmt::Write;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 200.0;
/// Room for the labels of the axes.
const LEFT: f64 = 38.0;
const BOTTOM: f64 = 34.0;
const TOP: f64 = 10.0;
const RIGHT: f64 = 10.0;

/// How many colours the page's style has.
const COLOURS: usize = 6;

/// The style that gives a system its colour.
pub(super) fn colour(system: usize) -> String {
    format!("--colour: var(--s{})", system % COLOURS)
}

/// Two axes, from 0.
struct Frame {
    svg: String,
    most_x: f64,
    most_y: f64,
}

impl Frame {
    /// `name` is what a screen reader says; it holds no markup.
    fn new(name: &str, most_x: f64, most_y: f64) -> Self {
        let mut svg =
            format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name}\">");
        let (x, y) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let _ = write!(
            svg,
            "<path class=\"axis\" fill=\"none\" d=\"M{LEFT} {TOP}V{y}H{x}\"/>"
        );
        Self {
            svg,
            most_x: most_x.max(f64::MIN_POSITIVE),
            most_y: most_y.max(f64::MIN_POSITIVE),
        }
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + value / self.most_x * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - value / self.most_y * (HEIGHT - BOTTOM - TOP)
    }

    fn label_x(&mut self, value: f64, label: &str) {
        let (x, y) = (self.x(value), HEIGHT - BOTTOM + 14.0);
        let _ = write!(
            self.svg,
            "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{label}</text>"
        );
    }

    fn label_y(&mut self, value: f64) {
        let (x, y) = (LEFT - 6.0, self.y(value));
        let line = WIDTH - RIGHT;
        let _ = write!(
            self.svg,
            "<path class=\"axis\" d=\"M{LEFT} {y:.1}H{line}\" stroke-dasharray=\"2 3\"/>\
             <text x=\"{x}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
            y + 4.0
        );
    }

    fn finish(mut self, below: &str) -> String {
        let (x, y) = ((WIDTH + LEFT) / 2.0, HEIGHT - 4.0);
        let _ = write!(
            self.svg,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{below}</text></svg>"
        );
        self.svg
    }
}

/// Steps of an axis up to a value: 1, 2 or 5 times a power of ten, at most five of them.
fn ticks(most: f64) -> Vec<f64> {
    let power = 10f64.powf((most.max(1.0) / 5.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| (factor * power).max(1.0));
    let step = steps
        .into_iter()
        .find(|step| most / step <= 5.0)
        .unwrap_or(most);
    (1..)
        .map(|i| f64::from(i) * step)
        .take_while(|&tick| tick <= most)
        .collect()
}

/// Where a score lies among those of all systems by the same metric.
pub(super) fn interval(
    system: usize,
    low: f64,
    score: f64,
    high: f64,
    scale: (f64, f64),
) -> String {
    let room = (scale.1 - scale.0).max(f64::MIN_POSITIVE);
    let x = |value: f64| 6.0 + (value - scale.0) / room * 128.0;
    format!(
        "<svg width=\"140\" height=\"12\" viewBox=\"0 0 140 12\" aria-hidden=\"true\" style=\"{}\">\
         <path class=\"axis\" d=\"M2 6H138\"/><path class=\"way\" d=\"M{:.1} 6H{:.1}\"/>\
         <circle class=\"mark\" cx=\"{:.1}\" cy=\"6\" r=\"4\"/></svg>",
        colour(system),
        x(low),
        x(high),
        x(score)
    )
}

/// Sentences in each of twenty classes of scores from 0 to 100.
pub(super) fn classes(scores: &[f64]) -> [usize; 20] {
    let mut classes = [0; 20];
    for score in scores {
        classes[((score / 5.0) as usize).min(19)] += 1;
    }
    classes
}

/// How many sentences have which score.
pub(super) fn histogram(system: usize, classes: &[usize; 20], most: usize) -> String {
    let mut frame = Frame::new("How many sentences have which chrF", 100.0, most as f64);
    for tick in ticks(most as f64) {
        frame.label_y(tick);
    }
    let _ = write!(frame.svg, "<g style=\"{}\">", colour(system));
    for (i, &count) in classes.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (x, y) = (frame.x(i as f64 * 5.0), frame.y(count as f64));
        let (width, height) = (frame.x(5.0) - LEFT - 1.0, frame.y(0.0) - y);
        let (from, to) = (i * 5, i * 5 + 5);
        let _ = write!(
            frame.svg,
            "<rect class=\"mark\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\"><title>{from} to {to}: {count}</title></rect>"
        );
    }
    frame.svg += "</g>";
    for tick in [0, 25, 50, 75, 100] {
        frame.label_x(f64::from(tick), &tick.to_string());
    }
    frame.finish("chrF of a sentence")
}

/// The mean scores of some classes, for each system; `None` for a class without sentences.
pub(super) fn lines(labels: &[String], systems: &[Vec<Option<f64>>]) -> String {
    let values = systems.iter().flatten().flatten().copied();
    let most = (values.fold(0.0, f64::max) / 10.0).ceil() * 10.0;
    let mut frame = Frame::new(
        "Mean chrF by the length of the reference",
        labels.len() as f64,
        most,
    );
    for tick in ticks(most) {
        frame.label_y(tick);
    }
    for (i, label) in labels.iter().enumerate() {
        frame.label_x(i as f64 + 0.5, label);
    }
    for (system, means) in systems.iter().enumerate() {
        let points = means.iter().enumerate();
        let points =
            points.filter_map(|(i, mean)| Some((frame.x(i as f64 + 0.5), frame.y((*mean)?))));
        let points: Vec<(f64, f64)> = points.collect();
        let path: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1} {y:.1}"))
            .collect();
        let _ = write!(
            frame.svg,
            "<g style=\"{}\"><path class=\"way\" d=\"M{}\"/>",
            colour(system),
            path.join("L")
        );
        for (x, y) in points {
            let _ = write!(
                frame.svg,
                "<circle class=\"mark\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>"
            );
        }
        frame.svg += "</g>";
    }
    frame.finish("words of the reference")
}

/// The lengths of translations against those of their references.
pub(super) fn lengths(system: usize, pairs: &[(usize, usize)], most: usize) -> String {
    let most = most as f64 * 1.02;
    let mut frame = Frame::new(
        "Words of the translation by words of the reference",
        most,
        most,
    );
    for tick in ticks(most) {
        frame.label_y(tick);
        frame.label_x(tick, &tick.to_string());
    }
    let (x, y) = (frame.x(most), frame.y(most));
    let base = frame.y(0.0);
    let _ = write!(
        frame.svg,
        "<path class=\"axis\" d=\"M{LEFT} {base}L{x:.1} {y:.1}\"/><g style=\"{}\">",
        colour(system)
    );
    for &(reference, hypothesis) in pairs {
        let (x, y) = (frame.x(reference as f64), frame.y(hypothesis as f64));
        let _ = write!(
            frame.svg,
            "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2\"/>"
        );
    }
    frame.svg += "</g>";
    frame.finish("words of the reference; upwards, of the translation")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps() {
        assert_eq!(ticks(100.0), [20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks(7.0), [2.0, 4.0, 6.0]);
        assert_eq!(ticks(1.0), [1.0]);
        assert!(ticks(0.0).is_empty());
    }

    #[test]
    fn every_score_has_a_class() {
        let classes = classes(&[0.0, 4.9, 5.0, 99.9, 100.0, 100.0001]);
        assert_eq!((classes[0], classes[1], classes[19]), (2, 1, 3));
    }
}
