//! Two texts side by side, and flags on what differs.

use khulasa_tokenizer::Span;

use super::flag::{Flag, FlagKind};
use super::mentions::{self, Mentions};

/// A sentence and its translation with what they say in numbers.
pub(super) struct Texts<'a> {
    pub(super) source: &'a str,
    pub(super) target: &'a str,
    pub(super) found_in_source: Mentions,
    pub(super) found_in_target: Mentions,
}

impl<'a> Texts<'a> {
    pub(super) fn new(source: &'a str, target: &'a str) -> Self {
        Self {
            source,
            target,
            found_in_source: mentions::find(source),
            found_in_target: mentions::find(target),
        }
    }

    /// Flags on what is lost and what is new: the first of each belong together and so on.
    pub(super) fn pair(&self, kind: FlagKind, lost: Vec<Span>, added: Vec<Span>) -> Vec<Flag> {
        let (lost, added) = (once_each(self.source, lost), once_each(self.target, added));
        let mut added = added.into_iter();
        let mut flags: Vec<Flag> = lost
            .into_iter()
            .map(|span| match added.next() {
                Some(other) => self.changed(kind, span, other),
                None => Flag::lost(kind, self.source, span),
            })
            .collect();
        flags.extend(added.map(|span| Flag::added(kind, self.target, span)));
        flags
    }

    /// One thing of the source has become another.
    pub(super) fn changed(&self, kind: FlagKind, source: Span, target: Span) -> Flag {
        let (was, is) = (&self.source[source.clone()], &self.target[target.clone()]);
        Flag {
            kind,
            message: format!("“{was}” has become “{is}”"),
            source: Some(source),
            target: Some(target),
        }
    }
}

/// Spans of equal texts once.
fn once_each(text: &str, spans: Vec<Span>) -> Vec<Span> {
    let mut seen = std::collections::BTreeSet::new();
    spans
        .into_iter()
        .filter(|span| seen.insert(text[span.clone()].to_lowercase()))
        .collect()
}
