//! What is checked in every translated sentence before a reader sees it.

mod compare;
mod context;
mod currencies;
mod dates;
mod flag;
mod length;
mod marks;
mod mentions;
mod months;
mod names;
mod negation;
mod numbers;
mod repetition;
mod residue;
mod spelled;
mod times;
mod tokens;
mod value;
mod verbatim;
mod words;

pub use self::flag::{Flag, FlagKind};

/// Checks a sentence against its translation and returns what is wrong with it.
///
/// Each check has its rule in its own module, and its precision and recall in `docs/checks.md`.
pub fn check(source: &str, target: &str) -> Vec<Flag> {
    if target.trim().is_empty() {
        return vec![Flag::whole(FlagKind::Empty, "the model gave no English")];
    }
    let mut flags = residue::find(source, target);
    if flags.iter().any(|flag| flag.kind == FlagKind::Copied) {
        return flags;
    }
    let texts = compare::Texts::new(source, target);
    flags.extend(numbers::compare(&texts));
    flags.extend(dates::compare(&texts));
    flags.extend(times::compare(&texts));
    flags.extend(currencies::compare(&texts));
    flags.extend(negation::compare(&texts));
    flags.extend(names::compare(&texts));
    flags.extend(marks::compare(source, target));
    flags.extend(verbatim::compare(source, target));
    if let Some(span) = repetition::find(target)
        && repetition::find(source).is_none()
    {
        let what = "the English repeats itself";
        flags.push(Flag::in_target(FlagKind::Repetition, target, span, what));
    }
    flags.extend(length::find(&texts));
    flags
}

/// Checks a text that a model wrote from several sentences of the source: what of its content
/// none of them explains, and what no English text should have. The flags have no source spans.
pub(crate) fn check_written(sources: &str, text: &str) -> Vec<Flag> {
    let mut flags = check(sources, text);
    // A summary leaves things out.
    flags.retain(|flag| {
        let lost = flag.source.is_some() && flag.target.is_none();
        let length = matches!(flag.kind, FlagKind::Short | FlagKind::Long);
        let negation = flag.kind == FlagKind::Negation && flag.target.is_none();
        !(lost || length || negation)
    });
    for flag in &mut flags {
        flag.source = None;
    }
    flags
}

#[cfg(test)]
mod tests;
