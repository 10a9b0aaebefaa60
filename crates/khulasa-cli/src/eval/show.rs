//! An evaluation as text and as JSON.

use khulasa_eval::{Comparison, Estimate, Score, System};
use serde_json::{Value, json};

use super::summaries::Summaries;
use super::{Evaluation, Run};

/// As text.
pub fn text(evaluation: &Evaluation) -> String {
    let mut text = String::new();
    for (i, system) in evaluation.systems.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        let quality = match &evaluation.run {
            Some(run) => format!(" ({})", run.model.quality.label()),
            None => String::new(),
        };
        text += &format!(
            "{}{quality}: {} sentences\n\n",
            system.name,
            system.segments.len()
        );
        let comparison = i.checked_sub(1).map(|i| &evaluation.comparisons[i]);
        for (k, score) in evaluation.scores[i].iter().enumerate() {
            text += &score_line(score, comparison.map(|metrics| &metrics[k]));
        }
        if evaluation.checked {
            text += &flags(system);
        }
    }
    if let Some(run) = &evaluation.run {
        text += &speed(run, &evaluation.systems[0]);
    }
    if let Some(made) = &evaluation.summaries {
        text += &summaries(made);
    }
    text += "\nIn brackets: where 95 % of 1,000 resampled test sets lie.";
    let tested = evaluation.summaries.is_some() || !evaluation.comparisons.is_empty();
    if tested {
        text += " p: how often chance alone makes as large a difference.";
    }
    text += "\n";
    for score in &evaluation.scores[0] {
        text += &format!("{}|{}\n", score.metric, score.signature);
    }
    for (metric, signature) in evaluation.summaries.iter().flat_map(|s| &s.signatures) {
        text += &format!("{metric}|{signature}\n");
    }
    text
}

fn score_line(score: &Score, comparison: Option<&Comparison>) -> String {
    let mut line = format!("{:<8} {}", score.metric, interval(&score.estimate));
    if let Some(comparison) = comparison {
        let difference = comparison.difference;
        line += &format!(
            "  {:+.2} [{:+.2}, {:+.2}], p = {:.3}",
            difference.score, difference.low, difference.high, comparison.p_value
        );
    }
    line + "\n"
}

fn interval(estimate: &Estimate) -> String {
    format!(
        "{:6.2} [{:.2}, {:.2}]",
        estimate.score, estimate.low, estimate.high
    )
}

fn flags(system: &System) -> String {
    let flagged = system.flagged();
    let share = 100.0 * flagged as f64 / system.segments.len().max(1) as f64;
    let mut text = format!("\nflagged  {flagged} sentences ({share:.1} %)");
    let kinds = system.flags();
    let kinds: Vec<String> = kinds
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    if !kinds.is_empty() {
        text += &format!(": {}", kinds.join(", "));
    }
    text + "\n"
}

fn speed(run: &Run, system: &System) -> String {
    let seconds = run.seconds.max(f64::MIN_POSITIVE);
    let memory = match run.peak_bytes {
        Some(bytes) => format!("{} MiB at most", bytes >> 20),
        None => "unknown".to_owned(),
    };
    format!(
        "speed    {:.1} sentences/s, {:.0} Arabic words/s, {:.0} tokens written/s ({:.1} s; loaded in {:.2} s)\n\
         memory   {memory}\n",
        system.segments.len() as f64 / seconds,
        run.words as f64 / seconds,
        run.output_tokens as f64 / seconds,
        run.seconds,
        run.load_seconds,
    )
}

fn summaries(summaries: &Summaries) -> String {
    let mut text = format!(
        "\nSummaries of {} articles\n\n{:<12}",
        summaries.articles, ""
    );
    for (metric, _) in &summaries.signatures {
        text += &format!("{metric:<32}");
    }
    text += "words  flagged\n";
    for method in &summaries.methods {
        text += &format!("{:<12}", method.name);
        for (estimate, p) in &method.scores {
            let p = p.map_or(String::new(), |p| format!(" p = {p:.3}"));
            text += &format!("{:<32}", interval(estimate).trim_start().to_owned() + &p);
        }
        let (flagged, sentences) = method.flagged;
        text += &format!("{:5.1}  {flagged} of {sentences}\n", method.words);
    }
    text
}

/// As JSON.
pub fn json(evaluation: &Evaluation) -> String {
    let systems = evaluation.systems.iter().enumerate().map(|(i, system)| {
        let comparison = i.checked_sub(1).map(|i| &evaluation.comparisons[i]);
        let scores = evaluation.scores[i].iter().enumerate().map(|(k, score)| {
            let mut value = estimate(&score.estimate);
            value["metric"] = score.metric.as_str().into();
            value["signature"] = score.signature.as_str().into();
            if let Some(comparison) = comparison {
                value["difference"] = estimate(&comparison[k].difference);
                value["p_value"] = comparison[k].p_value.into();
            }
            value
        });
        let flags = json!({ "sentences": system.flagged(), "kinds": system.flags() });
        json!({
            "name": system.name,
            "sentences": system.segments.len(),
            "scores": scores.collect::<Vec<_>>(),
            "flags": if evaluation.checked { flags } else { Value::Null },
        })
    });
    let mut value = json!({ "systems": systems.collect::<Vec<_>>() });
    if let Some(run) = &evaluation.run {
        value["run"] = json!({
            "model": run.model,
            "load_seconds": run.load_seconds,
            "seconds": run.seconds,
            "sentences_per_second": evaluation.systems[0].segments.len() as f64 / run.seconds.max(f64::MIN_POSITIVE),
            "words_per_second": run.words as f64 / run.seconds.max(f64::MIN_POSITIVE),
            "output_tokens": run.output_tokens,
            "peak_bytes": run.peak_bytes,
        });
    }
    if let Some(summaries) = &evaluation.summaries {
        let methods = summaries.methods.iter().map(|method| {
            let scores = method.scores.iter().zip(&summaries.signatures);
            let scores = scores.map(|((score, p), (metric, signature))| {
                let mut value = estimate(score);
                value["metric"] = metric.as_str().into();
                value["signature"] = signature.as_str().into();
                value["p_value"] = json!(p);
                value
            });
            json!({
                "name": method.name,
                "words": method.words,
                "sentences": method.flagged.1,
                "flagged": method.flagged.0,
                "scores": scores.collect::<Vec<_>>(),
            })
        });
        value["summaries"] = json!({
            "articles": summaries.articles,
            "methods": methods.collect::<Vec<_>>(),
        });
    }
    format!("{value:#}\n")
}

fn estimate(estimate: &Estimate) -> Value {
    json!({
        "score": estimate.score,
        "mean": estimate.mean,
        "low": estimate.low,
        "high": estimate.high,
    })
}
