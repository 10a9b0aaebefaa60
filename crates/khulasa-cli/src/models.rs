//! `khulasa models`: what is known of the models that are here.

use khulasa::{Card, DEFAULT_MODEL, Result, Task, cards, find_card};

use crate::args::ModelsCommand;

/// What the command prints.
///
/// # Errors
/// Whatever is wrong with the cards; that there are none.
pub fn show(command: &ModelsCommand) -> Result<String> {
    match command {
        ModelsCommand::List => list(&cards()?),
        ModelsCommand::Show { model } => Ok(details(&find_card(model)?)),
        ModelsCommand::Path { model } => {
            Ok(format!("{}\n", find_card(model)?.weights()?.display()))
        }
    }
}

fn list(cards: &[Card]) -> Result<String> {
    if cards.is_empty() {
        // Says where models are looked for.
        find_card(DEFAULT_MODEL)?;
    }
    let width = |text: fn(&Card) -> &str| cards.iter().map(|c| text(c).chars().count()).max();
    let name = width(|card| &card.name).unwrap_or(0);
    let quality = width(|card| card.quality.label()).unwrap_or(0);
    let line = |card: &Card| {
        format!(
            "{:name$}  {:quality$}  {}\n",
            card.name,
            card.quality.label(),
            card.description
        )
    };
    Ok(cards.iter().map(line).collect())
}

fn details(card: &Card) -> String {
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
