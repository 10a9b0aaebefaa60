//! What is printed about models: the list, and a card.

use std::fmt::Write;

use indicatif::DecimalBytes;
use khulasa::hub::{Cache, CachedModel, Settings};
use khulasa::{Card, DEFAULT_MODEL, Result, Task, cards, find_card};

/// The models that are here or have a card, one a line: the embedded one, the others with a card,
/// what else is in the cache.
///
/// # Errors
/// Whatever is wrong with the cards; that there are none.
pub fn list() -> Result<String> {
    let mut cards = cards()?;
    if cards.is_empty() {
        // Says where models are looked for.
        find_card(DEFAULT_MODEL)?;
    }
    cards.sort_by_key(|card| card.name != DEFAULT_MODEL);
    let cached = Cache::new(Settings::from_env().cache).models();
    let in_cache = |card: &Card| {
        let id = card.hub.as_ref()?;
        cached.iter().find(|model| model.id.same_repository(id))
    };
    let mut lines: Vec<_> = cards
        .iter()
        .map(|card| {
            [
                card.name.clone(),
                card.quality.label().to_owned(),
                place(card, in_cache(card)),
                match card.non_commercial {
                    true => format!("{}; not for commercial use", card.description),
                    false => card.description.clone(),
                },
            ]
        })
        .collect();
    for model in &cached {
        let has_card = |card: &Card| {
            card.hub
                .as_ref()
                .is_some_and(|id| id.same_repository(&model.id))
        };
        if !cards.iter().any(has_card) {
            lines.push([
                model.id.to_string(),
                "no card".to_owned(),
                size(model),
                format!("in the cache: {}", model.revisions.join(", ")),
            ]);
        }
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let [name, quality, place] = [0, 1, 2].map(|column| width(column).unwrap_or(0));
    let mut text = String::new();
    for [a, b, c, d] in &lines {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{a:name$}  {b:quality$}  {c:place$}  {d}");
    }
    Ok(text)
}

/// Where a card's model is: its size on the disk if it was fetched.
fn place(card: &Card, cached: Option<&CachedModel>) -> String {
    match (card.weights().is_ok(), cached) {
        (true, Some(model)) => size(model),
        (true, None) => "here".to_owned(),
        (false, Some(_)) => "not all here".to_owned(),
        (false, None) => "on the hub".to_owned(),
    }
}

fn size(model: &CachedModel) -> String {
    DecimalBytes(model.bytes).to_string()
}

/// What a card says, and where its model is.
pub fn details(card: &Card) -> String {
    let licence = match card.non_commercial {
        true => format!("{}: not for commercial use", card.licence),
        false => card.licence.clone(),
    };
    let languages = card.languages.join(", ");
    let quality = format!("{} ({})", card.quality.label(), card.quality_source);
    let hub = card.hub.as_ref().map(ToString::to_string);
    let weights = card.weights();
    let weights = match &weights {
        Ok(path) => path.display().to_string(),
        Err(error) => error.to_string(),
    };
    let translates = card
        .translate
        .as_ref()
        .map(|task| as_told("sentences", task));
    let summarises = card
        .summarize
        .as_ref()
        .map(|task| as_told("articles", task));
    let lines = [
        ("name", Some(&card.name)),
        ("description", Some(&card.description)),
        ("source", Some(&card.source)),
        ("licence", Some(&licence)),
        ("notice", card.notice.as_ref()),
        ("languages", Some(&languages)),
        ("quality", Some(&quality)),
        ("translates", translates.as_ref()),
        ("summarises", summarises.as_ref()),
        ("hub", hub.as_ref()),
        ("file", card.file.as_ref()),
        ("weights", Some(&weights)),
    ];
    let line = |(name, value): (&str, Option<&String>)| Some(format!("{name:12} {}\n", value?));
    lines.into_iter().filter_map(line).collect()
}

/// How a task is done, as far as the card says it.
fn as_told(what: &str, task: &Task) -> String {
    let mut said = format!(
        "{} {what} of up to {} tokens",
        match task.reads.as_str() {
            "ar" => "Arabic",
            "en" => "English",
            other => other,
        },
        task.input_tokens
    );
    let settings = [
        ("beam", task.beam.map(|n| n.to_string())),
        ("length penalty", task.length_penalty.map(|n| n.to_string())),
        (
            "at least, in tokens",
            task.min_output_tokens.map(|n| n.to_string()),
        ),
        (
            "at most, in tokens",
            task.max_output_tokens.map(|n| n.to_string()),
        ),
        (
            "no repeated n-grams of",
            task.no_repeat_ngram.map(|n| n.to_string()),
        ),
    ];
    for (name, value) in settings {
        if let Some(value) = value {
            said += &format!("; {name} {value}");
        }
    }
    said
}
