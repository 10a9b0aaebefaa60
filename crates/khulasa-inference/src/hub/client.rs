use std::collections::HashMap;
use std::time::Duration;

use hf_hub::repository::RepoTreeEntry;
use hf_hub::{HFClient, HFResult};
use reqwest::Url;

use super::failure::{Failure, Retries};
use super::files::needed_files;
use super::id::ModelId;
use super::settings::Settings;
use crate::{Error, Result};

/// How long a connection may take to come about, and how long it may be silent.
const CONNECT: Duration = Duration::from_secs(15);
const SILENCE: Duration = Duration::from_secs(60);

/// The hub: what opens connections. All requests are `hf-hub`'s; what is done with their bytes,
/// and when they are repeated, is decided here.
pub struct Hub {
    pub(super) settings: Settings,
    pub(super) client: HFClient,
    pub(super) runtime: tokio::runtime::Runtime,
}

/// What the hub has of a model, as far as the model needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// What was asked for.
    pub id: ModelId,
    /// The commit that the revision stands for.
    pub commit: String,
    /// The licence that its page names.
    pub licence: Option<String>,
    /// Whether the licence has to be accepted on its page first.
    pub gated: bool,
    /// The files that the model needs, the weights last.
    pub files: Vec<HubFile>,
}

/// A file on the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubFile {
    /// Its path in the repository.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its id in git: that of its content, or that of the pointer to it.
    pub(super) git: String,
}

impl Listing {
    /// The size of all files in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Whether the licence that the page names forbids commercial use.
    pub fn non_commercial(&self) -> bool {
        let licence = self.licence.as_deref().unwrap_or_default().to_lowercase();
        licence.split('-').any(|part| part == "nc")
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// Gets ready to connect, but does not yet.
    ///
    /// # Errors
    /// [`Error::Option`] if the settings say offline, or have an address that is none.
    pub fn new(settings: Settings) -> Result<Self> {
        if settings.offline {
            return Err(Error::Option(
                "nothing is fetched from the hub while offline: leave out --offline, and unset \
                 HF_HUB_OFFLINE"
                    .to_owned(),
            ));
        }
        let option = |what: &str, error: &dyn std::fmt::Display| {
            Error::Option(format!("{what} cannot be used: {error}"))
        };
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("khulasa/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE);
        let mut client = HFClient::builder()
            .cache_dir(&settings.cache)
            .retry_max_attempts(0);
        if let Some(endpoint) = &settings.endpoint {
            let url =
                Url::parse(endpoint).map_err(|e| option(&format!("HF_ENDPOINT {endpoint}"), &e))?;
            if is_loopback(&url) {
                http = http.no_proxy();
            }
            client = client.endpoint(endpoint);
        }
        if let Some(token) = &settings.token {
            client = client.token(token);
        }
        let http = http.build().map_err(|e| option("the network", &e))?;
        Ok(Self {
            client: client
                .client(http)
                .build()
                .map_err(|e| option("the hub's settings", &e))?,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|e| option("the network", &e))?,
            settings,
        })
    }

    /// Asks what a model needs. `file` names the weights where they are GGUF.
    ///
    /// # Errors
    /// [`Error::Hub`]: no connection, no such model or revision, not allowed, or no model in it.
    pub fn list(&self, id: &ModelId, file: Option<&str>) -> Result<Listing> {
        let error = |reason: String| Error::Hub {
            model: id.to_string(),
            reason,
        };
        let model = self.client.model(id.owner(), id.name());
        let info = self.ask(id, || model.info().revision(id.revision()).send())?;
        let commit = info
            .sha
            .filter(|commit| super::cache::is_commit(commit))
            .ok_or_else(|| {
                error("the hub does not say which commit this revision is".to_owned())
            })?;
        let entries = self.ask(id, || async {
            use futures::TryStreamExt;
            let tree = model.list_tree().revision(&commit).recursive(true).send()?;
            tree.try_collect::<Vec<_>>().await
        })?;
        let mut files = HashMap::new();
        for entry in entries {
            if let RepoTreeEntry::File {
                oid, size, path, ..
            } = entry
            {
                files.insert(path, (size, oid));
            }
        }
        let mut names: Vec<_> = files.keys().map(String::as_str).collect();
        names.sort_unstable();
        let needed = needed_files(&names, file).map_err(&error)?;
        let needed = needed.into_iter().map(|name| {
            // What is asked for and where it is written are this name.
            let leaves = name.split('/').any(|part| matches!(part, "" | "." | ".."));
            match (leaves, files.get(&name)) {
                (false, Some((bytes, git))) if super::cache::is_commit(git) => Ok(HubFile {
                    bytes: *bytes,
                    git: git.clone(),
                    name,
                }),
                _ => Err(error(format!(
                    "the hub lists a file {name:?} that cannot be one"
                ))),
            }
        });
        Ok(Listing {
            id: id.clone(),
            commit,
            licence: licence(info.card_data.as_ref(), info.tags.as_deref()),
            gated: info.gated.is_some_and(|gated| gated != false),
            files: needed.collect::<Result<_>>()?,
        })
    }

    /// Makes a request, and makes it again if that may help.
    fn ask<T, F>(&self, id: &ModelId, request: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = HFResult<T>>,
    {
        let mut retries = Retries::default();
        loop {
            let error = match self.runtime.block_on(request()) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let pause = Failure::of(error, id, &self.settings).again(&mut retries, id)?;
            std::thread::sleep(pause);
        }
    }
}

/// Whether an address is on this machine: no proxy can reach that.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The licence that a model's page names.
fn licence(page: Option<&serde_json::Value>, tags: Option<&[String]>) -> Option<String> {
    let field = |name: &str| page?.get(name)?.as_str().map(str::to_owned);
    let tag = || {
        let tags = tags.unwrap_or_default().iter();
        tags.filter_map(|tag| tag.strip_prefix("license:")).next()
    };
    match field("license") {
        Some(other) if other == "other" => field("license_name").or(Some(other)),
        None => tag().map(str::to_owned),
        named => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_not_asked_for_this_machine() {
        for (url, local) in [
            ("http://127.0.0.1:80", true),
            ("http://127.1.2.3", true),
            ("http://[::1]:9", true),
            ("http://localhost:9", true),
            ("https://hub.example", false),
            ("http://128.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), local, "{url}");
        }
    }

    #[test]
    fn licences_are_read_from_page_or_tags() {
        let page = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        let tags = ["marian".to_owned(), "license:mit".to_owned()];
        for (json, found) in [
            (r#"{"license": "cc-by-nc-4.0"}"#, "cc-by-nc-4.0"),
            (r#"{"license": "other", "license_name": "gemma"}"#, "gemma"),
            ("{}", "mit"),
        ] {
            assert_eq!(
                licence(Some(&page(json)), Some(&tags)).as_deref(),
                Some(found)
            );
        }
        assert_eq!(licence(None, None), None);
    }

    #[test]
    fn offline_there_is_no_hub() {
        let settings = |offline, endpoint: &str| Settings {
            endpoint: Some(endpoint.to_owned()),
            cache: std::env::temp_dir(),
            token: None,
            offline,
        };
        let error = Hub::new(settings(true, "http://127.0.0.1:9")).unwrap_err();
        assert!(error.to_string().contains("offline"), "{error}");
        let error = Hub::new(settings(false, "nowhere")).unwrap_err();
        assert!(error.to_string().contains("HF_ENDPOINT nowhere"), "{error}");
    }
}
