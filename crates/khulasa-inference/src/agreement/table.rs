//! The table of agreement, which `docs/agreement.md` shows.

use std::fmt::Write;
use std::path::Path;

use super::{DENSE, cases, generate, logits_difference, score_difference};
use crate::linear::Form;
use crate::ops::Backend;

const HEAD: &str = "\
# Agreement with transformers

Small models of every architecture, in the file layouts of real repositories, with what
transformers makes of them: `tests/fixtures/generate.py` wrote them. A test of
`khulasa-inference` measures this table and fails where it is not what stands here; others run
every search in batches of several sizes, on both backends.

- *logits*: the largest difference at any position, f32, rounded up to a power of ten;
- *greedy*, *beams*: outputs that are the same, token for token, of all; then the largest
  difference of a hypothesis' score, rounded up likewise;
- *int8*: what 8-bit integers change in the logits, root mean square, as a share of theirs.

| model | weights | logits | greedy | beams | scores | int8 |
|---|---|---|---|---|---|---|
";

#[test]
fn docs_say_what_is_measured() {
    let mut page = HEAD.to_owned();
    for case in cases() {
        let generator = case.load(DENSE, Backend::Fused);
        let (logits, _) = logits_difference(generator.model(), &case.reference);
        let (mut same, mut all, mut score) = ([0, 0], [0, 0], 0.0_f32);
        for run in &case.reference.runs {
            let kind = usize::from(run.num_beams > 1);
            let found = generate(&case, &generator, run, 9);
            all[kind] += run.outputs.iter().map(Vec::len).sum::<usize>();
            if let Ok(d) = score_difference(&found, run) {
                same[kind] += found.iter().map(Vec::len).sum::<usize>();
                score = score.max(d);
            }
        }
        let int8 = case.load(Form::Int8, Backend::Fused);
        let (_, int8) = logits_difference(int8.model(), &case.reference);
        writeln!(
            page,
            "| {} | {} | {} | {} of {} | {} of {} | {} | {} |",
            case.model,
            case.form,
            power_of_ten(logits),
            same[0],
            all[0],
            same[1],
            all[1],
            power_of_ten(score),
            percent(int8),
        )
        .unwrap();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let measured = root.join("target/agreement.md");
    std::fs::write(&measured, &page).unwrap();
    let stated = std::fs::read_to_string(root.join("docs/agreement.md")).unwrap_or_default();
    let same = page.lines().count() == stated.lines().count()
        && page.lines().zip(stated.lines()).all(|(a, b)| agree(a, b));
    assert!(
        same,
        "docs/agreement.md differs from what was measured: target/agreement.md"
    );
}

/// Whether two lines say the same. Another processor sums floating point in another order, so that
/// a figure just below a power of ten, or a whole percentage, may be just above it there.
fn agree(measured: &str, stated: &str) -> bool {
    let number = |cell: &str| -> Option<i32> {
        let cell = cell.trim();
        let figure = cell.strip_prefix("< 1e").or(cell.strip_suffix(" %"))?;
        figure.parse().ok()
    };
    let (measured, stated) = (measured.split('|'), stated.split('|'));
    measured.clone().count() == stated.clone().count()
        && measured
            .zip(stated)
            .all(|(a, b)| match (number(a), number(b)) {
                (Some(a), Some(b)) => a.abs_diff(b) <= 1,
                _ => a == b,
            })
}

fn power_of_ten(value: f32) -> String {
    match value {
        0.0 => "0".to_owned(),
        _ => format!("< 1e{}", value.log10().floor() as i32 + 1),
    }
}

fn percent(value: f32) -> String {
    match value {
        v if v < 1e-4 => "< 0.01 %".to_owned(),
        v => format!("{} %", (v * 100.0).ceil()),
    }
}
