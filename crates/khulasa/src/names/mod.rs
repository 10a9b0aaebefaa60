//! Names, spelled one way throughout an article.
//!
//! A name is an Arabic word for which the English has a capitalised word that the Arabic may be
//! [transliterated](latin) as, or a word that the Arabic has in quotes, as nicknames are. What a
//! reader has seen already stays; else the spelling that CLDR has, else the one that most sentences
//! have. Only the name's own letters are replaced. A sentence that has nothing for a name which
//! the others have is to be translated again.

mod gazetteer;
mod latin;
mod sentence;

use std::collections::{BTreeMap, BTreeSet};

use khulasa_tokenizer::normalize::fold;
use serde::{Deserialize, Serialize};

use crate::SentenceId;

pub(crate) use sentence::Seen;
use sentence::Token;

/// A word whose distance is at most this is the same name.
pub(crate) const NEAR: f32 = 0.28;

/// The distance of a word in quotes that does not sound like the Arabic.
const QUOTED: f32 = 0.5;

/// A name that was spelled in several ways, or missing from some sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// The Arabic, as it stands most often.
    pub source: String,
    /// How it is spelled now.
    pub target: String,
    /// How it was spelled elsewhere.
    pub instead_of: Vec<String>,
    /// The sentences that were changed.
    pub sentences: Vec<SentenceId>,
}

/// The names of an article, as far as it is translated.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The sentences that a reader has seen.
    shown: Vec<Seen>,
    /// English words that are written with a small letter somewhere, so are no names.
    small: BTreeSet<String>,
    /// The keys of words that a glossary decides on.
    decided: BTreeSet<String>,
    chosen: BTreeMap<String, Chosen>,
}

/// A name with the spelling that it is to have.
#[derive(Debug, Clone)]
struct Chosen {
    source: String,
    target: String,
    /// Whether nearly every sentence with the Arabic has it.
    expected: bool,
    instead_of: BTreeSet<String>,
    changed: BTreeSet<SentenceId>,
}

/// A spelling of a name among the sentences.
#[derive(Debug, Default)]
struct Spelling {
    count: usize,
    shown: bool,
    first: usize,
    distance: f32,
}

impl Names {
    /// No names yet, and none of these folded words: a glossary decides on them.
    pub(crate) fn without<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        Self {
            decided: words.map(|word| sentence::key(word).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Decides how the names of some more sentences are spelled, those that nothing was decided on
    /// before.
    pub(crate) fn choose(&mut self, sentences: &[Seen]) {
        let small = sentences.iter().flat_map(Seen::small_words);
        self.small.extend(small.map(str::to_owned));
        let all: Vec<&Seen> = self.shown.iter().chain(sentences).collect();
        let keys = sentence::keys(&all);
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (i, keys) in keys.iter().enumerate() {
            for (key, _) in keys {
                let places = places.entry(key.as_str()).or_default();
                if places.last() != Some(&i) {
                    places.push(i);
                }
            }
        }
        for (key, places) in places {
            if self.chosen.contains_key(key) || self.decided.contains(key) {
                continue;
            }
            let known = gazetteer::english(key);
            // "China" is not what "الصين" sounds like: whatever is, is another word's.
            if known.is_some_and(|known| latin::distance(key, known) > NEAR) {
                continue;
            }
            let nickname = places.iter().filter(|&&i| all[i].quotes(key)).count() > 1;
            let mut spellings: BTreeMap<&str, Spelling> = BTreeMap::new();
            let mut found = 0;
            for &i in &places {
                let name = all[i].name_of(key, &keys[i], &self.small);
                let name = name.map(|(token, distance)| (token.text.as_str(), distance));
                let spelling = name.or_else(|| {
                    let quoted = all[i].quoted_name().filter(|_| nickname)?;
                    Some((quoted, QUOTED))
                });
                let Some((text, distance)) = spelling else {
                    continue;
                };
                found += 1;
                let spelling = spellings.entry(text).or_insert_with(|| Spelling {
                    first: i,
                    ..Spelling::default()
                });
                spelling.count += 1;
                spelling.shown |= i < self.shown.len();
                spelling.distance = distance;
            }
            let target = match known {
                Some(known)
                    if found > 0
                        && key.chars().count() > 3
                        && !spellings.values().any(|s| s.shown) =>
                {
                    known
                }
                _ => match best(&spellings) {
                    Some(best) if places.len() > 1 => best,
                    _ => continue,
                },
            };
            let chosen = Chosen {
                source: sentence::surface(key, &keys).to_owned(),
                target: target.to_owned(),
                expected: nickname || (found > 1 && 3 * found >= 2 * places.len()),
                instead_of: BTreeSet::new(),
                changed: BTreeSet::new(),
            };
            self.chosen.insert(key.to_owned(), chosen);
        }
    }

    /// A sentence's English with its names as they were chosen; `None` if it has them already.
    pub(crate) fn spelled(&mut self, seen: &Seen) -> Option<String> {
        let keys = sentence::keys(&[seen]).remove(0);
        let mut changes: BTreeMap<usize, (Token, String, String)> = BTreeMap::new();
        for (own, word) in &keys {
            let names = [Some(own.as_str()), sentence::without_clitic(word)];
            let known = |key| self.chosen.get_key_value(key);
            let Some((key, chosen)) = names.into_iter().flatten().find_map(known) else {
                continue;
            };
            let name = seen.name_of(key, &keys, &self.small);
            let token = name
                .map(|(token, _)| token.clone())
                .or_else(|| seen.quoted_token().filter(|_| seen.quotes(key)));
            if let Some(token) = token
                && !same(&token.text, &chosen.target)
                && !gazetteer::knows(&token.text)
            {
                let change = (token, key.clone(), chosen.target.clone());
                changes.insert(change.0.span.start, change);
            }
        }
        let mut out = String::new();
        let mut at = 0;
        for (start, (token, key, target)) in &changes {
            if *start < at {
                continue;
            }
            out.push_str(&seen.target[at..*start]);
            out.push_str(target);
            at = token.span.end;
            if let Some(chosen) = self.chosen.get_mut(key) {
                chosen.instead_of.insert(token.text.clone());
                chosen.changed.insert(seen.id);
            }
        }
        out.push_str(&seen.target[at..]);
        (at > 0).then_some(out)
    }

    /// The Arabic and the English of names that every sentence which has the Arabic should have.
    pub(crate) fn expected(&self) -> impl Iterator<Item = (&str, &str)> {
        let expected = self.chosen.values().filter(|chosen| chosen.expected);
        expected.map(|chosen| (chosen.source.as_str(), chosen.target.as_str()))
    }

    /// Takes note that a sentence was translated again for the sake of a name.
    pub(crate) fn put_in(&mut self, source: &str, id: SentenceId) {
        if let Some(chosen) = self
            .chosen
            .values_mut()
            .find(|chosen| chosen.source == source)
        {
            chosen.changed.insert(id);
        }
    }

    /// Takes note of what a reader sees.
    pub(crate) fn show(&mut self, sentences: impl IntoIterator<Item = Seen>) {
        self.shown.extend(sentences);
    }

    /// The names that were changed anywhere.
    pub(crate) fn changed(self) -> Vec<Name> {
        let mut names: Vec<Name> = self
            .chosen
            .into_values()
            .filter(|chosen| !chosen.changed.is_empty())
            .map(|chosen| Name {
                source: chosen.source,
                target: chosen.target,
                instead_of: chosen.instead_of.into_iter().collect(),
                sentences: chosen.changed.into_iter().collect(),
            })
            .collect();
        names.sort_by(|a, b| a.sentences.cmp(&b.sentences).then(a.source.cmp(&b.source)));
        names
    }
}

/// The spelling that stays: one that was shown, else the one that is there most often and nearest
/// to the Arabic, the first of equals.
fn best<'a>(spellings: &BTreeMap<&'a str, Spelling>) -> Option<&'a str> {
    let weight = |s: &Spelling| s.count as f32 * (1.0 - s.distance);
    let order = |a: &Spelling, b: &Spelling| {
        a.shown
            .cmp(&b.shown)
            .then(weight(a).total_cmp(&weight(b)))
            .then(b.first.cmp(&a.first))
    };
    let best = spellings.iter().max_by(|a, b| order(a.1, b.1));
    best.map(|(text, _)| *text)
}

/// The English of a country or city by an Arabic word that can mean nothing else.
pub(crate) fn place(arabic: &str) -> Option<&'static str> {
    let folded = fold(arabic);
    let lone = || {
        let bare = sentence::without_clitic(&folded).filter(|bare| bare.chars().count() > 4)?;
        gazetteer::exactly(bare)
    };
    gazetteer::exactly(&folded).or_else(lone)
}

/// Whether an English word may be an Arabic one in Latin letters. "عبد" carries the article of the
/// word behind it: "Abdul".
pub(crate) fn sounds_like(arabic: &str, english: &str) -> bool {
    let folded = fold(arabic);
    let near = |form: &str| latin::distance(form, english) <= NEAR;
    near(sentence::key(&folded))
        || folded.strip_prefix("ال").is_some_and(near)
        || (folded == "عبد" && near("عبدل"))
}

/// Whether two words need not be made one: they differ in case, or one is derived from the other
/// ("Iraq, Iraqi", "Libya, Libyan", "Parliament, Parliamentary").
pub(crate) fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let stem = short.trim_end_matches(['a', 'e', 'i', 'o', 'u', 'y']);
    short == long || (stem.chars().count() > 2 && long.starts_with(stem))
}

#[cfg(test)]
mod tests;
