//! `khulasa models`: what is known of the models that are here.

use khulasa::{Card, DEFAULT_MODEL, Result, cards, find_card};

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
            Ok(format!("{}\n", find_card(model)?.weights_path().display()))
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
    let weights = card.weights_path().display().to_string();
    let languages = card.languages.join(", ");
    let quality = format!("{} ({})", card.quality.label(), card.quality_source);
    let sentences = format!("up to {} tokens in one piece", card.prompt.translate_tokens);
    let beam = card.prompt.beam.to_string();
    let summaries = match card.prompt.summarize_tokens {
        0 => "none".to_owned(),
        tokens => format!("of the first {tokens} tokens"),
    };
    let lines = [
        ("name", Some(&card.name)),
        ("description", Some(&card.description)),
        ("source", Some(&card.source)),
        ("licence", Some(&card.licence)),
        ("notice", card.notice.as_ref()),
        ("languages", Some(&languages)),
        ("quality", Some(&quality)),
        ("sentences", Some(&sentences)),
        ("beam", Some(&beam)),
        ("summaries it writes", Some(&summaries)),
        ("weights", Some(&weights)),
    ];
    let line = |(name, value): (&str, Option<&String>)| Some(format!("{name:20} {}\n", value?));
    lines.into_iter().filter_map(line).collect()
}
