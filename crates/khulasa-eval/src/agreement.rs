//! The metrics against those that everybody uses: `tests/fixtures/metrics/generate.py` had
//! sacrebleu and rouge-score score the same texts.

use std::sync::LazyLock;

use serde_json::Value;

use crate::bootstrap::{Random, compare};
use crate::{Bleu, Chrf, Metric, Rouge, RougeKind, Smoothing, Ter, Tokenize, porter};

static FIXTURE: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../tests/fixtures/metrics/metrics.json");
    serde_json::from_str(text).unwrap()
});

/// Column `i` of the texts: two systems' hypotheses, two references.
fn column(i: usize) -> Vec<&'static str> {
    let rows = FIXTURE["texts"].as_array().unwrap().iter();
    rows.map(|row| row[i].as_str().unwrap()).collect()
}

fn numbers(values: &Value) -> Vec<f64> {
    let values = values.as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_close(score: f64, expected: f64, within: f64, what: &str) {
    assert!(
        (score - expected).abs() < within,
        "{what}: {score} instead of {expected}"
    );
}

fn flag(options: &Value, name: &str) -> bool {
    options[name].as_bool().unwrap_or(false)
}

fn count(options: &Value, name: &str, default: usize) -> usize {
    options[name]
        .as_u64()
        .map_or(default, |count| count as usize)
}

/// Checks a metric's name, signature and scores: corpus and sentences, one reference and two.
fn check(metric: &dyn Metric, expected: &Value) {
    assert_eq!(metric.name(), expected["name"].as_str().unwrap());
    let hypotheses = column(0);
    let references = [column(2), column(3)];
    for count in [1, 2] {
        let signature = expected["signatures"][count - 1].as_str().unwrap();
        let (options, _) = signature.split_once("|version:").unwrap();
        let ours = metric.signature(count);
        assert_eq!(ours.split_once("|version:").unwrap().0, options);
        let scores = numbers(&expected["scores"][count - 1]);
        let references = &references[..count];
        let corpus = metric.corpus(&hypotheses, references).unwrap();
        assert_close(corpus, scores[0], 1e-6, &format!("{ours}, corpus"));
        assert_eq!(scores.len(), hypotheses.len() + 1);
        for (i, (hypothesis, &score)) in hypotheses.iter().zip(&scores[1..]).enumerate() {
            let references: Vec<&str> = references.iter().map(|lines| lines[i]).collect();
            let what = format!("{ours}, segment {i} {hypothesis:?}");
            assert_close(metric.sentence(hypothesis, &references), score, 1e-6, &what);
        }
    }
}

/// Checks a metric for each of the fixture's combinations of options.
fn check_all<M: Metric>(name: &str, most: usize, metric: impl Fn(&Value) -> M) {
    let cases = FIXTURE[name].as_array().unwrap();
    assert!(cases.len() >= most);
    for case in cases {
        check(&metric(&case["options"]), case);
    }
}

#[test]
fn bleu() {
    check_all("bleu", 14, |options| {
        let value = |default| options["smooth_value"].as_f64().unwrap_or(default);
        Bleu {
            tokenize: match options["tokenize"].as_str().unwrap_or("13a") {
                "intl" => Tokenize::International,
                "char" => Tokenize::Char,
                "none" => Tokenize::None,
                _ => Tokenize::V13a,
            },
            lowercase: flag(options, "lowercase"),
            smoothing: match options["smooth_method"].as_str().unwrap_or("exp") {
                "floor" => Smoothing::Floor(value(0.1)),
                "add-k" => Smoothing::AddK(value(1.0)),
                "none" => Smoothing::None,
                _ => Smoothing::Exp,
            },
            effective_order: flag(options, "effective_order"),
        }
    });
}

#[test]
fn chrf() {
    check_all("chrf", 7, |options| Chrf {
        char_order: count(options, "char_order", 6),
        word_order: count(options, "word_order", 0),
        beta: count(options, "beta", 2),
        lowercase: flag(options, "lowercase"),
        whitespace: flag(options, "whitespace"),
        eps_smoothing: flag(options, "eps_smoothing"),
    });
}

#[test]
fn ter() {
    check_all("ter", 16, |options| Ter {
        normalized: flag(options, "normalized"),
        no_punct: flag(options, "no_punct"),
        asian_support: flag(options, "asian_support"),
        case_sensitive: flag(options, "case_sensitive"),
    });
}

/// Where more shifts could be tried than sacrebleu tries.
#[test]
fn ter_of_long_segments() {
    for case in FIXTURE["ter_long"].as_array().unwrap() {
        let [hypothesis, reference] = [0, 1].map(|i| case[i].as_str().unwrap());
        let statistics = Ter::default().statistics(hypothesis, &[reference]);
        assert_eq!(Some(statistics[0]), case[2].as_f64(), "{hypothesis}");
    }
}

#[test]
fn rouge() {
    let (hypotheses, first, second) = (column(0), column(2), column(3));
    let cases = FIXTURE["rouge"].as_array().unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let rouge = Rouge {
            kind: match case["kind"].as_str().unwrap() {
                "rougeL" => RougeKind::Sequence,
                "rougeLsum" => RougeKind::Lines,
                ngrams => RougeKind::Ngrams(ngrams[5..].parse().unwrap()),
            },
            stem: case["stem"].as_bool().unwrap(),
        };
        let [precision, recall, f, best] =
            ["precision", "recall", "f", "best_f"].map(|name| numbers(&case[name]));
        for (i, hypothesis) in hypotheses.iter().enumerate() {
            let what = format!("{} {hypothesis:?}", rouge.signature(1));
            let overlap = rouge.overlap(hypothesis, first[i]);
            assert_close(overlap.precision, precision[i], 1e-7, &what);
            assert_close(overlap.recall, recall[i], 1e-7, &what);
            assert_close(overlap.f_score(), f[i], 1e-7, &what);
            let score = rouge.sentence(hypothesis, &[first[i], second[i]]);
            assert_close(score, 100.0 * best[i], 1e-5, &what);
        }
        let mean = 100.0 * f.iter().sum::<f64>() / f.len() as f64;
        let corpus = rouge.corpus(&hypotheses, std::slice::from_ref(&first));
        assert_close(corpus.unwrap(), mean, 1e-5, "corpus");
    }
}

#[test]
fn stems() {
    let stems = FIXTURE["stems"].as_object().unwrap();
    assert!(stems.len() > 1000);
    for (word, stem) in stems {
        assert_eq!(porter::stem(word), stem.as_str().unwrap(), "{word}");
    }
}

/// With the segments that numpy drew, a test gives what sacrebleu's gives. It computes in 32 bits,
/// which is why the scores are not quite the same.
#[test]
fn bootstrap() {
    let fixture = &FIXTURE["bootstrap"];
    let draws = fixture["indices"].as_array().unwrap();
    let draws = draws.iter().map(|row| -> Vec<usize> {
        numbers(row)
            .into_iter()
            .map(|index| index as usize)
            .collect()
    });
    let segments = draws.clone().next().unwrap().len();
    let [baseline, system, reference] = [0, 1, 2].map(|i| column(i)[..segments].to_vec());
    let metrics: [&dyn Metric; 3] = [&Bleu::default(), &Chrf::default(), &Ter::default()];
    for metric in metrics {
        let name = metric.name();
        let expected = |field: &str| fixture["results"][&name][field].as_f64().unwrap();
        let references = std::slice::from_ref(&reference);
        let statistics = |lines| metric.segments(lines, references).unwrap();
        let comparison = compare(
            metric,
            &statistics(&baseline),
            &statistics(&system),
            draws.clone(),
        );
        assert_close(comparison.baseline.score, expected("baseline"), 1e-6, &name);
        assert_close(comparison.system.score, expected("score"), 1e-6, &name);
        assert_close(comparison.system.mean, expected("mean"), 1e-4, &name);
        assert_close(comparison.system.half_width(), expected("ci"), 1e-4, &name);
        assert_close(comparison.p_value, expected("p"), 1e-6, &name);
    }
}

/// Whatever the texts are, there is a score, and it is a number.
#[test]
fn any_text_has_a_score() {
    const PARTS: [&str; 24] = [
        "a", "the", "The", " ", " ", "\n", "-\n", ".", ",", "-", "3", "12,5", "'s", "&amp;", "\"",
        "ة", "、", "国", "\u{301}", "\u{1f}", "\u{0}", "ies", "y", "👩",
    ];
    let mut random = Random(5);
    let mut text = || -> String {
        let parts = random.below(12);
        (0..parts)
            .map(|_| PARTS[random.below(PARTS.len())])
            .collect()
    };
    let ter = Ter {
        normalized: true,
        no_punct: true,
        asian_support: true,
        case_sensitive: false,
    };
    let rouge = |kind| Rouge { kind, stem: true };
    let metrics: [&dyn Metric; 9] = [
        &Bleu::default(),
        &Bleu::for_sentences(),
        &Chrf::default(),
        &Chrf::plus_plus(),
        &Ter::default(),
        &ter,
        &rouge(RougeKind::Ngrams(2)),
        &rouge(RougeKind::Sequence),
        &rouge(RougeKind::Lines),
    ];
    for _ in 0..3000 {
        let (hypothesis, reference, other) = (text(), text(), text());
        for metric in metrics {
            let score = metric.sentence(&hypothesis, &[&reference, &other]);
            let most = if metric.higher_is_better() {
                100.0 + 1e-9
            } else {
                f64::MAX
            };
            assert!((0.0..=most).contains(&score), "{}: {score}", metric.name());
        }
    }
}
