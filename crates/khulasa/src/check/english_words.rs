//! English number words and months.

use std::collections::BTreeSet;

use super::figures::Value;

/// The power of ten that a word stands for after digits.
pub(super) fn magnitude(word: &str) -> Option<usize> {
    Some(match word.to_ascii_lowercase().as_str() {
        "hundred" => 2,
        "thousand" | "thousands" => 3,
        "million" | "millions" | "mln" => 6,
        "billion" | "billions" | "bn" => 9,
        "trillion" | "trillions" | "trn" => 12,
        _ => return None,
    })
}

/// Whether a word says that the hour before it is in the afternoon.
pub(super) fn is_pm(word: &str) -> bool {
    word.eq_ignore_ascii_case("pm")
}

/// The months that a text names, by number.
pub(super) fn months(text: &str) -> BTreeSet<Value> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let number = |word: &str| {
        let word = word.to_ascii_lowercase();
        let month = MONTHS.iter().position(|month| {
            *month == word || (matches!(word.len(), 3 | 4) && month.starts_with(&word))
        });
        Some((month? + 1).to_string())
    };
    text.split(|c: char| !c.is_ascii_alphabetic())
        .filter_map(number)
        .collect()
}

/// What a word adds to a number that is being spelled.
enum Word {
    /// Up to nineteen, and tens.
    Small(u64),
    Hundred,
    /// Thousand and more.
    Magnitude(u64),
}

/// The values of all numbers that a text spells out. Where it is not certain how far a number
/// goes ("two hundred and five"), every value that it may have is one of them.
pub(super) fn cardinals(text: &str) -> BTreeSet<Value> {
    let mut values = BTreeSet::new();
    let mut number = Spelled::default();
    let mut end = 0;
    for (start, word) in words(text) {
        let word = word.to_ascii_lowercase();
        let between = &text[end..start];
        end = start + word.len();
        if word == "and" && between == " " {
            number.after_and = number.started;
            continue;
        }
        if !matches!(between, " " | "-" | "\u{2011}") {
            number.finish(&mut values);
        }
        match parse(&word) {
            Some(word) => number.take(&word, &mut values),
            None => number.finish(&mut values),
        }
    }
    number.finish(&mut values);
    values
}

/// Runs of Latin letters and where they start.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}

/// A number that is being spelled.
#[derive(Default)]
struct Spelled {
    started: bool,
    after_and: bool,
    /// Whole thousands and more.
    total: u64,
    /// What is below the next magnitude.
    current: u64,
    /// The last small word, 0 after a hundred or more: "twenty" takes "five", "five" takes none.
    last: u64,
}

impl Spelled {
    fn value(&self) -> u64 {
        self.total.saturating_add(self.current)
    }

    fn finish(&mut self, values: &mut BTreeSet<Value>) {
        if self.started {
            values.insert(self.value().to_string());
        }
        *self = Self::default();
    }

    fn take(&mut self, word: &Word, values: &mut BTreeSet<Value>) {
        if std::mem::take(&mut self.after_and) {
            // What comes may belong to it or be a number of its own.
            values.insert(self.value().to_string());
            if let Word::Small(value) = word {
                values.insert(value.to_string());
            }
        }
        match *word {
            Word::Small(value) => {
                let fits = match self.last {
                    0 => true,
                    tens => tens >= 20 && value < 10,
                };
                if self.started && !fits {
                    self.finish(values);
                }
                self.current += value;
                self.last = value;
            }
            Word::Hundred => {
                self.current = self.current.max(1).saturating_mul(100);
                self.last = 0;
            }
            Word::Magnitude(magnitude) => {
                let thousands = self.current.max(1).saturating_mul(magnitude);
                self.total = self.total.saturating_add(thousands);
                self.current = 0;
                self.last = 0;
            }
        }
        self.started = true;
    }
}

fn parse(word: &str) -> Option<Word> {
    Some(Word::Small(match word {
        "zero" => 0,
        "one" | "first" | "once" => 1,
        "two" | "second" | "twice" => 2,
        "three" | "third" | "thrice" => 3,
        "four" | "fourth" => 4,
        "five" | "fifth" => 5,
        "six" | "sixth" => 6,
        "seven" | "seventh" => 7,
        "eight" | "eighth" => 8,
        "nine" | "ninth" => 9,
        "ten" | "tenth" => 10,
        "eleven" | "eleventh" => 11,
        "twelve" | "twelfth" | "dozen" => 12,
        "thirteen" | "thirteenth" => 13,
        "fourteen" | "fourteenth" => 14,
        "fifteen" | "fifteenth" => 15,
        "sixteen" | "sixteenth" => 16,
        "seventeen" | "seventeenth" => 17,
        "eighteen" | "eighteenth" => 18,
        "nineteen" | "nineteenth" => 19,
        "twenty" | "twentieth" | "twenties" => 20,
        "thirty" | "thirtieth" | "thirties" => 30,
        "forty" | "fortieth" | "forties" => 40,
        "fifty" | "fiftieth" | "fifties" => 50,
        "sixty" | "sixtieth" | "sixties" => 60,
        "seventy" | "seventieth" | "seventies" => 70,
        "eighty" | "eightieth" | "eighties" => 80,
        "ninety" | "ninetieth" | "nineties" => 90,
        "hundred" | "hundredth" => return Some(Word::Hundred),
        "thousand" | "thousandth" => return Some(Word::Magnitude(1_000)),
        "million" | "millionth" => return Some(Word::Magnitude(1_000_000)),
        "billion" | "billionth" => return Some(Word::Magnitude(1_000_000_000)),
        "trillion" => return Some(Word::Magnitude(1_000_000_000_000)),
        _ => return None,
    }))
}
