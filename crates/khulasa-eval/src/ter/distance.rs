//! Edit distance within a band around the diagonal.

/// How far from the diagonal a word may move.
const BEAM: usize = 25;

/// Stands for a cell outside the band.
const FAR: u32 = u32::MAX / 2;

/// What was done last on the cheapest way to a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edit {
    /// The words are the same.
    Keep,
    /// One word for another.
    Replace,
    /// A word that only the reference has.
    Insert,
    /// A word that only the hypothesis has.
    Delete,
}

/// The part of a row of the matrix that lies in the band.
#[derive(Debug, Clone, Default)]
struct Row {
    /// The column of the first cell.
    first: usize,
    costs: Vec<u32>,
}

impl Row {
    fn cost(&self, column: usize) -> u32 {
        let cell = column.checked_sub(self.first);
        cell.and_then(|cell| self.costs.get(cell))
            .copied()
            .unwrap_or(FAR)
    }
}

/// The distances of the beginnings of a hypothesis to the beginnings of a reference.
pub(super) struct Distance<'a> {
    reference: &'a [u32],
    hypothesis: Vec<u32>,
    /// One for every beginning of the hypothesis, the empty one first.
    rows: Vec<Row>,
    ratio: f64,
    beam: usize,
    /// Room for the rows of a variant.
    spare: [Row; 2],
}

impl<'a> Distance<'a> {
    pub(super) fn new(hypothesis: &[u32], reference: &'a [u32]) -> Self {
        let ratio = match hypothesis.len() {
            0 => 1.0,
            words => reference.len() as f64 / words as f64,
        };
        // Neighbouring rows must overlap, however different the lengths are.
        let beam = match (BEAM as f64) < ratio / 2.0 {
            true => (ratio / 2.0 + BEAM as f64).ceil() as usize,
            false => BEAM,
        };
        let mut distance = Self {
            reference,
            hypothesis: Vec::new(),
            rows: vec![Row {
                first: 0,
                costs: (0..=reference.len() as u32).collect(),
            }],
            ratio,
            beam,
            spare: Default::default(),
        };
        distance.set(hypothesis);
        distance
    }

    /// Takes another hypothesis of the same length.
    pub(super) fn set(&mut self, hypothesis: &[u32]) {
        let same = self.shared(hypothesis);
        self.rows.truncate(same + 1);
        self.hypothesis = hypothesis.to_owned();
        for i in same + 1..=hypothesis.len() {
            let mut row = Row::default();
            self.fill(&mut row, i, hypothesis, &self.rows[i - 1]);
            self.rows.push(row);
        }
    }

    /// The distance of the hypothesis.
    pub(super) fn cost(&self) -> u32 {
        let last = self.rows.last();
        last.map_or(0, |row| row.cost(self.reference.len()))
    }

    /// The distance of a hypothesis of the same length, of which only what differs from the one
    /// that was set is computed.
    pub(super) fn cost_of(&mut self, hypothesis: &[u32]) -> u32 {
        let same = self.shared(hypothesis);
        let [mut row, mut previous] = std::mem::take(&mut self.spare);
        for i in same + 1..=hypothesis.len() {
            std::mem::swap(&mut row, &mut previous);
            let before = match i == same + 1 {
                true => &self.rows[same],
                false => &previous,
            };
            self.fill(&mut row, i, hypothesis, before);
        }
        let cost = match same == hypothesis.len() {
            true => self.cost(),
            false => row.cost(self.reference.len()),
        };
        self.spare = [row, previous];
        cost
    }

    /// The edits that make the reference of the hypothesis, in order.
    pub(super) fn edits(&self) -> Vec<Edit> {
        let mut edits = Vec::new();
        let (mut i, mut j) = (self.hypothesis.len(), self.reference.len());
        while i > 0 || j > 0 {
            let cost = self.rows[i].cost(j);
            let from = |i: Option<usize>, j: Option<usize>| match (i, j) {
                (Some(i), Some(j)) => self.rows[i].cost(j),
                _ => FAR,
            };
            let (up, left) = (i.checked_sub(1), j.checked_sub(1));
            // The first way of those that cost the same, in Tercom's order.
            let same = i > 0 && j > 0 && self.hypothesis[i - 1] == self.reference[j - 1];
            let edit = if same && from(up, left) == cost {
                Edit::Keep
            } else if !same && from(up, left) + 1 == cost {
                Edit::Replace
            } else if i > 0 && (j == 0 || from(up, Some(j)) + 1 == cost) {
                Edit::Delete
            } else {
                Edit::Insert
            };
            edits.push(edit);
            if edit != Edit::Insert {
                i -= 1;
            }
            if edit != Edit::Delete {
                j -= 1;
            }
        }
        edits.reverse();
        edits
    }

    /// How many words at the beginning are those of the hypothesis that was set.
    fn shared(&self, hypothesis: &[u32]) -> usize {
        let pairs = self.hypothesis.iter().zip(hypothesis);
        pairs.take_while(|(a, b)| a == b).count()
    }

    /// Computes row `i` from the one before it.
    fn fill(&self, row: &mut Row, i: usize, hypothesis: &[u32], before: &Row) {
        let diagonal = (i as f64 * self.ratio).floor() as usize;
        let end = match i == hypothesis.len() {
            true => self.reference.len() + 1,
            false => (diagonal + self.beam).min(self.reference.len() + 1),
        };
        row.first = diagonal.saturating_sub(self.beam);
        row.costs.clear();
        let mut left = FAR;
        for j in row.first..end {
            let delete = before.cost(j) + 1;
            let cost = match j.checked_sub(1) {
                None => delete,
                Some(word) => {
                    let differ = u32::from(hypothesis[i - 1] != self.reference[word]);
                    (before.cost(word) + differ).min(delete).min(left + 1)
                }
            };
            left = cost.min(FAR);
            row.costs.push(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_cost_what_they_cost_when_set() {
        let reference = [1, 2, 3, 4, 5, 6];
        let mut distance = Distance::new(&[1, 3, 2, 4, 5, 7], &reference);
        assert_eq!(distance.cost(), 3);
        for variant in [[1, 2, 3, 4, 5, 7], [7, 1, 2, 3, 4, 5], [1, 3, 2, 4, 5, 7]] {
            let cost = distance.cost_of(&variant);
            assert_eq!(cost, Distance::new(&variant, &reference).cost());
        }
        distance.set(&[1, 2, 3, 4, 5, 7]);
        assert_eq!(distance.cost(), 1);
        let mut expected = [Edit::Keep; 6];
        expected[5] = Edit::Replace;
        assert_eq!(distance.edits(), expected);
    }
}
