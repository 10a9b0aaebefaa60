//! Phrases that are moved, by Tercom's rules.

use super::distance::{Distance, Edit};

/// The longest phrase that is moved (words), and the farthest that it comes from.
const LONGEST: usize = 10;
const FARTHEST: usize = 50;

/// After so many tries no further shift is looked for, and the one at hand is not made.
const TRIES: usize = 1000;

/// The edits that make the reference of the hypothesis: the shifts that are worth it, found one
/// after the other, and the words inserted, deleted and replaced after them.
pub(super) fn edits(hypothesis: &[u32], reference: &[u32]) -> usize {
    if reference.is_empty() {
        return hypothesis.len();
    }
    let mut words = hypothesis.to_owned();
    let mut distance = Distance::new(&words, reference);
    let mut shifts = 0;
    let mut tries = 0;
    loop {
        let best = best_shift(&words, reference, &mut distance, &mut tries);
        let Some(shift) = best.filter(|shift| shift.gain > 0 && tries < TRIES) else {
            break;
        };
        words = shift.apply(&words);
        distance.set(&words);
        shifts += 1;
    }
    shifts + distance.cost() as usize
}

/// A phrase that is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shift {
    /// By how much it lessens the distance.
    gain: i64,
    start: usize,
    length: usize,
    /// The word of the hypothesis before which it goes.
    target: usize,
}

impl Shift {
    /// What makes one shift better than another: a higher gain, a longer phrase, an earlier one,
    /// an earlier target.
    fn rank(&self) -> impl Ord + use<> {
        let first = std::cmp::Reverse;
        (
            self.gain,
            self.length,
            first(self.start),
            first(self.target),
        )
    }

    fn apply(&self, words: &[u32]) -> Vec<u32> {
        let (start, end, target) = (self.start, self.start + self.length, self.target);
        let phrase = &words[start..end];
        if target < start {
            let (before, rest) = words.split_at(target);
            [before, phrase, &rest[..start - target], &words[end..]].concat()
        } else {
            // A target within the phrase counts from its beginning.
            let to = match target > end {
                true => target,
                false => (self.length + target).min(words.len()),
            };
            [&words[..start], &words[end..to], phrase, &words[to..]].concat()
        }
    }
}

fn best_shift(
    words: &[u32],
    reference: &[u32],
    distance: &mut Distance<'_>,
    tries: &mut usize,
) -> Option<Shift> {
    let cost = i64::from(distance.cost());
    let alignment = Alignment::new(&distance.edits());
    let mut best: Option<Shift> = None;
    for start in 0..words.len() {
        let nearest = start.saturating_sub(FARTHEST);
        let farthest = reference.len().min(start + FARTHEST + 1);
        for origin in nearest..farthest {
            let pairs = words[start..].iter().zip(&reference[origin..]);
            let same = pairs.take(LONGEST).take_while(|(a, b)| a == b).count();
            for length in 1..=same {
                if !alignment.is_worth_moving(start, origin, length) {
                    continue;
                }
                let mut last = None;
                for target in alignment.targets(origin, length) {
                    if last.replace(target) == Some(target) {
                        continue;
                    }
                    let mut shift = Shift {
                        gain: 0,
                        start,
                        length,
                        target,
                    };
                    shift.gain = cost - i64::from(distance.cost_of(&shift.apply(words)));
                    *tries += 1;
                    if best.is_none_or(|best| shift.rank() > best.rank()) {
                        best = Some(shift);
                    }
                }
                if *tries >= TRIES {
                    return best;
                }
            }
        }
    }
    best
}

/// Which words of the hypothesis stand for which of the reference.
struct Alignment {
    /// For every word of the reference, how many words of the hypothesis are used up behind it.
    used: Vec<usize>,
    /// How many of the words before each one are wrong.
    wrong_reference: Vec<usize>,
    wrong_hypothesis: Vec<usize>,
}

impl Alignment {
    fn new(edits: &[Edit]) -> Self {
        let mut used = Vec::new();
        let mut wrong_reference = vec![0];
        let mut wrong_hypothesis = vec![0];
        let count = |wrong: &mut Vec<usize>, is_wrong: bool| {
            let before = wrong.last().copied().unwrap_or(0);
            wrong.push(before + usize::from(is_wrong));
        };
        for &edit in edits {
            if edit != Edit::Insert {
                count(&mut wrong_hypothesis, edit != Edit::Keep);
            }
            if edit != Edit::Delete {
                count(&mut wrong_reference, edit != Edit::Keep);
                used.push(wrong_hypothesis.len() - 1);
            }
        }
        Self {
            used,
            wrong_reference,
            wrong_hypothesis,
        }
    }

    /// Whether a phrase is wrong where it is, its place in the reference is not yet taken by the
    /// right words, and that place is not within the phrase itself.
    fn is_worth_moving(&self, start: usize, origin: usize, length: usize) -> bool {
        let wrong = |counts: &[usize], from: usize| counts[from + length] > counts[from];
        let within = start < self.used[origin] && self.used[origin] <= start + length;
        wrong(&self.wrong_hypothesis, start) && wrong(&self.wrong_reference, origin) && !within
    }

    /// Where a phrase may go: behind what stands for the word before its place in the reference,
    /// and behind what stands for each of its own words.
    fn targets(&self, origin: usize, length: usize) -> impl Iterator<Item = usize> {
        let before = origin.checked_sub(1).map_or(0, |word| self.used[word]);
        let own = self.used[origin..].iter().take(length).copied();
        std::iter::once(before).chain(own)
    }
}
