//! Bootstrap resampling: how far a score, or a difference of scores, may be chance.

use crate::{Error, Metric, Result, sum};

/// Draws test sets of the same size from the segments of a test set, with replacement.
///
/// The method and the statistic are those of sacrebleu's `--paired-bs`; the random numbers are
/// not numpy's, so intervals and p-values agree with it as two seeds of it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// How many test sets.
    pub samples: usize,
    /// Where the random numbers begin.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            samples: 1000,
            seed: 12345,
        }
    }
}

/// A score, and where 95 % of the resampled ones lie.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// The score of the test set as it is.
    pub score: f64,
    /// The mean of the resampled scores.
    pub mean: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// Half the width of the interval, which sacrebleu gives behind ±.
    pub fn half_width(&self) -> f64 {
        0.5 * (self.high - self.low)
    }

    fn new(score: f64, mut samples: Vec<f64>) -> Self {
        samples.sort_unstable_by(f64::total_cmp);
        let cut = samples.len() / 40;
        let (Some(&low), Some(&high)) = (samples.get(cut), samples.iter().rev().nth(cut)) else {
            return Self {
                score,
                mean: score,
                low: score,
                high: score,
            };
        };
        Self {
            score,
            mean: samples.iter().sum::<f64>() / samples.len() as f64,
            low,
            high,
        }
    }
}

/// A system against a baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The baseline's score.
    pub baseline: Estimate,
    /// The system's score.
    pub system: Estimate,
    /// The difference (system less baseline), and where 95 % of the resampled ones lie.
    pub difference: Estimate,
    /// How likely so large a difference, in whichever direction, would be if there was none
    /// (Koehn 2004, as Riezler & Maxwell 2005 correct it).
    pub p_value: f64,
}

impl Resampling {
    /// A metric's signature with the resampling in it, where sacrebleu has it.
    pub fn signature(&self, metric: &dyn Metric, references: usize) -> String {
        let (samples, seed) = (self.samples, self.seed);
        let front = format!("nrefs:{references}|");
        let bootstrap = format!("{front}bs:{samples}|seed:{seed}|");
        metric.signature(references).replacen(&front, &bootstrap, 1)
    }

    /// How sure a score is, from the segments' statistics.
    pub fn estimate(&self, metric: &dyn Metric, segments: &[Vec<f64>]) -> Estimate {
        let samples = self.indices(segments.len());
        let scores = samples
            .map(|sample| sampled(metric, segments, &sample))
            .collect();
        Estimate::new(metric.total(segments), scores)
    }

    /// How sure a difference is, from the statistics of the same segments.
    ///
    /// # Errors
    /// [`Error::Unpaired`].
    pub fn compare(
        &self,
        metric: &dyn Metric,
        baseline: &[Vec<f64>],
        system: &[Vec<f64>],
    ) -> Result<Comparison> {
        if baseline.len() != system.len() {
            return Err(Error::Unpaired {
                first: baseline.len(),
                second: system.len(),
            });
        }
        Ok(compare(
            metric,
            baseline,
            system,
            self.indices(baseline.len()),
        ))
    }

    /// The segments of each test set, by their indices.
    fn indices(&self, segments: usize) -> impl Iterator<Item = Vec<usize>> + use<> {
        let mut random = Random(self.seed);
        let samples = if segments == 0 { 0 } else { self.samples };
        (0..samples).map(move |_| (0..segments).map(|_| random.below(segments)).collect())
    }
}

pub(crate) fn compare(
    metric: &dyn Metric,
    baseline: &[Vec<f64>],
    system: &[Vec<f64>],
    samples: impl Iterator<Item = Vec<usize>>,
) -> Comparison {
    let mut scores = (Vec::new(), Vec::new());
    for sample in samples {
        scores.0.push(sampled(metric, baseline, &sample));
        scores.1.push(sampled(metric, system, &sample));
    }
    let differences: Vec<f64> = scores.1.iter().zip(&scores.0).map(|(s, b)| s - b).collect();
    let (baseline, system) = (metric.total(baseline), metric.total(system));
    let real = system - baseline;
    let n = differences.len() as f64;
    let mean = differences.iter().map(|d| d.abs()).sum::<f64>() / n.max(1.0);
    let larger = differences.iter().filter(|d| d.abs() - mean > real.abs());
    Comparison {
        p_value: (larger.count() as f64 + 1.0) / (n + 1.0),
        baseline: Estimate::new(baseline, scores.0),
        system: Estimate::new(system, scores.1),
        difference: Estimate::new(real, differences),
    }
}

fn sampled(metric: &dyn Metric, segments: &[Vec<f64>], sample: &[usize]) -> f64 {
    metric.score(&sum(sample.iter().map(|&i| &segments[i])))
}

/// SplitMix64 (Steele et al. 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((u128::from(z) * limit as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bleu;

    fn statistics(hypotheses: &[&str], references: &[&str]) -> Vec<Vec<f64>> {
        let references = [references.to_vec()];
        Bleu::default().segments(hypotheses, &references).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let references: Vec<String> = (0..50)
            .map(|i| format!("the line {i} has {} words in it, or so it seems", i * i))
            .collect();
        let references: Vec<&str> = references.iter().map(String::as_str).collect();
        let hypotheses = references.iter().enumerate();
        let hypotheses: Vec<&str> = hypotheses.map(|(i, r)| &r[..r.len() - i % 7]).collect();
        let segments = statistics(&hypotheses, &references);
        let bleu = Bleu::default();
        let estimate = Resampling::default().estimate(&bleu, &segments);
        assert_eq!(estimate, Resampling::default().estimate(&bleu, &segments));
        assert!(estimate.low < estimate.score && estimate.score < estimate.high);
        assert!((estimate.mean - estimate.score).abs() < estimate.half_width());

        let perfect = statistics(&references, &references);
        let against = |system| {
            Resampling::default()
                .compare(&bleu, &segments, system)
                .unwrap()
        };
        assert!(against(&perfect).p_value < 0.01);
        assert!(against(&perfect).difference.low > 0.0);
        // A system against itself: a difference of nothing is not due to chance.
        let same = against(&segments);
        assert_eq!((same.difference.high, same.p_value), (0.0, 1.0 / 1001.0));
    }

    #[test]
    fn nothing_and_unequal_lengths() {
        let bleu = Bleu::default();
        let none = Resampling::default().estimate(&bleu, &[]);
        assert_eq!((none.score, none.low, none.high), (0.0, 0.0, 0.0));
        let one = statistics(&["a"], &["a"]);
        let error = Resampling::default().compare(&bleu, &one, &[]).unwrap_err();
        assert!(error.to_string().contains("1 and 0 segments"), "{error}");
    }
}
