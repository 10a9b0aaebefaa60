//! Negations lost or new.
//!
//! Arabic negates with a few particles, English with a few words; what else is negative in a
//! language ("refuse", "نفى", "un-") may stand for either. So strong words of one language are
//! counted against strong and weak ones of the other: with more of them a negation is lost or new.

use khulasa_tokenizer::Span;

use super::compare::Texts;
use super::flag::{Flag, FlagKind};
use super::tokens::Token;
use super::words::without_prefixes;

/// How negative a text is.
struct Negations {
    /// Where it says "not".
    strong: Vec<Span>,
    /// How many words may stand for a "not" of the other language.
    weak: usize,
    /// How many adjectives it negates, with "غير" or a prefix or ending.
    adjectives: usize,
    /// How many words begin as negated adjectives do.
    prefixed: usize,
}

/// Negations of the source that the target has not, and those only in it.
pub(super) fn compare(texts: &Texts<'_>) -> Vec<Flag> {
    let source = arabic(&texts.found_in_source.tokens);
    let target = english(&texts.found_in_target.tokens);
    let adjectives = target.adjectives.saturating_sub(source.adjectives);
    if source.strong.len() > target.strong.len() + target.weak + adjectives {
        let span = source.strong[0].clone();
        let mut flag = Flag::lost(FlagKind::Negation, texts.source, span.clone());
        flag.message = format!("a negation may be lost: “{}”", &texts.source[span]);
        return vec![flag];
    }
    let other = target.weak + target.strong.len().saturating_sub(source.strong.len());
    if source.adjectives > target.adjectives + target.prefixed + other {
        return vec![Flag::whole(
            FlagKind::Negation,
            "a negated word may have lost its negation",
        )];
    }
    if target.strong.len() > source.strong.len() + source.weak + source.adjectives {
        let span = target.strong[0].clone();
        let what = "a negation may be new";
        return vec![Flag::in_target(
            FlagKind::Negation,
            texts.target,
            span,
            what,
        )];
    }
    Vec::new()
}

/// Arabic verbs and nouns that deny or lack, folded, without clitics. Others of their forms are
/// made by the endings of [`ENDINGS`].
const DENIALS: [&str; 73] = [
    "نفي",
    "نف",
    "ينفي",
    "تنفي",
    "نافي",
    "رفض",
    "يرفض",
    "ترفض",
    "رافض",
    "مرفوض",
    "منع",
    "يمنع",
    "تمنع",
    "ممنوع",
    "حظر",
    "يحظر",
    "تحظر",
    "محظور",
    "فشل",
    "يفشل",
    "تفشل",
    "فاشل",
    "عجز",
    "يعجز",
    "عاجز",
    "تعذر",
    "يتعذر",
    "استحال",
    "يستحيل",
    "مستحيل",
    "امتنع",
    "يمتنع",
    "ممتنع",
    "امتناع",
    "توقف",
    "استبعد",
    "يستبعد",
    "مستبعد",
    "استبعاد",
    "نقص",
    "انعدام",
    "انعدم",
    "افتقر",
    "يفتقر",
    "تفتقر",
    "افتقار",
    "خلو",
    "خلا",
    "خلت",
    "يخلو",
    "تخلو",
    "خالي",
    "غياب",
    "غاب",
    "غابت",
    "عدم",
    "عديم",
    "سوي",
    "انكر",
    "ينكر",
    "انكار",
    "محروم",
    "حرمان",
    "مجهول",
    "باستثناء",
    "استثناء",
    "لغي",
    "الغاء",
    "الغي",
    "افلت",
    "تجنب",
    "يجهل",
    "ابي",
];

const ENDINGS: [&str; 12] = [
    "", "ا", "ت", "وا", "ون", "ه", "ها", "هم", "ين", "ان", "نا", "يه",
];

fn arabic(tokens: &[Token]) -> Negations {
    let mut found = Negations {
        strong: Vec::new(),
        weak: 0,
        adjectives: 0,
        prefixed: 0,
    };
    let word = |at: usize| tokens.get(at).map_or("", Token::word);
    for (at, token) in tokens.iter().enumerate() {
        let text = token.word();
        if text.is_empty() || text.is_ascii() {
            continue;
        }
        let next = word(at + 1);
        let stems = without_prefixes(text).map(|(word, _)| word);
        let is =
            |words: &[&str]| stems.iter().any(|stem| words.contains(stem)) || words.contains(&text);
        let particle = stems[1];
        match particle {
            "لا" if is_idiom(next, word(at + 2)) => found.weak += 1,
            // "لا تراه عين ولا يلتقطه تلسكوب"
            "لا" if text == "ولا"
                && found
                    .strong
                    .last()
                    .is_some_and(|last| tokens[at.saturating_sub(8)].span.start <= last.start) =>
            {
                found.weak += 1;
            }
            "لا" | "لم" | "لن" | "ليس" | "ليست" | "ليسوا" | "لست" | "لسنا" =>
            {
                // "لم ... إلا": only.
                let only = tokens[at..]
                    .iter()
                    .take(20)
                    .any(|t| matches!(t.word(), "الا" | "سوي"));
                match only {
                    true => found.weak += 1,
                    false => found.strong.push(token.span.clone()),
                }
            }
            // Drones have no pilots.
            "دون" | "بدون" if next == "طيار" => {}
            "بدون" | "بلا" => found.strong.push(token.span.clone()),
            "دون" if at > 0 && word(at - 1) == "من" => found.strong.push(token.span.clone()),
            "ما" if matches!(
                next,
                "كان" | "كانت" | "من" | "عاد" | "عادت" | "عندي" | "في" | "ان" | "لم"
            ) =>
            {
                found.weak += 1
            }
            // "غير أن": but.
            "غير"
                if matches!(next, "ان" | "انه" | "انها" | "انهم" | "مره")
                    && (at == 0 || word(at - 1) != "من") => {}
            "لولا" | "الا" | "لئلا" | "كيلا" | "لكيلا" | "لما" => {
                found.weak += 1
            }
            // "ما يضيعش"
            "ما" if next.ends_with('ش') => found.weak += 1,
            _ if is(&["غير"]) => found.adjectives += 1,
            _ if is(&["دون", "عدم", "بلا", "سوي", "الا"]) => found.weak += 1,
            _ => {
                let denies = stems.iter().any(|stem| {
                    DENIALS.iter().any(|denial| {
                        stem.strip_prefix(denial)
                            .is_some_and(|rest| ENDINGS.contains(&rest))
                    })
                });
                found.weak += usize::from(denies);
            }
        }
    }
    found
}

/// "لا يزال", "لا بد", "لا سيما" and so on, which English says without a negation.
fn is_idiom(next: &str, second: &str) -> bool {
    let still = ["يزال", "تزال", "يزالون", "ازال", "نزال", "يزالان", "تزالان"];
    still.contains(&next)
        || matches!(
            next,
            "سيما" | "بد" | "شك" | "باس" | "ريب" | "محاله" | "جرم" | "ينفك" | "تنفك" | "غرابه" | "تفتا" | "يفتا"
        )
        // "لا يقل عن", "لا يتجاوز", "لا يزيد على": at least, at most.
        || matches!(next, "يقل" | "تقل" | "يقلون" | "يتجاوز" | "تتجاوز" | "يتعدي" | "تتعدي" | "يزيد" | "تزيد" | "يتخطي" | "تتخطي")
        || (matches!(next, "يكاد" | "تكاد") && !second.is_empty())
        || matches!(next, "سلكي" | "سلكيه" | "مركزيه" | "نهائي" | "نهايه" | "مبالاه")
}

/// English words that may stand for a negation: that deny, lack or leave out.
const WEAK: [&str; 94] = [
    "deny",
    "denied",
    "denies",
    "denying",
    "denial",
    "refuse",
    "refused",
    "refuses",
    "refusing",
    "refusal",
    "reject",
    "rejected",
    "rejects",
    "rejecting",
    "rejection",
    "fail",
    "failed",
    "fails",
    "failing",
    "failure",
    "lack",
    "lacks",
    "lacked",
    "lacking",
    "absence",
    "absent",
    "prevent",
    "prevented",
    "prevents",
    "preventing",
    "ban",
    "banned",
    "bans",
    "banning",
    "prohibit",
    "prohibited",
    "prohibits",
    "bar",
    "barred",
    "bars",
    "forbidden",
    "forbids",
    "stop",
    "stopped",
    "ruled",
    "unable",
    "hardly",
    "barely",
    "scarcely",
    "rarely",
    "seldom",
    "only",
    "except",
    "instead",
    "rather",
    "avoid",
    "avoided",
    "free",
    "devoid",
    "missing",
    "otherwise",
    "unless",
    "exempt",
    "abstained",
    "remains",
    "yet",
    "impossible",
    "insufficient",
    "inadequate",
    "incapable",
    "invalid",
    "illegal",
    "illegally",
    "inability",
    "irregular",
    "inactive",
    "incomplete",
    "informal",
    "indefinite",
    "indefinitely",
    "invisible",
    "inappropriate",
    "independent",
    "disallowed",
    "halted",
    "but",
    "vain",
    "few",
    "fewer",
    "less",
    "deaf",
    "keep",
    "keeping",
    "kept",
];

fn english(tokens: &[Token]) -> Negations {
    let mut found = Negations {
        strong: Vec::new(),
        weak: 0,
        adjectives: 0,
        prefixed: 0,
    };
    for (at, token) in tokens.iter().enumerate() {
        let word = token.word();
        let after = tokens.get(at + 1).map_or("", Token::word);
        // "No. 5", "No 5"
        let number = word == "no" && token.is_capital() && at + 1 < tokens.len() && {
            let next = &tokens[at + 1];
            next.small().is_some() || next.mark() == Some('.')
        };
        let contracted = word == "t"
            && at >= 2
            && matches!(tokens[at - 1].mark(), Some('\'' | '’'))
            && token.glued;
        match word {
            _ if number => {}
            "no" | "not" | "nothing"
                if matches!(
                    after,
                    "only"
                        | "more"
                        | "less"
                        | "fewer"
                        | "longer"
                        | "later"
                        | "exceed"
                        | "exceeding"
                        | "doubt"
                        | "least"
                        | "far"
                        | "but"
                        | "older"
                        | "younger"
                ) =>
            {
                found.weak += 1;
            }
            "not" | "no" | "never" | "none" | "nobody" | "nothing" | "neither" | "cannot"
            | "nowhere" => {
                found.strong.push(token.span.clone());
            }
            _ if contracted => found.strong.push(tokens[at - 2].span.start..token.span.end),
            "without" | "nor" => found.weak += 1,
            _ if WEAK.contains(&word) => found.weak += 1,
            _ => {
                let un = word.len() > 5
                    && ["un", "non", "indirect", "unin", "irre", "immo", "indi"]
                        .iter()
                        .any(|prefix| word.starts_with(prefix))
                    && ![
                        "under", "unit", "uni", "until", "unesco", "unicef", "unless",
                    ]
                    .iter()
                    .any(|prefix| word.starts_with(prefix));
                let without = word.len() > 5 && word.ends_with("less");
                found.adjectives += usize::from(un || without || word == "non");
                let prefixed = word.len() > 5
                    && ["in", "im", "il", "ir", "dis", "extra", "anti"]
                        .iter()
                        .any(|prefix| word.starts_with(prefix));
                found.prefixed += usize::from(prefixed);
            }
        }
    }
    found
}
