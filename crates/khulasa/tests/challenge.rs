//! What the checks find in the challenge set (`tests/challenge`), and what they flag by mistake.
//!
//! The figures are in `docs/checks.md`, which this test writes anew when `KHULASA_WRITE` is set
//! and compares otherwise.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use khulasa::{FlagKind, check};
use serde::Deserialize;

/// A sentence, its translation, and what makes broken ones of it.
#[derive(Deserialize)]
struct Item {
    id: String,
    source: String,
    reference: String,
    faults: Vec<Fault>,
}

/// A part of the reference and what stands for it in a broken translation.
#[derive(Deserialize)]
struct Fault {
    kind: String,
    old: String,
    new: String,
}

/// The check that is to find a kind of fault.
fn wanted(kind: &str) -> Option<FlagKind> {
    Some(match kind {
        "omission" => FlagKind::Short,
        "addition" => FlagKind::Long,
        "loop" => FlagKind::Repetition,
        "number" => FlagKind::Number,
        "date" => FlagKind::Date,
        "time" => FlagKind::Time,
        "percent" => FlagKind::Percent,
        "currency" => FlagKind::Currency,
        "magnitude" => FlagKind::Magnitude,
        "negation" => FlagKind::Negation,
        "name" => FlagKind::Name,
        "quote" => FlagKind::Quote,
        "verbatim" => FlagKind::Verbatim,
        "residue" => FlagKind::Residue,
        kind => panic!("{kind}"),
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(part: &str) -> Vec<Item> {
    let path = root().join("tests/challenge").join(part);
    let text = std::fs::read_to_string(&path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[derive(Default, Clone)]
struct Count {
    faults: usize,
    found: usize,
    false_alarms: usize,
}

impl Count {
    fn precision(&self) -> f64 {
        self.found as f64 / (self.found + self.false_alarms) as f64
    }

    fn recall(&self) -> f64 {
        self.found as f64 / self.faults as f64
    }
}

/// What the checks did with a part of the set.
struct Measured {
    sentences: usize,
    /// References with a flag.
    flagged: usize,
    counts: BTreeMap<FlagKind, Count>,
}

fn measure(items: &[Item]) -> Measured {
    let mut counts: BTreeMap<FlagKind, Count> = BTreeMap::new();
    let mut flagged = 0;
    let kinds = |source: &str, target: &str| -> BTreeSet<FlagKind> {
        check(source, target).iter().map(|flag| flag.kind).collect()
    };
    for item in items {
        let found = kinds(&item.source, &item.reference);
        flagged += usize::from(!found.is_empty());
        for kind in found {
            counts.entry(kind).or_default().false_alarms += 1;
        }
        for fault in &item.faults {
            let broken = item.reference.replacen(&fault.old, &fault.new, 1);
            let wanted = wanted(&fault.kind);
            let found = kinds(&item.source, &broken);
            if let Some(wanted) = wanted {
                let count = counts.entry(wanted).or_default();
                count.faults += 1;
                count.found += usize::from(found.contains(&wanted));
            }
            // A dropped, added or repeated passage takes numbers and names with it.
            if matches!(&*fault.kind, "omission" | "addition" | "loop" | "residue") {
                continue;
            }
            for kind in found {
                if Some(kind) != wanted {
                    counts.entry(kind).or_default().false_alarms += 1;
                }
            }
        }
    }
    Measured {
        sentences: items.len(),
        flagged,
        counts,
    }
}

/// The table of `docs/checks.md`.
fn table(parts: [(&str, &Measured); 2]) -> String {
    let mut table = String::new();
    for (name, measured) in parts {
        let share = 100.0 * measured.flagged as f64 / measured.sentences as f64;
        writeln!(
            table,
            "### {name}: {} sentences, {} of their references flagged ({share:.1} %)\n\n\
             | check | faults | found | false | precision | recall |\n|---|---|---|---|---|---|",
            measured.sentences, measured.flagged
        )
        .unwrap();
        for (kind, count) in &measured.counts {
            let name = serde_json::to_value(kind).unwrap();
            let share = |share: f64| match share.is_nan() {
                true => "–".to_owned(),
                false => format!("{share:.3}"),
            };
            writeln!(
                table,
                "| `{}` | {} | {} | {} | {} | {} |",
                name.as_str().unwrap(),
                count.faults,
                count.found,
                count.false_alarms,
                share(count.precision()),
                share(count.recall())
            )
            .unwrap();
        }
        table.push('\n');
    }
    table
}

#[test]
fn every_fault_is_one_edit_of_its_reference() {
    let items: Vec<Item> = read("dev.jsonl")
        .into_iter()
        .chain(read("test.jsonl"))
        .collect();
    assert!(items.len() >= 300);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sources = BTreeSet::new();
    for item in &items {
        assert!(sources.insert(&item.source), "{}", item.id);
        assert!(!item.faults.is_empty(), "{}", item.id);
        for fault in &item.faults {
            let times = item.reference.matches(&fault.old).count();
            assert_eq!(times, 1, "{}: {}", item.id, fault.old);
            assert_ne!(fault.old, fault.new, "{}", item.id);
            *kinds.entry(&fault.kind).or_default() += 1;
        }
    }
    for kind in [
        "number",
        "date",
        "magnitude",
        "negation",
        "omission",
        "addition",
        "loop",
        "residue",
        "name",
    ] {
        assert!(kinds[kind] >= 40, "{kind}: {}", kinds[kind]);
    }
}

#[test]
fn checks_are_as_good_as_they_say() {
    let (dev, test) = (measure(&read("dev.jsonl")), measure(&read("test.jsonl")));
    for kind in [
        FlagKind::Number,
        FlagKind::Date,
        FlagKind::Magnitude,
        FlagKind::Repetition,
        FlagKind::Residue,
    ] {
        let count = &test.counts[&kind];
        assert!(count.precision() >= 0.95, "{kind:?}: {}", count.precision());
        assert!(count.recall() >= 0.90, "{kind:?}: {}", count.recall());
    }
    assert!(test.flagged * 100 < test.sentences * 3, "{}", test.flagged);
    let table = table([("Test part", &test), ("Part for tuning", &dev)]);
    let path = root().join("docs/checks.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("<!-- measured -->\n").unwrap();
    let (measured, after) = rest.split_once("<!-- end -->\n").unwrap();
    if std::env::var_os("KHULASA_WRITE").is_some() {
        let page = format!("{before}<!-- measured -->\n{table}<!-- end -->\n{after}");
        std::fs::write(&path, page).unwrap();
    } else {
        assert_eq!(measured, table, "run with KHULASA_WRITE=1 to write it anew");
    }
}
