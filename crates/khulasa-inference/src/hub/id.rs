use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::{Error, Result};

/// A model's name on the hub: `owner/name`, or `owner/name@revision`, where the revision is a
/// branch, a tag, a commit or a proposal such as `refs/pr/6`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ModelId {
    owner: String,
    name: String,
    revision: Option<String>,
}

impl ModelId {
    /// Who publishes the model.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The model's name without its owner.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `owner/name`.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The revision, `main` unless it was named.
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    /// Whether a revision was named.
    pub fn names_revision(&self) -> bool {
        self.revision.is_some()
    }

    /// Whether both are the same repository, in whatever revision.
    pub fn same_repository(&self, other: &Self) -> bool {
        (&self.owner, &self.name) == (&other.owner, &other.name)
    }

    /// The name of the repository's folder in the cache.
    pub(crate) fn folder(&self) -> String {
        format!("models--{}--{}", self.owner, self.name)
    }

    /// The repository whose folder in the cache has this name.
    pub(crate) fn of_folder(folder: &str) -> Option<Self> {
        let (owner, name) = folder.strip_prefix("models--")?.split_once("--")?;
        format!("{owner}/{name}").parse().ok()
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)?;
        match &self.revision {
            Some(revision) => write!(f, "@{revision}"),
            None => Ok(()),
        }
    }
}

impl FromStr for ModelId {
    type Err = Error;

    /// # Errors
    /// [`Error::Hub`] says what is wrong with the name.
    fn from_str(text: &str) -> Result<Self> {
        let error = |reason: &str| Error::Hub {
            model: text.to_owned(),
            reason: format!(
                "is no name of a model on the hub: {reason} (a name is OWNER/NAME or \
                 OWNER/NAME@REVISION)"
            ),
        };
        let (repository, revision) = match text.split_once('@') {
            Some((repository, revision)) => (repository, Some(revision)),
            None => (text, None),
        };
        let (owner, name) = repository
            .split_once('/')
            .ok_or_else(|| error("there is no / in it"))?;
        if !is_name(owner) {
            return Err(error("the owner is not one"));
        }
        if !is_name(name) {
            return Err(error("what follows the owner is not one name"));
        }
        // A revision becomes a path below the cache's folder of references.
        if revision
            .is_some_and(|revision| revision.len() > 250 || !revision.split('/').all(is_part))
        {
            return Err(error("the revision is not one"));
        }
        Ok(Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
            revision: revision.map(str::to_owned),
        })
    }
}

impl TryFrom<String> for ModelId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

/// An owner or a name, as the hub allows them. `--` separates both in the cache's folders.
fn is_name(name: &str) -> bool {
    name.len() <= 96 && is_part(name) && !name.contains("--") && !name.ends_with(['-', '.'])
}

fn is_part(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !part.is_empty()
        && !part.starts_with(['-', '.'])
        && !part.contains("..")
        && part.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_once_and_written_back() {
        for (text, revision, folder) in [
            (
                "Helsinki-NLP/opus-mt-ar-en",
                "main",
                "models--Helsinki-NLP--opus-mt-ar-en",
            ),
            ("o/n@refs/pr/6", "refs/pr/6", "models--o--n"),
            (
                "facebook/m2m100_418M@v1.0",
                "v1.0",
                "models--facebook--m2m100_418M",
            ),
        ] {
            let id: ModelId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!((id.revision(), id.folder().as_str()), (revision, folder));
            assert!(ModelId::of_folder(folder).unwrap().same_repository(&id));
        }
    }

    #[test]
    fn what_would_leave_the_cache_is_no_name() {
        for text in [
            "",
            "/",
            "a",
            "a/",
            "/b",
            "a/b/c",
            "../b",
            "a/..",
            "a/b@",
            "a/b@../../c",
            "a/b@/etc",
            "a/b@x//y",
            "a/b@x y",
            "a--b/c",
            "a/b\\c",
            "a/b@c\\d",
            "./b",
            "a/b@-x",
            "a/ب",
        ] {
            let error = text.parse::<ModelId>().unwrap_err().to_string();
            assert!(error.contains("OWNER/NAME"), "{text}: {error}");
        }
        assert!(format!("{}/b", "a".repeat(97)).parse::<ModelId>().is_err());
    }
}
