//! The ways of translating a sentence another time.

use khulasa_tokenizer::clauses;

use crate::glossary::{Glossary, Mention};
use crate::{Attempt, Flag, FlagKind, Hypothesis, Translator};

use super::{Case, Version, can_help, is_astray, join, mean_score, numbers};

/// What is given to the translator in a sentence's place, and how its English is made of that.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) texts: Vec<String>,
    pub(super) attempt: Attempt,
    /// What stands in the texts for something else, and that.
    placeholders: Vec<(String, String)>,
}

impl Draft {
    fn new(text: String, attempt: Attempt) -> Self {
        Self {
            texts: vec![text],
            attempt,
            placeholders: Vec::new(),
        }
    }

    /// The draft with texts that all fit; `None` if nothing is left of it.
    pub(super) fn fitting(mut self, translator: &dyn Translator) -> Option<Self> {
        let fits = |text: &str| translator.fits(text);
        if self.texts.iter().all(|text| fits(text)) {
            return Some(self);
        }
        let split = |text: String| {
            let spans = clauses::split_long(&text, &fits);
            spans
                .into_iter()
                .map(|span| text[span].to_owned())
                .collect::<Vec<_>>()
        };
        self.texts = self.texts.into_iter().flat_map(split).collect();
        (!self.texts.is_empty()).then_some(self)
    }

    /// The sentence's translations from those of the texts: as many as there are of a text alone,
    /// one of several.
    pub(super) fn versions(
        &self,
        case: &Case,
        glossary: &Glossary,
        parts: &[Vec<Hypothesis>],
    ) -> Vec<Version> {
        let version = |parts: &[&Hypothesis]| self.version(case, glossary, parts);
        match parts {
            [all] => all.iter().filter_map(|one| version(&[one])).collect(),
            parts => {
                let best: Vec<&Hypothesis> = parts.iter().filter_map(|all| all.first()).collect();
                version(&best).into_iter().collect()
            }
        }
    }

    /// The sentence's translation from that of its parts; `None` if it cannot be made of them.
    fn version(&self, case: &Case, glossary: &Glossary, parts: &[&Hypothesis]) -> Option<Version> {
        let mut text = join(parts);
        text = numbers::put_back(&text, &self.placeholders)?;
        for mention in &case.mentions {
            text = glossary.term(mention.term).settle(&text);
        }
        let truncated = parts.iter().any(|part| part.truncated);
        Some(Version::new(
            &case.source,
            text,
            mean_score(parts),
            truncated,
        ))
    }
}

/// What the model itself holds for likely: a wide beam's hypotheses, with the English of missed
/// terms in the Arabic.
pub(super) fn likely(case: &Case, glossary: &Glossary) -> Vec<Draft> {
    let text = with_terms(case, glossary);
    let mut drafts = Vec::new();
    if case.version.flags.iter().any(can_help) {
        drafts.push(Draft::new(text.clone(), Attempt::Wide));
    }
    if text != case.text {
        drafts.push(Draft::new(text, Attempt::Usual));
    }
    if has_kept(case, glossary) {
        drafts.push(kept(case, glossary));
    }
    drafts
}

/// The same text in other ways: without a beam, without repetition, with figures that are easy to
/// copy.
pub(super) fn other(case: &Case, glossary: &Glossary) -> Vec<Draft> {
    let text = with_terms(case, glossary);
    let mut drafts = vec![Draft::new(text.clone(), Attempt::Greedy)];
    if !case.version.flags.iter().any(can_help) {
        drafts.push(Draft::new(text.clone(), Attempt::Wide));
    }
    if case.version.flags.iter().any(is_astray) {
        drafts.push(Draft::new(text.clone(), Attempt::NoRepeat));
    }
    if case.version.flags.iter().any(is_about_numbers) {
        drafts.extend(protected(text));
    }
    drafts
}

/// Clauses on their own, for facts that are wrong and ends that are missing: a short text keeps
/// its numbers, but what belongs together may come apart.
pub(super) fn apart(case: &Case, glossary: &Glossary) -> Vec<Draft> {
    let missing = case.missed(&case.version.text, glossary);
    if missing.is_empty() && !case.version.flags.iter().any(helps_apart) {
        return Vec::new();
    }
    let text = with_terms(case, glossary);
    let words = text.split_whitespace().count();
    let fits = |part: &str| part.split_whitespace().count() <= (words * 2 / 3).max(4);
    let clauses: Vec<String> = clauses::split_long(&text, &fits)
        .into_iter()
        .map(|span| text[span].to_owned())
        .collect();
    if clauses.len() < 2 {
        return Vec::new();
    }
    vec![Draft {
        texts: clauses,
        ..Draft::new(String::new(), Attempt::Usual)
    }]
}

fn helps_apart(flag: &Flag) -> bool {
    is_about_numbers(flag)
        || is_astray(flag)
        || matches!(
            flag.kind,
            FlagKind::Percent | FlagKind::Currency | FlagKind::Verbatim | FlagKind::Residue
        )
}

fn is_about_numbers(flag: &Flag) -> bool {
    matches!(
        flag.kind,
        FlagKind::Number | FlagKind::Magnitude | FlagKind::Date | FlagKind::Time
    )
}

/// The sentence with the English of its missed terms in their places: models copy Latin letters.
fn with_terms(case: &Case, glossary: &Glossary) -> String {
    let missed = case.missed(&case.version.text, glossary);
    let english = |m: &Mention| glossary.term(m.term).target.clone();
    replaced(&case.text, &missed, english)
}

/// The sentence with something in the places of its mentions.
fn replaced(text: &str, mentions: &[&Mention], by: impl Fn(&Mention) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for mention in mentions {
        out.push_str(&text[at..mention.span.start]);
        if !mention.clitics.is_empty() {
            out.push_str(&mention.clitics);
            out.push(' ');
        }
        out.push_str(&by(mention));
        at = mention.span.end;
    }
    out.push_str(&text[at..]);
    out
}

fn has_kept(case: &Case, glossary: &Glossary) -> bool {
    let missed = case.missed(&case.version.text, glossary);
    missed.iter().any(|m| glossary.term(m.term).is_kept())
}

/// The sentence with names that nothing can be made of in the places of its missed terms.
fn kept(case: &Case, glossary: &Glossary) -> Draft {
    let missed = case.missed(&case.version.text, glossary);
    let name = |m: &Mention| format!("Q{}", m.term + 1);
    let placeholders = missed
        .iter()
        .map(|m| (name(m), glossary.term(m.term).target.clone()));
    Draft {
        placeholders: placeholders.collect(),
        ..Draft::new(replaced(&case.text, &missed, name), Attempt::Usual)
    }
}

/// The sentence with short numbers in the places of its long ones.
fn protected(text: String) -> Option<Draft> {
    let (text, placeholders) = numbers::protect(&text)?;
    Some(Draft {
        placeholders,
        ..Draft::new(text, Attempt::Usual)
    })
}
