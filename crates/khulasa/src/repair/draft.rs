//! The ways of translating a sentence another time.

use khulasa_tokenizer::clauses;

use crate::glossary::{Glossary, Mention};
use crate::summary::sentences;
use crate::{Attempt, Flag, FlagKind, Hypothesis, Translator};

use super::{Case, Version, can_help, join, mean_score, numbers};

/// What is given to the translator in a sentence's place, and how its English is made of that.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) texts: Vec<String>,
    pub(super) attempt: Attempt,
    /// What stands in the texts for something else, and that.
    placeholders: Vec<(String, String)>,
    /// Whether the sentence before it is translated with it.
    joined: bool,
}

impl Draft {
    fn new(text: String, attempt: Attempt) -> Self {
        Self {
            texts: vec![text],
            attempt,
            placeholders: Vec::new(),
            joined: false,
        }
    }

    /// The draft with texts that all fit; `None` if it makes no sense in parts.
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
        (!self.joined && !self.texts.is_empty()).then_some(self)
    }

    /// The sentence's translation from that of the texts; `None` if it cannot be made of them.
    pub(super) fn version(
        &self,
        case: &Case,
        glossary: &Glossary,
        parts: &[Hypothesis],
    ) -> Option<Version> {
        let parts: Vec<&Hypothesis> = parts.iter().collect();
        let mut text = join(&parts);
        if self.joined {
            let found = sentences(&text);
            let [_, own] = found[..] else { return None };
            text = own.to_owned();
        }
        text = numbers::put_back(&text, &self.placeholders)?;
        for mention in &case.mentions {
            text = glossary.term(mention.term).settle(&text);
        }
        let truncated = parts.iter().any(|part| part.truncated);
        Some(Version::new(
            &case.source,
            text,
            mean_score(&parts),
            truncated,
        ))
    }
}

/// What changes little: the English of missed terms in the Arabic, a wider beam, figures that are
/// easy to copy.
pub(super) fn gentle(case: &Case, glossary: &Glossary) -> Vec<Draft> {
    let text = with_terms(case, glossary);
    let mut drafts = Vec::new();
    if case.version.flags.iter().any(can_help) {
        drafts.push(Draft::new(text.clone(), Attempt::Wide));
    }
    if text != case.text {
        drafts.push(Draft::new(text.clone(), Attempt::Usual));
    }
    if has_kept(case, glossary) {
        drafts.push(kept(case, glossary));
    }
    if case.version.flags.iter().any(is_about_length) {
        drafts.push(Draft::new(text.clone(), Attempt::NoRepeat));
    }
    if case.version.flags.iter().any(is_about_numbers) {
        drafts.extend(protected(text));
    }
    drafts
}

/// What changes more: no beam, clauses apart, no quotes and brackets, the sentence before it.
pub(super) fn drastic(case: &Case, glossary: &Glossary) -> Vec<Draft> {
    let text = with_terms(case, glossary);
    let mut drafts = vec![Draft::new(text.clone(), Attempt::Greedy)];
    if !case.version.flags.iter().any(can_help) {
        drafts.push(Draft::new(text.clone(), Attempt::Wide));
    }
    let words = text.split_whitespace().count();
    let fits = |part: &str| part.split_whitespace().count() <= (words * 2 / 3).max(4);
    let clauses: Vec<String> = clauses::split_long(&text, &fits)
        .into_iter()
        .map(|span| text[span].to_owned())
        .collect();
    if clauses.len() > 1 {
        drafts.push(Draft {
            texts: clauses,
            ..Draft::new(String::new(), Attempt::Usual)
        });
    }
    let plain = text.replace(['"', '«', '»', '“', '”', '(', ')', '[', ']'], " ");
    if plain != text {
        let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        drafts.push(Draft::new(plain, Attempt::Usual));
    }
    if let Some(before) = &case.before {
        drafts.push(Draft {
            joined: true,
            ..Draft::new(format!("{before} {text}"), Attempt::Usual)
        });
    }
    drafts
}

fn is_about_length(flag: &Flag) -> bool {
    matches!(flag.kind, FlagKind::Repetition | FlagKind::Truncated)
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
