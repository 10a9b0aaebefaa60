use std::path::PathBuf;

/// Where the hub and the cache of its models are: from the environment, read in the same way as by
/// the hub's own Python library, so that both use one cache and one token.
///
/// | | |
/// |---|---|
/// | endpoint | `HF_ENDPOINT` |
/// | cache | `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, the folder `hub` in the home |
/// | home | `HF_HOME`, the folder `huggingface` in `XDG_CACHE_HOME` or in `~/.cache` |
/// | token | `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, the file `HF_TOKEN_PATH`, the file `token` in the home; none if `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set |
/// | offline | `HF_HUB_OFFLINE`, `TRANSFORMERS_OFFLINE` |
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The hub's address, if it is not the usual one.
    pub endpoint: Option<String>,
    /// The folder of models that were fetched.
    pub cache: PathBuf,
    /// What proves to the hub who asks.
    pub token: Option<String>,
    /// Whether no connection may be opened.
    pub offline: bool,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("endpoint", &self.endpoint)
            .field("cache", &self.cache)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("offline", &self.offline)
            .finish()
    }
}

impl Settings {
    /// Reads them from this process's environment.
    pub fn from_env() -> Self {
        Self::read(|name| std::env::var(name).ok(), std::env::home_dir())
    }

    fn read(variable: impl Fn(&str) -> Option<String>, user: Option<PathBuf>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let user = user.unwrap_or_default();
        let path = |name: &str| {
            let value = set(name)?;
            Some(match value.strip_prefix("~/") {
                Some(rest) => user.join(rest),
                None => PathBuf::from(value),
            })
        };
        let home = path("HF_HOME").unwrap_or_else(|| {
            path("XDG_CACHE_HOME")
                .unwrap_or_else(|| user.join(".cache"))
                .join("huggingface")
        });
        let written = || {
            let path = path("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
            std::fs::read_to_string(path).ok()
        };
        let implicit = !is_true(set("HF_HUB_DISABLE_IMPLICIT_TOKEN"));
        let token = implicit
            .then(|| {
                set("HF_TOKEN")
                    .or_else(|| set("HUGGING_FACE_HUB_TOKEN"))
                    .or_else(written)
            })
            .flatten()
            .map(|token| token.trim().to_owned())
            .filter(|token| !token.is_empty());
        Self {
            endpoint: set("HF_ENDPOINT").map(|url| url.trim_end_matches('/').to_owned()),
            cache: path("HF_HUB_CACHE")
                .or_else(|| path("HUGGINGFACE_HUB_CACHE"))
                .unwrap_or_else(|| home.join("hub")),
            token,
            offline: is_true(set("HF_HUB_OFFLINE").or_else(|| set("TRANSFORMERS_OFFLINE"))),
        }
    }
}

fn is_true(value: Option<String>) -> bool {
    value.is_some_and(|value| {
        ["1", "ON", "YES", "TRUE"].contains(&value.trim().to_ascii_uppercase().as_str())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::Path;

    use super::*;

    fn read(variables: &[(&str, &str)], user: &Path) -> Settings {
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        Settings::read(
            |name| variables.get(name).map(|value| (*value).to_owned()),
            Some(user.to_owned()),
        )
    }

    #[test]
    fn the_cache_is_found_as_in_python() {
        let user = Path::new("/u");
        for (variables, cache) in [
            (&[][..], "/u/.cache/huggingface/hub"),
            (&[("XDG_CACHE_HOME", "/x")], "/x/huggingface/hub"),
            (&[("HF_HOME", "/h"), ("XDG_CACHE_HOME", "/x")], "/h/hub"),
            (&[("HF_HOME", "~/h")], "/u/h/hub"),
            (
                &[("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HOME", "/h")],
                "/old",
            ),
            (
                &[("HF_HUB_CACHE", "/c"), ("HUGGINGFACE_HUB_CACHE", "/old")],
                "/c",
            ),
            (&[("HF_HUB_CACHE", "")], "/u/.cache/huggingface/hub"),
        ] {
            assert_eq!(
                read(variables, user).cache,
                Path::new(cache),
                "{variables:?}"
            );
        }
    }

    #[test]
    fn the_token_is_found_as_in_python() {
        let user = tempfile::tempdir().unwrap();
        let home = user.path().join(".cache/huggingface");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("token"), "from-home\n").unwrap();
        let other = user.path().join("other");
        std::fs::write(&other, "from-path\n").unwrap();
        let other = other.to_str().unwrap();
        for (variables, token) in [
            (&[][..], Some("from-home")),
            (&[("HF_TOKEN", " from-env ")], Some("from-env")),
            (
                &[("HF_TOKEN", ""), ("HF_TOKEN_PATH", other)],
                Some("from-path"),
            ),
            (&[("HF_TOKEN_PATH", "/no/such/file")], None),
            (
                &[("HF_TOKEN", "t"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")],
                None,
            ),
        ] {
            let settings = read(variables, user.path());
            assert_eq!(settings.token.as_deref(), token, "{variables:?}");
        }
        let shown = format!("{:?}", read(&[("HF_TOKEN", "secret")], user.path()));
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn offline_and_endpoint() {
        let user = Path::new("/u");
        for (value, offline) in [("1", true), ("true", true), ("0", false), ("", false)] {
            assert_eq!(read(&[("HF_HUB_OFFLINE", value)], user).offline, offline);
        }
        assert!(read(&[("TRANSFORMERS_OFFLINE", "yes")], user).offline);
        let settings = read(&[("HF_ENDPOINT", "http://127.0.0.1:1/")], user);
        assert_eq!(settings.endpoint.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(read(&[], user).endpoint, None);
    }
}
