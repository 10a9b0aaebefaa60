//! LexRank (Erkan & Radev 2004): the sentences that many others resemble are the central ones.

use std::collections::HashMap;

/// Words of a sentence that count. Longer sentences are cut here, so that a hostile one costs
/// no more than a long one.
const WORDS: usize = 128;

/// The share of a sentence's weight that goes to the sentences it resembles.
const DAMPING: f64 = 0.85;

/// Sentences as vectors of their words' tf–idf weights, of length 1.
pub(super) struct Sentences {
    vectors: Vec<Vec<(usize, f64)>>,
    similarities: Vec<f64>,
}

impl Sentences {
    /// Weighs the words of sentences, which are given as lists of stems. A word's idf is that
    /// in these sentences, smoothed: ln((1 + n) / (1 + df)) + 1.
    pub(super) fn new(sentences: &[Vec<String>]) -> Self {
        let mut ids: HashMap<&str, usize> = HashMap::new();
        let mut frequencies: Vec<f64> = Vec::new();
        let mut vectors = Vec::new();
        for sentence in sentences {
            let mut words: Vec<usize> = Vec::new();
            for word in sentence.iter().take(WORDS) {
                let new = ids.len();
                words.push(*ids.entry(word).or_insert(new));
            }
            frequencies.resize(ids.len(), 0.0);
            words.sort_unstable();
            let runs = words.chunk_by(|a, b| a == b);
            let vector: Vec<(usize, f64)> = runs.map(|run| (run[0], run.len() as f64)).collect();
            for &(word, _) in &vector {
                frequencies[word] += 1.0;
            }
            vectors.push(vector);
        }
        let n = sentences.len() as f64;
        for vector in &mut vectors {
            for (word, weight) in vector.iter_mut() {
                *weight *= ((1.0 + n) / (1.0 + frequencies[*word])).ln() + 1.0;
            }
            let norm = vector
                .iter()
                .map(|(_, weight)| weight * weight)
                .sum::<f64>()
                .sqrt();
            for (_, weight) in vector.iter_mut() {
                *weight /= norm;
            }
        }
        let similarities = similarities(&vectors, ids.len());
        Self {
            vectors,
            similarities,
        }
    }

    /// The cosine of two sentences.
    pub(super) fn similarity(&self, a: usize, b: usize) -> f64 {
        self.similarities[a * self.vectors.len() + b]
    }

    /// How central each of the first `n` sentences is among them; the most central one has 1. (Continuous LexRank: the
    /// stationary distribution of a walk from sentence to sentence along their similarities.)
    pub(super) fn centrality(&self, n: usize) -> Vec<f64> {
        let rows: Vec<f64> = (0..n)
            .map(|a| {
                (0..n)
                    .filter(|&b| b != a)
                    .map(|b| self.similarity(a, b))
                    .sum()
            })
            .collect();
        let mut ranks = vec![1.0 / n as f64; n];
        for _ in 0..100 {
            // What sentences that resemble no other give goes to all alike.
            let lonely: f64 = (0..n).filter(|&a| rows[a] == 0.0).map(|a| ranks[a]).sum();
            let mut next = vec![(1.0 - DAMPING + DAMPING * lonely) / n as f64; n];
            for a in (0..n).filter(|&a| rows[a] > 0.0) {
                for b in (0..n).filter(|&b| b != a) {
                    next[b] += DAMPING * ranks[a] * self.similarity(a, b) / rows[a];
                }
            }
            let change: f64 = next.iter().zip(&ranks).map(|(a, b)| (a - b).abs()).sum();
            ranks = next;
            if change < 1e-9 {
                break;
            }
        }
        let most = ranks.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        ranks.iter().map(|rank| rank / most).collect()
    }
}

/// The cosines of all pairs.
fn similarities(vectors: &[Vec<(usize, f64)>], words: usize) -> Vec<f64> {
    let n = vectors.len();
    let mut postings: Vec<Vec<(usize, f64)>> = vec![Vec::new(); words];
    for (sentence, vector) in vectors.iter().enumerate() {
        for &(word, weight) in vector {
            postings[word].push((sentence, weight));
        }
    }
    let mut similarities = vec![0.0; n * n];
    for (a, vector) in vectors.iter().enumerate() {
        for &(word, weight) in vector {
            for &(b, other) in &postings[word] {
                similarities[a * n + b] += weight * other;
            }
        }
    }
    similarities
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(texts: &[&str]) -> Sentences {
        let split = |text: &&str| text.split(' ').map(str::to_owned).collect();
        Sentences::new(&texts.iter().map(split).collect::<Vec<_>>())
    }

    #[test]
    fn similarity_is_a_cosine() {
        let s = sentences(&["a b c", "a b c", "a x y", "p q"]);
        assert!((s.similarity(0, 0) - 1.0).abs() < 1e-12);
        assert!((s.similarity(0, 1) - 1.0).abs() < 1e-12);
        assert!(s.similarity(0, 2) > 0.0 && s.similarity(0, 2) < 0.5);
        assert_eq!(s.similarity(0, 3), 0.0);
        assert_eq!(s.similarity(0, 2), s.similarity(2, 0));
    }

    #[test]
    fn the_sentence_that_others_resemble_is_central() {
        let ranks = sentences(&["a b", "a b c d", "c d", "x y"]).centrality(4);
        assert_eq!(ranks[1], 1.0);
        assert!(ranks[3] < ranks[0] && (ranks[0] - ranks[2]).abs() < 1e-9);
    }

    #[test]
    fn nothing_and_sentences_without_words() {
        assert!(sentences(&[]).centrality(0).is_empty());
        let none = Sentences::new(&[vec![], vec![]]);
        assert_eq!(none.centrality(2), [1.0, 1.0]);
        assert_eq!(none.similarity(0, 1), 0.0);
    }
}
