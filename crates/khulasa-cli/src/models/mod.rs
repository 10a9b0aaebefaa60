//! `khulasa models`: what is known of models, and what is done with those from the hub.

#[cfg(feature = "hub")]
mod pull;
mod show;
mod verify;

use std::process::ExitCode;

use indicatif::DecimalBytes;
use khulasa::hub::{Cache, ModelId, Settings};
use khulasa::{Card, Error, Result, find_card};

use crate::args::ModelsCommand;
use crate::stop::Stop;

/// What the command prints, and the status that it ends with.
///
/// # Errors
/// Whatever is wrong with a card, the cache or the hub.
pub fn run(command: &ModelsCommand) -> std::result::Result<(String, ExitCode), Stop> {
    let text = match command {
        ModelsCommand::List => show::list()?,
        ModelsCommand::Show { model } => show::details(&find_card(model)?),
        ModelsCommand::Path { model } => format!("{}\n", find_card(model)?.weights()?.display()),
        ModelsCommand::Pull { model, quiet } => {
            let wanted = on_hub(model)?;
            let folder = pull(&wanted, Settings::from_env(), *quiet)?;
            format!("{}\n", folder.display())
        }
        ModelsCommand::Verify { model } => return verify::verify(&on_hub(model)?),
        ModelsCommand::Rm { model } => {
            let wanted = on_hub(model)?;
            let cache = Cache::new(Settings::from_env().cache);
            let bytes = cache.remove(&wanted.id).map_err(Error::from)?;
            format!(
                "{} removed, {} freed\n",
                wanted.id.repository(),
                DecimalBytes(bytes)
            )
        }
    };
    Ok((text, ExitCode::SUCCESS))
}

/// A model that is on the hub.
#[derive(Debug)]
struct OnHub {
    id: ModelId,
    card: Option<Card>,
}

impl OnHub {
    /// The GGUF file that it is, if it is one.
    fn file(&self) -> Option<&str> {
        self.card.as_ref()?.file.as_deref()
    }
}

/// The model of this name, which is to be on the hub.
fn on_hub(model: &str) -> Result<OnHub> {
    let (id, card) = match find_card(model) {
        Ok(card) => (card.hub.clone(), Some(card)),
        Err(Error::NotFetched { id }) => (Some(id), None),
        // What is in the cache and cannot be used can be checked and removed all the same.
        Err(error) => match model.parse() {
            Ok(id) => (Some(id), None),
            Err(_) => return Err(error),
        },
    };
    match id {
        Some(id) => Ok(OnHub { id, card }),
        None => Err(Error::NoModel {
            model: model.to_owned(),
            reason: "is not from the hub: its files are where `khulasa models path` says"
                .to_owned(),
        }),
    }
}

/// Fetches a model that is not here, unless that is forbidden. What is wrong with a model that is
/// here is said when it is loaded.
///
/// # Errors
/// What the hub or the network say; that the model is not here.
pub fn ensure(model: &str, offline: bool, quiet: bool) -> std::result::Result<(), Stop> {
    let is_missing = match find_card(model).map(|card| card.weights()) {
        Err(error) | Ok(Err(error)) => matches!(error, Error::NotFetched { .. }),
        Ok(Ok(_)) => false,
    };
    let mut settings = Settings::from_env();
    settings.offline |= offline;
    if !is_missing || settings.offline {
        return Ok(());
    }
    let model = on_hub(model)?;
    #[cfg(feature = "hub")]
    if model.card.is_none() {
        pull::check(&model, settings.clone())?;
    }
    pull(&model, settings, quiet).map(drop)
}

#[cfg(feature = "hub")]
use pull::pull;

/// Says that this program cannot fetch anything.
#[cfg(not(feature = "hub"))]
fn pull(model: &OnHub, _: Settings, _: bool) -> std::result::Result<std::path::PathBuf, Stop> {
    let id = model.id.clone();
    Err(Error::NotFetched { id }.into())
}
