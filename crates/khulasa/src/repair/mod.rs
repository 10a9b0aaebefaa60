//! Sentences that are translated once more because a check found something in the first
//! translation, or because a term of the glossary is not in it.

mod draft;
mod numbers;

use std::collections::BTreeMap;

use khulasa_tokenizer::{clauses, english};

use crate::glossary::{Glossary, Mention};
use crate::{Attempt, Error, Flag, FlagKind, Hypothesis, Observer, Result, Translator, check};

use draft::Draft;

/// A sentence that was translated, and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The sentence as it stands in the article.
    pub(crate) source: String,
    /// The sentence as the translator reads it.
    pub(crate) text: String,
    /// The terms of the glossary that it has.
    pub(crate) mentions: Vec<Mention>,
    /// The least mean log-probability that another translation may have, if there is one.
    pub(crate) least_score: Option<f32>,
    /// What it is now.
    pub(crate) version: Version,
    /// Whether that is not the first translation.
    pub(crate) revised: bool,
}

/// A translation of a sentence.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Version {
    pub(crate) text: String,
    pub(crate) score: Option<f32>,
    pub(crate) flags: Vec<Flag>,
}

impl Version {
    /// A translation with what the checks find in it.
    pub(crate) fn new(source: &str, text: String, score: Option<f32>, truncated: bool) -> Self {
        let mut flags = match truncated {
            true => vec![Flag::truncated()],
            false => Vec::new(),
        };
        flags.extend(check(source, &text));
        Self { text, score, flags }
    }
}

impl Case {
    /// The mentions whose English a text does not have.
    pub(crate) fn missed<'a>(&'a self, text: &str, glossary: &Glossary) -> Vec<&'a Mention> {
        let lacks = |m: &&Mention| glossary.term(m.term).find(text).is_none();
        self.mentions.iter().filter(lacks).collect()
    }

    /// How much is wrong with a translation of it.
    pub(crate) fn faults(&self, version: &Version, glossary: &Glossary) -> usize {
        let flags = version.flags.iter().filter(|flag| can_help(flag)).count();
        flags + self.missed(&version.text, glossary).len()
    }

    /// Takes its first translation.
    pub(crate) fn begin(&mut self, version: Version) {
        // A glossary's term may cost any likelihood; and loops are likely, as copies are.
        let is_free = !self.mentions.is_empty() || version.flags.iter().any(is_astray);
        self.least_score = version
            .score
            .filter(|_| !is_free)
            .map(|score| score - WORSE);
        self.version = version;
    }

    /// Takes another translation if it has fewer faults, and is not much less likely than the
    /// first one; or as few as another one before, and is likelier.
    fn offer(&mut self, version: Version, glossary: &Glossary) {
        let faults = self.faults(&version, glossary);
        let now = self.faults(&self.version, glossary);
        let is_likely = version.score >= self.least_score;
        let likelier = version.score > self.version.score;
        if is_likely && (faults < now || (faults == now && self.revised && likelier)) {
            self.revised = true;
            self.version = version;
        }
    }
}

/// By how much the mean log-probability of another translation may be below the first one's: with
/// less the model no longer says what the sentence says, if with fewer faults. (`docs/evaluation.md`
/// has what this was chosen by.)
const WORSE: f32 = 0.1;

/// Whether it says that the model did not translate at all.
fn is_astray(flag: &Flag) -> bool {
    matches!(
        flag.kind,
        FlagKind::Repetition | FlagKind::Truncated | FlagKind::Empty | FlagKind::Copied
    )
}

/// Whether another translation may be free of it.
fn can_help(flag: &Flag) -> bool {
    flag.kind != FlagKind::NotTranslated
}

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// What changes little.
    Little,
    /// Everything.
    All,
}

/// Translates sentences again, in several ways, and keeps for each the translation with the
/// fewest faults, of several with as few the likeliest one; the first translation unless another
/// has fewer. What takes longer, or changes more, is only tried where the rest did not help.
///
/// What a sentence becomes depends on nothing but its [`Case`].
pub(crate) fn repair(
    cases: &mut [Case],
    translator: &dyn Translator,
    glossary: &Glossary,
    effort: Effort,
    observer: &mut Observer<'_>,
) -> Result<()> {
    let ways: &[fn(&Case, &Glossary) -> Vec<Draft>] = match effort {
        Effort::Little => &[draft::likely],
        Effort::All => &[draft::likely, draft::other, draft::apart],
    };
    for drafts in ways {
        let mut wanted: Vec<(usize, Draft)> = Vec::new();
        for (i, case) in cases.iter().enumerate() {
            if case.faults(&case.version, glossary) > 0 {
                let all = drafts(case, glossary).into_iter();
                let fitting = all.filter_map(|draft| draft.fitting(translator));
                wanted.extend(fitting.map(|draft| (i, draft)));
            }
        }
        let drafts: Vec<&Draft> = wanted.iter().map(|(_, draft)| draft).collect();
        let translated = translate(&drafts, translator, observer)?;
        for ((i, draft), parts) in wanted.iter().zip(translated) {
            let case = &mut cases[*i];
            for version in draft.versions(case, glossary, &parts) {
                case.offer(version, glossary);
            }
        }
    }
    Ok(())
}

/// The hypotheses of every draft's texts. Each text is translated once in each way.
fn translate(
    drafts: &[&Draft],
    translator: &dyn Translator,
    observer: &mut Observer<'_>,
) -> Result<Vec<Vec<Vec<Hypothesis>>>> {
    let mut wanted: BTreeMap<Attempt, BTreeMap<&str, Vec<Hypothesis>>> = BTreeMap::new();
    for draft in drafts {
        let texts = wanted.entry(draft.attempt).or_default();
        texts.extend(draft.texts.iter().map(|text| (text.as_str(), Vec::new())));
    }
    for (&attempt, texts) in &mut wanted {
        let asked: Vec<&str> = texts.keys().copied().collect();
        let hypotheses = translator.translate_again(&asked, attempt, observer)?;
        if hypotheses.len() != asked.len() {
            return Err(Error::Translator {
                given: asked.len(),
                returned: hypotheses.len(),
            });
        }
        for (slot, hypothesis) in texts.values_mut().zip(hypotheses) {
            *slot = hypothesis;
        }
    }
    let found = |attempt, text: &String| wanted.get(&attempt)?.get(text.as_str()).cloned();
    let of = |draft: &&Draft| {
        let hypotheses = draft.texts.iter().map(|text| found(draft.attempt, text));
        hypotheses.flatten().collect()
    };
    Ok(drafts.iter().map(of).collect())
}

/// The mean score of a sentence's parts, each weighing as much as its text is long.
pub(crate) fn mean_score(parts: &[&Hypothesis]) -> Option<f32> {
    if let [part] = parts {
        return part.score;
    }
    let mut sum = 0.0;
    let mut weight = 0.0;
    for part in parts {
        let length = part.text.len() as f32;
        sum += part.score? * length;
        weight += length;
    }
    (weight > 0.0).then(|| sum / weight)
}

/// The English of a sentence that was translated in parts.
pub(crate) fn join(parts: &[&Hypothesis]) -> String {
    let texts: Vec<String> = parts.iter().map(|part| english::tidy(&part.text)).collect();
    match &texts[..] {
        [text] => text.clone(),
        texts => clauses::join(&texts.iter().map(String::as_str).collect::<Vec<_>>()),
    }
}
