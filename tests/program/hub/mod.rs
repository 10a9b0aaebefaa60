//! Models from a hub: fetched, continued, checked, used, removed.

mod server;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use self::server::{COMMIT, Fault, Model, Server, git_id, sha256};
use crate::{SMALL, digests, ended, names, program, root, text};

/// A card for the small Gemma model of the fixtures.
const CARD: &str = r#"
name = "tiny"
description = "A model for tests"
source = "tests/fixtures/generate.py"
licence = "CC-BY-NC-4.0"
non_commercial = true
languages = ["ar", "en"]
quality = "unknown"
quality_source = "it says nothing"
hub = "test/gemma3"

[translate]
prompt = "<bos>{text}<unused0>"
input_tokens = 40
beam = 1
"#;

/// What a user has: a cache, a folder of cards, an article.
struct User {
    folder: TempDir,
    endpoint: String,
}

impl User {
    fn new(server: &Server) -> Self {
        let user = Self {
            folder: tempfile::tempdir().unwrap(),
            endpoint: server.address.clone(),
        };
        fs::create_dir(user.path("cards")).unwrap();
        fs::write(user.path("cards/tiny.toml"), CARD).unwrap();
        fs::write(user.path("article.txt"), SMALL).unwrap();
        user
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, with nothing but this user's surroundings. A proxy that cannot be reached would
    /// be noticed.
    fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(program(), arguments)
    }

    fn command_of(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("HF_HUB_CACHE", self.path("cache"))
            .env("HF_ENDPOINT", &self.endpoint)
            .env("KHULASA_MODELS", self.path("cards"))
            .env("HTTP_PROXY", "http://127.0.0.1:9")
            .env("http_proxy", "http://127.0.0.1:9")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs what has to go well, and returns what it printed and what it said.
    #[track_caller]
    fn good(&self, arguments: &[&str]) -> (String, String) {
        let output = self.run(arguments);
        ended(&output, 0);
        let own = |bytes: &[u8]| text(bytes).to_owned();
        (own(&output.stdout), own(&output.stderr))
    }

    /// Runs what has to fail, and returns what it said.
    #[track_caller]
    fn bad(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        ended(&output, 2);
        text(&output.stderr).to_owned()
    }

    fn blobs(&self) -> PathBuf {
        self.path("cache/models--test--gemma3/blobs")
    }

    fn snapshot(&self) -> PathBuf {
        self.path("cache/models--test--gemma3/snapshots")
            .join(COMMIT)
    }

    /// The only content that is not all here.
    fn incomplete(&self) -> Option<(PathBuf, u64)> {
        let entries = fs::read_dir(self.blobs()).ok()?.flatten();
        let mut entries = entries.map(|entry| entry.path());
        let path = entries.find(|path| path.extension().is_some_and(|e| e == "incomplete"))?;
        let bytes = fs::metadata(&path).ok()?.len();
        Some((path, bytes))
    }
}

fn gemma() -> Model {
    let mut model = Model::of_folder(&root().join("tests/fixtures/gemma3"));
    // What other tests need, and other frameworks.
    for name in [
        "reference.safetensors",
        "reference.json",
        "config.4.json",
        "model.gguf",
    ] {
        model.files.remove(name);
    }
    for name in [
        "README.md",
        "flax_model.msgpack",
        "onnx/model.onnx",
        "tf_model.h5",
    ] {
        model.files.insert(name.to_owned(), b"not needed".to_vec());
    }
    model
}

fn weights() -> Vec<u8> {
    fs::read(root().join("tests/fixtures/gemma3/model.safetensors")).unwrap()
}

fn wait(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{what} does not come about"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_model_is_fetched_into_the_cache_of_python() {
    let server = Server::start([("test/gemma3", gemma())]);
    let user = User::new(&server);
    let (folder, said) = user.good(&["models", "pull", "tiny"]);
    assert_eq!(Path::new(folder.trim()), user.snapshot());
    for part in [
        "CC-BY-NC-4.0",
        "forbids commercial use",
        "3 files",
        "model.safetensors: fetched, 288.19 kB",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let needed = ["config.json", "model.safetensors", "tokenizer.json"];
    assert_eq!(names(&user.snapshot()), needed);
    for name in needed {
        let content = fs::read(root().join("tests/fixtures/gemma3").join(name)).unwrap();
        let hash = match name {
            "model.safetensors" => sha256(&content),
            _ => git_id(&content),
        };
        let link = fs::read_link(user.snapshot().join(name)).unwrap();
        assert_eq!(link, Path::new("../../blobs").join(&hash));
        assert_eq!(fs::read(user.blobs().join(hash)).unwrap(), content);
    }
    assert_eq!(names(&user.blobs()).len(), 3, "nothing is left over");
    let main = user.path("cache/models--test--gemma3/refs/main");
    assert_eq!(fs::read_to_string(main).unwrap(), COMMIT);
    let requests = server.requests();
    assert!(
        requests
            .iter()
            .all(|r| !r.path.contains("flax") && r.token.is_none())
    );

    // A second time there is nothing to fetch, nor to say.
    let (again, said) = user.good(&["models", "pull", "test/gemma3"]);
    assert_eq!((again, said.as_str()), (folder, ""));
    assert!(
        server
            .requests()
            .iter()
            .all(|r| r.path.starts_with("/api/"))
    );
}

#[test]
fn a_revision_is_fetched_beside_another() {
    let server = Server::start([(
        "test/gemma3",
        Model {
            revision: "refs/pr/6",
            ..gemma()
        },
    )]);
    let user = User::new(&server);
    let said = user.bad(&["models", "pull", "tiny"]);
    assert!(said.contains("no revision main"), "{said}");
    user.good(&["models", "pull", "test/gemma3@refs/pr/6"]);
    let refs = user.path("cache/models--test--gemma3/refs/refs/pr/6");
    assert_eq!(fs::read_to_string(refs).unwrap(), COMMIT);
    user.good(&["models", "path", "test/gemma3@refs/pr/6"]);
    assert!(
        user.bad(&["models", "path", "tiny"])
            .contains("models pull")
    );
}

#[test]
fn the_whole_job_fetches_its_model_and_then_needs_no_hub() {
    let server = Server::start([("test/gemma3", gemma())]);
    let user = User::new(&server);
    let job = ["--format", "json", "--model", "tiny", "article.txt"];

    // Offline there is no model, and nobody is asked.
    for offline in [
        user.run(&[&["--offline"], &job[..]].concat()),
        user.command(&job)
            .env("HF_HUB_OFFLINE", "1")
            .output()
            .unwrap(),
    ] {
        ended(&offline, 2);
        assert!(text(&offline.stderr).contains("not on this machine"));
    }
    assert_eq!(server.requests(), []);

    let (digest, said) = user.good(&job);
    assert!(said.contains("forbids commercial use"), "{said}");
    assert_eq!(
        digests(digest.replace('\n', " ").as_bytes())[0]["model"]["name"],
        "tiny"
    );
    assert!(!server.requests().is_empty());

    // Where that can be had, without even a way to this machine.
    let mut offline = user.command(&[&["--offline"], &job[..]].concat());
    let alone = || Command::new("unshare").args(["-rn", "true"]).status();
    if alone().is_ok_and(|status| status.success()) {
        let inner = std::mem::replace(&mut offline, user.command_of("unshare", &["-rn"]));
        offline.arg(inner.get_program()).args(inner.get_args());
    }
    let offline = offline.output().unwrap();
    ended(&offline, 0);
    let (offline, said) = (text(&offline.stdout), text(&offline.stderr));
    assert_eq!(
        said.matches("forbids").count(),
        0,
        "said before the download, not after"
    );
    let without_times = |text: &str| {
        let mut digest = digests(text.replace('\n', " ").as_bytes()).remove(0);
        digest.as_object_mut().unwrap().remove("timings");
        digest
    };
    assert_eq!(without_times(offline), without_times(&digest));
    user.good(&job);
    assert_eq!(
        server.requests(),
        [],
        "what is in the cache is not asked for"
    );
}

/// A model of the fixtures without what other tests need.
fn fixture(name: &str) -> Model {
    let mut model = Model::of_folder(&root().join("tests/fixtures").join(name));
    model
        .files
        .retain(|name, _| !name.starts_with("reference."));
    model
}

#[test]
fn a_translator_and_a_summarizer_without_cards() {
    let (marian, bart) = (
        "Helsinki-NLP/opus-mt-ar-en",
        "sshleifer/distilbart-cnn-12-6",
    );
    let server = Server::start([(marian, fixture("marian")), (bart, fixture("bart"))]);
    let user = User::new(&server);
    let job = [
        "--format",
        "json",
        "--model",
        marian,
        "--summarizer",
        bart,
        "article.txt",
    ];
    let (digest, said) = user.good(&job);
    assert!(said.contains(marian) && said.contains(bart), "{said}");
    let digest = digests(digest.replace('\n', " ").as_bytes()).remove(0);
    assert_eq!(digest["model"]["name"], marian);
    assert_eq!(digest["summary"]["method"], "abstractive");
    assert_eq!(
        digest["summary"]["sentences"].as_array().map(Vec::len),
        Some(1)
    );
    assert!(!server.requests().is_empty());
    user.good(&[&["--offline"], &job[..]].concat());
    assert_eq!(server.requests(), []);
    // Who only summarises cannot translate, and the other way round.
    assert!(
        user.bad(&["--model", bart, "article.txt"])
            .contains("--summarizer")
    );
    let said = user.bad(&["--model", marian, "--summarizer", marian, "article.txt"]);
    assert!(said.contains("cannot write summaries"), "{said}");
}

#[test]
fn a_killed_download_is_continued() {
    let server = Server::start([("test/gemma3", gemma())]);
    let user = User::new(&server);
    let half = weights().len() / 2;
    server.fault("/storage/", Fault::Stall(half));
    let mut first = user.command(&["models", "pull", "tiny"]).spawn().unwrap();
    wait("half of the weights", || {
        user.incomplete()
            .is_some_and(|(_, bytes)| bytes == half as u64)
    });
    first.kill().unwrap();
    first.wait().unwrap();
    server.release();
    server.requests();
    assert!(
        user.bad(&["models", "path", "tiny"])
            .contains("not on this machine")
    );

    user.good(&["models", "pull", "tiny"]);
    let requests = server.requests();
    let storage = |r: &&server::Request| r.method == "GET" && r.path.starts_with("/storage/");
    let from: Vec<_> = requests.iter().filter(storage).map(|r| r.from).collect();
    assert_eq!(from, [Some(half)], "{requests:?}");
    assert_eq!(
        fs::read(user.snapshot().join("model.safetensors")).unwrap(),
        weights()
    );
    user.good(&["models", "verify", "tiny"]);
}

#[test]
fn a_cut_connection_is_taken_up_again() {
    let server = Server::start([("test/gemma3", gemma())]);
    let user = User::new(&server);
    server.fault("/storage/", Fault::Cut(1000));
    server.fault("/storage/", Fault::Cut(2000));
    server.fault("tokenizer.json", Fault::Cut(10));
    let (_, said) = user.good(&["models", "pull", "tiny"]);
    assert_eq!(said.matches("the connection was cut").count(), 3, "{said}");
    let requests = server.requests();
    let from: Vec<_> = requests.iter().filter_map(|r| r.from).collect();
    // Through the redirect each is asked for twice.
    assert_eq!(from, [10, 1000, 1000, 3000, 3000], "{requests:?}");
    assert_eq!(
        fs::read(user.snapshot().join("model.safetensors")).unwrap(),
        weights()
    );
}

#[test]
fn a_server_that_knows_no_parts_sends_all_again() {
    let server = Server::start([("test/gemma3", gemma())]);
    let user = User::new(&server);
    server.fault("/storage/", Fault::Cut(1000));
    server.fault("/storage/", Fault::Whole);
    user.good(&["models", "pull", "tiny"]);
    assert_eq!(
        fs::read(user.snapshot().join("model.safetensors")).unwrap(),
        weights()
    );
}

#[test]
fn the_hub_is_given_the_time_it_asks_for() {
    let server = Server::start([("test/gemma3", gemma())]);
    let user = User::new(&server);
    server.fault("/api/", Fault::Status(429, "Retry-After: 1", ""));
    server.fault("/tree/", Fault::Status(503, "", "busy"));
    server.fault("resolve", Fault::Status(429, "Retry-After: 1", ""));
    let start = Instant::now();
    let (_, said) = user.good(&["models", "pull", "tiny"]);
    assert!(start.elapsed() > Duration::from_millis(2500));
    assert!(
        said.contains("the hub asks for a pause; again in 1.0 s"),
        "{said}"
    );
    server.fault("/api/", Fault::Status(429, "Retry-After: 1800", ""));
    let said = user.bad(&["models", "pull", "tiny"]);
    assert!(said.contains("try again in 30 minutes"), "{said}");
}

#[test]
fn damaged_content_never_becomes_a_model() {
    let server = Server::start([("test/gemma3", gemma())]);
    let user = User::new(&server);
    server.fault("/storage/", Fault::Flip);
    let said = user.bad(&["models", "pull", "tiny"]);
    assert!(
        said.contains("model.safetensors came with other content"),
        "{said}"
    );
    assert!(
        user.bad(&["models", "path", "tiny"])
            .contains("not on this machine")
    );
    assert_eq!(user.incomplete(), None);

    // What was damaged before the rest came is fetched whole.
    server.fault("/storage/", Fault::Cut(1000));
    server.fault("/storage/", Fault::Status(404, "", ""));
    user.bad(&["models", "pull", "tiny"]);
    let (path, bytes) = user.incomplete().unwrap();
    assert_eq!(bytes, 1000);
    fs::write(path, [7; 1000]).unwrap();
    user.good(&["models", "pull", "tiny"]);
    assert_eq!(
        fs::read(user.snapshot().join("model.safetensors")).unwrap(),
        weights()
    );
}

#[test]
fn wrong_sizes_are_errors() {
    let server = Server::start([("test/gemma3", gemma())]);
    let user = User::new(&server);
    server.fault("config.json", Fault::Longer);
    let said = user.bad(&["models", "pull", "tiny"]);
    assert!(said.contains("config.json is longer than"), "{said}");
    server.change("test/gemma3", |model| {
        let size = model.files["config.json"].len() + 1;
        model.listed.insert("config.json".to_owned(), size);
    });
    let said = user.bad(&["models", "pull", "tiny"]);
    assert!(said.contains("bytes than it"), "{said}");
    assert!(said.contains("What was fetched is kept"), "{said}");
}

#[test]
fn two_at_once_do_not_harm_each_other() {
    let server = Server::start([("test/gemma3", gemma())]);
    let user = User::new(&server);
    server.fault("/storage/", Fault::Stall(1000));
    let start = || user.command(&["models", "pull", "tiny"]).spawn().unwrap();
    let first = start();
    wait("a thousand bytes", || {
        user.incomplete().is_some_and(|(_, bytes)| bytes == 1000)
    });
    let second = start();
    wait("the second's question", || server.count("/tree/") == 2);
    let said = user.run(&["models", "rm", "tiny"]);
    ended(&said, 2);
    assert!(text(&said.stderr).contains("being fetched"));
    server.release();
    let outputs = [first, second].map(|child| child.wait_with_output().unwrap());
    for output in &outputs {
        ended(output, 0);
    }
    let said = outputs.map(|output| text(&output.stderr).to_owned());
    assert!(said[1].contains("waiting for another process"), "{said:?}");
    assert!(!said[1].contains("model.safetensors: fetched"), "{said:?}");
    let requests = server.requests();
    let storage = |r: &&server::Request| r.method == "GET" && r.path.starts_with("/storage/");
    assert_eq!(requests.iter().filter(storage).count(), 1, "{requests:?}");
    user.good(&["models", "verify", "tiny"]);
}

#[test]
fn who_may_not_is_told_what_to_do() {
    let gated = Model {
        token: Some("secret"),
        ..gemma()
    };
    let server = Server::start([("test/gemma3", gated)]);
    let user = User::new(&server);
    let said = user.bad(&["models", "pull", "tiny"]);
    assert!(
        said.contains("accepted first") && said.contains("HF_TOKEN"),
        "{said}"
    );
    let pull = |token: &str| {
        let mut command = user.command(&["models", "pull", "tiny"]);
        command.env("HF_TOKEN", token).output().unwrap()
    };
    let refused = pull("other");
    ended(&refused, 2);
    let said = text(&refused.stderr);
    assert!(
        said.contains("has not accepted") && !said.contains("other"),
        "{said}"
    );
    ended(&pull("secret"), 0);

    let said = user.bad(&["models", "pull", "test/none"]);
    assert!(said.contains("no such model, or it is private"), "{said}");
    let mut command = user.command(&["models", "pull", "test/none"]);
    let output = command.env("HF_TOKEN", "secret").output().unwrap();
    assert!(text(&output.stderr).contains("the hub has no model test/none"));
    let said = user.bad(&["models", "pull", "test/gemma3@v9"]);
    assert!(said.contains("no revision v9"), "{said}");
}

#[test]
fn no_connection_is_said() {
    let server = Server::start([]);
    let mut user = User::new(&server);
    user.endpoint = "http://127.0.0.1:9".to_owned();
    let said = user.bad(&["models", "pull", "tiny"]);
    assert!(
        said.contains("no connection to the hub http://127.0.0.1:9"),
        "{said}"
    );
    let output = user
        .command(&["models", "pull", "tiny"])
        .env("HF_HUB_OFFLINE", "1")
        .output();
    let output = output.unwrap();
    ended(&output, 2);
    assert!(text(&output.stderr).contains("while offline"));
}

#[test]
fn models_are_listed_checked_and_removed() {
    let server = Server::start([
        ("test/gemma3", gemma()),
        (
            "test/other",
            Model::new([
                ("config.json", br#"{"model_type": "qwen3"}"#.to_vec()),
                ("model.safetensors", vec![1; 2000]),
            ]),
        ),
    ]);
    let user = User::new(&server);
    let line = |name: &str| {
        let (list, _) = user.good(&["models", "list"]);
        list.lines()
            .find(|line| line.starts_with(name))
            .map(str::to_owned)
    };
    assert!(line("tiny").unwrap().contains("  on the hub  "));
    user.good(&["models", "pull", "--quiet", "tiny"]);
    let said = user.bad(&["--model", "test/other", "article.txt"]);
    assert!(
        said.contains("qwen3") && said.contains("need a card"),
        "{said}"
    );
    let weights_of_other = format!("/storage/{}", sha256(&[1; 2000]));
    assert_eq!(server.count(&weights_of_other), 0, "fetched in vain");
    user.good(&["models", "pull", "--quiet", "test/other"]);
    assert!(line("tiny").unwrap().contains("kB"));
    assert!(line("tiny").unwrap().contains("not for commercial use"));
    assert!(line("test/other").unwrap().contains("no card"));
    let said = user.bad(&["--model", "test/other", "article.txt"]);
    assert!(
        said.contains("qwen3") && said.contains("need a card"),
        "{said}"
    );

    let (verdicts, _) = user.good(&["models", "verify", "tiny"]);
    assert_eq!(verdicts.matches("good ").count(), 3, "{verdicts}");
    let blob = user.blobs().join(sha256(&weights()));
    let mut bytes = weights();
    bytes[200_000] ^= 1;
    fs::write(&blob, &bytes).unwrap();
    let output = user.run(&["models", "verify", "tiny"]);
    ended(&output, 1);
    let verdicts = text(&output.stdout);
    assert!(
        verdicts.contains("WRONG  model.safetensors: its SHA-256 is"),
        "{verdicts}"
    );
    assert_eq!(verdicts.matches("WRONG").count(), 1, "{verdicts}");

    server.requests();
    let said = user.bad(&["models", "rm", "test/gemma"]);
    assert!(said.contains("nothing to remove"), "{said}");
    let (said, _) = user.good(&["models", "rm", "tiny"]);
    assert!(said.starts_with("test/gemma3 removed, "), "{said}");
    assert!(line("tiny").unwrap().contains("  on the hub  "));
    assert!(line("test/other").is_some());
    assert_eq!(server.requests(), [], "none of these asks the hub");
    user.good(&["models", "pull", "tiny"]);
    user.good(&["models", "verify", "tiny"]);
}
